import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawRealtime } from './support/raw-realtime.ts';
import { type RealtimeFixture, startRealtimeFixture } from './support/realtime-fixture.ts';

const BUFFERED_BYTES = 4 * 1024 * 1024;
const MESSAGES = 2_500;
const FILLER_BYTES = 8_000;
const PIECE = 100;
const READERS = 3;

let fixture: RealtimeFixture;

beforeAll(async () => {
  fixture = await startRealtimeFixture({ limits: { bufferedBytes: BUFFERED_BYTES } });
  await fixture.db.query(`create policy "All read" on realtime.messages for select to anon using (true)`);
});
afterAll(() => fixture?.close());

const metric = async (name: string): Promise<number> => {
  const response = await fetch(`${fixture.url}/realtime/v1/metrics`, {
    headers: { authorization: `Bearer ${fixture.keys.secretKey}` },
  });
  return Number(new RegExp(`^realtime_${name} (\\S+)$`, 'm').exec(await response.text())?.[1]);
};

const JOIN = ['1', '1', 'realtime:firehose', 'phx_join', { config: { private: true } }];

/** A client that joins over a bare TCP connection, and then reads nothing any more. */
async function deafClient(): Promise<Socket> {
  const { port } = new URL(fixture.url);
  const socket = createConnection({ port: Number(port), host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(
    `GET /realtime/v1/websocket?apikey=${fixture.keys.publishableKey}&vsn=2.0.0 HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Version: 13\r\n\r\n',
  );
  await readUntil(socket, '\r\n\r\n');
  const body = Buffer.from(JSON.stringify(JOIN));
  // One masked text frame, with a mask of zeros.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]));
  await readUntil(socket, '"status":"ok"');
  socket.pause();
  return socket;
}

function readUntil(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    let received = '';
    const listen = (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (!received.includes(text)) return;
      socket.off('data', listen);
      resolve();
    };
    socket.on('data', listen);
  });
}

test('a client that does not read is dropped with bounded memory, and the others receive everything', async () => {
  const deaf = await deafClient();
  const readers = await Promise.all(
    Array.from({ length: READERS }, async () => {
      const raw = await RawRealtime.open(fixture.url, { apikey: fixture.keys.publishableKey, vsn: '2.0.0' });
      await raw.ask('realtime:firehose', 'phx_join', { config: { private: true } }, '1');
      return raw;
    }),
  );
  const heapBefore = process.memoryUsage().arrayBuffers;
  const heard: number[][] = readers.map(() => []);
  // Piece by piece, so that on a busy machine those who read are never as far behind as the one who does not.
  for (let first = 1; first <= MESSAGES; first += PIECE) {
    await fixture.db.query(
      `select realtime.send(jsonb_build_object('step', step, 'filler', repeat('x', ${FILLER_BYTES})), 'step', 'firehose')
       from generate_series(${first}, ${first + PIECE - 1}) as step`,
    );
    for (const [who, raw] of readers.entries()) {
      for (let read = 0; read < PIECE; read++) {
        heard[who]?.push(Number(/"step": (\d+)/.exec(String(await raw.frames.next()))?.[1]));
      }
    }
  }
  const expected = Array.from({ length: MESSAGES }, (_, index) => index + 1);
  for (const steps of heard) expect(steps).toEqual(expected);
  expect(await metric('slow_clients_dropped_total')).toBe(1);
  expect(await metric('channels')).toBe(READERS);
  // What the deaf client did not read is gone with it; 20 MB were sent to each.
  expect(process.memoryUsage().arrayBuffers - heapBefore).toBeLessThan(MESSAGES * FILLER_BYTES * (READERS + 1));
  deaf.destroy();
  for (const raw of readers) raw.socket.terminate();
});
