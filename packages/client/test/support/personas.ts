import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import type { TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from './seed-market.ts';

/** Someone at a browser: a client, and who it is signed in as. */
export interface Persona {
  readonly id: string;
  readonly email: string;
  readonly client: TradebaseClient;
}

/** Signs a new user up through Auth, as a frontend would. */
export async function signUp(stack: TestStack, name: string): Promise<Persona> {
  const client = anonymous(stack);
  const email = `${name}-${crypto.randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: `correct horse ${name}` });
  if (error) throw error;
  if (!data.user || !data.session) throw new Error('sign-up gave no session');
  return { id: data.user.id, email, client };
}

/** A client with the publishable key and no session. */
export function anonymous({ apiUrl, keys }: TestStack): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
}

/** A client with the secret key: a server of the operator. */
export function asService({ apiUrl, keys }: TestStack): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.secretKey, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** A client with a token that Auth has not given out: of a runner, for instance. */
export function withToken({ apiUrl, keys }: TestStack, token: string): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, { accessToken: async () => token });
}

/** Signs a user up, gives them a role as an operator would, and signs them in again, so that the token says so. */
export async function signUpAs(stack: TestStack, role: 'admin' | 'trader' | 'viewer', name: string): Promise<Persona> {
  const persona = await signUp(stack, name);
  await asPostgres(stack, (client) =>
    client.query('update public.user_roles set role = $2 where user_id = $1', [persona.id, role]),
  );
  const { error } = await persona.client.auth.refreshSession();
  if (error) throw error;
  return persona;
}
