import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawRealtime } from './support/raw-realtime.ts';
import { joinChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const UUID = /^[0-9a-f]{8}-/;
const SUBSCRIBERS = 1_000;

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(
    `create policy "Everyone can read" on realtime.messages for select to anon, authenticated using (true)`,
  );
});
afterAll(() => fixture?.close());

const send = (topic: string, event: string, payload: object = {}, isPrivate = true) =>
  fixture.db.query('select realtime.send($1, $2, $3, $4)', [payload, event, topic, isPrivate]);

describe('a broadcast from the database', () => {
  test('reaches the private channel of its topic, with the id of its row', async () => {
    const channel = await joinChannel(await fixture.client(), 'orders', { private: true });
    await send('orders', 'filled', { price: '1.50' });
    const message = await channel.broadcasts.next();
    expect(message).toEqual({
      type: 'broadcast',
      event: 'filled',
      payload: { price: '1.50', id: expect.stringMatching(UUID) },
      meta: { id: expect.stringMatching(UUID) },
    });
    const { rows } = await fixture.db.query('select id from realtime.messages where topic = $1', ['orders']);
    expect(rows).toEqual([{ id: message.meta?.id }]);
  });

  test('reaches the public channel instead when it is not private', async () => {
    const open = await joinChannel(await fixture.client(), 'both');
    const closed = await joinChannel(await fixture.client(), 'both', { private: true });
    await send('both', 'closed', {}, true);
    await send('both', 'open', {}, false);
    await send('both', 'closed again', {}, true);
    expect(await open.broadcasts.next()).toMatchObject({ event: 'open' });
    expect(await closed.broadcasts.next()).toMatchObject({ event: 'closed' });
    expect(await closed.broadcasts.next()).toMatchObject({ event: 'closed again' });
  });

  test('is not sent to other topics, nor when its transaction rolls back', async () => {
    const channel = await joinChannel(await fixture.client(), 'mine', { private: true });
    await send('theirs', 'elsewhere');
    await fixture.db.query('begin');
    await send('mine', 'undone');
    await fixture.db.query('rollback');
    await send('mine', 'done');
    expect(await channel.broadcasts.next()).toMatchObject({ event: 'done' });
  });

  test('keeps its order and its digits', async () => {
    const channel = await joinChannel(await fixture.client(), 'ordered', { private: true });
    await fixture.db.query(
      `select realtime.send(jsonb_build_object('step', step), 'step', 'ordered') from generate_series(1, 500) as step`,
    );
    await fixture.db.query(`select realtime.send('{"quantity": 0.10000000000000000001}', 'last', 'ordered')`);
    const steps: unknown[] = [];
    for (let step = 1; step <= 500; step++) {
      const { payload } = await channel.broadcasts.next();
      steps.push((payload as { step: number }).step);
    }
    expect(steps).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));

    const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
    await raw.ask('realtime:ordered', 'phx_join', { config: { private: true } }, '1');
    await fixture.db.query(`select realtime.send('{"quantity": 0.10000000000000000001}', 'last', 'ordered')`);
    expect(String(await raw.frames.next())).toContain('"quantity": 0.10000000000000000001');
    raw.socket.close();
  });

  test('may be binary', async () => {
    const channel = await joinChannel(await fixture.client(), 'binary', { private: true });
    await fixture.db.query(`select realtime.send_binary('\\x00ff10', 'frame', 'binary')`);
    const { payload, meta } = await channel.broadcasts.next();
    expect([...new Uint8Array(payload as ArrayBuffer)]).toEqual([0, 255, 16]);
    expect(meta?.id).toMatch(UUID);
  });

  test('may have an event too long for a binary frame', async () => {
    const channel = await joinChannel(await fixture.client(), 'long', { private: true });
    await send('long', 'e'.repeat(300), { a: 1 });
    expect(await channel.broadcasts.next()).toMatchObject({ event: 'e'.repeat(300), payload: { a: 1 } });
  });

  test('is made from a row by a trigger with broadcast_changes', async () => {
    await fixture.db.query(`
      create table public.lamps (id int primary key, state text);
      create function public.announce_lamp() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        perform realtime.broadcast_changes('bots', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger announce after insert or update on public.lamps for each row execute function public.announce_lamp();`);
    const channel = await joinChannel(await fixture.client(), 'bots', { private: true });
    await fixture.db.query(`insert into public.lamps values (1, 'idle'); update public.lamps set state = 'running'`);
    expect(await channel.broadcasts.next()).toMatchObject({
      event: 'INSERT',
      payload: { operation: 'INSERT', schema: 'public', table: 'lamps', record: { id: 1 }, old_record: null },
    });
    expect(await channel.broadcasts.next()).toMatchObject({
      payload: { record: { state: 'running' }, old_record: { state: 'idle' } },
    });
  });

  test(`reaches ${SUBSCRIBERS} subscribers`, async () => {
    const sockets: RawRealtime[] = [];
    // A hundred at a time: more wait for the database longer than it is waited for, and are told to come again.
    while (sockets.length < SUBSCRIBERS) {
      sockets.push(
        ...(await Promise.all(
          Array.from({ length: 100 }, async () => {
            const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
            const reply = await raw.ask('realtime:crowd', 'phx_join', { config: { private: true } }, '1');
            expect(reply).toMatchObject({ status: 'ok' });
            return raw;
          }),
        )),
      );
    }
    await send('crowd', 'news', { n: 1 });
    const frames = await Promise.all(sockets.map((raw) => raw.frames.next()));
    expect(frames.every((frame) => String(frame).includes('news'))).toBe(true);
    for (const raw of sockets) raw.socket.terminate();
  });
});

test('its replication slot is temporary, and one for this server', async () => {
  const { rows } = await fixture.db.query(
    'select temporary, plugin from pg_replication_slots where database = current_database()',
  );
  expect(rows).toEqual([{ temporary: true, plugin: 'pgoutput' }]);
});
