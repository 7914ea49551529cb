import { Agent, type ClientRequest, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createClient } from '@supabase/supabase-js';
import { generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../src/services.ts';
import { startStack, type TestStack } from '../src/testing.ts';
import { ask } from './support/functions-project.ts';

/** The front door, from outside: what it lets in, what it refuses, and that no caller can break it for others. */
let stack: TestStack;
let port: number;
let userToken: string;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  port = Number(new URL(stack.apiUrl).port);
  userToken = await signUp();
});
afterAll(() => stack?.stop());

async function signUp(): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: stack.keys.publishableKey },
    body: JSON.stringify({ email: 'trader@example.com', password: 'correct horse battery' }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}

/** Asks for a table that signed-in users and servers may read, and anonymous callers may not. */
function instruments(headers: Record<string, string>, query = ''): Promise<Response> {
  return fetch(`${stack.apiUrl}/rest/v1/instruments${query}`, { headers });
}

const withToken = (token: string) => ({ apikey: stack.keys.publishableKey, authorization: `Bearer ${token}` });

async function sign(claims: JWTPayload, key?: Parameters<SignJWT['sign']>[0]): Promise<string> {
  const { signingKey } = stack.keys;
  return new SignJWT({ role: 'authenticated', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid })
    .sign(key ?? (await importJWK(signingKey, 'ES256')));
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

test('a request that comes before the services are there is answered, and not left waiting', async () => {
  const server = await listen(0);
  onTestFinished(() => {
    server.close();
  });
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/rest/v1/instruments`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await response.json()).toMatchObject({ code: 'starting' });
});

describe('an API key', () => {
  test.each(['/rest/v1/instruments', '/auth/v1/settings', '/realtime/v1/api/broadcast'])(
    'has to be sent to %s, and has to be one of this stack',
    async (path) => {
      const missing = await fetch(stack.apiUrl + path);
      expect(missing.status).toBe(401);
      expect(await missing.json()).toMatchObject({
        message: 'No API key found in request: send it in the header apikey',
      });
      const invalid = await fetch(stack.apiUrl + path, { headers: { apikey: 'sb_publishable_guess' } });
      expect(invalid.status).toBe(401);
      expect(await invalid.json()).toMatchObject({ message: 'Invalid API key' });
    },
  );

  test.each(['/auth/v1/health', '/auth/v1/.well-known/jwks.json', '/functions/v1/public/health'])(
    'is not asked for at %s',
    async (path) => {
      expect((await fetch(stack.apiUrl + path)).status).toBe(200);
    },
  );

  test.each(['publishableKey', 'anonKey'] as const)('of a browser, the %s, stands for anonymous', async (name) => {
    const key = stack.keys[name];
    for (const authorization of [undefined, `Bearer ${key}`]) {
      const response = await instruments({ apikey: key, ...(authorization && { authorization }) });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: '42501' });
    }
  });

  test.each(['secretKey', 'serviceRoleKey'] as const)('of a server, the %s, may read', async (name) => {
    const key = stack.keys[name];
    expect((await instruments({ apikey: key })).status).toBe(200);
    expect((await instruments({ apikey: key, authorization: `Bearer ${key}` })).status).toBe(200);
  });

  test('may be in the query, where it is no filter', async () => {
    expect((await instruments({}, `?apikey=${stack.keys.secretKey}`)).status).toBe(200);
  });
});

describe("a user's token", () => {
  test('beside a key makes the request that of the user', async () => {
    expect((await instruments(withToken(userToken))).status).toBe(200);
  });

  test('counts even beside the secret key', async () => {
    const token = await sign({ role: 'anon', exp: inSeconds(60) });
    expect((await instruments({ ...withToken(token), apikey: stack.keys.secretKey })).status).toBe(401);
  });

  test('does not replace the key', async () => {
    expect((await instruments({ authorization: `Bearer ${userToken}` })).status).toBe(401);
    expect((await instruments({ apikey: userToken })).status).toBe(401);
  });

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = () => ({ role: 'service_role', exp: inSeconds(60) });

  test.each([
    [
      'tampered with',
      async () => {
        const [header, , signature] = userToken.split('.');
        return `${header}.${part(claims())}.${signature}`;
      },
    ],
    ['with alg none', async () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`],
    ['that has expired', () => sign({ ...claims(), exp: inSeconds(-1) })],
    ['that never expires', () => sign({ role: 'service_role' })],
    ['that is not valid yet', () => sign({ ...claims(), nbf: inSeconds(30) })],
    ['signed by another key', async () => sign(claims(), (await generateKeyPair('ES256')).privateKey)],
    ['that is none', async () => 'nonsense'],
  ])('%s is refused as PostgREST would', async (_what, token) => {
    const response = await instruments(withToken(await token()));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST301', message: expect.stringMatching(/^JW/) });
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  test('that has expired is told from others by supabase-js', async () => {
    const accessToken = async () => sign({ exp: inSeconds(-1) });
    const client = createClient(stack.apiUrl, stack.keys.publishableKey, { accessToken });
    const { error, status } = await client.from('instruments').select('id');
    expect([status, error?.code, error?.message]).toEqual([401, 'PGRST301', 'JWT expired']);
  });

  test('that does not verify is refused by Auth in its own words', async () => {
    const headers = withToken(await sign({ exp: inSeconds(-1) }));
    const response = await fetch(`${stack.apiUrl}/auth/v1/user`, { headers });
    expect([response.status, await response.json()]).toMatchObject([403, { error_code: 'bad_jwt' }]);
  });
});

