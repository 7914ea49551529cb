import { createPrivateKey, sign } from 'node:crypto';
import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import type { TestStack } from '@tradebase/local-stack/testing';

/** A token of the role authenticated, signed with the project's key as a runner's is, good for a minute. */
export function signToken({ keys }: TestStack, claims: Record<string, unknown>): string {
  const { signingKey } = keys;
  const iat = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: 'ES256', kid: signingKey.kid, typ: 'JWT' },
    { role: 'authenticated', aud: 'authenticated', iat, exp: iat + 60, ...claims },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const key = createPrivateKey({ key: { ...signingKey }, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
  return [...parts, signature.toString('base64url')].join('.');
}

/** A client that sends a token of one's own. */
export function withToken({ apiUrl, keys }: TestStack, token: string): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { authorization: `Bearer ${token}` } },
  });
}
