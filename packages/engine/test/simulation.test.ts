import type { Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTER, EXIT } from '../src/index.ts';
import { LongOnlySimulation } from '../src/simulator/long-only-simulation.ts';
import { anyCandles, anySignals, candlesFrom } from './made-up-candles.ts';

const CASH = 10_000;
const anyFeeRate = fc.constantFrom(0, 0.0001, 0.001, 0.05);
const candlesAndSignals = anyCandles.chain((candles) =>
  anySignals(candles.ts.length).map((signals) => ({ candles, signals })),
);

function simulate(candles: Candles, signals: Int8Array, feeRate: number): LongOnlySimulation {
  const simulation = new LongOnlySimulation(candles, signals, CASH, feeRate);
  simulation.advance(candles.ts.length);
  return simulation;
}

describe('fills', () => {
  it('happen at the open after the first signal that the account can follow, and nowhere else', () => {
    fc.assert(
      fc.property(candlesAndSignals, ({ candles, signals }) => {
        const expected: number[] = [];
        for (let bar = 1; bar < signals.length; bar++) {
          const wanted = expected.length % 2 === 0 ? ENTER : EXIT;
          if (signals[bar - 1] === wanted) expected.push(bar);
        }
        const { trades, position } = simulate(candles, signals, 0.001);
        const fills = trades.flatMap((trade) => [trade.entry_bar, trade.exit_bar]);
        if (position) fills.push(position.entry_bar);
        expect(fills).toEqual(expected);

        const prices = trades.flatMap((trade) => [trade.entry_price, trade.exit_price]);
        if (position) prices.push(position.entry_price);
        expect(prices).toEqual(expected.map((bar) => candles.open[bar]));
      }),
    );
  });

  it('never follow a signal on the last bar', () => {
    const { trades, position } = simulate(candlesFrom([10, 10, 10], [10, 10, 10]), Int8Array.of(0, 0, ENTER), 0);
    expect([trades, position]).toEqual([[], null]);
  });

  it('can enter and leave on consecutive bars', () => {
    const candles = candlesFrom([10, 20, 40, 80], [10, 30, 50, 80]);
    const { trades, equity } = simulate(candles, Int8Array.of(ENTER, EXIT, ENTER, 0), 0);
    expect(trades).toMatchObject([{ entry_bar: 1, exit_bar: 2, quantity: 500, pnl: 10_000, return_pct: 100 }]);
    expect([...equity]).toEqual([10_000, 15_000, 20_000, 20_000]);
  });

  it('spend all cash, fee included, and book rate * quantity * price on each side', () => {
    const candles = candlesFrom([100, 100, 125, 125], [100, 110, 125, 125]);
    const { trades, fees_paid, equity } = simulate(candles, Int8Array.of(ENTER, EXIT, 0, 0), 0.25);
    // 80 units for 8,000 and a fee of 2,000; sold for 10,000 less a fee of 2,500.
    expect(trades).toMatchObject([{ quantity: 80, fee: 4500, pnl: -2500, return_pct: -31.25 }]);
    expect(fees_paid).toBe(4500);
    expect([...equity]).toEqual([10_000, 8800, 7500, 7500]);
  });

  it('stop when fees have taken all there was', () => {
    const bars = 400;
    const flat = new Float64Array(bars).fill(10);
    const signals = Int8Array.from({ length: bars }, (_, bar) => (bar % 2 === 0 ? ENTER : EXIT));
    const { trades, equity } = simulate(candlesFrom(flat, flat), signals, 0.9999);
    expect(trades.every((trade) => Number.isFinite(trade.return_pct))).toBe(true);
    expect(trades.length).toBeLessThan(bars / 2 - 1);
    expect(equity.every((mark) => mark >= 0)).toBe(true);
  });
});

describe('the account', () => {
  it('holds cash plus position at market equal to equity at every bar, to the fills it reports', () => {
    fc.assert(
      fc.property(candlesAndSignals, anyFeeRate, ({ candles, signals }, feeRate) => {
        const { trades, position, equity, fees_paid } = simulate(candles, signals, feeRate);
        const entries = [...trades, ...(position ? [position] : [])];
        let cash = CASH;
        let held = 0;
        let fees = 0;
        equity.forEach((mark, bar) => {
          for (const { exit_price, quantity } of trades.filter((trade) => trade.exit_bar === bar)) {
            const fee = feeRate * quantity * exit_price;
            [cash, held, fees] = [cash + quantity * exit_price - fee, held - quantity, fees + fee];
          }
          for (const { entry_price, quantity } of entries.filter((entry) => entry.entry_bar === bar)) {
            const fee = feeRate * quantity * entry_price;
            [cash, held, fees] = [cash - quantity * entry_price - fee, held + quantity, fees + fee];
          }
          expect(Math.abs(mark - (cash + held * (candles.close[bar] ?? NaN)))).toBeLessThan(1e-8);
          expect(cash).toBeGreaterThan(-1e-8);
        });
        expect(Math.abs(fees_paid - fees)).toBeLessThan(1e-8);
      }),
    );
  });

  it('ends with the initial cash plus the profit of its trades, when no position is open', () => {
    fc.assert(
      fc.property(candlesAndSignals, anyFeeRate, ({ candles, signals }, feeRate) => {
        const { trades, position, equity } = simulate(candles, signals, feeRate);
        fc.pre(position === null);
        const profit = trades.reduce((sum, trade) => sum + trade.pnl, 0);
        expect(Math.abs((equity.at(-1) ?? NaN) - (CASH + profit))).toBeLessThan(1e-8);
      }),
    );
  });

  it('counts a bar as exposed when its close is seen with a position: the entry bar, not the exit bar', () => {
    const flat = new Float64Array(8).fill(10);
    const signals = Int8Array.of(0, ENTER, 0, 0, EXIT, 0, ENTER, 0);
    const { bars_in_position } = simulate(candlesFrom(flat, flat), signals, 0);
    expect(bars_in_position).toBe(3 + 1);
  });
});
