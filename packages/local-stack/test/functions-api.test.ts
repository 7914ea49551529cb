import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProjectDir } from '../src/config/stack-config.ts';
import { type FunctionHost, startFunctionHost } from '../src/functions/function-host.ts';
import type { StackContext } from '../src/stack-context.ts';
import { type Answer, type AskOptions, ask, FunctionsProject } from './support/functions-project.ts';

/** What the project's own functions refuse and answer before they need the database. */
const project = new FunctionsProject();
const denoDir = mkdtempSync(join(tmpdir(), 'tb-deno-'));
const userId = crypto.randomUUID();
let context: StackContext;
let host: FunctionHost;
let token: string;

beforeAll(async () => {
  context = await project.context(findProjectDir(import.meta.dirname));
  host = await startFunctionHost({ context, socketDir: join(project.dir, 's'), watch: false, denoDir });
  token = await sign({ sub: userId, role: 'authenticated' }, '1h');
});

afterAll(async () => {
  await host.close();
  await project.remove();
  rmSync(denoDir, { recursive: true, force: true });
});

async function sign(claims: JWTPayload, expires?: string): Promise<string> {
  const { signingKey } = context.keys;
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: signingKey.kid }).setIssuedAt();
  if (expires !== undefined) jwt.setExpirationTime(expires);
  return jwt.sign(await importJWK(signingKey, 'ES256'));
}

function asUser(path: string, options: AskOptions = {}): Promise<Answer> {
  return ask(host.socketPath(), path, {
    ...options,
    headers: { authorization: `Bearer ${token}`, ...options.headers },
  });
}

