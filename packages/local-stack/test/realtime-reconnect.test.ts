import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinChannel, type ReceivedBroadcast, type TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(
    `create policy "Everyone can read" on realtime.messages for select to anon, authenticated using (true)`,
  );
});
afterAll(() => fixture?.close());

/** Ends the connection that streams to Realtime, as a failover would. */
async function endReplication(): Promise<void> {
  const admin = await fixture.connect('supabase_admin');
  await admin.query(
    `select pg_terminate_backend(active_pid) from pg_replication_slots where database = current_database()`,
  );
  await admin.end();
}

const send = (topic: string, step: number) =>
  fixture.db.query(`select realtime.send(jsonb_build_object('step', $2::int), 'step', $1)`, [topic, step]);

/** Steps in the order they arrived, up to and with the last one. */
async function stepsUntil(channel: TestChannel, last: number): Promise<number[]> {
  const steps: number[] = [];
  while (steps.at(-1) !== last) steps.push(stepOf(await channel.broadcasts.next()));
  return steps;
}

const stepOf = ({ payload }: ReceivedBroadcast) => (payload as { step: number }).step;

test('nothing is lost or doubled when the connection ends again and again during commits', async () => {
  const channel = await joinChannel(await fixture.client(), 'steady', { private: true });
  const count = 400;
  for (let step = 1; step <= count; step++) {
    await send('steady', step);
    if (step % 100 === 50) await endReplication();
  }
  await fixture.realtime.ready;
  await send('steady', count + 1);
  const steps = await stepsUntil(channel, count + 1);
  expect(steps).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1));
});

test('a transaction that began before the connection ended and committed while it was down arrives', async () => {
  const channel = await joinChannel(await fixture.client(), 'spanning', { private: true });
  const slow = await fixture.connect('postgres');
  await slow.query('begin');
  await slow.query(`select realtime.send('{"step": 1}', 'step', 'spanning')`);
  await send('spanning', 2);
  expect(stepOf(await channel.broadcasts.next())).toBe(2);
  await endReplication();
  await slow.query('commit');
  await slow.end();
  expect(stepOf(await channel.broadcasts.next())).toBe(1);
});
