import type { BacktestSummary } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { BacktestInput } from '../simulator/backtest-input.ts';
import type { LongOnlySimulation } from '../simulator/long-only-simulation.ts';
import { longOnlyResult, longOnlySettings } from './long-only-result.ts';
import { summarise } from './summarise.ts';

/**
 * The headline of a finished long-only simulation. Its input does not say how long a bar is: it counts as a day or less.
 *
 * @throws EngineError `equity_overflow` when the prices carried equity beyond what a double can hold
 */
export function summariseBacktest(input: BacktestInput, run: LongOnlySimulation): BacktestSummary {
  if (!Number.isFinite((100 * run.peak) / input.initial_cash)) {
    throw new EngineError('equity_overflow', 'equity grew beyond the largest number; check the prices', {
      initial_cash: input.initial_cash,
    });
  }
  const data = { instruments: [{ symbol: '', timeframe: '1d', candles: input.candles }] } as const;
  return summarise(longOnlyResult(input, run), data, { settings: longOnlySettings(input.fee_bps) });
}
