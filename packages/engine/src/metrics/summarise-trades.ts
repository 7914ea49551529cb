import type { BacktestSummary, SideSummary } from '@tradebase/contracts';
import { EXIT_REASONS, type TradeList } from '../trading/trade-list.ts';
import type { Excursions } from './excursions.ts';
import { mean } from './mean.ts';
import { defined, type Metric, settle, undefinedBecause } from './metric.ts';
import { profitFactor } from './profit-factor.ts';
import { quantile } from './quantile.ts';
import { systemQuality } from './system-quality.ts';
import { winRatePct } from './win-rate.ts';

const HOUR_MS = 3_600_000;

/** What the closed trades were like. */
export function summariseTrades(trades: TradeList, { mae_pct, mfe_pct }: Excursions, reasons: Record<string, string>) {
  const count = trades.length;
  const pnl = trades.pnl.subarray(0, count);
  const returnPct = trades.return_pct.subarray(0, count);
  const bars = new Float64Array(count);
  const hours = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    bars[index] = (trades.exit_bar[index] as number) - (trades.entry_bar[index] as number);
    hours[index] = ((trades.exit_ts[index] as number) - (trades.entry_ts[index] as number)) / HOUR_MS;
  }
  const wins = select(pnl, isAbove);
  const losses = select(pnl, isBelow);
  const mae = select(mae_pct, isKnown);
  const mfe = select(mfe_pct, isKnown);
  return {
    trades: count,
    max_consecutive_wins: longestRun(pnl, (amount) => amount > 0),
    max_consecutive_losses: longestRun(pnl, (amount) => amount < 0),
    exits: countExits(trades),
    long: summariseSide(trades, 1, reasons),
    short: summariseSide(trades, -1, reasons),
    ...settle(
      {
        win_rate_pct: winRatePct(pnl),
        profit_factor: profitFactor(pnl),
        expectancy: meanOf(pnl, NO_TRADES),
        expectancy_pct: meanOf(returnPct, NO_TRADES),
        average_win: meanOf(wins, NO_WINS),
        average_loss: meanOf(losses, NO_LOSSES),
        average_win_pct: meanOf(select(returnPct, isAbove), NO_WINS),
        average_loss_pct: meanOf(select(returnPct, isBelow), NO_LOSSES),
        largest_win: largestOf(wins, NO_WINS),
        largest_loss: smallestOf(losses, NO_LOSSES),
        best_trade_pct: largestOf(returnPct, NO_TRADES),
        worst_trade_pct: smallestOf(returnPct, NO_TRADES),
        sqn: systemQuality(pnl),
        average_holding_bars: meanOf(bars, NO_TRADES),
        median_holding_bars: medianOf(bars, NO_TRADES),
        longest_holding_bars: largestOf(bars, NO_TRADES),
        average_holding_hours: meanOf(hours, NO_TRADES),
        median_holding_hours: medianOf(hours, NO_TRADES),
        longest_holding_hours: largestOf(hours, NO_TRADES),
        average_mae_pct: meanOf(mae, NO_EXCURSIONS),
        worst_mae_pct: smallestOf(mae, NO_EXCURSIONS),
        average_mfe_pct: meanOf(mfe, NO_EXCURSIONS),
        best_mfe_pct: largestOf(mfe, NO_EXCURSIONS),
      },
      reasons,
    ),
  } satisfies Partial<BacktestSummary>;
}

const NO_TRADES = 'there are no closed trades';
const NO_WINS = 'there are no winning trades';
const NO_LOSSES = 'there are no losing trades';
const NO_EXCURSIONS = 'there are no closed trades whose bars are known';

function summariseSide(trades: TradeList, direction: 1 | -1, reasons: Record<string, string>): SideSummary {
  const isOfSide = (_: number, index: number) => trades.direction[index] === direction;
  const pnl = select(trades.pnl.subarray(0, trades.length), isOfSide);
  const returnPct = select(trades.return_pct.subarray(0, trades.length), isOfSide);
  const none = direction > 0 ? 'there are no closed long trades' : 'there are no closed short trades';
  const metrics = {
    win_rate_pct: pnl.length === 0 ? undefinedBecause(none) : winRatePct(pnl),
    profit_factor: pnl.length === 0 ? undefinedBecause(none) : profitFactor(pnl),
    average_return_pct: meanOf(returnPct, none),
  };
  return {
    trades: pnl.length,
    pnl: pnl.reduce((sum, amount) => sum + amount, 0),
    ...settle(metrics, reasons, direction > 0 ? 'long.' : 'short.'),
  };
}

function countExits(trades: TradeList): BacktestSummary['exits'] {
  const exits: BacktestSummary['exits'] = {};
  for (let index = 0; index < trades.length; index++) {
    const reason = EXIT_REASONS[trades.exit_reason[index] as number] ?? 'other';
    exits[reason] = (exits[reason] ?? 0) + 1;
  }
  return exits;
}

function longestRun(pnl: Float64Array, belongs: (amount: number) => boolean): number {
  let longest = 0;
  let run = 0;
  for (let index = 0; index < pnl.length; index++) {
    run = belongs(pnl[index] as number) ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/** As the method `filter`, which is many times as slow on typed arrays. */
function select(values: Float64Array, keep: (value: number, index: number) => boolean): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (keep(value, index)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

function isAbove(value: number): boolean {
  return value > 0;
}

function isBelow(value: number): boolean {
  return value < 0;
}

function isKnown(value: number): boolean {
  return !Number.isNaN(value);
}

function meanOf(values: Float64Array, reason: string): Metric {
  return values.length === 0 ? undefinedBecause(reason) : defined(mean(values));
}

function medianOf(values: Float64Array, reason: string): Metric {
  return values.length === 0 ? undefinedBecause(reason) : defined(quantile(values.toSorted(), 0.5));
}

function largestOf(values: Float64Array, reason: string): Metric {
  if (values.length === 0) return undefinedBecause(reason);
  let largest = values[0] as number;
  for (let index = 1; index < values.length; index++) largest = Math.max(largest, values[index] as number);
  return defined(largest);
}

function smallestOf(values: Float64Array, reason: string): Metric {
  if (values.length === 0) return undefinedBecause(reason);
  let smallest = values[0] as number;
  for (let index = 1; index < values.length; index++) smallest = Math.min(smallest, values[index] as number);
  return defined(smallest);
}
