import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthError, invalid } from '../requests/auth-error.ts';
import type { RequestFields } from '../requests/request-fields.ts';

/** What a client shows of a secret that it keeps until it asks for its session: RFC 7636. */
export interface PkceChallenge {
  readonly challenge: string;
  readonly method: 's256' | 'plain';
}

/** The challenge of a request; undefined for a client of the implicit flow. */
export function readPkceChallenge(fields: RequestFields): PkceChallenge | undefined {
  const challenge = fields.text('code_challenge') ?? '';
  const method = fields.text('code_challenge_method') ?? '';
  if (!challenge && !method) return undefined;
  if (!challenge || !method) throw invalid('PKCE flow requires code_challenge_method and code_challenge');
  if (challenge.length < 43 || challenge.length > 128) {
    throw invalid('code challenge has to be between 43 and 128 characters');
  }
  if (!/^[\w.~-]+$/.test(challenge)) {
    throw invalid('code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes');
  }
  const known = method.toLowerCase();
  if (known !== 's256' && known !== 'plain') throw invalid('code challenge method not supported');
  return { challenge, method: known };
}

/** Refuses a verifier that is not the secret behind the challenge. */
export function checkCodeVerifier({ challenge, method }: PkceChallenge, verifier: string): void {
  const expected = Buffer.from(challenge);
  const shown = method === 's256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  const given = Buffer.from(shown);
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new AuthError(400, 'bad_code_verifier', 'code challenge does not match previously saved code verifier');
}
