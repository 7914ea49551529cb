import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { errors, SignJWT } from 'jose';
import type { StackKeys } from '../config/stack-keys.ts';
import type { TokenClaims, VerifyToken } from '../config/verify-token.ts';

/** The token that goes with a request. */
export interface AcceptedCredentials {
  readonly token: string;
  /** Why the token, handed over as it came, does not verify: only a service that verifies by itself may have it. */
  readonly invalid?: string;
}

/** What a request is entitled to, or why it is refused. */
export type Credentials = AcceptedCredentials | { readonly refused: string };

export type ResolveCredentials = (request: IncomingMessage, url: URL) => Promise<Credentials>;

/**
 * Exchanges the keys and tokens of a request for one token, as the gateway of hosted Supabase does: the `apikey` must be
 * a key of the project; a bearer token that is not a key overrides its role. A verified token is handed on re-signed
 * with HS256, which PostgREST verifies four times as fast as ES256. One that does not verify is marked as invalid: Auth and
 * Realtime refuse it in their own words, but PostgREST would take one that never expires.
 */
export function createCredentialResolver(keys: StackKeys, verifyToken: VerifyToken): ResolveCredentials {
  const secret = Buffer.from(keys.hs256Secret);
  const resigned = new WeakMap<TokenClaims, Promise<string>>();

  async function resign(token: string): Promise<AcceptedCredentials> {
    let claims: TokenClaims;
    try {
      claims = await verifyToken(token);
    } catch (error) {
      return { token, invalid: explain(error) };
    }
    let internal = resigned.get(claims);
    if (!internal) {
      internal = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret);
      resigned.set(claims, internal);
    }
    return { token: await internal };
  }

  /** The token a key stands for, or undefined when it is no key of this stack. */
  function tokenOfKey(key: string): string | undefined {
    if (same(key, keys.publishableKey) || same(key, keys.anonKey)) return keys.anonKey;
    if (same(key, keys.secretKey) || same(key, keys.serviceRoleKey)) return keys.serviceRoleKey;
    return undefined;
  }

  return async (request, url) => {
    const apiKey = header(request, 'apikey') ?? url.searchParams.get('apikey') ?? undefined;
    const bearer = /^bearer +(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1];
    if (apiKey === undefined) return { refused: 'No API key found in request: send it in the header apikey' };
    const keyToken = tokenOfKey(apiKey);
    if (keyToken === undefined) return { refused: 'Invalid API key' };
    if (bearer === undefined) return { token: keyToken };
    const bearerKeyToken = tokenOfKey(bearer);
    return bearerKeyToken === undefined ? resign(bearer) : { token: bearerKeyToken };
  };
}

/** What is wrong with a token, in PostgREST's words where it has any. */
function explain(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'JWT expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `JWT claim ${error.claim} is missing or wrong`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'JWSError JWSInvalidSignature';
  return 'JWSError: the token is none';
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function same(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
