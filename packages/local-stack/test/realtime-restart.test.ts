import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture({ ownServer: true });
  await fixture.db.query(
    `create policy "Everyone can read" on realtime.messages for select to anon, authenticated using (true)`,
  );
});
afterAll(() => fixture?.close());

test('the slot is made again when Postgres comes back, and messages flow to the same clients', async () => {
  const channel = await joinChannel(await fixture.client(), 'restart', { private: true });
  await fixture.restartPostgres();
  const waiting = await joinChannel(await fixture.client(), 'ready', { broadcast: { replication_ready: true } });
  expect(await waiting.system.next()).toMatchObject({ message: 'Replication connection established' });
  await fixture.db.query(`select realtime.send('{}', 'back', 'restart')`);
  expect(await channel.broadcasts.next()).toMatchObject({ event: 'back' });
});
