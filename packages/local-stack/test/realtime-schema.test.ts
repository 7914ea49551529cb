import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
});
afterAll(() => fixture?.close());

const query = async (sql: string) => (await fixture.db.query(sql)).rows;

/** Runs as a role that the Data API uses, in a transaction that is undone. */
async function as(role: string, sql: string) {
  await fixture.db.query(`begin; set local role ${role}`);
  try {
    return (await fixture.db.query(sql)).rows;
  } finally {
    await fixture.db.query('rollback');
  }
}

async function warningsOf(sql: string): Promise<string[]> {
  const warnings: string[] = [];
  const listen = ({ message }: { message?: string | undefined }) => warnings.push(message ?? '');
  fixture.db.on('notice', listen);
  await fixture.db.query(sql);
  fixture.db.off('notice', listen);
  return warnings;
}

describe('realtime.send', () => {
  test('stores one message and gives the payload an id where it has none', async () => {
    await query(`select realtime.send('{"a": 1}', 'e', 'given'), realtime.send('{"id": "mine"}', 'e', 'given', false)`);
    const rows = await query(
      `select extension, private, payload ->> 'id' = id::text as same, payload ->> 'id' as id from realtime.messages
       where topic = 'given' order by private desc`,
    );
    expect(rows).toEqual([
      { extension: 'broadcast', private: true, same: true, id: expect.any(String) },
      { extension: 'broadcast', private: false, same: false, id: 'mine' },
    ]);
  });

  test.each([
    ['a null topic', `select realtime.send('{}', 'e', null)`, /null value in column "topic"/],
    ['a payload that is no object', `select realtime.send('1', 'e', 't')`, /cannot set path in scalar/],
  ])('turns the failure of %s into a warning', async (_what, sql, message) => {
    const warnings = await warningsOf(sql);
    expect(warnings).toEqual([expect.stringMatching(/^WarnSendingBroadcastMessage: /)]);
    expect(warnings[0]).toMatch(message);
  });

  test('runs as its caller: without a policy nothing is sent', async () => {
    const send = `begin; set local role authenticated; select realtime.send('{}', 'e', 'sneaky'); commit`;
    expect(await warningsOf(send)).toEqual([expect.stringContaining('violates row-level security policy')]);
    expect(await query(`select from realtime.messages where topic = 'sneaky'`)).toEqual([]);
    expect(await as('authenticated', 'select * from realtime.messages')).toEqual([]);
  });
});

describe('the partitions', () => {
  const partitions = `select relname from pg_inherits join pg_class on oid = inhrelid
                      where inhparent = 'realtime.messages'::regclass and relkind = 'r' order by relname`;

  test('cover yesterday to three days ahead, and no more than three days back', async () => {
    const admin = await fixture.connect('supabase_realtime_admin');
    // In one transaction, in which it stays the same day.
    await admin.query('begin; select realtime.maintain_message_partitions()');
    const { rows } = await admin.query(
      `select 'messages_' || to_char(now() at time zone 'UTC' + day * interval '1 day', 'YYYY_MM_DD') as relname
       from generate_series(-3, 3) as day`,
    );
    await admin.query(`
      create table realtime.messages_2020_01_01 partition of realtime.messages for values from ('2020-01-01') to ('2020-01-02');
      drop table realtime.${rows.at(-1)?.relname};
      select realtime.maintain_message_partitions()`);
    const made = (await admin.query(partitions)).rows;
    expect(made.slice(-5)).toEqual(rows.slice(-5));
    // Of two or three days back there are some where midnight has just passed.
    expect(rows).toEqual(expect.arrayContaining(made));
    await admin.query('commit');
    await admin.end();
  });

  test('are made while a transaction is writing messages', async () => {
    const admin = await fixture.connect('supabase_realtime_admin');
    const [last] = await query(`${partitions} desc limit 1`);
    await admin.query(`drop table realtime.${last.relname}`);
    await query(`begin; select realtime.send('{}', 'e', 'unfinished')`);
    await admin.query('select realtime.maintain_message_partitions()');
    await query('rollback');
    await admin.end();
    expect(await query(`${partitions} desc limit 1`)).toEqual([last]);
  });

  test('are not open to the roles of the Data API except through their parent', async () => {
    const [today] = await query(`select tableoid::regclass::text as name from realtime.messages limit 1`);
    await expect(as('service_role', `select * from ${today.name}`)).rejects.toThrow('permission denied');
  });
});

test('everything in the schema belongs to supabase_realtime_admin', async () => {
  const rows = await query(`
    select relname as name from pg_class
    where relnamespace = 'realtime'::regnamespace and relowner <> 'supabase_realtime_admin'::regrole
    union all
    select proname from pg_proc
    where pronamespace = 'realtime'::regnamespace and proowner <> 'supabase_realtime_admin'::regrole`);
  expect(rows).toEqual([]);
});

test.each([
  'alter table realtime.messages disable row level security',
  'create table realtime.mine (id int)',
  'drop table realtime.messages',
  'delete from realtime.messages',
  'truncate realtime.messages',
  `create or replace function realtime.topic() returns text language sql as $$ select 'x' $$`,
  'drop function realtime.topic()',
  'drop publication supabase_realtime_messages_publication',
])('a migration may not %s', async (sql) => {
  await expect(query(sql)).rejects.toThrow(/permission denied|must be owner/);
});