function post(body: unknown): Promise<Answer> {
  return asUser('/api/backtests', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
}

interface ErrorBody {
  code: string;
  message: string;
  details?: { path: string; message: string }[];
}

function refusalOf(answer: Answer): [number, string] {
  const body = answer.json() as ErrorBody;
  expect(Object.keys(body).filter((key) => key !== 'details')).toEqual(['code', 'message']);
  return [answer.status, body.code];
}

const validRequest = { symbol: 'BTCUSDT', timeframe: '1h', strategy: { name: 'sma-cross' } };

describe('every function', () => {
  test('starts without a cache and answers health', async () => {
    expect((await ask(host.socketPath(), '/public/health')).json()).toMatchObject({ status: 'ok' });
    expect(project.lines.filter((line) => line.includes('did not load'))).toEqual([]);
  });

  test('gives each response an id and its timing, and logs one line with the same id', async () => {
    const { headers } = await asUser('/api/nothing', {
      headers: { 'x-request-id': 'from-the-caller', 'x-forwarded-for': '198.51.100.1, 203.0.113.7' },
    });
    expect(headers['x-request-id']).toBe('from-the-caller');
    expect(headers['server-timing']).toMatch(/auth;dur=[\d.]+, db;dur=[\d.]+, total;dur=[\d.]+/);
    expect(JSON.parse(await project.logged(/from-the-caller/))).toMatchObject({
      method: 'GET',
      path: '/api/nothing',
      status: 404,
      ip: '198.51.100.1',
      user_id: userId,
    });
  });

  test('replaces a request id that could forge a log line', async () => {
    const { headers } = await ask(host.socketPath(), '/public/health', { headers: { 'x-request-id': '"},{"a":"' } });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('writes no token and no query to the log', async () => {
    await asUser(`/api/backtests?apikey=secret-of-mine&cursor=no`, { headers: { 'x-request-id': 'look-for-secrets' } });
    await project.logged(/look-for-secrets/);
    expect(project.lines.join('\n')).not.toMatch(/secret-of-mine|eyJ/);
  });

  test('answers a preflight without a token', async () => {
    const headers = { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' };
    const answer = await ask(host.socketPath(), '/api/backtests', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('authorization');
  });

  test('refuses unknown addresses and methods', async () => {
    expect(refusalOf(await ask(host.socketPath(), '/public/nothing'))).toEqual([404, 'not_found']);
    expect(refusalOf(await ask(host.socketPath(), '/public/health', { method: 'POST' }))).toEqual([
      405,
      'method_not_allowed',
    ]);
    expect(refusalOf(await asUser('/api/backtests', { method: 'PUT' }))).toEqual([405, 'method_not_allowed']);
  });
});

describe('the api function lets only users in:', () => {
  const refused = async (headers: Record<string, string>) =>
    refusalOf(await ask(host.socketPath(), '/api/backtests', { headers }));

  test('not without a token', async () => {
    expect(await refused({})).toEqual([401, 'missing_token']);
  });

  test('not with an API key alone', async () => {
    const { publishableKey, secretKey } = context.keys;
    for (const key of [publishableKey, secretKey]) {
      expect(await refused({ apikey: key })).toEqual([401, 'missing_token']);
      expect(await refused({ apikey: key, authorization: `Bearer ${key}` })).toEqual([401, 'missing_token']);
    }
  });

  test('not with a legacy key', async () => {
    for (const key of [context.keys.anonKey, context.keys.serviceRoleKey]) {
      expect(await refused({ apikey: key, authorization: `Bearer ${key}` })).toEqual([401, 'invalid_token']);
    }
  });

  test('not with a token that has expired or never does, is damaged, or is of another role or no user', async () => {
    const [head, body, signature = ''] = token.split('.');
    const forged = [head, body, signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`].join(
      '.',
    );
    const unsigned = `${btoa('{"alg":"none","kid":"x"}')}.${body}.`;
    const bad = [
      await sign({ sub: userId, role: 'authenticated' }, '-1s'),
      await sign({ sub: userId, role: 'service_role' }, '1h'),
      await sign({ role: 'authenticated' }, '1h'),
      await sign({ sub: 'somebody', role: 'authenticated' }, '1h'),
      await sign({ sub: userId, role: 'authenticated' }),
      forged,
      unsigned,
      'nonsense',
    ];
    for (const wrong of bad)
      expect(await refused({ authorization: `Bearer ${wrong}` })).toEqual([401, 'invalid_token']);
  });
});

describe('a request to create a backtest is refused', () => {
  test('when it is not JSON', async () => {
    expect(refusalOf(await post('{"symbol":'))).toEqual([400, 'invalid_json']);
    expect(refusalOf(await post(''))).toEqual([400, 'invalid_json']);
  });

  test.each([
    ['an unknown field', { ...validRequest, leverage: 5 }, ''],
    ['no symbol', { ...validRequest, symbol: undefined }, 'symbol'],
    ['an unknown timeframe', { ...validRequest, timeframe: '7m' }, 'timeframe'],
    ['an unknown strategy', { ...validRequest, strategy: { name: 'martingale' } }, 'strategy.name'],
    [
      'a strategy that contradicts itself',
      { ...validRequest, strategy: { name: 'sma-cross', params: { fast: 50 } } },
      'strategy.params',
    ],
    ['a date that does not exist', { ...validRequest, from: '2024-02-30' }, 'from'],
    ['a time without a zone', { ...validRequest, to: '2024-02-01T00:00:00' }, 'to'],
    ['a range that ends before it begins', { ...validRequest, from: '2024-03-01', to: '2024-02-01T00:00:00Z' }, 'from'],
    ['no cash', { ...validRequest, initial_cash: 0 }, 'initial_cash'],
    ['too much cash', { ...validRequest, initial_cash: 1e13 }, 'initial_cash'],
    ['a negative fee', { ...validRequest, fee_bps: -1 }, 'fee_bps'],
    ['a list instead of an object', [validRequest], ''],
  ])('with %s', async (_what, body, path) => {
    const answer = await post(body);
    expect(refusalOf(answer)).toEqual([422, 'invalid_request']);
    expect((answer.json() as ErrorBody).details?.map((detail) => detail.path)).toContain(path);
  });

  test('when its announced length is over 1 MB, before the body is sent', async () => {
    const outgoing = request({
      socketPath: host.socketPath(),
      path: '/api/backtests',
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-length': '2000000' },
    });
    outgoing.flushHeaders();
    const [incoming] = await once(outgoing, 'response');
    expect(incoming.statusCode).toBe(413);
    outgoing.destroy();
  });

  test('when it grows past 1 MB, before all of it is sent', async () => {
    const outgoing = request({
      socketPath: host.socketPath(),
      path: '/api/backtests',
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'transfer-encoding': 'chunked' },
    });
    outgoing.write(Buffer.alloc(1_100_000, ' '));
    const [incoming] = await once(outgoing, 'response');
    expect(incoming.statusCode).toBe(413);
    outgoing.destroy();
  });
});

test('lists and single backtests refuse malformed queries', async () => {
  const malformed = ['?limit=0', '?limit=201', '?limit=x', '?status=lost', '?cursor=zzz', '?unknown=1', '/not-a-uuid'];
  for (const query of malformed) {
    expect(refusalOf(await asUser(`/api/backtests${query}`))).toEqual([422, 'invalid_request']);
  }
});

test('a failure inside is answered with the request id and nothing else', async () => {
  const answer = await post(validRequest);
  expect(refusalOf(answer)).toEqual([500, 'internal_error']);
  expect(answer.json()).toEqual({
    code: 'internal_error',
    message: `Something went wrong on our side: request ${answer.headers['x-request-id']}`,
  });
  await project.logged(new RegExp(`"level":"error".*${answer.headers['x-request-id']}`));
});
