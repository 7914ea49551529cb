import type { Candles, StrategySpec } from '@tradebase/contracts';
import { type BacktestInput, type BacktestResult, backtestInChunks, runBacktest, type Trade } from '../../src/index.ts';

/** A backtest of one instrument with nothing but a fee. */
export interface PlainInput {
  readonly candles: Candles;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  /** Of each side. */
  readonly fee_bps: number;
}

/** A result whose trades are looked at one by one. */
export type PlainResult = Omit<BacktestResult, 'trades'> & { readonly trades: readonly Trade[] };

export function plainInput({ candles, strategy, initial_cash, fee_bps }: PlainInput): BacktestInput {
  const isDaily = ((candles.ts[1] ?? Infinity) - (candles.ts[0] ?? 0)) % 86_400_000 === 0;
  return {
    data: { instruments: [{ symbol: 'ACME', timeframe: isDaily ? '1d' : '1h', candles }] },
    strategy,
    initial_cash,
    settings: { fees: { type: 'bps', maker_bps: fee_bps, taker_bps: fee_bps } },
  };
}

export function runPlain(input: PlainInput): PlainResult {
  const result = runBacktest(plainInput(input));
  return { ...result, trades: [...result.trades] };
}

export function* plainInChunks(input: PlainInput, chunks: { chunkBars?: number } = {}) {
  const result = yield* backtestInChunks(plainInput(input), chunks);
  return { ...result, trades: [...result.trades] };
}
