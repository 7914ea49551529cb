import { BacktestSummary, ExitReason } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarise } from '../src/metrics/summarise.ts';
import { EXIT_REASONS, type Trade } from '../src/trading/trade-list.ts';
import { candlesOfCloses, DAY_MS } from './support/made-up-candles.ts';
import { nullMetrics } from './support/null-metrics.ts';
import { marketOf, settingsOf, simulationOf, tradeList } from './support/simulation-double.ts';

const TEN_DAYS = candlesOfCloses([100, 110, 99, 99, 108.9, 98.01, 98.01, 120, 120, 132]);

function summaryOf(equity: readonly number[], trades: readonly Partial<Trade>[] = [], candles = TEN_DAYS) {
  const result = simulationOf(candles, equity, { trades: tradeList(trades, candles) });
  return summarise(result, marketOf(candles), settingsOf());
}

const FLAT = Array.from({ length: 10 }, () => 100);

describe('a summary', () => {
  it('has the drawdown with its times, counted from the initial cash', () => {
    const { max_drawdown, longest_drawdown } = summaryOf([90, 100, 110, 110, 88, 99, 110, 105, 106, 107]);
    expect(max_drawdown).toMatchObject({
      depth_pct: expect.closeTo(20, 10),
      peak_at: '2024-01-04T00:00:00.000Z',
      trough_at: '2024-01-05T00:00:00.000Z',
      recovered_at: '2024-01-07T00:00:00.000Z',
      bars: 3,
      days: 3,
    });
    expect(longest_drawdown).toEqual(max_drawdown);
    expect(summaryOf([80, 90, 95, 95, 95, 95, 95, 95, 95, 95]).max_drawdown).toMatchObject({
      peak_at: '2024-01-01T00:00:00.000Z',
      recovered_at: null,
      bars: 10,
      days: 9,
    });
    expect(summaryOf(FLAT)).toMatchObject({ max_drawdown: null, longest_drawdown: null, max_drawdown_pct: 0 });
  });

  it('counts, averages and extremes of trades', () => {
    const trades = [30, 10, -5, -15, 0, -20].map((pnl, index) => ({
      pnl,
      entry_bar: index,
      exit_bar: index + 1 + (index % 3),
    }));
    expect(summaryOf(FLAT, trades)).toMatchObject({
      trades: 6,
      win_rate_pct: expect.closeTo(100 / 3, 10),
      profit_factor: 1,
      expectancy: 0,
      average_win: 20,
      average_loss: expect.closeTo(-40 / 3, 10),
      largest_win: 30,
      largest_loss: -20,
      max_consecutive_wins: 2,
      max_consecutive_losses: 2,
      average_holding_bars: 2,
      median_holding_bars: 2,
      longest_holding_bars: 3,
      longest_holding_hours: 72,
      sqn: 0,
    });
  });

  it('splits trades by side and by exit', () => {
    const summary = summaryOf(FLAT, [
      { side: 'long', pnl: 10, exit_reason: 'take_profit' },
      { side: 'short', pnl: -4, exit_reason: 'stop_loss' },
      { side: 'short', pnl: 2, exit_reason: 'stop_loss' },
    ]);
    expect(summary.long).toEqual({
      trades: 1,
      pnl: 10,
      win_rate_pct: 100,
      profit_factor: null,
      average_return_pct: 10,
    });
    expect(summary.short).toEqual({ trades: 2, pnl: -2, win_rate_pct: 50, profit_factor: 0.5, average_return_pct: -1 });
    expect(summary.undefined_metrics['long.profit_factor']).toMatch(/no losing trades/);
    expect(summary.exits).toEqual({ take_profit: 1, stop_loss: 2 });
  });

  it('compares with holding the main instrument', () => {
    const held = summaryOf([...TEN_DAYS.close]);
    expect(held).toMatchObject({
      buy_and_hold_return_pct: expect.closeTo(32, 10),
      benchmark_return_pct: expect.closeTo(32, 10),
      beta: expect.closeTo(1, 10),
      alpha_pct: expect.closeTo(0, 8),
      correlation: expect.closeTo(1, 10),
      tracking_error_pct: 0,
      information_ratio: null,
    });
    const doubled = TEN_DAYS.close.map((_, day) => {
      const returns = TEN_DAYS.close.slice(0, day + 1).map((close, at) => close / (TEN_DAYS.close[at - 1] ?? 100) - 1);
      return returns.reduce((wealth, r) => wealth * (1 + 2 * r), 100);
    });
    expect(summaryOf([...doubled]).beta).toBeCloseTo(2, 10);
  });

  it('compares with shares that are held through a split', () => {
    const [main] = marketOf(TEN_DAYS).instruments;
    const halved = TEN_DAYS.close.map((close, day) => (day < 5 ? close : close / 4));
    const splits = [
      { ts: (TEN_DAYS.ts[0] ?? NaN) - 1, ratio: 9 },
      { ts: TEN_DAYS.ts[5] ?? NaN, ratio: 4 },
    ];
    const data = { instruments: main ? [{ ...main, candles: { ...TEN_DAYS, close: halved }, splits }] : [] };
    const summary = summarise(simulationOf(TEN_DAYS, FLAT), data, settingsOf());
    expect(summary.buy_and_hold_return_pct).toBeCloseTo(32, 10);
  });

  it('compares with a benchmark that is given', () => {
    const result = simulationOf(TEN_DAYS, FLAT);
    const benchmark = Float64Array.from({ length: 10 }, (_, bar) => 50 + bar);
    const summary = summarise(result, marketOf(TEN_DAYS), { ...settingsOf(), benchmark });
    expect(summary.benchmark_return_pct).toBeCloseTo(18, 10);
    expect(summary.buy_and_hold_return_pct).toBeCloseTo(32, 10);
    expect(() => summarise(result, marketOf(TEN_DAYS), { ...settingsOf(), benchmark: benchmark.subarray(1) })).toThrow(
      expect.objectContaining({ code: 'column_length_mismatch' }),
    );
  });

  it('takes the risk-free rate off the returns of Sharpe and Sortino', () => {
    const result = simulationOf(TEN_DAYS, [101, 100, 103, 102, 105, 104, 108, 107, 110, 109]);
    const sharpe = (risk_free_rate_pct: number) =>
      summarise(result, marketOf(TEN_DAYS), settingsOf({ risk_free_rate_pct })).sharpe ?? NaN;
    const volatility = summarise(result, marketOf(TEN_DAYS), settingsOf()).volatility_pct ?? NaN;
    expect(sharpe(0) - sharpe(5)).toBeCloseTo(5 / volatility, 10);
  });

  it('annualises by the calendar of the instrument', () => {
    const result = simulationOf(TEN_DAYS, [101, 100, 103, 102, 105, 104, 108, 107, 110, 109]);
    const of = (calendar: 'equities' | 'crypto') =>
      summarise(result, marketOf(TEN_DAYS), settingsOf({ instrument: { calendar } })).sharpe ?? NaN;
    expect(of('crypto') / of('equities')).toBeCloseTo(Math.sqrt(365 / 252), 12);
  });

  it('says what the unknown order within bars can have cost, and itemises all costs', () => {
    const result = simulationOf(TEN_DAYS, FLAT, {
      ambiguity: { bars: 3, resolved_bars: 1, pessimistic_equity: 90, optimistic_equity: 125 },
      costs: { fees: 1, slippage: 2, funding: -3, borrow: 4, interest: 5 },
      liquidated_bar: 4,
    });
    expect(summarise(result, marketOf(TEN_DAYS), settingsOf())).toMatchObject({
      ambiguity: {
        bars: 3,
        resolved_bars: 1,
        pessimistic_return_pct: expect.closeTo(-10, 10),
        optimistic_return_pct: 25,
      },
      costs: { fees: 1, slippage: 2, funding: -3, borrow: 4, interest: 5, total: 9 },
      liquidated_at: '2024-01-05T00:00:00.000Z',
    });
  });

  it('has no ratio where equity fell below zero, and no growth rate', () => {
    const summary = summaryOf([50, -10, 20, 20, 20, 20, 20, 20, 20, -5]);
    expect(summary).toMatchObject({ sharpe: null, sortino: null, volatility_pct: null, cagr_pct: null, calmar: null });
    expect(summary.max_drawdown_pct).toBeCloseTo(110, 10);
    expect(BacktestSummary.parse(summary)).toEqual(summary);
  });

  it('needs at least one bar', () => {
    const none = candlesOfCloses([]);
    expect(() => summarise(simulationOf(none, []), marketOf(none), settingsOf())).toThrow(
      expect.objectContaining({ code: 'empty_candles' }),
    );
  });

  it('knows every reason of an exit that the engine has', () => {
    expect([...ExitReason.options]).toEqual([...EXIT_REASONS]);
  });
});

