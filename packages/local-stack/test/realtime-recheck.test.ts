import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinChannel, TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const ALICE = 'a0000000-0000-4000-8000-000000000001';
const BOB = 'b0000000-0000-4000-8000-000000000002';
const LOST = 'You do not have permissions to read from this Channel topic: floor';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture({ limits: { tokenRecheckMs: 100 } });
  await fixture.db.query(`
    create table public.members (user_id uuid primary key, extension text);
    grant select on public.members to authenticated;
    create policy "Members read" on realtime.messages for select to authenticated
      using (exists (select from public.members
        where user_id = (select auth.uid()) and members.extension in ('all', messages.extension)));
    create policy "Members write" on realtime.messages for insert to authenticated
      with check (exists (select from public.members where user_id = (select auth.uid())));
    insert into public.members values ('${ALICE}', 'all'), ('${BOB}', 'all');`);
});
afterAll(() => fixture?.close());

const member = async (user: string) => fixture.client(await fixture.userToken(user));

test('a right that is taken away ends the channel at the next recheck, and nobody else', async () => {
  const alice = await joinChannel(await member(ALICE), 'floor', { private: true });
  const bob = await joinChannel(await member(BOB), 'floor', { private: true });
  await fixture.db.query('delete from public.members where user_id = $1', [ALICE]);
  expect(await alice.system.next()).toMatchObject({ extension: 'system', status: 'error', message: LOST });
  await alice.states.find(({ status }) => status === 'CLOSED');
  await fixture.db.query(`select realtime.send('{}', 'after', 'floor')`);
  expect(await bob.broadcasts.next()).toMatchObject({ event: 'after' });
  expect(await Promise.race([alice.broadcasts.next(), Promise.resolve('nothing')])).toBe('nothing');
});

test('so does a part of the rights', async () => {
  const bob = await new TestChannel(await member(BOB), 'floor', { private: true, presence: { enabled: true } }).join();
  await fixture.db.query(`update public.members set extension = 'broadcast' where user_id = $1`, [BOB]);
  expect(await bob.system.next()).toMatchObject({
    message: 'You no longer have permission to read from this Channel topic: floor',
  });
});

test('a policy that cannot be asked ends the channel', async () => {
  const bob = await joinChannel(await member(BOB), 'floor', { private: true });
  await fixture.db.query('revoke select on public.members from authenticated');
  expect(await bob.system.next()).toMatchObject({ message: LOST });
  await fixture.db.query('grant select on public.members to authenticated');
});
