import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../src/testing.ts';

/** What a migration's new objects are granted to, before it says anything: as on hosted. */
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  client = new pg.Client({ connectionString: database.urlFor('postgres') });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** API roles that may execute a function which was made in a schema and taken from PUBLIC. */
async function executors(schema: string): Promise<string[]> {
  await client.query(`create function ${schema}.fresh() returns int language sql return 1`);
  await client.query(`revoke execute on function ${schema}.fresh() from public`);
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest(array['anon', 'authenticated', 'service_role']) name
     where has_function_privilege(name, '${schema}.fresh()', 'execute')`,
  );
  return rows.map(({ name }) => name);
}

test('a function in public has to be taken from each API role by name', async () => {
  expect(await executors('public')).toEqual(['anon', 'authenticated', 'service_role']);
});

test('a function in private has to be taken from PUBLIC alone', async () => {
  expect(await executors('private')).toEqual([]);
});
