import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRunner } from '../src/index.ts';
import { readOptions } from '../src/program/options.ts';
import { RunnerProgram } from './support/runner-program.ts';

/** Addresses to which the API key would travel in clear. None of these is there: the network of documentation. */
const ELSEWHERE = 'http://192.0.2.1:54321';
const API_KEY = 'tb_abcdefgh_secret';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plain-http-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Connects with a network of which only the addresses are seen, until the first. */
async function connectTo(url: string, allowPlainHttp?: boolean): Promise<{ asked: string[]; error: unknown }> {
  const asked: string[] = [];
  const enough = new AbortController();
  const error = await connectRunner({
    url,
    ...(allowPlainHttp === undefined ? {} : { allowPlainHttp }),
    publishableKey: 'sb_publishable_x',
    apiKey: API_KEY,
    version: '1.0',
    stateDir: join(folder, 'state'),
    signal: enough.signal,
    fetch: async (input) => {
      asked.push(String(input));
      enough.abort();
      throw new TypeError('cut off');
    },
  }).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { asked, error };
}

describe('The SDK', () => {
  it('sends nothing to another machine over http', async () => {
    const { asked, error } = await connectTo(ELSEWHERE);
    expect(error).toMatchObject({
      code: 'insecure_url',
      message: expect.stringContaining(ELSEWHERE),
      fix: expect.stringMatching(/https:\/\/.*allowPlainHttp: true/),
    });
    expect(asked).toEqual([]);
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  it.each<[string, boolean | undefined]>([
    ['http://127.0.0.1:1', undefined],
    ['http://[::1]:1', undefined],
    ['https://192.0.2.1', undefined],
    [ELSEWHERE, true],
  ])('connects to %s, where allowPlainHttp is %s', async (url, allowPlainHttp) => {
    const { asked, error } = await connectTo(url, allowPlainHttp);
    expect(asked).toEqual([`${url}/functions/v1/runner/authenticate`]);
    expect(error).toMatchObject({ code: 'runner_stopped' });
  });
});

describe('The program', () => {
  const program = (args: readonly string[] = []) =>
    new RunnerProgram({ apiUrl: ELSEWHERE, keys: { publishableKey: 'sb_publishable_x' } }, API_KEY, folder, args);

  it('ends with one clear error where the key would travel in clear', async () => {
    const refused = program();
    expect(await refused.exit()).toBe(2);
    expect(JSON.parse(refused.output)).toMatchObject({
      level: 'error',
      code: 'insecure_url',
      message: expect.stringContaining('in clear'),
      fix: expect.stringMatching(/https:\/\/.*--allow-plain-http or TRADEBASE_ALLOW_PLAIN_HTTP=1/),
    });
    expect(refused.output).not.toContain(API_KEY);
  });

  it('does it where that is allowed, and warns', async () => {
    const allowed = program(['--allow-plain-http']);
    await expect.poll(() => allowed.output, { timeout: 10_000 }).toContain('travel in clear');
    expect(JSON.parse(allowed.output.split('\n')[0] ?? '')).toMatchObject({ level: 'warn' });
    await allowed.end('SIGKILL');
  });

  it('is allowed it by the environment, too', () => {
    const args = ['--url', ELSEWHERE, '--publishable-key', 'sb_publishable_x'];
    const env = { TRADEBASE_API_KEY: API_KEY };
    expect(() => readOptions(args, env)).toThrow(expect.objectContaining({ code: 'insecure_url' }));
    expect(readOptions(args, { ...env, TRADEBASE_ALLOW_PLAIN_HTTP: '1' })).toMatchObject({ allowPlainHttp: true });
    expect(() => readOptions(args, { ...env, TRADEBASE_ALLOW_PLAIN_HTTP: 'yes' })).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
  });
});
