import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { RawRealtime, websocketUrl } from './support/raw-realtime.ts';
import { joinChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(
    `create policy "By header" on realtime.messages for select to anon
       using (realtime.topic() = 'desk' and current_setting('request.headers', true)::jsonb ->> 'x-desk' = 'seven')`,
  );
});
afterAll(() => fixture?.close());

const open = (headers?: Record<string, string>) =>
  RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' }, headers);
const accepted = { status: 'ok', response: { postgres_changes: [] } };

/** Status and body of the HTTP answer to a websocket that is not let in. */
function refusal(query: Record<string, string>): Promise<{ status: number | undefined; body: unknown }> {
  const socket = new WebSocket(websocketUrl(fixture.url, query));
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the websocket opened')));
    socket.once('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) });
    });
  });
}

describe('opening a websocket', () => {
  test.each([
    ['no key', {}, 401, 'API key is missing'],
    ['a wrong key', { apikey: 'sb_publishable_wrong' }, 401, 'The token provided is not a valid JWT'],
  ])('with %s is refused', async (_which, query, status, error) => {
    expect(await refusal({ vsn: '2.0.0', ...query })).toEqual({ status, body: { error } });
  });

  test('with a version that does not exist is refused', async () => {
    const answer = await refusal({ apikey: fixture.keys.publishableKey, vsn: '3.0.0' });
    expect(answer.status).toBe(403);
  });

  test.each(['publishableKey', 'secretKey', 'anonKey', 'serviceRoleKey'] as const)('takes the %s', async (key) => {
    const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys[key], vsn: '2.0.0' });
    expect(await raw.ask('realtime:keys', 'phx_join', {}, '1')).toEqual(accepted);
    raw.socket.close();
  });

  test('without a version speaks 1.0.0', async () => {
    const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey });
    raw.send({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' });
    expect(await raw.frames.next()).toEqual({
      topic: 'phoenix',
      event: 'phx_reply',
      payload: { status: 'ok', response: {} },
      ref: '1',
      join_ref: null,
    });
    raw.socket.close();
  });

  test("hands the client's own headers to the policies", async () => {
    const config = { config: { private: true } };
    const [seven, eight] = [await open({ 'x-desk': 'seven' }), await open({ 'x-desk': 'eight' })];
    expect(await seven.ask('realtime:desk', 'phx_join', config, '1')).toEqual(accepted);
    expect(await eight.ask('realtime:desk', 'phx_join', config, '1')).toMatchObject({ status: 'error' });
    seven.socket.close();
    eight.socket.close();
  });
});

describe('a channel', () => {
  test('answers heartbeats, joins and leaves as Phoenix does', async () => {
    const raw = await open();
    raw.send([null, '1', 'phoenix', 'heartbeat', {}]);
    expect(await raw.frames.next()).toEqual([null, '1', 'phoenix', 'phx_reply', { status: 'ok', response: {} }]);
    raw.send(['2', '2', 'realtime:a', 'phx_join', {}]);
    expect(await raw.frames.next()).toEqual(['2', '2', 'realtime:a', 'phx_reply', accepted]);
    raw.send(['2', '3', 'realtime:a', 'phx_leave', {}]);
    expect(await raw.frames.next()).toEqual(['2', '3', 'realtime:a', 'phx_reply', { status: 'ok', response: {} }]);
    expect(await raw.frames.next()).toEqual(['2', '2', 'realtime:a', 'phx_close', {}]);
    expect(await raw.ask('realtime:a', 'broadcast', {}, '4')).toMatchObject({
      response: { reason: 'unmatched topic' },
    });
    raw.socket.close();
  });

  test('that is joined twice closes the first time', async () => {
    const raw = await open();
    await raw.ask('realtime:twice', 'phx_join', {}, '1');
    raw.send(['2', '2', 'realtime:twice', 'phx_join', {}]);
    expect(await raw.frames.next()).toEqual(['1', '1', 'realtime:twice', 'phx_close', {}]);
    expect(await raw.frames.next()).toEqual(['2', '2', 'realtime:twice', 'phx_reply', accepted]);
    raw.socket.close();
  });

  test('is refused where a hundred are joined', async () => {
    const raw = await open();
    for (let index = 0; index < 100; index++) {
      expect(await raw.ask(`realtime:${index}`, 'phx_join', {}, `${index}`)).toEqual(accepted);
    }
    expect(await raw.ask('realtime:one-more', 'phx_join', {}, '100')).toEqual({
      status: 'error',
      response: { reason: 'ChannelRateLimitReached: Too many channels' },
    });
    raw.socket.close();
  });

  test.each([
    ['realtime:', {}, 'TopicNameRequired'],
    ['other:topic', {}, 'unmatched topic'],
    ['realtime:a', { config: { private: 'perhaps' } }, 'InvalidJoinPayload: config.private must be true or false'],
    ['realtime:a', { config: { private: 'true' } }, 'Unauthorized'],
    ['realtime:a', { access_token: 'nonsense' }, 'MalformedJWT'],
  ])('%s with %j is refused: %s', async (topic, payload, reason) => {
    const raw = await open();
    const reply = await raw.ask(topic, 'phx_join', payload, '1');
    expect(reply).toEqual({ status: 'error', response: { reason: expect.stringContaining(reason) } });
    raw.socket.close();
  });

  test('answers a payload that is too large where answers are asked for', async () => {
    const raw = await open();
    await raw.ask('realtime:large', 'phx_join', { config: { broadcast: { ack: true } } }, '1');
    const payload = { type: 'broadcast', event: 'e', payload: 'x'.repeat(3_100_000) };
    raw.send(['1', '2', 'realtime:large', 'broadcast', payload]);
    expect(await raw.frames.next()).toMatchObject({
      4: { response: { reason: expect.stringMatching(/^PayloadTooLarge/) } },
    });
    raw.socket.close();
  });
});

