import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, noteStackHome } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** `npm start` as a newcomer runs it, on a state folder and ports of its own. */
const ROOT = join(import.meta.dirname, '..', '..');
let stateDir: string;
/** Files that a user has: a state folder takes in none. */
let filesDir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tradebase-start-'));
  filesDir = mkdtempSync(join(tmpdir(), 'tradebase-files-'));
  noteStackHome(stateDir);
  const ports = [await findFreePort(), await findFreePort()];
  env = {
    ...process.env,
    TRADEBASE_STATE_DIR: stateDir,
    TRADEBASE_API_PORT: String(ports[0]),
    TRADEBASE_DB_PORT: String(ports[1]),
  };
});

afterAll(async () => {
  await run('packages/local-stack/src/cli.ts', ['reset']);
  for (const dir of [stateDir, filesDir]) rmSync(dir, { recursive: true, force: true });
});

function launch(script: string, args: string[]): ChildProcess {
  return spawn(process.execPath, [join(ROOT, script), ...args], { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(script: string, args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = launch(script, args);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (err += text));
  const [code] = await once(child, 'close');
  return { code: code as number | null, out, err };
}

const start = (...args: string[]) => run('scripts/start.ts', args);

function csv(name: string, text: string): string {
  const path = join(filesDir, name);
  writeFileSync(path, text);
  return path;
}

describe('npm start', () => {
  it('runs the sample from an empty folder to a report, and leaves nothing running', async () => {
    const { code, out, err } = await start('--once', '--json', '--fee-bps', '5');
    expect(err).toContain('1300 candles of SYNTHETIC 1d');
    expect(code).toBe(0);
    const result = JSON.parse(out);
    expect(result.summary).toMatchObject({ bars: 1300, initial_cash: 10_000 });
    expect(result.trades).toHaveLength(result.summary.trades);
    expect(Object.keys(result.timings_ms)).toEqual(expect.arrayContaining(['Postgres', 'backtest', 'result']));
    expect(readFileSync(result.report, 'utf8')).toContain('SYNTHETIC');
    expect((await run('packages/local-stack/src/cli.ts', ['status'])).code).toBe(3);
  });

  it('lets a bot trade what was backtested, on a runner, to the same profit', async () => {
    const day_ms = 86_400_000;
    const bars = Array.from({ length: 120 }, (_, n) => {
      const price = (100 + 10 * Math.sin(n / 4)).toFixed(2);
      return `${new Date(Date.UTC(2024, 0, 1) + n * day_ms).toISOString()},${price},${price},${price},${price},1`;
    });
    const path = csv('wave.csv', `ts,open,high,low,close,volume\n${bars.join('\n')}\n`);
    const strategy = ['--param', 'fast=3', '--param', 'slow=9', '--fee-bps', '10'];
    const { code, out, err } = await start(
      ...['--once', '--json', '--bot', '--csv', path, '--symbol', 'WAVE', '--timeframe', '1d'],
      ...strategy,
    );
    expect(err).toContain('watched over Realtime');
    expect(code).toBe(0);
    const { summary, run } = JSON.parse(out);
    expect(summary.trades).toBeGreaterThan(2);
    expect(run.trade_count).toBe(summary.trades);
    expect(run.total_pnl).toBeCloseTo(summary.final_equity - summary.initial_cash, 6);
    // A start of the whole stack, with its worker and a runner.
  });

  it('stays up until Ctrl-C; a second one uses the stack that is up', async () => {
    const first = launch('scripts/start.ts', []);
    let shown = '';
    const up = new Promise<void>((resolve) => {
      first.stderr?.setEncoding('utf8').on('data', (text) => {
        shown += text;
        if (shown.includes('Ctrl-C stops it')) resolve();
      });
    });
    await Promise.race([up, once(first, 'exit').then(() => Promise.reject(new Error(shown)))]);
    const second = await start('--once', '--json', '--strategy', 'macd-rsi');
    expect(second.err).toContain('already up');
    expect(second.code).toBe(0);
    expect(JSON.parse(second.out).summary.bars).toBe(1300);
    const ended = once(first, 'exit');
    first.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect((await run('packages/local-stack/src/cli.ts', ['status'])).code).toBe(3);
    // Two starts of the whole stack with their workers.
  });

  it('says what is wrong with a request, with its code, and fails', async () => {
    const { code, err } = await start('--once', '--param', 'fast=30', '--param', 'slow=10');
    expect(err).toContain('invalid_request');
    expect(err).toContain('fast is 30 and slow is 10; fast < slow is required');
    expect(code).toBe(1);
  });

  it('says which line of a file is wrong, and imports nothing of it', async () => {
    const path = csv(
      'bad.csv',
      'ts,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,2,1,2,0\n2024-01-02T00:00:00Z,1,2,x,2,0\n',
    );
    const { code, err } = await start('--once', '--csv', path, '--symbol', 'BAD', '--timeframe', '1d');
    expect(err).toMatch(/line 3/);
    expect(code).toBe(1);
    const valid = csv('good.csv', 'ts,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,2,1,2,0\n');
    const again = await start('--once', '--csv', valid, '--symbol', 'BAD', '--timeframe', '1d');
    expect(again.err).toContain('1 candles of BAD 1d, 1 new');
  });

  it.each([
    [['--csv', 'x.csv'], '--csv needs --symbol and --timeframe'],
    [['--csv', 'x.csv', '--symbol', 'X', '--timeframe', '7h'], '--timeframe 7h'],
    [['--param', 'fast'], 'key=value'],
    [['--fee-bps', 'ten'], '--fee-bps ten'],
    [['--nonsense'], '--nonsense'],
  ])('refuses %j before it starts anything', async (args, message) => {
    const { code, err } = await start(...args);
    expect(err).toContain(message);
    expect(err).toContain('Usage:');
    expect(code).toBe(2);
  });
});
