import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinChannel, TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const ALICE = 'a0000000-0000-4000-8000-000000000001';
const BOB = 'b0000000-0000-4000-8000-000000000002';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(`
    create policy "Anyone signed in can read the room" on realtime.messages for select to authenticated
      using (realtime.topic() = 'room');
    create policy "Alice can write to the room" on realtime.messages for insert to authenticated
      with check (realtime.topic() = 'room' and (select auth.uid()) = '${ALICE}');
    create policy "Broadcast only" on realtime.messages for select to authenticated
      using (realtime.topic() = 'broadcast-only' and extension = 'broadcast');
    create policy "One's own desk" on realtime.messages for select to authenticated
      using (realtime.topic() = 'desk:' || (select auth.uid())::text);
    create policy "Broken" on realtime.messages for select to authenticated
      using (case when realtime.topic() = 'broken' then realtime.topic()::int = 1 else false end);`);
});
afterAll(() => fixture?.close());

const aliceClient = async () => fixture.client(await fixture.userToken(ALICE));
const bobClient = async () => fixture.client(await fixture.userToken(BOB));

describe('joining', () => {
  test('anyone with a key joins a public channel', async () => {
    await joinChannel(await fixture.client(), 'public-room');
  });

  test('a private channel that no policy names is refused', async () => {
    await expect(joinChannel(await aliceClient(), 'nobody', { private: true })).rejects.toThrow(
      'Unauthorized: You do not have permissions to read from this Channel topic: nobody',
    );
  });

  test('a policy lets a user join their own topic', async () => {
    await joinChannel(await aliceClient(), `desk:${ALICE}`, { private: true });
  });

  test.each([
    ['another user', bobClient],
    ['an anonymous client', () => fixture.client()],
  ])("%s cannot join a user's topic", async (_who, connect) => {
    await expect(joinChannel(await connect(), `desk:${ALICE}`, { private: true })).rejects.toThrow('Unauthorized');
  });

  test.each(['none', 'supabase_realtime_admin', 'postgres', 'no_such_role'])(
    'a token with the role %s gets no rights from it',
    async (role) => {
      const client = await fixture.client(await fixture.userToken(ALICE, { role }));
      await expect(joinChannel(client, 'room', { private: true })).rejects.toThrow('Unauthorized');
    },
  );

  test('the secret key bypasses the policies', async () => {
    const client = await fixture.client(fixture.keys.serviceRoleKey);
    await joinChannel(client, 'anything', { private: true });
  });

  test('a policy that raises refuses', async () => {
    await expect(joinChannel(await aliceClient(), 'broken', { private: true })).rejects.toThrow('Unauthorized');
  });

  test('a channel that was refused leaves no row behind', async () => {
    const { rows } = await fixture.db.query("select * from realtime.messages where topic in ('nobody', 'broken')");
    expect(rows).toEqual([]);
  });
});

