import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SignJWT } from 'jose';
import type { StackKeys } from '../config/stack-keys.ts';
import type { TokenClaims, VerifyToken } from '../config/verify-token.ts';

/** What a request is entitled to: the token to hand on, or why it is refused. */
export type Credentials = { readonly token: string } | { readonly refused: string };

export type ResolveCredentials = (request: IncomingMessage, url: URL) => Promise<Credentials>;

/**
 * Exchanges the keys and tokens of a request for one token, as the gateway of hosted Supabase does: the `apikey` must be
 * a key of the project; a bearer token that is not a key overrides its role. A verified token is handed on re-signed
 * with HS256, which PostgREST verifies four times as fast as ES256; one that does not verify is handed on unchanged, so
 * that the service behind refuses it in its own words.
 */
export function createCredentialResolver(keys: StackKeys, verifyToken: VerifyToken): ResolveCredentials {
  const secret = Buffer.from(keys.hs256Secret);
  const resigned = new WeakMap<TokenClaims, Promise<string>>();

  async function resign(token: string): Promise<string> {
    let claims: TokenClaims;
    try {
      claims = await verifyToken(token);
    } catch {
      return token;
    }
    let internal = resigned.get(claims);
    if (!internal) {
      internal = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret);
      resigned.set(claims, internal);
    }
    return internal;
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
    return { token: bearerKeyToken ?? (await resign(bearer)) };
  };
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