describe('a client that misbehaves', () => {
  test.each([
    ['text that is not JSON', '{'],
    ['JSON that is no message', '{"topic":"realtime:a"}'],
    ['a message without a topic', '["1","1",null,"phx_join",{}]'],
    ['a binary frame of an unknown kind', Buffer.from([9, 0, 0, 0, 0, 0, 0])],
    ['an empty binary frame', Buffer.alloc(0)],
    ['a broadcast that ends in its header', Buffer.from([3, 1, 1, 200, 1, 0, 1, 49, 49])],
    ['a broadcast whose payload is not JSON', Buffer.from([3, 0, 0, 1, 1, 0, 1, 97, 98, 123])],
    ['a frame of more than 5 MB', 'x'.repeat(5 * 1024 * 1024 + 1)],
  ])('with %s loses its websocket, and only it', async (_what, frame) => {
    const [bystander, raw] = [await open(), await open()];
    raw.send(frame);
    expect([1003, 1009]).toContain(await raw.closed);
    expect(await bystander.ask('realtime:calm', 'phx_join', {}, '1')).toEqual(accepted);
    bystander.socket.close();
  });

  test('by not reading is disconnected', async () => {
    const reader = await open();
    await reader.ask('realtime:flood', 'phx_join', {}, '1');
    // Its socket stops reading, so that the operating system's buffers fill up and then the server's.
    reader.socket.pause();
    const sender = await joinChannel(await fixture.client(), 'flood', { broadcast: { ack: true } });
    const bytes = new Uint8Array(2_900_000).buffer;
    const disconnected = () => fixture.logged.some((line) => line.includes('unread and was disconnected'));
    for (let sent = 0; sent < 40 && !disconnected(); sent++) {
      expect(await sender.channel.send({ type: 'broadcast', event: 'flood', payload: bytes })).toBe('ok');
    }
    expect(disconnected()).toBe(true);
    reader.socket.terminate();
  });
});

test('closing the server closes websockets with 1001 and leaves nothing in Postgres', async () => {
  const raw = await open();
  await raw.ask('realtime:a', 'phx_join', {}, '1');
  await fixture.realtime.close();
  expect(await raw.closed).toBe(1001);
  // A backend ends a moment after its client has gone.
  for (let left = true; left; ) {
    const { rowCount } = await fixture.db.query(
      `select from pg_stat_activity where datname = current_database() and usename = 'supabase_realtime_admin'
       union all select from pg_replication_slots where database = current_database()`,
    );
    left = rowCount !== 0;
  }
  expect(await refusal({ apikey: fixture.keys.publishableKey })).toMatchObject({ status: 503 });
});
