import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseSigningKey } from '../../../supabase/functions/runner/parse-signing-key.ts';

/** What an operator may give the function runner to sign with. */
async function privateJwk(algorithm = 'ES256') {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return exportJWK(privateKey);
}

describe('A signing key', () => {
  it('is taken as the CLI writes it', async () => {
    const written = {
      ...(await privateJwk()),
      kid: 'k1',
      use: 'sig',
      key_ops: ['sign', 'verify'],
      alg: 'ES256',
      ext: true,
    };
    const { kid, key } = await parseSigningKey(JSON.stringify(written));
    expect([kid, key.type, key.extractable]).toEqual(['k1', 'private', false]);
  });

  it('is nothing else, and what it was is in no error', async () => {
    const { d, ...publicHalf } = await privateJwk();
    const written = [
      '',
      'not JSON',
      'null',
      JSON.stringify({ ...publicHalf, d }),
      JSON.stringify({ ...publicHalf, kid: 'k1' }),
      JSON.stringify({ ...(await privateJwk('ES384')), kid: 'k1' }),
      JSON.stringify({ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }),
    ];
    for (const key of written) {
      await expect(parseSigningKey(key), key).rejects.toThrow(
        /^RUNNER_SIGNING_KEY is no private ES256 JWK with a kid$/,
      );
    }
  });
});
