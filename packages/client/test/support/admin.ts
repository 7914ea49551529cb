import { createTradebaseClient } from '@tradebase/client';
import type { TestStack } from '@tradebase/local-stack/testing';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import { raiseSession } from './aal2.ts';
import { type Persona, signUp } from './personas.ts';
import { asPostgres } from './seed-market.ts';

/** Gives a user another role, from the next token on. */
export async function giveRole(stack: TestStack, persona: Persona, role: 'admin' | 'trader' | 'viewer'): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query('update public.user_roles set role = $2 where user_id = $1', [persona.id, role]),
  );
  const { error } = await persona.client.auth.refreshSession();
  if (error) throw error;
}

/** A user with the role admin and a token that says how the session was assured, as Auth would sign it. */
export async function signUpAdmin(stack: TestStack, name: string, aal: 'aal1' | 'aal2' = 'aal2'): Promise<Persona> {
  const persona = await signUp(stack, name);
  await giveRole(stack, persona, 'admin');
  const { data } = await persona.client.auth.getSession();
  const claims = decodeJwt(data.session?.access_token ?? '');
  if (aal === 'aal2') await raiseSession(stack, String(claims.session_id));
  const { signingKey } = stack.keys;
  const token = await new SignJWT({ ...claims, aal })
    .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid })
    .sign(await importJWK(signingKey, 'ES256'));
  const client = createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, { accessToken: async () => token });
  return { ...persona, client };
}
