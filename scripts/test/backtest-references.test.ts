import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { importCandles } from '@tradebase/market-data';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { startTestWorker, type TestWorker, workerUrl } from '../../workers/test/support/worker-process.ts';
import { readResult, runBacktest } from '../start/run-backtest.ts';

/** Backtests as a user runs them, through every part there is, against results that were computed independently. */
const DATA = join(import.meta.dirname, '..', '..', '..', 'shared', 'data');
const PRESENT = existsSync(DATA);
const TOLERANCE = 1e-9;

interface ReferenceRun {
  readonly dataset: string;
  readonly commission_per_side: number;
  readonly initial_cash: number;
  readonly equity_checkpoints: readonly (readonly [number, string, number])[];
  readonly trades: readonly { entry_bar: number; exit_bar: number; size: number; pnl: number }[];
}

const RUNS: ReferenceRun[] = PRESENT
  ? JSON.parse(readFileSync(join(DATA, 'oracles', 'backtests_reference.json'), 'utf8')).runs
  : [];

/** Relative to the expected value; a trade may break even, where there is nothing to be relative to. */
function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-3);
}

describe.skipIf(!PRESENT)(
  `SMA(10) / SMA(30) from the request to the result${PRESENT ? '' : ' (skipped: no ../shared/data)'}`,
  () => {
    let stack: TestStack;
    let worker: TestWorker;
    let user: Persona;

    beforeAll(async () => {
      stack = await startStack({ functions: true });
      [worker, user] = await Promise.all([startTestWorker(stack), signUp(stack, 'user')]);
      const client = new pg.Client({ connectionString: workerUrl(stack) });
      await client.connect();
      for (const dataset of new Set(RUNS.map((run) => run.dataset))) {
        const [symbol = '', timeframe = ''] = dataset.split('_');
        await importCandles(client, { source: join(DATA, 'candles', `${dataset}.csv`), symbol, timeframe });
      }
      await client.end();
    });

    afterAll(async () => {
      await worker?.end();
      await stack?.stop();
    });

    it.each(RUNS.map((run) => [run.dataset, run.commission_per_side, run] as const))(
      'gives the reference trades and final equity for %s with a commission of %s',
      async (dataset, commission, run) => {
        const [symbol, timeframe] = dataset.split('_');
        const backtest = await runBacktest(
          user.client,
          user.id,
          {
            symbol,
            timeframe,
            strategy: { name: 'sma-cross', params: { fast: 10, slow: 30 } },
            initial_cash: run.initial_cash,
            fee_bps: commission * 10_000,
          },
          () => {},
        );
        const { summary, trades, equity } = await readResult(user.client, backtest);
        expect(trades.map(({ entry_bar, exit_bar }) => [entry_bar, exit_bar])).toEqual(
          run.trades.map(({ entry_bar, exit_bar }) => [entry_bar, exit_bar]),
        );
        const errors = run.trades.flatMap((expected, index) => [
          relativeError(trades[index]?.quantity ?? Number.NaN, expected.size),
          relativeError(trades[index]?.pnl ?? Number.NaN, expected.pnl),
        ]);
        for (const [bar, , expected] of run.equity_checkpoints) {
          errors.push(relativeError(equity.equity[bar] ?? Number.NaN, expected));
        }
        const last = run.equity_checkpoints.at(-1)?.[2] ?? Number.NaN;
        errors.push(relativeError(summary.final_equity, last));
        expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
      },
    );
  },
);