describe('any summary', () => {
  const anyRun = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 80 }).chain((steps) => {
    let wealth = 10_000;
    const equity = steps.map((step) => {
      wealth *= 1 + step / 100;
      return wealth;
    });
    const trade = fc.record({
      side: fc.constantFrom('long' as const, 'short' as const),
      pnl: fc.integer({ min: -50, max: 50 }),
      entry_bar: fc.integer({ min: 0, max: steps.length - 1 }),
    });
    return fc.record({
      equity: fc.constant(equity),
      trades: fc
        .array(trade, { maxLength: 30 })
        .map((list) => list.map((one) => ({ ...one, exit_bar: steps.length - 1 }))),
    });
  });

  const summaryOfRun = ({ equity, trades }: { equity: number[]; trades: Partial<Trade>[] }, scale: number) => {
    const candles = candlesOfCloses(
      equity.map((value) => value / 100),
      6 * (DAY_MS / 24),
    );
    const scaled = trades.map((trade) => ({ ...trade, pnl: (trade.pnl ?? 0) * scale, return_pct: trade.pnl ?? 0 }));
    const result = simulationOf(
      candles,
      equity.map((value) => value * scale),
      {
        initial_cash: 10_000 * scale,
        trades: tradeList(scaled, candles),
      },
    );
    return summarise(result, marketOf(candles), settingsOf());
  };

  it('satisfies the contract, with a reason for each null and for nothing else', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const summary = summaryOfRun(run, 1);
        expect(BacktestSummary.parse(summary)).toEqual(summary);
        expect(Object.keys(summary.undefined_metrics).sort()).toEqual(nullMetrics(summary));
      }),
      { numRuns: 100 },
    );
  });

  it('has drawdowns from 0 to 100 and probabilities from 0 to 1', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const summary = summaryOfRun(run, 1);
        const { max_drawdown_pct, ulcer_index_pct, probabilistic_sharpe } = summary;
        for (const pct of [max_drawdown_pct, ulcer_index_pct, max_drawdown_pct - ulcer_index_pct]) {
          expect(pct).toBeGreaterThanOrEqual(-1e-9);
          expect(pct).toBeLessThanOrEqual(100);
        }
        expect(probabilistic_sharpe ?? 0.5).toBeGreaterThanOrEqual(0);
        expect(probabilistic_sharpe ?? 0.5).toBeLessThanOrEqual(1);
        expect((summary.cvar_95_pct ?? 0) - (summary.var_95_pct ?? 0)).toBeGreaterThanOrEqual(-1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it('has the same percentages and ratios whatever the cash, and money in proportion to it', () => {
    fc.assert(
      fc.property(anyRun, fc.constantFrom(1 / 1024, 8, 4096), (run, scale) => {
        const [plain, scaled] = [summaryOfRun(run, 1), summaryOfRun(run, scale)];
        const money = ['expectancy', 'average_win', 'average_loss', 'largest_win', 'largest_loss'] as const;
        for (const name of money) expect(scaled[name]).toBe(plain[name] === null ? null : plain[name] * scale);
        // A factor that is a power of two changes no digit.
        const rest = Object.fromEntries(money.map((name) => [name, plain[name]]));
        const { initial_cash, final_equity } = plain;
        const sides = {
          long: { ...scaled.long, pnl: plain.long.pnl },
          short: { ...scaled.short, pnl: plain.short.pnl },
        };
        expect({ ...scaled, ...rest, ...sides, initial_cash, final_equity }).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });
});
