import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LongOnlySimulation } from './support/long-only-simulation.ts';
import { anyCandles, anySignals } from './support/made-up-candles.ts';
import { readBacktestRuns, readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';
import { relativeError } from './support/relative-error.ts';
import { marketOf, run, signalStrategy, smaCross } from './support/rule-double.ts';

const TOLERANCE = 1e-9;

describe.skipIf(!referenceDataPresent)(referenceTitle('SMA(10) / SMA(30) on the event-driven path'), () => {
  for (const reference of referenceDataPresent ? readBacktestRuns() : []) {
    const bps = reference.commission_per_side * 10_000;
    it(`${reference.dataset} with a commission of ${reference.commission_per_side} agrees with two computations`, () => {
      const fees = { type: 'bps', maker_bps: bps, taker_bps: bps } as const;
      const result = run(smaCross(), marketOf(readCandles(reference.dataset)), { fees }, reference.initial_cash);
      const fills = [...result.trades].map((t) => [t.entry_bar, t.entry_price, t.exit_bar, t.exit_price]);
      expect(fills).toEqual(reference.trades.map((t) => [t.entry_bar, t.entry_price, t.exit_bar, t.exit_price]));
      const errors = reference.trades.map((expected, index) => {
        const trade = result.trades.at(index);
        return Math.max(
          relativeError(trade.quantity, expected.size),
          relativeError(trade.fee, expected.entry_commission + expected.exit_commission),
          relativeError(trade.pnl, expected.pnl),
          relativeError(trade.return_pct, 100 * expected.return),
        );
      });
      const marks = reference.equity_checkpoints.map(([bar, , mark]) => relativeError(result.equity[bar] ?? NaN, mark));
      expect(Math.max(...errors, ...marks)).toBeLessThan(TOLERANCE);
      expect(result.bars_in_position / reference.bars).toBeCloseTo(reference.results.exposure, 12);
      expect(result.open_positions[0]?.quantity ?? null).toEqual(
        reference.open_position_at_end && expect.closeTo(reference.open_position_at_end.size, 6),
      );
    });
  }
});

describe('all in, long only', () => {
  it('gives the bits of the simulation that does nothing else', () => {
    const input = anyCandles.chain((candles) =>
      fc.record({
        candles: fc.constant(candles),
        signals: anySignals(candles.ts.length),
        bps: fc.constantFrom(0, 1, 10, 500),
      }),
    );
    fc.assert(
      fc.property(input, ({ candles, signals, bps }) => {
        const expected = new LongOnlySimulation(candles, signals, 10_000, bps / 10_000);
        expected.advance(candles.ts.length);
        const columns = {
          enter_long: Float64Array.from(signals, (signal) => (signal === 1 ? 1 : 0)),
          exit_long: Float64Array.from(signals, (signal) => (signal === -1 ? 1 : 0)),
        };
        const result = run(signalStrategy(['enter_long', 'exit_long']), marketOf(candles, { columns }, '1h'), {
          fees: { type: 'bps', maker_bps: bps, taker_bps: bps },
        });
        expect(result.equity).toEqual(expected.equity);
        const { trades } = result;
        expect([...trades.pnl.subarray(0, trades.length)]).toEqual(expected.trades.map(({ pnl }) => pnl));
        expect([...trades.quantity.subarray(0, trades.length)]).toEqual(expected.trades.map((t) => t.quantity));
        expect([...trades.return_pct.subarray(0, trades.length)]).toEqual(expected.trades.map((t) => t.return_pct));
        expect(result.costs.fees).toBe(expected.fees_paid);
        expect(result.bars_in_position).toBe(expected.bars_in_position);
      }),
    );
  });
});
