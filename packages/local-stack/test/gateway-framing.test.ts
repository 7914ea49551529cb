import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type TestStack } from '../src/testing.ts';
import { ask } from './support/functions-project.ts';

/** What a caller can do with the bare protocol, below what fetch() lets one send. */
const lines: string[] = [];
let stack: TestStack;
let port: number;

beforeAll(async () => {
  stack = await startStack({ functions: true, log: (_service, line) => lines.push(line) });
  port = Number(new URL(stack.apiUrl).port);
});
afterAll(() => stack?.stop());

function open(): Socket {
  return connect(port, '127.0.0.1');
}

/** Sends text as it is, over a connection of its own, and resolves with everything that comes back. */
function send(...parts: string[]): Promise<string> {
  const socket = open();
  for (const part of parts) socket.write(part);
  return text(socket);
}

const head = (method: string, path: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, ...headers, '', ''].join('\r\n');
const chunked = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const statuses = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('a request in the body of another', () => {
  test.each(['GET', 'DELETE', 'HEAD', 'POST'])('of a function, by %s, is not executed', async (method) => {
    lines.length = 0;
    const smuggled = 'GET /public/SMUGGLED HTTP/1.1\r\nhost: x\r\n\r\n';
    const answer = await send(
      head(method, '/functions/v1/public/health', 'transfer-encoding: chunked', 'connection: close'),
      chunked(smuggled),
    );
    expect(statuses(answer)).toHaveLength(1);
    // Requests on one upstream connection are answered in order: after these, a smuggled one would have been logged.
    for (let i = 0; i < 3; i += 1) {
      expect(await ask(port, '/functions/v1/public/health')).toMatchObject({ status: 200 });
    }
    await expect.poll(() => lines.filter((line) => line.includes('/public/health'))).toHaveLength(4);
    expect(lines.filter((line) => line.includes('SMUGGLED'))).toEqual([]);
  });

  test.each(['GET', 'DELETE'])('of the Data API, by %s, answers nobody else', async (method) => {
    const apikey = stack.keys.secretKey;
    const smuggled = 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n';
    await send(
      head(
        method,
        '/rest/v1/instruments?symbol=eq.NONE',
        `apikey: ${apikey}`,
        'transfer-encoding: chunked',
        'connection: close',
      ),
      chunked(smuggled),
    );
    for (let i = 0; i < 3; i += 1) {
      const answer = await ask(port, '/rest/v1/instruments?select=id', { headers: { apikey } });
      expect(answer).toMatchObject({ status: 200 });
    }
  });
});

describe('a method that no service knows', () => {
  test.each(['/rest/v1/instruments', '/auth/v1/settings', '/functions/v1/public/health', '/'])(
    'is refused at %s',
    async (path) => {
      const answer = await send(head('TRACE', path, `apikey: ${stack.keys.secretKey}`, 'connection: close'));
      expect(statuses(answer)).toEqual([405]);
      expect(answer.toLowerCase()).toContain('\r\nallow: get, head,');
    },
  );

  test('is CONNECT, too', async () => {
    expect(statuses(await send('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n'))).toEqual([405]);
  });
});

describe('a request id', () => {
  test.each(['caf\xe9-au-lait', '\xff\xfe-and-more'])(
    'that is no UTF-8 does not break the Data API: %j',
    async (id) => {
      const socket = open();
      await once(socket, 'connect');
      const request = head(
        'GET',
        '/rest/v1/instruments?select=id',
        `apikey: ${stack.keys.secretKey}`,
        `x-request-id: ${id}`,
        'connection: close',
      );
      socket.write(Buffer.from(request, 'latin1'));
      expect(statuses(await text(socket))).toEqual([200]);
    },
  );
});
