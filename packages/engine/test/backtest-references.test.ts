import { describe, expect, it } from 'vitest';
import { SMA_10_30 } from './support/any-strategy.ts';
import { runPlain } from './support/plain-backtest.ts';
import {
  type ReferenceRun,
  readBacktestRuns,
  readCandles,
  referenceDataPresent,
  referenceTitle,
} from './support/reference-data.ts';
import { relativeError } from './support/relative-error.ts';

const TOLERANCE = 1e-9;

function backtestOf(run: ReferenceRun) {
  return runPlain({
    candles: readCandles(run.dataset),
    strategy: SMA_10_30,
    initial_cash: run.initial_cash,
    fee_bps: run.commission_per_side * 10_000,
  });
}

describe.skipIf(!referenceDataPresent)(referenceTitle('SMA(10) / SMA(30) against two independent computations'), () => {
  for (const run of referenceDataPresent ? readBacktestRuns() : []) {
    describe(`${run.dataset} with a commission of ${run.commission_per_side}`, () => {
      const { summary, trades, equity } = backtestOf(run);
      const { results } = run;

      it('makes the same trades on the same bars at the same prices', () => {
        const fills = trades.map((t) => [t.entry_bar, t.entry_price, t.exit_bar, t.exit_price]);
        expect(fills).toEqual(run.trades.map((t) => [t.entry_bar, t.entry_price, t.exit_bar, t.exit_price]));
        const times = trades.flatMap((t) => [t.entry_ts, t.exit_ts]);
        expect(times).toEqual(run.trades.flatMap((t) => [Date.parse(t.entry_ts), Date.parse(t.exit_ts)]));
        expect(trades.map((t) => t.seq)).toEqual(run.trades.map((_, index) => index + 1));
      });

      it('gives every trade the same size, fee, profit and return', () => {
        const errors = run.trades.map((expected, index) => {
          const trade = trades[index];
          return Math.max(
            relativeError(trade?.quantity ?? NaN, expected.size),
            relativeError(trade?.fee ?? NaN, expected.entry_commission + expected.exit_commission),
            relativeError(trade?.pnl ?? NaN, expected.pnl),
            relativeError(trade?.return_pct ?? NaN, 100 * expected.return),
          );
        });
        expect(errors.length).toBeGreaterThan(0);
        expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
      });

      it('leaves the same position open, or none', () => {
        const expected = run.open_position_at_end;
        if (expected === null) {
          expect(summary.open_position).toBeNull();
          return;
        }
        const { entry_bar, entry_at, entry_price, quantity } = summary.open_position ?? {};
        expect([entry_bar, entry_price, Date.parse(entry_at ?? '')]).toEqual([
          expected.entry_bar,
          expected.entry_price,
          Date.parse(expected.entry_ts),
        ]);
        expect(relativeError(quantity ?? NaN, expected.size)).toBeLessThan(TOLERANCE);
      });

      it('has the same equity at every checkpoint', () => {
        const errors = run.equity_checkpoints.map(([bar, , expected]) => relativeError(equity[bar] ?? NaN, expected));
        expect(equity).toHaveLength(run.bars);
        expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
        expect(relativeError(Math.max(...equity), results.peak_equity)).toBeLessThan(TOLERANCE);
      });

      it('has the same results', () => {
        const openFee = run.open_position_at_end?.entry_commission ?? 0;
        const expected = {
          initial_cash: run.initial_cash,
          bars: run.bars,
          trades: results.num_trades,
          final_equity: results.final_equity,
          total_return_pct: 100 * results.total_return,
          max_drawdown_pct: 100 * results.max_drawdown,
          exposure_pct: 100 * results.exposure,
          fees_paid: results.total_commission + openFee,
          win_rate_pct: 100 * results.win_rate,
          profit_factor: results.profit_factor,
          sharpe: results.sharpe,
          sortino: results.sortino,
          cagr_pct: 100 * results.cagr,
          calmar: results.calmar,
          best_trade_pct: 100 * results.best_trade_return,
          worst_trade_pct: 100 * results.worst_trade_return,
          expectancy_pct: 100 * results.mean_trade_return,
          sqn: run.package_results.SQN ?? NaN,
        };
        for (const [name, value] of Object.entries(expected)) {
          const actual = summary[name as keyof typeof expected] ?? NaN;
          expect(relativeError(actual, value), `${name}: ${actual} for ${value}`).toBeLessThan(TOLERANCE);
        }
        // The strategy never sells short.
        expect(Object.keys(summary.undefined_metrics).filter((name) => !name.startsWith('short.'))).toEqual([]);
        expect([summary.first_bar_at, summary.last_bar_at].map((at) => Date.parse(at))).toEqual(
          [run.first_ts, run.last_ts].map((at) => Date.parse(at)),
        );
      });
    });
  }

  it('covers three instruments, each with and without commission', () => {
    const covered = readBacktestRuns().map((run) => `${run.dataset} ${run.commission_per_side}`);
    expect(covered.sort()).toEqual([
      'EURUSD_1h 0',
      'EURUSD_1h 0.001',
      'GOOG_1d 0',
      'GOOG_1d 0.001',
      'SPY_1d 0',
      'SPY_1d 0.001',
    ]);
  });
});
