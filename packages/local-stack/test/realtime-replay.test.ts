import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawRealtime } from './support/raw-realtime.ts';
import { joinChannel, type TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(`
    create policy "Anyone can read the tape" on realtime.messages for select to anon
      using (realtime.topic() <> 'closed' and extension in ('broadcast', 'presence'));`);
});
afterAll(() => fixture?.close());

const send = (topic: string, step: number, isPrivate = true) =>
  fixture.db.query(`select realtime.send(jsonb_build_object('step', $2::int), 'step', $1, $3)`, [
    topic,
    step,
    isPrivate,
  ]);
const replaying = async (topic: string, replay: { since: number; limit?: number }) =>
  joinChannel(await fixture.client(), topic, { private: true, broadcast: { replay } });
const stepOf = async (channel: TestChannel) => {
  const { payload, meta } = await channel.broadcasts.next();
  return { step: (payload as { step: number }).step, replayed: (meta as { replayed?: boolean }).replayed };
};

describe('replay', () => {
  test('sends what was missed, oldest first, before what is new', async () => {
    for (const step of [1, 2, 3]) await send('tape', step);
    const channel = await replaying('tape', { since: 0 });
    await send('tape', 4);
    expect([await stepOf(channel), await stepOf(channel), await stepOf(channel), await stepOf(channel)]).toEqual([
      { step: 1, replayed: true },
      { step: 2, replayed: true },
      { step: 3, replayed: true },
      { step: 4 },
    ]);
  });

  test('bears the ids of the rows', async () => {
    await send('ids', 1);
    const channel = await replaying('ids', { since: 0 });
    const { rows } = await fixture.db.query(`select id from realtime.messages where topic = 'ids'`);
    expect((await channel.broadcasts.next()).meta).toEqual({ id: rows[0].id, replayed: true });
  });

  test('is of the newest 25 at most', async () => {
    await fixture.db.query(`
      select realtime.send(jsonb_build_object('step', step), 'step', 'long tape') from generate_series(1, 30) as step`);
    const channel = await replaying('long tape', { since: 0, limit: 100 });
    expect(await stepOf(channel)).toEqual({ step: 6, replayed: true });
  });

  test('begins at a time, and obeys a limit', async () => {
    await send('times', 1);
    const since = Date.now() + 1;
    await expect.poll(() => Date.now()).toBeGreaterThan(since);
    for (const step of [2, 3]) await send('times', step);
    expect(await stepOf(await replaying('times', { since }))).toEqual({ step: 2, replayed: true });
    expect(await stepOf(await replaying('times', { since: 0, limit: 1 }))).toEqual({ step: 3, replayed: true });
  });

  test('does not mix the public and the private channel of a name', async () => {
    await send('mixed', 1, false);
    await send('mixed', 2);
    expect(await stepOf(await replaying('mixed', { since: 0 }))).toEqual({ step: 2, replayed: true });
  });

  test('loses and doubles nothing of what is committed during the join', async () => {
    const total = 60;
    const sending = (async () => {
      for (let step = 1; step <= total; step++) await send('busy', step);
    })();
    await fixture.client();
    const channel = await replaying('busy', { since: 0 });
    await sending;
    const steps: number[] = [];
    while (steps.at(-1) !== total) steps.push((await stepOf(channel)).step);
    const first = steps[0] ?? 0;
    expect(steps).toEqual(Array.from({ length: total - first + 1 }, (_, index) => first + index));
  });

  test('may be binary', async () => {
    await fixture.db.query(`select realtime.send_binary('\\x0007', 'frame', 'bytes')`);
    const { payload, meta } = await (await replaying('bytes', { since: 0 })).broadcasts.next();
    expect([...new Uint8Array(payload as ArrayBuffer)]).toEqual([0, 7]);
    expect(meta).toMatchObject({ replayed: true });
  });
});

test('replay is refused where the policies do not let the client read', async () => {
  await expect(replaying('closed', { since: 0 })).rejects.toThrow('Unauthorized');
});

test.each([
  [{ since: 'yesterday' }, true, 'UnableToReplayMessages: Replay params are not valid'],
  [{ limit: 3 }, true, 'UnableToReplayMessages: Replay params are not valid'],
  [{ since: 0 }, false, 'UnableToReplayMessages: Replay is not allowed for public channels'],
])('replay of %j with private: %s is refused with the reason', async (replay, isPrivate, reason) => {
  const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
  const config = { private: isPrivate, broadcast: { replay } };
  const reply = await raw.ask('realtime:tape', 'phx_join', { config }, '1');
  expect(reply).toEqual({ status: 'error', response: { reason } });
  raw.socket.close();
});
