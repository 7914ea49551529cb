import { createClient } from '@supabase/supabase-js';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type TestStack } from '../src/testing.ts';
import { listenToChanges } from './support/change-listener.ts';
import { joinChannel } from './support/realtime-channel.ts';

let stack: TestStack;
let database: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  database = new pg.Client({ connectionString: stack.databaseUrl() });
  await database.connect();
  await database.query(`
    create table public.lamps (id int primary key);
    alter publication supabase_realtime add table public.lamps`);
});
afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

const metrics = (headers: Record<string, string>) => fetch(`${stack.apiUrl}/realtime/v1/metrics`, { headers });

/** Figures by name, read with the secret key. */
async function figures(): Promise<Record<string, number>> {
  const response = await metrics({ apikey: stack.keys.secretKey });
  expect(response.headers.get('content-type')).toContain('text/plain');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]));
}

test('the metrics tell what Realtime does', async () => {
  const before = await figures();
  const client = createClient(stack.apiUrl, stack.keys.secretKey);
  const channel = await joinChannel(client, 'watched', { private: true });
  await listenToChanges(client, { table: 'lamps' });
  await database.query(`select realtime.send('{}', 'tick', 'watched')`);
  await channel.broadcasts.next();
  const after = await figures();
  expect(after).toMatchObject({
    realtime_connections: 1,
    realtime_channels: 2,
    realtime_postgres_changes_subscriptions: 1,
    realtime_replication_up: 1,
    realtime_slow_clients_dropped_total: 0,
  });
  const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  expect(grown('realtime_joins_total')).toBe(2);
  expect(grown('realtime_broadcasts_from_database_total')).toBe(1);
  expect(grown('realtime_messages_in_total')).toBeGreaterThanOrEqual(2);
  expect(grown('realtime_messages_out_total')).toBeGreaterThanOrEqual(4);
  expect(after.realtime_replication_lag_ms).toBeLessThan(10_000);
  expect(await (await fetch(stack.apiUrl)).text()).toContain('1 websockets, 2 channels, 1 subscriptions to changes');
  await client.realtime.disconnect();
  await expect.poll(async () => (await figures()).realtime_channels).toBe(0);
});

test('nobody but a server with the secret key reads them', async () => {
  const { publishableKey, anonKey } = stack.keys;
  expect((await metrics({})).status).toBe(401);
  expect((await metrics({ apikey: publishableKey })).status).toBe(403);
  expect((await metrics({ apikey: publishableKey, authorization: `Bearer ${anonKey}` })).status).toBe(403);
  expect((await metrics({ apikey: publishableKey, authorization: 'Bearer nonsense' })).status).toBe(401);
});