describe('Auth', () => {
  test('deletes a user by a request without a body', async () => {
    const headers = { apikey: stack.keys.secretKey };
    const users = `${stack.apiUrl}/auth/v1/admin/users`;
    const body = JSON.stringify({ email: 'leaver@example.com' });
    const { id } = (await (await fetch(users, { method: 'POST', headers, body })).json()) as { id: string };
    const deleted = await fetch(`${users}/${id}`, { method: 'DELETE', headers });
    expect([deleted.status, await deleted.json()]).toEqual([200, {}]);
  });
});

describe('functions', () => {
  test('are closed to strangers unless config.toml says verify_jwt = false', async () => {
    const url = `${stack.apiUrl}/functions/v1/not-in-config`;
    const stranger = await fetch(url);
    expect(stranger.status).toBe(401);
    expect(await stranger.json()).toMatchObject({ code: 'UNAUTHORIZED_NO_AUTH_HEADER' });
    const forged = await fetch(url, { headers: withToken('nonsense') });
    expect(await forged.json()).toMatchObject({ code: 'UNAUTHORIZED_INVALID_JWT' });
    for (const credential of [stack.keys.publishableKey, userToken]) {
      expect((await fetch(url, { headers: { authorization: `Bearer ${credential}` } })).status).toBe(404);
    }
  });
});

describe('pages of other origins', () => {
  test('get an answer to their preflight without a key', async () => {
    const response = await fetch(`${stack.apiUrl}/rest/v1/instruments`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PATCH' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain('PATCH');
    const allowed = response.headers.get('access-control-allow-headers')?.split(',');
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'apikey', 'content-type', 'prefer', 'x-client-info']),
    );
  });

  test.each(['/rest/v1/instruments', '/auth/v1/settings', '/functions/v1/public/health'])(
    'may read the answer of %s, which says so once',
    async (path) => {
      const headers = { apikey: stack.keys.secretKey, origin: 'https://app.example' };
      const response = await fetch(stack.apiUrl + path, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    },
  );

  test('may read refusals, too', async () => {
    expect((await instruments({})).headers.get('access-control-allow-origin')).toBe('*');
  });

  test.each(['/', '/inbox', '/inbox.json'])('may not read %s, where secrets of this machine are', async (path) => {
    const response = await fetch(stack.apiUrl + path);
    expect(response.status).toBe(200);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test.each(['/', '/inbox', '/inbox.json'])('do not get at %s by a name that leads here', async (path) => {
    for (const host of ['evil.example', `127.0.0.1.evil.example:${port}`, 'no host']) {
      expect(await ask(port, path, { headers: { host } })).toMatchObject({ status: 403 });
    }
    expect(await ask(port, path, { headers: { host: `localhost:${port}` } })).toMatchObject({ status: 200 });
  });
});

describe('a connection', () => {
  /** Sends requests over one connection, and tells which ports of ours it used. */
  function oneConnection() {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    agent.on('free', (socket) => ports.add(socket.localPort));
    return { agent, ports };
  }

  test.each([
    ['a function', '/functions/v1/api/backtests', 2_000_000],
    ['Auth', '/auth/v1/signup', 2_000_000],
    ['Realtime', '/realtime/v1/api/broadcast', 8_000_000],
    ['the gateway', '/rest/v1/instruments', 11_000_000],
  ])('lives on when %s refuses a body before it was read', async (_who, path, bytes) => {
    const { agent, ports } = oneConnection();
    const headers = withToken(userToken);
    const lengths: Record<string, string>[] = [{ 'content-length': `${bytes}` }, { 'transfer-encoding': 'chunked' }];
    for (const length of lengths) {
      const body = Buffer.alloc(bytes, ' ');
      const answer = await ask(port, path, { method: 'POST', headers: { ...headers, ...length }, body, agent });
      expect(answer).toMatchObject({ status: 413 });
      const next = await ask(port, '/functions/v1/public/health', { agent });
      expect(next).toMatchObject({ status: 200 });
    }
    expect(ports.size).toBe(1);
  });

  test.each(['/auth/v1/signup', '/rest/v1/instruments', '/functions/v1/api/backtests'])(
    'that ends in the middle of a body for %s harms nobody else',
    async (path) => {
      const headers = { ...withToken(userToken), 'content-length': '1000' };
      const cut = request({ port, path, method: 'POST', headers });
      const closed = new Promise((resolve) => cut.on('error', () => {}).on('close', resolve));
      await flushed(cut);
      cut.destroy();
      await closed;
      expect((await instruments(withToken(userToken))).status).toBe(200);
    },
  );

  test.each([
    ['a request', ''],
    ['a websocket', 'connection: upgrade\r\nupgrade: websocket\r\n'],
  ])('with a target that is no address, in %s, is told so', async (_what, headers) => {
    for (const target of ['//', '//:x', 'http://[/']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${headers || 'connection: close\r\n'}\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[04] /);
    }
  });

  /** Resolves when the head and a first part of the body have been handed to the system. */
  function flushed(outgoing: ClientRequest): Promise<void> {
    return new Promise((resolve) => outgoing.write('{', () => resolve()));
  }
});

test.each(['/nothing', '/rest', '/rest/v2/instruments', '/inbox/x'])('nothing is served at %s', async (path) => {
  const response = await fetch(stack.apiUrl + path, { headers: { apikey: stack.keys.secretKey } });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ message: `nothing is served at ${path}` });
});

test.each(['/storage/v1/object', '/graphql/v1'])('%s says that the local stack does not have it', async (path) => {
  const response = await fetch(stack.apiUrl + path, { headers: { apikey: stack.keys.secretKey } });
  expect(response.status).toBe(501);
  expect(await response.json()).toMatchObject({ code: 'not_in_local_stack' });
});
