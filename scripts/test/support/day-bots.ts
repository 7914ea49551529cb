import type { BacktestSettingsInput, StrategySpec } from '@tradebase/contracts';
import { type BacktestResult, runBacktest } from '@tradebase/engine';
import type { TradingDay } from './trading-days.ts';

/** What a user sets up, and what a backtest is told. */
export interface DayBot {
  readonly name: string;
  /** A built-in strategy, or one that the user writes. */
  readonly kind: 'built-in' | 'own';
  readonly strategy: StrategySpec;
  readonly symbols: readonly string[];
  readonly settings: BacktestSettingsInput;
}

/** Breakouts of both directions, ordered by stops, left by a stop, a target, a trailing stop or a rule. */
const BREAKOUTS: StrategySpec = {
  name: 'breakouts',
  indicators: { mean: 'ema(close, 20)', swing: 'atr(14)' },
  long: { entry: 'crosses_above(close, mean)', exit: 'crosses_below(close, mean - swing)' },
  short: { entry: 'crosses_below(close, mean)', exit: 'crosses_above(close, mean + swing)' },
  entry_order: { type: 'stop', price: 'if(close > mean, high, low)', valid_bars: 3 },
  sizing: { method: 'percent_of_equity', percent: 60 },
  stop_loss: { atr: 2 },
  take_profit: { risk_multiple: 1.5 },
  trailing_stop: { atr: 1.5, activate: { atr: 1 } },
  cooldown_bars: 5,
};

/** Dips that are bought below the market, in all instruments at a time, with less volume than is wanted. */
const DIPS: StrategySpec = {
  name: 'dips',
  indicators: { mean: 'sma(close, 30)' },
  long: { entry: 'close < mean', exit: 'crosses_above(close, mean * 1.002)' },
  entry_order: { type: 'limit', price: 'close * 0.999', valid_bars: 10 },
  sizing: { method: 'percent_of_equity', percent: 40 },
  stop_loss: { percent: 3 },
  time_exit: { bars: 90 },
  max_positions: 2,
};

/** Three bots of different kinds, each with costs of its own. */
export function botsOf({ instruments, initial_cash, max_volume_share }: TradingDay): DayBot[] {
  const symbols = instruments.map(({ symbol }) => symbol);
  return [
    {
      name: 'Averages',
      kind: 'built-in',
      strategy: { name: 'sma-cross', params: { fast: 8, slow: 24 } },
      symbols: symbols.slice(0, 1),
      settings: { fees: { type: 'bps', maker_bps: 5, taker_bps: 10 }, slippage: { type: 'bps', bps: 2 } },
    },
    {
      name: 'Breakouts',
      kind: 'own',
      strategy: BREAKOUTS,
      symbols: symbols.slice(-1),
      settings: {
        fees: { type: 'per_share', amount: initial_cash / 1e7, minimum: initial_cash / 1e5 },
        slippage: { type: 'volume_share' },
      },
    },
    {
      name: 'Dips',
      kind: 'own',
      strategy: DIPS,
      symbols,
      settings: {
        fees: { type: 'bps', maker_bps: 1, taker_bps: 6 },
        slippage: { type: 'spread', spread_bps: 4 },
        fills: { max_volume_share },
      },
    },
  ];
}

/** What the engine says of the same candles. */
export function backtestOf({ instruments, initial_cash }: TradingDay, bot: DayBot): BacktestResult {
  return runBacktest({
    strategy: bot.strategy,
    settings: bot.settings,
    initial_cash,
    data: {
      instruments: bot.symbols.flatMap((symbol) =>
        instruments
          .filter((instrument) => instrument.symbol === symbol)
          .map(({ symbol: _, ...candles }) => ({ symbol, timeframe: '1m' as const, candles })),
      ),
    },
    // The one that keeps fills.
    path: 'event',
  });
}
