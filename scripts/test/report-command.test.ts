import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BacktestSummary } from '@tradebase/contracts';
import { formatCandleCsv, syntheticCandles } from '@tradebase/market-data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReportCommand } from '../report/report-command.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'tradebase-report-'));
const csv = join(dir, 'ACME.csv');

const CANDLES = syntheticCandles({ seed: 7, count: 600, start: Date.UTC(2020, 0, 1), timeframe: '1d' });

beforeAll(() => writeFileSync(csv, Buffer.concat([...formatCandleCsv(CANDLES)])));
afterAll(() => rmSync(dir, { recursive: true }));

function report(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'scripts/report.ts'), ...args], { cwd: dir }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('npm run report', () => {
  test('writes a report from a CSV file and prints the summary as JSON', async () => {
    const out = join(dir, 'out.html');
    const { code, stdout } = await report(
      '--csv',
      csv,
      '-t',
      '1d',
      '-s',
      'sma-cross',
      '-p',
      'fast=5',
      '--json',
      '-o',
      out,
    );
    expect(code).toBe(0);
    expect(BacktestSummary.parse(JSON.parse(stdout)).bars).toBe(600);
    const html = readFileSync(out, 'utf8');
    expect(html).toContain('ACME');
    expect(html).toContain('fast 5, slow 30');
    expect(html).toContain('id="price-plot"');
  });

  test('reads the strategy and the settings from files', async () => {
    writeFileSync(join(dir, 'strategy.yaml'), 'name: sma-cross\nparams:\n  fast: 3\n  slow: 8\n');
    writeFileSync(join(dir, 'settings.json'), '{"instrument": {"calendar": "crypto"}, "risk_free_rate_pct": 2}');
    const { stdout } = await report(
      '--csv',
      csv,
      '-t',
      '1d',
      '-s',
      'strategy.yaml',
      '--settings',
      'settings.json',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ periods_per_year: 365, risk_free_rate_pct: 2 });
  });

  test('says what is wrong with a file, as JSON where that was asked for', async () => {
    const missing = await report('--csv', 'none.csv', '-t', '1d', '-s', 'sma-cross');
    expect([missing.code, missing.stderr]).toEqual([1, 'Error (file_not_found): there is no file none.csv\n']);
    const bad = join(dir, 'bad.csv');
    writeFileSync(bad, 'ts,open,high,low,close,volume\n2020-01-01,1,2,3,1,1\n');
    const { code, stdout } = await report('--csv', bad, '-t', '1d', '-s', 'sma-cross', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'bad_price', message: expect.stringContaining('line 2') });
  });

  test('takes slippage, and refuses settings by line and column', async () => {
    writeFileSync(join(dir, 'slippage.yaml'), 'slippage: {type: bps, bps: 5}\n');
    const { stdout } = await report(
      '--csv',
      csv,
      '-t',
      '1d',
      '-s',
      'sma-cross',
      '--settings',
      'slippage.yaml',
      '--json',
    );
    expect(JSON.parse(stdout).costs.slippage).toBeGreaterThan(0);
    writeFileSync(join(dir, 'wrong.yaml'), 'fees:\n  type: bps\n  maker_bps: 1\n  taker_bps: -1\n');
    const { code, stderr } = await report('--csv', csv, '-t', '1d', '-s', 'sma-cross', '--settings', 'wrong.yaml');
    expect([code, stderr]).toEqual([2, expect.stringContaining('wrong.yaml:4:14: fees.taker_bps: ')]);
  });

  test('refuses a strategy of a file with the place of every mistake', () => {
    const path = join(dir, 'mistaken.yaml');
    writeFileSync(path, 'name: mistaken\nlong:\n  entry: close > smaa(close, 5)\n  exit: close <\n');
    const read = () => readReportCommand(['--csv', csv, '-t', '1d', '-s', path]);
    expect(read).toThrow(`${path}:3:18: long.entry: `);
    expect(read).toThrow(`${path}:4:`);
  });

  test('runs rules of a file on several instruments, with a column, finer bars and a part of the time', async () => {
    const predictions = Array.from(CANDLES.ts, (ts, day) => `${new Date(ts).toISOString()},${day % 7 === 0 ? 1 : 0}`);
    writeFileSync(join(dir, 'predictions.csv'), `ts,value\n${predictions.join('\n')}\n`);
    writeFileSync(
      join(dir, 'predicted.yaml'),
      'name: predicted\nlong:\n  entry: prediction > 0.5\nstop_loss: {percent: 0.1}\ntake_profit: {percent: 0.1}\n',
    );
    const finer = syntheticCandles({ seed: 7, count: 2400, start: Date.UTC(2020, 0, 1), timeframe: '4h' });
    writeFileSync(join(dir, 'finer.csv'), Buffer.concat([...formatCandleCsv(finer)]));
    const out = join(dir, 'several.html');
    const { code, stdout, stderr } = await report(
      ...['--csv', `MAIN=${csv}`, '--csv', `OTHER=${csv}`, '-t', '1d', '-s', 'predicted.yaml', '-o', out],
      ...['--from', '2020-07-01', '--to', '2021-01-01', '--column', 'prediction=predictions.csv'],
      ...['--column', 'OTHER:prediction=predictions.csv', '--splits', 'OTHER:2019-01-01=2'],
      ...['--finer', 'finer.csv', '--finer-timeframe', '4h'],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('MAIN + OTHER 1d, predicted');
    expect(stdout).toMatch(/\d+ bars, 2020-07-01 to 2020-12-31/);
    expect(stdout).toMatch(/Orders: \d+ placed/);
    expect(stdout).toMatch(/result_sha256 +[0-9a-f]{64}/);
    expect(readFileSync(out, 'utf8')).toMatch(/result_sha256 <code>[0-9a-f]{64}/);
  });

  test('refuses rows of a column that belong to no candle', async () => {
    writeFileSync(join(dir, 'odd.csv'), 'ts,value\n2020-01-02T00:00:00Z,1\n2020-01-03T12:00:00Z,1\n');
    const odd = await report('--csv', csv, '-t', '1d', '-s', 'sma-cross', '--column', 'odd=odd.csv');
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('odd.csv:3: there is no candle at 2020-01-03')]);
  });

  const needed = ['--csv', 'a.csv', '-t', '1d', '-s', 'sma-cross'];
  test.each([
    [['-t', '1d', '-s', 'sma-cross'], '--csv is missing'],
    [['--csv', 'a.csv', '-s', 'sma-cross'], '--timeframe is missing'],
    [['--csv', 'a.csv', '-t', '7d', '-s', 'sma-cross'], '--timeframe is 7d'],
    [['--csv', 'a.csv', '-t', '1d', '-s', 'magic'], /there is no strategy named 'magic'; there are .*sma-cross/],
    [[...needed, '-p', 'fast'], 'it must be NAME=VALUE'],
    [[...needed, '-p', 'fast=50'], 'fast < slow'],
    [['--csv', 'a.csv', '-t', '1d', '-s', 'sma-crosss'], "did you mean 'sma-cross'?"],
    [[...needed, '-p', 'fats=5'], "there is no parameter 'fats', did you mean 'fast'?"],
    [[...needed, '-p', 'fast=true'], 'fast: is true; it must be a whole number from'],
    [['--csv', 'a.csv', '-t', '1d', '-s', 'gamma-burst', '-p', 'trigger=luck'], 'one of volatility, momentum'],
    [[...needed, '--finer', 'b.csv', '--finer-timeframe', '1w'], 'must be shorter than --timeframe, 1d'],
    [[...needed, '--splits', '2014-06-09'], 'TIME=RATIO'],
    [[...needed, '--splits', 'June=7'], 'TIME=RATIO'],
    [[...needed, '--splits', '2014-06-31T=7'], '--splits is 2014-06-31T; it must be a date'],
    [[...needed, '--splits', 'SPY:2014-06-09=7'], 'there is no --csv for SPY; there is a'],
    [[...needed, '--from', '2020-02-01', '--to', '2020-01-01'], 'is not before'],
    [[...needed, '--column', '=x.csv'], 'NAME=FILE'],
    [[...needed, '--path', 'fast'], 'one of auto, event, compiled'],
    [[...needed, '--cash=-5'], 'must be above 0'],
    [[...needed, '--cash', 'lots'], 'must be a number'],
    [[...needed, '--fee-bps', '5000'], 'it must be a number from 0 to 1000'],
    [[...needed, '--colour'], 'colour'],
  ])('refuses %j', (args, message) => {
    expect(() => readReportCommand(args)).toThrow(message);
  });
});
