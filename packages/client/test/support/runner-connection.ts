import type { TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import type { ConnectedRunner } from './connect-runner.ts';

/** A connection to the database with the rights and claims that PostgREST gives a runner: for calls that must overlap. */
export async function openRunnerConnection(stack: TestStack, runner: ConnectedRunner): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  const claims = {
    sub: runner.session_id,
    role: 'authenticated',
    app_metadata: { user_id: runner.owner.id, api_key_id: runner.apiKeyId, epoch: 1 },
  };
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify(claims)]);
  await client.query('set role authenticated');
  return client;
}
