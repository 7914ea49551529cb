import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../src/sdk/clock.ts';
import { RunnerError } from '../src/sdk/runner-error.ts';
import { Session } from '../src/sdk/session.ts';

/** A server that is not what the owner took it for. */
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A session that notes how long it waits, and gives up at the second failure. */
function sessionOf(url: string): { session: Session; waits: number[] } {
  const waits: number[] = [];
  const clock: Clock = {
    now: () => Date.now(),
    wait: (ms) => {
      waits.push(ms);
      return new Promise(() => {});
    },
  };
  const session = new Session({
    url,
    publishableKey: 'publishable',
    fetch,
    clock,
    timeout_ms: 5000,
    apiKey: 'tb_secret',
    machineId: 'machine',
    machineInfo: {},
    version: '1',
    onEnd: () => {},
    onConnected: () => {},
    onTrouble: (error) => session.end(new RunnerError('stopped', error.code)),
  });
  closing.push(() => session.end(new RunnerError('stopped', 'the test is over')));
  return { session, waits };
}

describe('A runner', () => {
  it('follows no redirection with its API key', async () => {
    const asked: string[] = [];
    const elsewhere = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    });
    const url = await serve((_, response) => response.writeHead(307, { location: `${elsewhere}/take` }).end());
    const { session } = sessionOf(url);
    const connecting = session.connect().catch((error: unknown) => error);
    await expect.poll(() => session.signal.aborted).toBe(true);
    expect(asked).toEqual([]);
    void connecting;
  });

  it('renews a token that lasts for years within the hour, and not at once', async () => {
    const now = new Date();
    const token = {
      token: 'x',
      session_id: crypto.randomUUID(),
      user_id: crypto.randomUUID(),
      epoch: 1,
      permissions: ['runner:connect'],
      heartbeat_interval_s: 10,
      timeout_s: 30,
      server_time: now.toISOString(),
      expires_at: '2999-01-01T00:00:00.000Z',
    };
    const url = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token)),
    );
    const { session, waits } = sessionOf(url);
    await session.connect();
    expect(waits).toEqual([3_600_000]);
  });
});
