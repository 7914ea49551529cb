import { mintToken, type TestStack } from '@tradebase/local-stack/testing';
import { type Persona, withToken } from './personas.ts';

/** The same user in the same session, after they have shown a second factor. */
export async function withSecondFactor(stack: TestStack, { id, email, client }: Persona): Promise<Persona> {
  const { data, error } = await client.auth.getClaims();
  if (error) throw error;
  if (!data) throw new Error('sign in first');
  return { id, email, client: withToken(stack, await mintToken(stack.keys, { ...data.claims, aal: 'aal2' })) };
}
