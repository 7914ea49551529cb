import type { TestStack } from '@tradebase/local-stack/testing';
import { type Persona, signUp } from './personas.ts';
import { addFactor, showFactor } from './second-factor.ts';
import { asPostgres } from './seed-market.ts';

/** Gives a user a role, as an operator does with `npm run admin`; it counts from the next refresh. */
export async function grantRole(stack: TestStack, { email }: Persona, role: string): Promise<void> {
  await asPostgres(stack, (client) => client.query('select private.grant_role($1, $2)', [email, role]));
}

/** An admin who has shown a second factor. */
export async function signUpAdmin(stack: TestStack, name: string): Promise<Persona> {
  const admin = await signUp(stack, name);
  await grantRole(stack, admin, 'admin');
  await addFactor(stack, admin);
  await showFactor(stack, admin);
  return admin;
}
