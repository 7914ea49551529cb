import { BacktestReport } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarise } from '../src/metrics/summarise.ts';
import { histogram } from '../src/report/histogram.ts';
import { buildReport } from '../src/report/report-model.ts';
import { rollingSharpe } from '../src/report/rolling-sharpe.ts';
import type { SimulationResult } from '../src/trading/simulation-result.ts';
import type { Trade } from '../src/trading/trade-list.ts';
import { candlesOfCloses, DAY_MS } from './support/made-up-candles.ts';
import { marketOf, settingsOf, simulationOf, tradeList } from './support/simulation-double.ts';

function reportOf(
  equity: readonly number[],
  {
    trades = [],
    barMs = DAY_MS,
    ...changes
  }: { trades?: Partial<Trade>[]; barMs?: number } & Partial<Omit<SimulationResult, 'trades'>> = {},
) {
  const candles = candlesOfCloses(equity, barMs);
  const result = simulationOf(candles, equity, { ...changes, trades: tradeList(trades, candles) });
  const data = marketOf(candles);
  return buildReport(result, summarise(result, data, settingsOf()), data, settingsOf());
}

describe('the report of a backtest', () => {
  it('is bounded and satisfies the contract, however long the run', () => {
    const bars = 60_000;
    const equity = Array.from({ length: bars }, (_, bar) => 100 + Math.sin(bar / 900) + (bar % 97) / 500);
    equity[12_345] = 150;
    equity[23_456] = 60;
    const trades = Array.from({ length: 9000 }, (_, n) => ({
      entry_bar: 6 * n,
      exit_bar: 6 * n + 5,
      entry_price: equity[6 * n - 1] ?? 100,
      exit_price: equity[6 * n + 4] ?? 100,
      pnl: (n % 7) - 3,
    }));
    const report = reportOf(equity, { trades, barMs: DAY_MS / 24 });
    expect(BacktestReport.parse(report)).toEqual(report);
    expect(report.curve.at.length).toBeLessThanOrEqual(2000);
    expect([Math.max(...report.curve.equity), Math.min(...report.curve.equity)]).toEqual([150, 60]);
    expect(Math.max(...report.curve.drawdown_pct)).toBe(report.summary.max_drawdown_pct);
    expect(report.prices?.at.length).toBeLessThanOrEqual(1500);
    expect(Math.max(...(report.prices?.high ?? []))).toBe(150);
    expect(report.trades).toHaveLength(5000);
    expect(report.excursions.seq.length).toBeLessThanOrEqual(1000);
    expect(JSON.stringify(report).length).toBeLessThan(3_000_000);
  });

  it('has months that compound to the total return', () => {
    const steps = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (percents, days) => {
        let wealth = 100;
        const equity = percents.map((pct) => {
          wealth *= 1 + pct / 100;
          return wealth;
        });
        const { monthly_returns, summary } = reportOf(equity, { barMs: days * DAY_MS });
        const compound = (returns: readonly (number | null)[]) =>
          returns.reduce((growth: number, pct) => growth * (1 + (pct ?? 0) / 100), 1);
        const total = 1 + summary.total_return_pct / 100;
        expect(compound(monthly_returns.flatMap(({ months_pct }) => months_pct)) / total).toBeCloseTo(1, 10);
        expect(compound(monthly_returns.map(({ year_pct }) => year_pct)) / total).toBeCloseTo(1, 10);
      }),
      { numRuns: 60 },
    );
  });

  it('lists the five deepest drawdowns, the deepest first', () => {
    const equity = [95, 100, 90, 100, 80, 101, 99, 101, 85, 102, 97, 103, 70];
    const depths = reportOf(equity).drawdowns.map(({ depth_pct }) => Math.round(depth_pct));
    expect(depths).toEqual([32, 20, 16, 10, 5]);
  });

  it('shows how much of the time was spent in the market', () => {
    const equity = Array.from({ length: 400 }, () => 100);
    const { exposure } = reportOf(equity, {
      trades: [{ entry_bar: 100, exit_bar: 200 }],
      open_positions: [
        { instrument: 0, quantity: 1, average_price: 100, entry_bar: 300, entry_ts: Date.UTC(2024, 0, 301) },
      ],
    });
    expect(exposure.pct).toHaveLength(200);
    expect([0, 49, 50, 99, 100, 149, 150, 199].map((stretch) => exposure.pct[stretch])).toEqual([
      0, 0, 100, 100, 0, 0, 100, 100,
    ]);
  });

  it('warns of ambiguous bars, poor data, liquidation and few trades', () => {
    const { notes } = reportOf([100, 90], {
      ambiguity: { bars: 3, resolved_bars: 1, pessimistic_equity: 80, optimistic_equity: 120 },
      data_quality: { verdict: 'poor', findings: [{ code: 'gaps', message: '7 bars are missing', count: 7 }] },
      liquidated_bar: 1,
    });
    const warnings = notes.filter(({ level }) => level === 'warning').map(({ code }) => code);
    expect(warnings).toEqual(['liquidated', 'poor_data', 'gaps', 'ambiguous_bars', 'few_trades']);
    expect(notes.find(({ code }) => code === 'ambiguous_bars')?.message).toMatch(/2 bars.*-20.00 % and 20.00 %/);
  });
});

describe('a histogram', () => {
  it('counts every finite value, in few bins, with 0 on an edge', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 200 }), (values) => {
        const { edges, counts } = histogram(values);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
        expect(counts.length).toBeLessThanOrEqual(42);
        expect(edges).toHaveLength(values.length === 0 ? 0 : counts.length + 1);
        const [first = 0, last = 0] = [edges[0], edges.at(-1)];
        if (first < 0 && last > 0) expect(edges).toContain(0);
      }),
      { numRuns: 200 },
    );
  });

  it('puts values that are all the same into one bin', () => {
    expect(histogram([0, 0, 0]).counts).toEqual([3]);
    expect(histogram([7, 7]).counts).toEqual([2]);
    expect(histogram([]).counts).toEqual([]);
  });
});

it('a rolling Sharpe ratio is null where nothing moved', () => {
  const values = rollingSharpe(Float64Array.of(0, 0, 0, 0.1, -0.1), 3, { periodsPerYear: 1, riskFreePerPeriod: 0 });
  expect(values[0]).toBeNull();
  expect(values[1]).toBeCloseTo(1 / Math.sqrt(3), 12);
  expect(values[2]).toBeCloseTo(0, 12);
});
