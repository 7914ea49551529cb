import { exportJWK, generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startStack, type TestStack } from '../src/testing.ts';

let stack: TestStack;
let token: string;
beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  token = await accessToken();
});
afterAll(() => stack.stop());

async function accessToken(): Promise<string> {
  const email = `trader${crypto.randomUUID()}@example.com`;
  const response = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: stack.keys.publishableKey },
    body: JSON.stringify({ email, password: 'correct horse battery' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** Asks through the gateway, as a browser does. */
const ask = (path: string, bearer: string) =>
  fetch(stack.apiUrl + path, { headers: { apikey: stack.keys.publishableKey, authorization: `Bearer ${bearer}` } });

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

/** The claims of the user's token, with changes, under a signature of choice. */
async function signed(header: JWTHeaderParameters, key: Parameters<SignJWT['sign']>[0], changes = {}): Promise<string> {
  return new SignJWT({ ...claimsOf(token), ...changes }).setProtectedHeader(header).sign(key);
}

const ownKey = () => importJWK(stack.keys.signingKey, 'ES256');

const FORGERIES: Record<string, () => Promise<string> | string> = {
  'with alg none': () => `${base64url({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]}.`,
  'with alg None and our kid': () =>
    `${base64url({ alg: 'None', kid: stack.keys.signingKey.kid })}.${token.split('.')[1]}.${token.split('.')[2]}`,
  'without a signature': () => `${token.split('.').slice(0, 2).join('.')}.`,
  'with a role that was changed': () => {
    const [header, , signature] = token.split('.');
    return `${header}.${base64url({ ...claimsOf(token), role: 'service_role' })}.${signature}`;
  },
  'of another key under our kid': async () => {
    const { privateKey } = await generateKeyPair('ES256');
    return signed({ alg: 'ES256', kid: stack.keys.signingKey.kid }, privateKey, { role: 'service_role' });
  },
  'that brings its own key along': async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    return signed({ alg: 'ES256', kid: 'mine', jwk: await exportJWK(publicKey) }, privateKey);
  },
  'of our key under another kid': async () => signed({ alg: 'ES256', kid: 'rotated-away' }, await ownKey()),
  'of our key under no kid': async () => signed({ alg: 'ES256' }, await ownKey()),
  'with our public key as an HS256 secret': () =>
    signed({ alg: 'HS256', kid: stack.keys.signingKey.kid }, Buffer.from(stack.keys.signingKey.x ?? '')),
  'with an empty HS256 secret': () => `${base64url({ alg: 'HS256', typ: 'JWT' })}.${token.split('.')[1]}.`,
};

describe.each(Object.entries(FORGERIES))('a token %s', (_name, forge) => {
  test('is nobody to Auth', async () => {
    expect((await ask('/auth/v1/user', token)).status).toBe(200);
    const response = await ask('/auth/v1/user', await forge());
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'bad_jwt' });
  });

  test('is no admin, and reads nothing', async () => {
    const forged = await forge();
    expect((await ask('/auth/v1/admin/users', forged)).status).toBe(403);
    expect((await ask('/rest/v1/instruments', forged)).status).toBe(401);
  });
});

test('a token of our key is worth nothing at Auth without its session', async () => {
  const header = { alg: 'ES256', kid: stack.keys.signingKey.kid };
  const stranger = await signed(header, await ownKey(), { session_id: crypto.randomUUID() });
  const response = await ask('/auth/v1/user', stranger);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error_code: 'session_not_found' });
});
