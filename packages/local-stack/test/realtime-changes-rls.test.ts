import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChangeListener, listenToChanges, type Wanted } from './support/change-listener.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const ALICE = 'a0000000-0000-4000-8000-000000000001';
const BOB = 'b0000000-0000-4000-8000-000000000002';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(`
    create table public.desks (id int primary key, owner_id uuid, secret text, mode text default 'open');
    alter table public.desks enable row level security;
    grant select (id, owner_id, mode) on public.desks to authenticated;
    grant select on public.desks to service_role;
    create policy "Owners read their desks" on public.desks for select to authenticated
      using (owner_id = (select auth.uid()) and coalesce((select auth.jwt()) ->> 'banned', '') = '');
    create table public.vaults (id int primary key);
    create table public.books (id int primary key, owner_id uuid, page int);
    alter table public.books enable row level security;
    alter table public.books replica identity full;
    grant select on public.books to authenticated;
    create policy "Owners read their books" on public.books for select to authenticated
      using (case when page = 13 then page / (page - 13) > 0 else owner_id = (select auth.uid()) end);
    alter publication supabase_realtime add table public.desks, public.vaults, public.books;`);
});
beforeEach(() => fixture.db.query('truncate public.desks, public.vaults, public.books'));
afterAll(() => fixture?.close());

const query = (sql: string) => fixture.db.query(sql);
const as = async (user: string, ...wanted: Wanted[]) =>
  listenToChanges(await fixture.client(await fixture.userToken(user)), ...wanted);

describe('under row level security', () => {
  test('each subscriber hears only of the rows that their policies let them see', async () => {
    const [alice, bob] = await Promise.all([as(ALICE, { table: 'desks' }), as(BOB, { table: 'desks' })]);
    await query(`insert into desks values (1, '${ALICE}'), (2, '${BOB}'), (3, null), (4, '${ALICE}')`);
    expect((await alice.changes.next()).new).toMatchObject({ id: 1 });
    expect((await alice.changes.next()).new).toMatchObject({ id: 4 });
    expect((await bob.changes.next()).new).toMatchObject({ id: 2 });
    // Their next one is this, so that there was nothing in between.
    await query(`insert into desks values (5, '${BOB}')`);
    expect((await bob.changes.next()).new).toMatchObject({ id: 5 });
  });

  test('an anonymous client hears nothing but that it may not', async () => {
    const nobody = await listenToChanges(await fixture.client(), { table: 'desks' });
    await query(`insert into desks values (1, '${ALICE}', 'hidden')`);
    const change = await nobody.changes.next();
    expect(change).toMatchObject({ eventType: 'INSERT', new: {}, errors: ['Error 401: Unauthorized'] });
  });

  test('the secret key hears of every row', async () => {
    const service = await listenToChanges(await fixture.client(fixture.keys.serviceRoleKey), { table: 'desks' });
    await query(`insert into desks values (1, '${ALICE}', 'hidden')`);
    expect((await service.changes.next()).new).toMatchObject({ id: 1, secret: 'hidden' });
  });

  test('columns that the role may not select are left out', async () => {
    const alice = await as(ALICE, { table: 'desks' });
    await query(`insert into desks values (1, '${ALICE}', 'hidden')`);
    expect((await alice.changes.next()).new).toEqual({ id: 1, owner_id: ALICE, mode: 'open' });
  });

  test.each(['secret=eq.hidden', 'secret=match..'])('they cannot be asked about by the filter %s', async (filter) => {
    await expect(as(ALICE, { table: 'desks', filter })).rejects.toThrow('invalid column for filter secret');
  });

  test('they cannot be selected', async () => {
    const denied = as(ALICE, { table: 'desks', select: ['secret'] });
    await expect(denied).rejects.toThrow('invalid column for select secret');
  });

  test('a table without a grant is told of without its rows', async () => {
    const alice = await as(ALICE, { table: 'vaults' });
    await query(`insert into vaults values (1)`);
    expect(await alice.changes.next()).toMatchObject({ new: {}, errors: ['Error 401: Unauthorized'] });
  });

  test('a deletion tells everyone the key and nothing else, whatever the replica identity', async () => {
    const bob = await as(BOB, { table: 'books', event: 'DELETE' });
    await query(`insert into books values (7, '${ALICE}', 1); delete from books`);
    expect(await bob.changes.next()).toMatchObject({ eventType: 'DELETE', old: { id: 7 } });
  });

  test('an update is seen by whoever sees the row as it is now', async () => {
    const [alice, bob] = await Promise.all([
      as(ALICE, { table: 'books', event: 'UPDATE' }),
      as(BOB, { table: 'books', event: 'UPDATE' }),
    ]);
    await query(`insert into books values (1, '${ALICE}', 1)`);
    await query(`update books set owner_id = '${BOB}'`);
    expect((await bob.changes.next()).new).toMatchObject({ owner_id: BOB });
    await query(`update books set owner_id = '${ALICE}'`);
    expect((await alice.changes.next()).old).toMatchObject({ owner_id: BOB });
  });

  test('a policy that raises shows nothing, and holds nothing up', async () => {
    const alice = await as(ALICE, { table: 'books', event: 'INSERT' });
    await query(`insert into books values (1, '${ALICE}', 13)`);
    await query(`delete from books; insert into books values (2, '${ALICE}', 1)`);
    expect((await alice.changes.next()).new).toMatchObject({ id: 2 });
  });

  test.each(['none', 'supabase_realtime_admin', 'postgres'])('the role %s gets no rights from it', async (role) => {
    const client = await fixture.client(await fixture.userToken(ALICE, { role }));
    const listener = await new ChangeListener(client, `role-${role}`).join({ table: 'desks' });
    const { status } = await listener.system.next();
    const watcher = await as(ALICE, { table: 'desks' });
    await query(`insert into desks values (1, '${ALICE}', 'hidden')`);
    await watcher.changes.next();
    const heard = await Promise.race([listener.changes.next(), Promise.resolve(undefined)]);
    expect([status, heard?.new ?? {}]).toEqual([status, {}]);
  });

  test('a new token is judged by its own claims', async () => {
    const client = await fixture.client();
    await client.realtime.setAuth(await fixture.userToken(ALICE));
    const listener = await listenToChanges(client, { table: 'desks' });
    await client.realtime.setAuth(await fixture.userToken(BOB));
    await listener.subscribed();
    await query(`insert into desks values (1, '${ALICE}'), (2, '${BOB}')`);
    expect((await listener.changes.next()).new).toMatchObject({ id: 2 });
  });
});

