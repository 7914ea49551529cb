import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CandleDatabase, startCandleDatabase } from './support/database.ts';
import { csvOf, dailyRows } from './support/pieces.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'import-candles.ts');

let database: CandleDatabase;
let dir: string;
let file: string;

beforeAll(async () => {
  database = await startCandleDatabase();
  dir = await mkdtemp(join(tmpdir(), 'import-command-'));
  file = join(dir, 'bars.csv');
  await writeFile(file, csvOf(dailyRows(0, 2000)));
});

afterAll(async () => {
  await database?.stop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runImport(args: readonly string[], url = database.url): Promise<Outcome> {
  const env = { ...process.env, TRADEBASE_DATABASE_URL: url };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('npm run import', () => {
  test('closes with one readable line, and with one JSON object if asked', async () => {
    const first = await runImport([file, '--symbol', 'cmd', '--timeframe', '1d']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^Imported 2,000 candles of CMD 1d, 2024-01-01 to 2029-06-22: 2,000 new, 0 changed, 0 unchanged \([\d,]+ ms\)\n$/,
    );
    const again = await runImport([file, '-s', 'CMD', '-t', '1d', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({
      symbol: 'CMD',
      rows: 2000,
      inserted: 0,
      unchanged: 2000,
      version: 1,
    });
  });

  test('says in one line what is wrong', async () => {
    const bad = join(dir, 'bad.csv');
    await writeFile(bad, csvOf([...dailyRows(0, 3), 'x']));
    const outcome = await runImport([bad, '-s', 'CMD', '-t', '1d']);
    expect(outcome).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error (bad_row): line 5: 1 column; a row has 6: ts,open,high,low,close,volume\n',
    });
    const json = await runImport([bad, '-s', 'CMD', '-t', '1d', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'bad_row', details: { line: 5 } } });
  });

  test('explains its use', async () => {
    expect(await runImport(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: npm run import/),
    });
    expect(await runImport([file, '-s', 'CMD'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--timeframe is missing/),
    });
  });

  test('hints at the stack when no database answers, and shows no password', async () => {
    const { code, stderr } = await runImport(
      [file, '-s', 'CMD', '-t', '1d'],
      'postgresql://me:secret@127.0.0.1:1/postgres',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/no database answers at 127\.0\.0\.1:1; is the stack up\? npm run stack -- start/);
    expect(stderr).not.toContain('secret');
  });
});
