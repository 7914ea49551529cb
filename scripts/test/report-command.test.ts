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

beforeAll(() => {
  const candles = syntheticCandles({ seed: 7, count: 600, start: Date.UTC(2020, 0, 1), timeframe: '1d' });
  writeFileSync(csv, Buffer.concat([...formatCandleCsv(candles)]));
});
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

  test('refuses settings that the simulator would pass over', async () => {
    writeFileSync(join(dir, 'slippage.yaml'), 'slippage: {type: bps, bps: 5}\n');
    const { code, stderr } = await report('--csv', csv, '-t', '1d', '-s', 'sma-cross', '--settings', 'slippage.yaml');
    expect([code, stderr]).toEqual([2, expect.stringContaining('slippage')]);
  });

  const needed = ['--csv', 'a.csv', '-t', '1d', '-s', 'sma-cross'];
  test.each([
    [['-t', '1d', '-s', 'sma-cross'], '--csv is missing'],
    [['--csv', 'a.csv', '-s', 'sma-cross'], '--timeframe is missing'],
    [['--csv', 'a.csv', '-t', '7d', '-s', 'sma-cross'], '--timeframe is 7d'],
    [['--csv', 'a.csv', '-t', '1d', '-s', 'magic'], 'there is no strategy magic; there is sma-cross'],
    [[...needed, '-p', 'fast'], 'it must be NAME=VALUE'],
    [[...needed, '-p', 'fast=50'], 'fast must be smaller than slow'],
    [[...needed, '--cash', '-5'], 'must be above 0'],
    [[...needed, '--cash', 'lots'], 'must be a number'],
    [[...needed, '--fee-bps', '5000'], 'it must be from 0 to 1000'],
    [[...needed, '--colour'], 'colour'],
  ])('refuses %j', (args, message) => {
    expect(() => readReportCommand(args)).toThrow(message);
  });
});
