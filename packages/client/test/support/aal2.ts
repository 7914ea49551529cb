import { mintToken, type TestStack } from '@tradebase/local-stack/testing';
import { type Persona, withToken } from './personas.ts';
import { asPostgres } from './seed-market.ts';

/** The same user in the same session, after they have shown a second factor. */
export async function withSecondFactor(stack: TestStack, { id, email, client }: Persona): Promise<Persona> {
  const { data, error } = await client.auth.getClaims();
  if (error) throw error;
  if (!data) throw new Error('sign in first');
  await raiseSession(stack, data.claims.session_id);
  return { id, email, client: withToken(stack, await mintToken(stack.keys, { ...data.claims, aal: 'aal2' })) };
}

/** Puts a session at aal2, as an answered challenge would. */
export async function raiseSession(stack: TestStack, sessionId: string): Promise<void> {
  await asPostgres(stack, (client) => client.query(`update auth.sessions set aal = 'aal2' where id = $1`, [sessionId]));
}
