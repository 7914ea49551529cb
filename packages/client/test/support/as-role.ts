import type { TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';

type Role = Parameters<TestStack['databaseUrl']>[0];

/** Runs statements with a connection of a role of the database, past PostgREST. */
export async function asRole<T>(stack: TestStack, role: Role, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stack.databaseUrl(role) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs statements as the role of the migrations. */
export function asPostgres<T>(stack: TestStack, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return asRole(stack, 'postgres', work);
}
