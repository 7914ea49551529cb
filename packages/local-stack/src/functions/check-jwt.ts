import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { StackContext } from '../stack-context.ts';

/** Why a request may not reach a function, for a 401. */
export interface JwtRefusal {
  readonly code: 'UNAUTHORIZED_NO_AUTH_HEADER' | 'UNAUTHORIZED_INVALID_JWT';
  readonly message: string;
}

/** Checks a request for the function named; undefined lets it through. */
export type CheckJwt = (functionName: string, headers: IncomingHttpHeaders) => Promise<JwtRefusal | undefined>;

/**
 * The gateway's check for functions with `verify_jwt = true`, which is the default: a valid token of this stack, or one
 * of its API keys. As on hosted it keeps strangers out and says nothing about who the caller is.
 */
export function createJwtCheck({ config, keys, verifyToken }: StackContext): CheckJwt {
  const apiKeys = [keys.publishableKey, keys.secretKey].map((key) => Buffer.from(key));

  return async (functionName, headers) => {
    if (config.functions[functionName]?.verifyJwt === false) return undefined;
    const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const credential = bearer ?? single(headers.apikey);
    if (credential === undefined) {
      return { code: 'UNAUTHORIZED_NO_AUTH_HEADER', message: 'Missing authorization header' };
    }
    if (apiKeys.some((key) => same(key, credential))) return undefined;
    try {
      await verifyToken(credential);
      return undefined;
    } catch {
      return { code: 'UNAUTHORIZED_INVALID_JWT', message: 'Invalid JWT' };
    }
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function same(expected: Buffer, given: string): boolean {
  const bytes = Buffer.from(given);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
