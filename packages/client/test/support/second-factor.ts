import type { TestStack } from '@tradebase/local-stack/testing';
import type { Persona } from './personas.ts';
import { asPostgres } from './seed-market.ts';

/** Gives a user a verified second factor, as if enrolled, and answers its id. */
export async function addFactor(stack: TestStack, { id }: Persona): Promise<string> {
  return asPostgres(stack, async (client) => {
    // By SQL, so that a test of what comes after needs no authenticator.
    const { rows } = await client.query(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
       values (gen_random_uuid(), $1, 'phone ' || gen_random_uuid(), 'totp', 'verified', now(), now(), 'JBSWY3DPEHPK3PXP') returning id`,
      [id],
    );
    return rows[0].id;
  });
}

/** Raises the session of a user who has a factor to aal2, as an answered challenge would. */
export async function showFactor(stack: TestStack, { client }: Persona): Promise<void> {
  const { data } = await client.auth.getClaims();
  await asPostgres(stack, (connection) =>
    connection.query(`update auth.sessions set aal = 'aal2' where id = $1`, [data?.claims.session_id]),
  );
  const { error } = await client.auth.refreshSession();
  if (error) throw error;
}
