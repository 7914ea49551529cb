import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinChannel } from './support/realtime-channel.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const ALICE = 'a0000000-0000-4000-8000-000000000001';

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture();
  await fixture.db.query(`
    create policy "Signed in can read" on realtime.messages for select to authenticated using (true);
    create policy "Signed in can write to the floor" on realtime.messages for insert to authenticated
      with check (realtime.topic() = 'floor');`);
});
afterAll(() => fixture?.close());

const alice = async () => fixture.client(await fixture.userToken(ALICE));

async function post(path: string, body: unknown, credential = fixture.keys.publishableKey): Promise<Response> {
  return fetch(`${fixture.url}/realtime/v1/api/broadcast${path}`, {
    method: 'POST',
    headers: { apikey: fixture.keys.publishableKey, authorization: `Bearer ${credential}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const message = (topic: string, event: string, isPrivate = false) => ({
  topic,
  event,
  payload: {},
  private: isPrivate,
});

describe('httpSend', () => {
  test('broadcasts to a public channel', async () => {
    const channel = await joinChannel(await fixture.client(), 'odd/topic ü');
    const other = (await fixture.client()).channel('odd/topic ü');
    expect(await other.httpSend('e/1', { n: 1 })).toEqual({ success: true });
    expect(await channel.broadcasts.next()).toMatchObject({ event: 'e/1', payload: { n: 1 } });
  });

  test('broadcasts bytes', async () => {
    const channel = await joinChannel(await fixture.client(), 'bytes');
    await (await fixture.client()).channel('bytes').httpSend('e', Uint8Array.of(7, 8).buffer);
    const { payload } = await channel.broadcasts.next();
    expect([...new Uint8Array(payload as ArrayBuffer)]).toEqual([7, 8]);
  });

  test('broadcasts to a private channel where a policy lets the user write', async () => {
    const channel = await joinChannel(await alice(), 'floor', { private: true });
    const sender = (await alice()).channel('floor', { config: { private: true } });
    expect(await sender.httpSend('trade', {})).toEqual({ success: true });
    expect(await channel.broadcasts.next()).toMatchObject({ event: 'trade' });
  });

  test('is refused where none does', async () => {
    const sender = (await alice()).channel('vault', { config: { private: true } });
    await expect(sender.httpSend('trade', {})).rejects.toThrow('Unauthorized');
  });
});

describe('a batch', () => {
  test('reaches its channels, without what the policies deny', async () => {
    const floor = await joinChannel(await alice(), 'floor', { private: true });
    const vault = await joinChannel(await alice(), 'vault', { private: true });
    const token = await fixture.userToken(ALICE);
    const messages = [message('vault', 'denied', true), message('floor', 'allowed', true)];
    expect((await post('', { messages }, token)).status).toBe(202);
    expect(await floor.broadcasts.next()).toMatchObject({ event: 'allowed' });
    await post('', { messages: [message('vault', 'by the service', true)] }, fixture.keys.secretKey);
    expect(await vault.broadcasts.next()).toMatchObject({ event: 'by the service' });
  });

  test.each([
    ['no messages', { messages: [] }],
    ['no topic', { messages: [{ event: 'e', payload: {} }] }],
    ['no payload', { messages: [{ topic: 't', event: 'e' }] }],
    ['a body that is not JSON', '{'],
  ])('with %s is refused', async (_what, body) => {
    expect((await post('', body)).status).toBe(422);
  });

  test('with a bad token is refused, even beside a good key', async () => {
    expect((await post('', { messages: [message('t', 'e')] }, 'nonsense')).status).toBe(401);
  });
});

test('other paths and methods do not exist', async () => {
  expect((await post('/nothing', {})).status).toBe(404);
  expect((await fetch(`${fixture.url}/realtime/v1/api/broadcast`)).status).toBe(405);
});
