import { describe, expect, it } from 'vitest';
import { drawdownPct } from '../src/index.ts';
import { cagrPct } from '../src/metrics/cagr.ts';
import { calmar } from '../src/metrics/calmar.ts';
import { dailyReturns } from '../src/metrics/daily-returns.ts';
import { exchangeDays } from '../src/metrics/exchange-days.ts';
import { profitFactor } from '../src/metrics/profit-factor.ts';
import { sharpe } from '../src/metrics/sharpe.ts';
import { sortino } from '../src/metrics/sortino.ts';
import { winRatePct } from '../src/metrics/win-rate.ts';
import { SMA_10_30 } from './support/any-strategy.ts';
import { candlesFrom, candlesOfCloses, DAY_MS } from './support/made-up-candles.ts';
import { nullMetrics } from './support/null-metrics.ts';
import { runPlain } from './support/plain-backtest.ts';

const YEAR_MS = 365.25 * DAY_MS;

/** Daily returns of marks at these times, in UTC days. */
function returnsOf(ts: Float64Array, equity: Float64Array, initialCash: number): Float64Array {
  return dailyReturns(equity, exchangeDays(ts, 'UTC').last_bar, initialCash);
}

describe('daily returns', () => {
  const hour = DAY_MS / 24;

  it('take the last mark of each UTC date that has a bar, from the initial cash on', () => {
    const ts = Float64Array.of(0, 23 * hour, DAY_MS, 4 * DAY_MS + hour, 4 * DAY_MS + 2 * hour);
    expect([...returnsOf(ts, Float64Array.of(90, 110, 110, 50, 55), 100)]).toEqual([110 / 100 - 1, 0, 55 / 110 - 1]);
  });

  it('know the dates before 1970', () => {
    const ts = Float64Array.of(-DAY_MS - 1, -DAY_MS, -1, 0);
    expect([...returnsOf(ts, Float64Array.of(2, 3, 4, 8), 1)]).toEqual([1, 1, 1]);
  });

  it('are one per bar when bars are longer than a day', () => {
    const ts = Float64Array.of(0, 30 * DAY_MS, 61 * DAY_MS);
    expect([...returnsOf(ts, Float64Array.of(1, 2, 3), 1)]).toEqual([0, 1, 0.5]);
  });
});

describe('a metric without a value is null with a reason', () => {
  const undefinedFor = (reason: RegExp) => ({ value: null, reason: expect.stringMatching(reason) });

  it('sharpe of returns that do not vary, also when rounding makes them seem to', () => {
    expect(sharpe(new Float64Array(10), 252)).toEqual(undefinedFor(/zero deviation/));
    expect(sharpe(new Float64Array(10).fill(0.1), 252)).toEqual(undefinedFor(/zero deviation/));
    const compounded = Float64Array.from({ length: 10 }, (_, day) => 1.1 ** (day + 1));
    const days = compounded.map((_, day) => day * DAY_MS);
    expect(sharpe(returnsOf(days, compounded, 1), 252)).toEqual(undefinedFor(/zero deviation/));
  });

  it('sharpe of a single return', () => {
    expect(sharpe(Float64Array.of(0.1), 252)).toEqual(undefinedFor(/fewer than two/));
  });

  it('sharpe and sortino after equity has fallen to zero', () => {
    const returns = returnsOf(Float64Array.of(0, DAY_MS, 2 * DAY_MS), Float64Array.of(1, 0, 0), 1);
    expect(sharpe(returns, 252)).toEqual(undefinedFor(/not finite/));
    expect(sortino(returns, 252)).toEqual(undefinedFor(/not finite/));
  });

  it('sortino without a negative return', () => {
    expect(sortino(Float64Array.of(0, 0.1), 252)).toEqual(undefinedFor(/no daily return is negative/));
  });

  it('win rate and profit factor without trades, profit factor without a losing one', () => {
    expect(winRatePct(Float64Array.of())).toEqual(undefinedFor(/no closed trades/));
    expect(profitFactor(Float64Array.of())).toEqual(undefinedFor(/no closed trades/));
    expect(profitFactor(Float64Array.of(5, 0))).toEqual(undefinedFor(/no losing trades/));
  });

  it('cagr when no time passed, or so little that a year at its rate is no number', () => {
    expect(cagrPct(100, 101, 0)).toEqual(undefinedFor(/no time has passed/));
    expect(cagrPct(100, 200, 60_000)).toEqual(undefinedFor(/too short/));
  });

  it('calmar without a drawdown, or without a cagr', () => {
    expect(calmar({ value: 10 }, 0)).toEqual(undefinedFor(/no drawdown/));
    expect(calmar(cagrPct(100, 101, 0), 5)).toEqual(undefinedFor(/cagr_pct is undefined/));
  });

  it('in the summary of one bar, all but the totals', () => {
    const input = { candles: candlesOfCloses([10]), strategy: SMA_10_30, initial_cash: 100, fee_bps: 0 };
    const { summary } = runPlain(input);
    expect(summary).toMatchObject({ final_equity: 100, total_return_pct: 0, buy_and_hold_return_pct: 0 });
    expect(summary.undefined_metrics).toMatchObject({
      win_rate_pct: expect.stringMatching(/no closed trades/),
      profit_factor: expect.stringMatching(/no closed trades/),
      sharpe: expect.stringMatching(/fewer than two/),
      sortino: expect.stringMatching(/no daily return is negative/),
      cagr_pct: expect.stringMatching(/no time/),
      calmar: expect.stringMatching(/cagr_pct is undefined/),
      var_95_pct: expect.stringMatching(/fewer than 20 days/),
      beta: expect.stringMatching(/fewer than two/),
    });
    expect(Object.keys(summary.undefined_metrics).sort()).toEqual(nullMetrics(summary));
  });
});

describe('a metric with a value', () => {
  it('win rate counts profits above zero among all trades', () => {
    expect(winRatePct(Float64Array.of(1, 0, -1, 2))).toEqual({ value: 50 });
  });

  it('profit factor is profit over loss in money, and 0 without a winning trade', () => {
    expect(profitFactor(Float64Array.of(3, -2, 1, -6))).toEqual({ value: 0.5 });
    expect(profitFactor(Float64Array.of(-2))).toEqual({ value: 0 });
  });

  it('cagr is the yearly growth over years of 365.25 days, and -100 after losing all', () => {
    expect(cagrPct(100, 121, 2 * YEAR_MS).value).toBeCloseTo(10, 10);
    expect(cagrPct(100, 0, YEAR_MS)).toEqual({ value: -100 });
  });

  it('calmar is cagr over maximum drawdown', () => {
    expect(calmar({ value: -10 }, 40)).toEqual({ value: -0.25 });
  });

  it('drawdown counts from the initial cash when no mark was above it', () => {
    expect([...drawdownPct(Float64Array.of(90, 80, 120, 60), 100)].map(Math.round)).toEqual([10, 20, 0, 50]);
  });

  it('buying and holding goes from the first open to the last close', () => {
    const candles = candlesFrom([6, 10, 12], [10, 12, 9]);
    const { summary } = runPlain({ candles, strategy: SMA_10_30, initial_cash: 100, fee_bps: 50 });
    expect(summary.buy_and_hold_return_pct).toBe(50);
  });
});
