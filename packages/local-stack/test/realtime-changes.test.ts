import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listenToChanges, type Wanted } from './support/change-listener.ts';
import { RawRealtime } from './support/raw-realtime.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(`
    create type public.mood as enum ('calm', 'wild');
    create table public.notes (
      id bigint generated always as identity primary key,
      title text, size int, price numeric(12, 4), done boolean, tags text[], body jsonb, mood public.mood,
      at timestamptz, day date, raw bytea
    );
    create table public.history (id int primary key, step int);
    alter table public.history replica identity full;
    create table public.keyless (step int);
    create table public.unpublished (id int primary key);
    grant select on public.notes, public.history, public.keyless, public.unpublished to anon;
    alter publication supabase_realtime add table public.notes, public.history, public.keyless;`);
});
beforeEach(() => fixture.db.query('truncate public.notes, public.history, public.keyless'));
afterAll(() => fixture?.close());

const query = (sql: string) => fixture.db.query(sql);
const listen = async (...wanted: Wanted[]) => listenToChanges(await fixture.client(), ...wanted);

describe('a change', () => {
  test('arrives as an INSERT, an UPDATE and a DELETE in the order of the commits', async () => {
    const listener = await listen({ table: 'notes' });
    await query(`insert into notes (title) values ('first')`);
    await query(`update notes set title = 'second'`);
    await query(`delete from notes`);
    const inserted = await listener.changes.next();
    const { id } = inserted.new as { id: number };
    expect(inserted).toMatchObject({
      schema: 'public',
      table: 'notes',
      eventType: 'INSERT',
      errors: null,
      commit_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      new: { id, title: 'first' },
      old: {},
    });
    expect(await listener.changes.next()).toMatchObject({ eventType: 'UPDATE', new: { title: 'second' }, old: { id } });
    expect(await listener.changes.next()).toMatchObject({ eventType: 'DELETE', new: {}, old: { id } });
  });

  test("has its values in the columns' types", async () => {
    const listener = await listen({ table: 'notes' });
    await query(`insert into notes (title, size, price, done, tags, body, mood, at, day, raw) values
      ('quote " and 🚀', 7, 1.5, true, '{a,"b c"}', '{"deep": [1, null]}', 'wild', '2026-11-21 10:00:00+02', '2026-11-21', '\\x00ff')`);
    expect((await listener.changes.next()).new).toEqual({
      id: expect.any(Number),
      ...{ title: 'quote " and 🚀', size: 7, price: 1.5, done: true, tags: ['a', 'b c'], body: { deep: [1, null] } },
      ...{ mood: 'wild', at: '2026-11-21T08:00:00+00:00', day: '2026-11-21', raw: '\\x00ff' },
    });
  });

  test('has nulls where there is nothing', async () => {
    const listener = await listen({ table: 'notes' });
    await query(`insert into notes (title) values (null)`);
    expect((await listener.changes.next()).new).toMatchObject({ title: null, size: null, tags: null, body: null });
  });

  test('has the wire format of hosted Realtime', async () => {
    const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
    const wanted = { event: 'INSERT', schema: 'public', table: 'history' };
    const reply = await raw.ask('realtime:wire', 'phx_join', { config: { postgres_changes: [wanted] } }, '1');
    expect(reply).toEqual({
      status: 'ok',
      response: { postgres_changes: [{ ...wanted, id: expect.any(Number) }] },
    });
    const { id } = (reply as { response: { postgres_changes: { id: number }[] } }).response.postgres_changes[0] ?? {};
    expect(await raw.frames.next()).toEqual([
      ...['1', null, 'realtime:wire', 'system'],
      { extension: 'postgres_changes', status: 'ok', message: 'Subscribed to PostgreSQL', channel: 'wire' },
    ]);
    await query(`insert into history values (1, 2)`);
    expect(await raw.frames.next()).toEqual([
      ...[null, null, 'realtime:wire', 'postgres_changes'],
      {
        ids: [id],
        data: {
          ...{ schema: 'public', table: 'history', type: 'INSERT', errors: null, record: { id: 1, step: 2 } },
          commit_timestamp: expect.any(String),
          columns: [
            { name: 'id', type: 'int4' },
            { name: 'step', type: 'int4' },
          ],
        },
      },
    ]);
    raw.socket.close();
  });

  test('has the whole old row where the replica identity is full', async () => {
    const listener = await listen({ table: 'history' });
    await query(`insert into history values (1, 1); update history set step = 2; delete from history`);
    await listener.changes.next();
    expect(await listener.changes.next()).toMatchObject({ new: { id: 1, step: 2 }, old: { id: 1, step: 1 } });
    expect(await listener.changes.next()).toMatchObject({ eventType: 'DELETE', old: { id: 1, step: 2 } });
  });

  test('is not sent when its transaction rolls back', async () => {
    const listener = await listen({ table: 'notes' });
    await query(`begin; insert into notes (title) values ('undone'); rollback`);
    await query(`insert into notes (title) values ('done')`);
    expect((await listener.changes.next()).new).toMatchObject({ title: 'done' });
  });

  test('of a table without a primary key is told of without the row', async () => {
    const listener = await listen({ table: 'keyless' });
    await query(`insert into keyless values (1)`);
    expect(await listener.changes.next()).toMatchObject({
      new: {},
      errors: ['Error 400: Bad Request, no primary key'],
    });
  });

  test('that is too large comes with its short values and an error', async () => {
    const listener = await listen({ table: 'notes' });
    await query(
      `insert into notes (title, size) select string_agg(md5(i::text), ''), 3 from generate_series(1, 40000) i`,
    );
    const { new: row, errors } = await listener.changes.next();
    expect(row).toMatchObject({ size: 3 });
    expect(row).not.toHaveProperty('title');
    expect(errors).toEqual(['Error 413: Payload Too Large']);
  });

  test('of thousands of rows in one transaction arrives whole and in order', async () => {
    const listener = await listen({ table: 'history' });
    await query(`insert into history select i, i from generate_series(1, 5000) i`);
    for (let id = 1; id <= 5000; id++) expect((await listener.changes.next()).new).toEqual({ id, step: id });
  });
});

describe('a subscription', () => {
  test.each([
    ['its event', { event: 'UPDATE' }, 'UPDATE'],
    ['any event', {}, 'INSERT'],
  ] as const)('hears of %s', async (_which, wanted, first) => {
    const listener = await listen({ table: 'history', ...wanted });
    await query(`insert into history values (1, 1); update history set step = 2`);
    expect((await listener.changes.next()).eventType).toBe(first);
  });

  test('to a whole schema hears of its tables, also of those published later', async () => {
    const listener = await listen({ schema: 'public' });
    await query(`create table public.latecomer (id int primary key);
      grant select on public.latecomer to anon;
      alter publication supabase_realtime add table public.latecomer`);
    await query(`insert into history values (1, 1); insert into latecomer values (5)`);
    expect((await listener.changes.next()).table).toBe('history');
    expect(await listener.changes.next()).toMatchObject({ table: 'latecomer', new: { id: 5 } });
  });

  test('several on one channel each hear of their own', async () => {
    const client = await fixture.client();
    const heard: string[] = [];
    const done = Promise.withResolvers<void>();
    const channel = client
      .channel('several')
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'history' }, () => heard.push('insert'))
      .on('postgres_changes', { event: '*', schema: 'public', table: 'history' }, () => heard.push('any'))
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, () => done.resolve());
    const ready = new Promise((resolve) => channel.on('system', {}, resolve));
    channel.subscribe();
    await ready;
    await query(`insert into history values (1, 1); insert into notes (title) values ('last')`);
    await done.promise;
    expect(heard).toEqual(['insert', 'any']);
  });

  test('to some columns gets these and the key', async () => {
    const listener = await listen({ table: 'notes', select: ['title'] });
    await query(`insert into notes (title, size) values ('short', 3)`);
    expect((await listener.changes.next()).new).toEqual({ id: expect.any(Number), title: 'short' });
  });

  test('may be waited for by its join', async () => {
    const channel = (await fixture.client())
      .channel('waited', { config: { postgres_changes_options: { wait: true } } })
      .on('postgres_changes', { event: '*', schema: 'public', table: 'nowhere' }, () => {});
    const refused = new Promise<Error | undefined>((resolve) => channel.subscribe((_status, error) => resolve(error)));
    expect((await refused)?.message).toMatch(/^RealtimeDisabledForConfiguration: Unable to subscribe/);
  });

  test.each<[string, Wanted, string]>([
    [
      'a table that is not published',
      { table: 'unpublished', event: 'INSERT' },
      'Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect ' +
        'parameters: [event: INSERT, schema: public, table: unpublished, filters: [], select: nil]',
    ],
    ['a column that does not exist', { table: 'notes', filter: 'nope=eq.1' }, 'invalid column for filter nope'],
    ['a value of another type', { table: 'notes', filter: 'size=eq.big' }, 'invalid input syntax for type integer'],
    ['an unknown operator', { table: 'notes', filter: 'size=foo.1' }, 'Error parsing `filter` params: ["foo", "1"]'],
    ['a pattern for a number', { table: 'notes', filter: 'size=like.1' }, 'operator does not exist'],
    ['a broken pattern', { table: 'notes', filter: 'title=match.(' }, 'invalid regular expression'],
    ['selected columns of no table', { schema: '*', select: ['id'] }, 'Column selection is not supported'],
  ])('to %s is refused with the reason', async (_what, wanted, message) => {
    await expect(listen(wanted)).rejects.toThrow(message);
  });

  test('keeps its channel when it is refused', async () => {
    const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
    const wanted = { event: '*', schema: 'public', table: 'nowhere' };
    const config = { postgres_changes: [wanted], broadcast: { self: true } };
    await raw.ask('realtime:kept', 'phx_join', { config }, '1');
    expect(await raw.frames.next()).toMatchObject([
      ...['1', null, 'realtime:kept', 'system'],
      { extension: 'postgres_changes', status: 'error' },
    ]);
    raw.send(['1', '2', 'realtime:kept', 'broadcast', { event: 'still', payload: {} }]);
    expect(String(await raw.frames.next())).toContain('still');
    raw.socket.close();
  });
});

test('the slot of changes is temporary, and is there only while somebody listens', async () => {
  const slots = await query(`select temporary from pg_replication_slots where database = current_database()`);
  expect(slots.rows).toEqual([{ temporary: true }, { temporary: true }]);
});