describe('a filter', () => {
  const rows = `(1, '${ALICE}', 10), (2, '${ALICE}', 20), (3, '${ALICE}', 30), (4, '${ALICE}', null)`;

  test.each([
    ['page=eq.20', [2]],
    ['page=neq.20', [1, 3]],
    ['page=lt.20', [1]],
    ['page=lte.20', [1, 2]],
    ['page=gt.20', [3]],
    ['page=gte.20', [2, 3]],
    ['page=in.(10,30)', [1, 3]],
    ['page=not.in.(10,30)', [2]],
    ['page=is.null', [4]],
    ['page=not.is.null', [1, 2, 3]],
    ['page=isdistinct.20', [1, 3, 4]],
    ['id=gt.1,page=lt.30', [2]],
    [`owner_id=eq.${ALICE},id=eq.3`, [3]],
    [`owner_id=eq.${BOB}`, []],
  ])('%s lets the right rows through', async (filter, ids) => {
    const alice = await as(ALICE, { table: 'books', event: 'INSERT', filter }, { table: 'vaults', event: 'INSERT' });
    await query(`insert into books values ${rows}; insert into vaults values (1)`);
    const heard: unknown[] = [];
    for (let change = await alice.changes.next(); change.table === 'books'; change = await alice.changes.next()) {
      heard.push((change.new as { id: number }).id);
    }
    expect(heard).toEqual(ids);
  });

  test.each([
    ['mode=like.wi%', 1],
    ['mode=ilike.WI%', 1],
    ['mode=match.^w.d$', 2],
    ['mode=imatch.^W.D$', 2],
    ['mode=not.like.wi%', 2],
    ['mode=eq."a,b"', 3],
    ['mode=in.("a,b",x)', 3],
    ['mode=eq."q\\"q"', 4],
  ])('%s matches text', async (filter, id) => {
    const alice = await as(ALICE, { table: 'desks', event: 'INSERT', filter });
    await query(`insert into desks (id, owner_id, mode) values
      (1, '${ALICE}', 'wild'), (2, '${ALICE}', 'wXd'), (3, '${ALICE}', 'a,b'), (4, '${ALICE}', 'q"q')`);
    expect((await alice.changes.next()).new).toMatchObject({ id });
  });

  test('on the key fits a deletion, too', async () => {
    const alice = await as(ALICE, { table: 'desks', event: 'DELETE', filter: 'id=eq.2' });
    await query(`insert into desks values (1, '${ALICE}'), (2, '${ALICE}'); delete from desks`);
    expect(await alice.changes.next()).toMatchObject({ eventType: 'DELETE', old: { id: 2 } });
  });
});