describe('broadcasting', () => {
  test('others receive a broadcast, the sender does not', async () => {
    const sender = await joinChannel(await fixture.client(), 'chat');
    const receiver = await joinChannel(await fixture.client(), 'chat');
    await sender.send('cursor', { x: 1 });
    expect(await receiver.broadcasts.next()).toEqual({ type: 'broadcast', event: 'cursor', payload: { x: 1 } });
    await receiver.send('answer', { x: 2 });
    expect(await sender.broadcasts.next()).toMatchObject({ event: 'answer' });
  });

  test('a sender that asks for it receives its own broadcasts, and an acknowledgement', async () => {
    const own = await joinChannel(await fixture.client(), 'own', { broadcast: { self: true, ack: true } });
    expect(await own.send('ping', { nested: { text: 'größer 🚀' } })).toBe('ok');
    expect(await own.broadcasts.next()).toMatchObject({ event: 'ping', payload: { nested: { text: 'größer 🚀' } } });
  });

  test('binary payloads arrive as bytes', async () => {
    const own = await joinChannel(await fixture.client(), 'bytes', { broadcast: { self: true } });
    await own.send('frame', Uint8Array.of(1, 2, 250).buffer);
    const { payload } = await own.broadcasts.next();
    expect([...new Uint8Array(payload as ArrayBuffer)]).toEqual([1, 2, 250]);
  });

  test('clients of both versions of the protocol hear each other', async () => {
    const older = await joinChannel(await fixture.client(undefined, { vsn: '1.0.0' }), 'versions');
    const newer = await joinChannel(await fixture.client(), 'versions');
    await newer.send('binary', Uint8Array.of(1).buffer);
    await newer.send('from-2', { n: 2 });
    // Version 1.0.0 has no binary payloads, so that the first message it sees is the second.
    expect(await older.broadcasts.next()).toEqual({ type: 'broadcast', event: 'from-2', payload: { n: 2 } });
    await older.send('from-1', { n: 1 });
    expect(await newer.broadcasts.next()).toMatchObject({ event: 'from-1', payload: { n: 1 } });
  });

  test('a public and a private channel of one name are different topics', async () => {
    const open = await joinChannel(await fixture.client(), 'room', { broadcast: { self: true } });
    const closed = await joinChannel(await aliceClient(), 'room', { private: true, broadcast: { self: true } });
    await open.send('open', {});
    await closed.send('closed', {});
    expect(await open.broadcasts.next()).toMatchObject({ event: 'open' });
    expect(await closed.broadcasts.next()).toMatchObject({ event: 'closed' });
  });

  test('a broadcast that the policies deny is dropped without a word', async () => {
    const alice = await joinChannel(await aliceClient(), 'room', { private: true });
    const bob = await joinChannel(await bobClient(), 'room', { private: true, broadcast: { ack: true } });
    const answer = bob.send('forged', {});
    // A channel handles its messages in order: when this one is answered, the broadcast has been handled.
    expect(await bob.channel.track({})).toBe('error');
    await joinChannel(await aliceClient(), 'room', { private: true }).then((other) => other.send('genuine', {}));
    expect(await alice.broadcasts.next()).toMatchObject({ event: 'genuine' });
    expect(await Promise.race([answer, Promise.resolve('unanswered')])).toBe('unanswered');
  });

  test('policies see the extension: presence can be closed where broadcast is open', async () => {
    const channel = new TestChannel(await aliceClient(), 'broadcast-only', {
      private: true,
      presence: { enabled: true },
    });
    let synced = false;
    channel.channel.on('presence', { event: 'sync' }, () => (synced = true));
    await channel.join();
    expect(await channel.channel.track({})).toBe('error');
    expect(synced).toBe(false);
  });
});

describe('presence', () => {
  test('members see who is there, who comes and who leaves', async () => {
    const [first, second] = [await fixture.client(), await fixture.client()];
    const watcher = new TestChannel(first, 'lobby', { presence: { key: 'watcher' } });
    const joined = new Promise((resolve) =>
      watcher.channel.on('presence', { event: 'join' }, ({ key, newPresences }) => {
        if (key === 'visitor') resolve(newPresences);
      }),
    );
    const left = new Promise((resolve) =>
      watcher.channel.on('presence', { event: 'leave' }, ({ key }) => resolve(key)),
    );
    await watcher.join();
    expect(await watcher.channel.track({ desk: 1 })).toBe('ok');

    const visitor = new TestChannel(second, 'lobby', { presence: { key: 'visitor', enabled: true } });
    const synced = new Promise((resolve) =>
      visitor.channel.on('presence', { event: 'sync' }, () => resolve(visitor.channel.presenceState())),
    );
    await visitor.join();
    expect(await synced).toMatchObject({ watcher: [{ desk: 1 }] });
    await visitor.channel.track({ desk: 2 });
    expect(await joined).toMatchObject([{ desk: 2 }]);

    await second.realtime.disconnect();
    expect(await left).toBe('visitor');
    expect(Object.keys(watcher.channel.presenceState())).toEqual(['watcher']);
  });

  test('tracking again replaces the state, and untracking removes it', async () => {
    const channel = new TestChannel(await fixture.client(), 'status', { presence: { key: '__proto__' } });
    const left: unknown[] = [];
    const gone = new Promise<void>((resolve) =>
      channel.channel.on('presence', { event: 'leave' }, ({ leftPresences }) => {
        left.push(...leftPresences);
        if (left.length === 2) resolve();
      }),
    );
    await channel.join();
    await channel.channel.track({ state: 'idle' });
    await channel.channel.track({ state: 'trading' });
    await channel.channel.untrack();
    await gone;
    expect(left).toMatchObject([{ state: 'idle' }, { state: 'trading' }]);
    expect(channel.channel.presenceState()).toEqual({});
  });
});
