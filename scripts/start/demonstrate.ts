import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TradebaseClient } from '@tradebase/client';
import type { Timeframe } from '@tradebase/contracts';
import { importCandles, SYNTHETIC_NAME } from '@tradebase/market-data';
import { withDatabase } from '../command-line/with-database.ts';
import { htmlReport } from '../report/html-report.ts';
import type { ReportInput } from '../report/report-input.ts';
import { type DemoUser, signInDemoUser, upgradeDemoUser } from './demo-user.ts';
import { readResult, runBacktest } from './run-backtest.ts';
import type { StartOptions } from './start-options.ts';
import type { Steps } from './steps.ts';

/** Made up by a seeded generator: see scripts/generate/sample-candles.ts. */
const SAMPLE = {
  path: join(import.meta.dirname, '..', 'samples', 'SYNTHETIC_1d.csv'),
  symbol: 'SYNTHETIC',
  timeframe: '1d' as Timeframe,
  name: SYNTHETIC_NAME,
};

export interface Demonstration {
  readonly user: DemoUser;
  readonly report: ReportInput;
  readonly backtestId: string;
  /** Path of the HTML report. */
  readonly reportPath: string;
}

interface Surroundings {
  readonly steps: Steps;
  readonly stateDir: string;
  /** Connection URL of the role postgres. */
  readonly databaseUrl: string;
  readonly workerUrl: string;
}

/** The main job as a user would do it: sign in, import candles, ask for a backtest, follow it, read it, look at it. */
export async function demonstrate(
  client: TradebaseClient,
  options: StartOptions,
  { steps, stateDir, databaseUrl, workerUrl }: Surroundings,
): Promise<Demonstration> {
  steps.begin('sign in');
  const user = await signInDemoUser(client, stateDir);
  await upgradeDemoUser(databaseUrl, user);
  steps.end(user.email);

  const candles = options.csv ?? SAMPLE;
  steps.begin('import');
  const imported = await importFile(workerUrl, candles, (text) => steps.progress(text));
  steps.end(
    `${imported.rows} candles of ${candles.symbol} ${candles.timeframe}, ${imported.inserted} new${options.csv ? '' : ' (synthetic)'}`,
  );

  steps.begin('backtest');
  const { symbol, timeframe } = candles;
  const backtest = await runBacktest(
    client,
    user.id,
    { symbol, timeframe, strategy: options.strategy, fee_bps: options.feeBps },
    ({ name, event }) => steps.progress(`${name} ${Math.round(event.progress * 100)} %`),
  );
  steps.end(`${backtest.strategy.name}, followed over Realtime`);

  steps.begin('result');
  const result = await readResult(client, backtest);
  const report: ReportInput = {
    symbol: backtest.symbol,
    timeframe: backtest.timeframe,
    strategy: backtest.strategy,
    fees: `fee ${backtest.fee_bps} bps`,
    synthetic: options.csv === undefined,
    summary: result.summary,
    trades: [...result.trades],
    equity: { at: [...result.equity.at], equity: [...result.equity.equity] },
  };
  const reportPath = writeReport(stateDir, backtest.id, htmlReport(report, result.report ?? undefined));
  const { trades } = result.summary;
  const cut = result.trades.length < trades ? `; the first ${result.trades.length} of ${trades} trades are stored` : '';
  steps.end(`read through REST under RLS${cut}`);
  return { user, report, backtestId: backtest.id, reportPath };
}

async function importFile(
  workerUrl: string,
  { path, symbol, timeframe, name }: Omit<typeof SAMPLE, 'name'> & { name?: string },
  onProgress: (text: string) => void,
) {
  return withDatabase(workerUrl, 'tradebase-import', (client) =>
    importCandles(client, {
      source: path,
      ...(name === undefined ? {} : { name }),
      symbol,
      timeframe,
      onProgress: ({ rows }) => onProgress(`${rows} candles`),
    }),
  );
}

function writeReport(stateDir: string, backtestId: string, html: string): string {
  const dir = join(stateDir, 'reports');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${backtestId}.html`);
  writeFileSync(path, html);
  return path;
}
