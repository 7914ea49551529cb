import { afterEach, expect, test } from 'vitest';
import type { RealtimeLimits } from '../src/realtime/limits.ts';
import { RawRealtime } from './support/raw-realtime.ts';
import { joinChannel, TestChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

const limited = async (limits: Partial<RealtimeLimits>) => {
  fixture = await startRealtimeFixture({ limits });
};
afterEach(() => fixture?.close());

const open = () => RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
const join = (raw: RawRealtime, topic: string, ref: string) => raw.ask(`realtime:${topic}`, 'phx_join', {}, ref);

test('a client has so many channels, so large payloads, and so many changes of presence', async () => {
  await limited({ channelsPerConnection: 2, payloadBytes: 100 });
  const raw = await open();
  await join(raw, 'one', '1');
  await join(raw, 'two', '2');
  const reason = 'ChannelRateLimitReached: Too many channels';
  expect(await join(raw, 'three', '3')).toEqual({ status: 'error', response: { reason } });
  await raw.ask('realtime:one', 'phx_leave', {}, '1');
  expect(await join(raw, 'four', '4')).toMatchObject({ status: 'ok' });
  raw.socket.terminate();

  const config = { broadcast: { ack: true }, presence: { key: 'me' } };
  const { channel, system, states } = await new TestChannel(await fixture.client(), 'restless', config).join();
  expect(await channel.send({ type: 'broadcast', event: 'small', payload: { text: 'a' } })).toBe('ok');
  const large = { type: 'broadcast', event: 'large', payload: { text: 'a'.repeat(101) } } as const;
  expect(await channel.send(large)).toBe('error');
  for (let call = 1; call <= 5; call++) expect(await channel.track({ call })).toBe('ok');
  void channel.track({ call: 6 });
  expect(await system.next()).toMatchObject({ message: 'Client presence rate limit exceeded' });
  await states.find(({ status }) => status === 'CLOSED');
});

test('so many connections are open at once', async () => {
  await limited({ connections: 1 });
  const first = await open();
  await expect(open()).rejects.toThrow('429');
  first.socket.close();
  await first.closed;
  await expect.poll(() => open().then(({ socket }) => socket.readyState)).toBe(1);
});

test('too many joins are refused, and their connection is closed', async () => {
  await limited({ joinsPerSecond: 1 / 30, rateWindowSeconds: 60 });
  const raw = await open();
  await join(raw, 'one', '1');
  await join(raw, 'two', '2');
  expect(await join(raw, 'three', '3')).toEqual({
    status: 'error',
    response: { reason: 'ClientJoinRateLimitReached: Too many joins per second' },
  });
  expect(await raw.closed).toBe(1000);
});

test('too many broadcasts are refused over HTTP, and close the channel of a client', async () => {
  await limited({ eventsPerSecond: 2, rateWindowSeconds: 60 });
  const post = (count: number) =>
    fetch(`${fixture.url}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: { apikey: fixture.keys.publishableKey },
      body: JSON.stringify({ messages: Array(count).fill({ topic: 't', event: 'e', payload: {} }) }),
    });
  expect((await post(120)).status).toBe(202);
  const refused = await post(2);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({
    message: 'Too many messages to broadcast, please reduce the batch size',
  });

  const channel = await joinChannel(await fixture.client(), 'chatty');
  await channel.send('tick', {});
  expect(await channel.system.next()).toMatchObject({ status: 'error', message: 'Too many messages per second' });
  await channel.states.find(({ status }) => status === 'CLOSED');
});

test('presence of all clients together is limited, too', async () => {
  await limited({ presenceEventsPerSecond: 1 / 30, rateWindowSeconds: 60 });
  const channel = await new TestChannel(await fixture.client(), 'crowded', { presence: { key: 'me' } }).join();
  for (let call = 1; call <= 4; call++) void channel.channel.track({ call });
  expect(await channel.system.next()).toMatchObject({ message: 'Too many presence messages per second' });
});
