import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinChannel, type TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const ALICE = 'a0000000-0000-4000-8000-000000000001';
const BOB = 'b0000000-0000-4000-8000-000000000002';
const TOPIC = `desk:${ALICE}`;
const LOST = `You do not have permissions to read from this Channel topic: ${TOPIC}`;

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(
    `create policy "Users can read their desk" on realtime.messages for select to authenticated
       using (realtime.topic() = 'desk:' || (select auth.uid()) and coalesce((select auth.jwt()) ->> 'banned', '') = '')`,
  );
});
afterAll(() => fixture?.close());

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const closing = (channel: TestChannel) => channel.states.find(({ status }) => status === 'CLOSED');

/** A client whose token the test changes by hand, as `setAuth(token)` does. */
async function manualClient(token: string) {
  const client = await fixture.client();
  await client.realtime.setAuth(token);
  return client;
}

describe('a new token', () => {
  test('of the same user keeps the channel', async () => {
    const client = await manualClient(await fixture.userToken(ALICE));
    const channel = await joinChannel(client, TOPIC, { private: true });
    await client.realtime.setAuth(await fixture.userToken(ALICE, { session_id: 'refreshed' }));
    // The channel answers in order, so that the token has been judged when this is.
    await channel.channel.track({});
    await fixture.db.query(`select realtime.send('{}', 'after', $1)`, [TOPIC]);
    expect(await channel.broadcasts.next()).toMatchObject({ event: 'after' });
  });

  test.each([
    ['of another user', { sub: BOB }, LOST],
    ['that the policies no longer accept', { banned: 'yes' }, LOST],
    ['that has expired', { exp: inSeconds(-10) }, 'Token has expired'],
  ])('%s loses the channel', async (_which, claims, message) => {
    const client = await manualClient(await fixture.userToken(ALICE));
    const channel = await joinChannel(client, TOPIC, { private: true });
    await client.realtime.setAuth(await fixture.userToken(ALICE, claims));
    expect(await channel.system.next()).toMatchObject({ extension: 'system', status: 'error', message });
    await closing(channel);
    const other = await joinChannel(await manualClient(await fixture.userToken(ALICE)), TOPIC, { private: true });
    await fixture.db.query(`select realtime.send('{}', 'secret', $1)`, [TOPIC]);
    await other.broadcasts.next();
    expect(await Promise.race([channel.broadcasts.next(), Promise.resolve('nothing')])).toBe('nothing');
  });

  test('signed by another key loses the channel', async () => {
    const client = await manualClient(await fixture.userToken(ALICE));
    const channel = await joinChannel(client, TOPIC, { private: true });
    const forged = (await fixture.userToken(ALICE)).replace(/[^.]+$/, (signature) => [...signature].reverse().join(''));
    await client.realtime.setAuth(forged);
    expect(await channel.system.next()).toMatchObject({ message: 'Failed to validate JWT signature' });
    await closing(channel);
  });
});

describe('an expired token', () => {
  test('cannot join', async () => {
    const client = await manualClient(await fixture.userToken(ALICE, { exp: inSeconds(-10) }));
    await expect(joinChannel(client, TOPIC, { private: true })).rejects.toThrow('InvalidJWTToken: Token has expired');
  });

  /** Joins with a token that lives just long enough for it, on a machine of whatever speed. */
  async function joinedForAMoment(life_s = 2): Promise<TestChannel[]> {
    const client = await manualClient(await fixture.userToken(ALICE, { exp: inSeconds(life_s) }));
    try {
      return await Promise.all([joinChannel(client, TOPIC, { private: true }), joinChannel(client, 'public-topic')]);
    } catch (error) {
      if (!String(error).includes('Token has expired')) throw error;
      return joinedForAMoment(2 * life_s);
    }
  }

  test('closes its channel, public or private, when the time comes', async () => {
    for (const channel of await joinedForAMoment()) {
      expect(await channel.system.next()).toMatchObject({ status: 'error', message: 'Token has expired' });
      await closing(channel);
    }
  });
});
