import type { StackAddress } from '@tradebase/local-stack/testing';
import pg from 'pg';

type Role = Parameters<StackAddress['databaseUrl']>[0];

/** Runs statements with a connection of a role of the database, past PostgREST. */
export async function asRole<T>(stack: StackAddress, role: Role, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stack.databaseUrl(role) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs statements as the role of the migrations. */
export function asPostgres<T>(stack: StackAddress, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return asRole(stack, 'postgres', work);
}
