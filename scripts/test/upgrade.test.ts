import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '@tradebase/local-stack';
import { startTestServer, type TestServer } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The migrations on a database that is in use: what was released first, with rows in it, then all the others. */
const ROOT = join(import.meta.dirname, '..', '..');
/** The last migration of the first release. */
const FIRST_RELEASE = '20261120100500';

const OWNER = '00000000-0000-4000-8000-000000000001';
const BANNED = '00000000-0000-4000-8000-000000000002';
const COMPLETED = '00000000-0000-4000-8000-00000000000a';
const QUEUED = '00000000-0000-4000-8000-00000000000b';

const ROWS = `
  insert into auth.users (id, aud, role, email, raw_user_meta_data, banned_until) values
    ('${OWNER}', 'authenticated', 'authenticated', 'owner@example.com', '{"first_name": "Ada", "last_name": 7}', null),
    ('${BANNED}', 'authenticated', 'authenticated', 'banned@example.com', null, now() + interval '1 year');
  insert into public.instruments (symbol) values ('ACME');
  insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
    values (1, '1d', '1962-01-01Z', '2030-12-31Z', 25202), (1, '1h', '2024-01-01Z', '2024-01-02Z', 25);
  insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
    select 1, '1d', day, 10, 11, 9, 10, 1 from generate_series(timestamptz '1962-01-01Z', '2030-12-31Z', '1 day') day;
  insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
    select 1, '1h', hour, 10, 11, 9, 10, 1 from generate_series(timestamptz '2024-01-01Z', '2024-01-02Z', '1 hour') hour;
  insert into public.backtests (id, user_id, instrument_id, timeframe, strategy) values
    ('${COMPLETED}', '${OWNER}', 1, '1d', '{"name": "sma-cross"}'), ('${QUEUED}', '${OWNER}', 1, '1h', '{"name": "sma-cross"}');
  update public.backtests set status = 'running', started_at = now(), attempt = 1 where id = '${COMPLETED}';
  insert into public.backtest_results values ('${COMPLETED}', '${OWNER}', '{}', '{}', '{}', 1);
  insert into public.backtest_trades values ('${COMPLETED}', 1, '${OWNER}', 'long', 1, 2, now(), now(), 1, 1, 1, 0, 0, 0);
  update public.backtests set status = 'completed', progress = 1 where id = '${COMPLETED}';`;

let dir: string;
let server: TestServer;
let client: pg.Client;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tradebase-upgrade-'));
  const migrations = join(dir, 'supabase', 'migrations');
  mkdirSync(migrations, { recursive: true });
  cpSync(join(ROOT, 'supabase', 'config.toml'), join(dir, 'supabase', 'config.toml'));
  for (const name of readdirSync(join(ROOT, 'supabase', 'migrations'))) {
    if (name.slice(0, FIRST_RELEASE.length) <= FIRST_RELEASE) {
      cpSync(join(ROOT, 'supabase', 'migrations', name), join(migrations, name));
    }
  }
  server = await startTestServer(dir);
  client = new pg.Client({ connectionString: server.templateUrl });
  await client.connect();
  await client.query(ROWS);
  const url = new URL(server.templateUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  await runCli(['db', 'push', `--remote=${url.href}`, '--yes', '--workdir', ROOT], { PGPASSWORD: password });
}, 240_000);

afterAll(async () => {
  await client?.end();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function rowsOf(query: string) {
  return (await client.query(query)).rows;
}

describe('A database of the first release', () => {
  it('keeps every candle, and the partitions have them', async () => {
    expect(
      await rowsOf(
        `select timeframe, count(*)::int, min(ts) as first_at, max(ts) as last_at from public.candles group by timeframe order by 1`,
      ),
    ).toEqual([
      { timeframe: '1d', count: 25202, first_at: new Date('1962-01-01'), last_at: new Date('2030-12-31') },
      { timeframe: '1h', count: 25, first_at: new Date('2024-01-01'), last_at: new Date('2024-01-02') },
    ]);
    expect(
      await rowsOf(`select count(distinct tableoid) >= 10 as spread from public.candles where timeframe = '1d'`),
    ).toEqual([{ spread: true }]);
    expect(await rowsOf(`select timeframe, candle_count from public.candle_coverage order by 1`)).toEqual([
      { timeframe: '1d', candle_count: '25202' },
      { timeframe: '1h', candle_count: '25' },
    ]);
  });

  it('gives its users a role and a profile', async () => {
    expect(
      await rowsOf(`select r.role, p.first_name, p.last_name, p.plan, p.is_active
        from public.user_roles r join public.profiles p using (user_id) order by user_id`),
    ).toEqual([
      { role: 'trader', first_name: 'Ada', last_name: null, plan: 'free', is_active: true },
      { role: 'trader', first_name: null, last_name: null, plan: 'free', is_active: false },
    ]);
  });

  it('keeps backtests with their results, trades, events and jobs', async () => {
    expect(await rowsOf(`select id, status from public.backtests order by id`)).toEqual([
      { id: COMPLETED, status: 'completed' },
      { id: QUEUED, status: 'queued' },
    ]);
    expect(
      await rowsOf(`select (select count(*)::int from public.backtest_results) as results,
        (select count(*)::int from public.backtest_trades) as trades, (select count(*)::int from public.events) as events,
        (select count(*)::int from pgboss.job where name = 'backtest') as jobs`),
    ).toEqual([{ results: 1, trades: 1, events: 4, jobs: 2 }]);
  });

  it('goes on: a waiting backtest is taken up and ends', async () => {
    await client.query(
      `update public.backtests set status = 'running', started_at = now(), attempt = 1 where id = '${QUEUED}'`,
    );
    await client.query(`update public.backtests set status = 'completed', progress = 1 where id = '${QUEUED}'`);
    expect(
      await rowsOf(`select status, finished_at is not null as ended from public.backtests where id = '${QUEUED}'`),
    ).toEqual([{ status: 'completed', ended: true }]);
  });

  it('can be deleted a user of, with all that is theirs', async () => {
    await client.query(`delete from auth.users where id = '${OWNER}'`);
    expect(
      await rowsOf(`select (select count(*)::int from public.backtests) as backtests, (select count(*)::int from public.profiles) as profiles,
        (select count(*)::int from public.events) as events`),
    ).toEqual([{ backtests: 0, profiles: 1, events: 0 }]);
  });
});
