import type { AuthTokenResponsePassword } from '@supabase/supabase-js';
import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import type { TestStack } from '@tradebase/local-stack/testing';
import type { Persona } from './personas.ts';

/** A client of a certain browser. */
export function browse({ apiUrl, keys }: TestStack, userAgent = 'Test/1.0'): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { 'user-agent': userAgent } },
  });
}

/** Signs a user in with a password, right or wrong, and gives the client and the answer. */
export async function signIn(
  stack: TestStack,
  { email }: Pick<Persona, 'email'>,
  password: string,
  userAgent?: string,
): Promise<AuthTokenResponsePassword & { readonly client: TradebaseClient }> {
  const client = browse(stack, userAgent);
  return { ...(await client.auth.signInWithPassword({ email, password })), client };
}
