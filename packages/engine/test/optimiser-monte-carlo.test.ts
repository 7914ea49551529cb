import type { Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../src/math/random.ts';
import { describePaths } from '../src/optimiser/describe-paths.ts';
import { pathStatistics } from '../src/optimiser/path-statistics.ts';
import { type CandlePerturbation, perturbCandles } from '../src/optimiser/perturb-candles.ts';
import { fillStationaryBlocks, type ReturnResampling, resampleReturns } from '../src/optimiser/resample-returns.ts';
import { anyCandles } from './support/made-up-candles.ts';

function resample(returns: number[], resampling: ReturnResampling, paths: number, seed = 1) {
  const steps = resampleReturns(Float64Array.from(returns), resampling, { paths, seed });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const TRADES = [0.05, -0.02, 0.01, -0.04, 0.08, -0.01, 0.03, -0.06];
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('Statistics of a path', () => {
  it('measure drawdown from a peak that starts at the beginning, and nothing after ruin', () => {
    expect(pathStatistics([-0.5, 1]).max_drawdown_pct).toBe(50);
    expect(pathStatistics([0.1, -1, 5])).toMatchObject({ total_return_pct: -100, max_drawdown_pct: 100 });
  });

  it('divide the mean by the sample deviation', () => {
    expect(pathStatistics([0.01, 0.03]).sharpe_per_period).toBeCloseTo(0.02 / Math.sqrt(0.0002), 12);
    expect(pathStatistics([0.01]).sharpe_per_period).toBeNull();
    expect(pathStatistics([0.01, 0.01]).sharpe_per_period).toBeNull();
  });
});

describe('Resampled trades', () => {
  it('in another order end where they did, by other ways', () => {
    const paths = resample(TRADES, { method: 'permutation' }, 200);
    const original = pathStatistics(TRADES);
    for (const path of paths) expect(path.total_return_pct).toBeCloseTo(original.total_return_pct, 9);
    expect(new Set(paths.map(({ max_drawdown_pct }) => max_drawdown_pct.toFixed(6))).size).toBeGreaterThan(20);
    // All losses in a row is the worst that an order can do.
    const worst = 100 * (1 - 0.98 * 0.96 * 0.99 * 0.94);
    for (const path of paths) expect(path.max_drawdown_pct).toBeLessThanOrEqual(worst + 1e-9);
  });

  it('with replacement have the expected growth of the originals', () => {
    const paths = resample(TRADES, { method: 'bootstrap' }, 4000);
    const growth = mean(paths.map(({ total_return_pct }) => 1 + total_return_pct / 100));
    // Independent draws: the mean of a product is the product of the means.
    expect(growth).toBeCloseTo((1 + mean(TRADES)) ** TRADES.length, 1.9);
  });

  it('are the same for the same seed', () => {
    expect(resample(TRADES, { method: 'bootstrap' }, 20, 5)).toEqual(resample(TRADES, { method: 'bootstrap' }, 20, 5));
    expect(resample(TRADES, { method: 'bootstrap' }, 20, 5)).not.toEqual(
      resample(TRADES, { method: 'bootstrap' }, 20, 6),
    );
  });

  it('are refused where there are fewer than two, or one is no number', () => {
    expect(() => resample([0.1], { method: 'bootstrap' }, 10)).toThrow(/1 returns cannot be resampled/);
    expect(() => resample([0.1, Number.NaN], { method: 'bootstrap' }, 10)).toThrow(/at least two numbers/);
  });
});

describe('The stationary bootstrap', () => {
  it('goes on in order for blocks of the mean length that was asked for, around the end', () => {
    const indices = new Uint32Array(50_000);
    fillStationaryBlocks(indices, 1000, 10, new Random(4));
    let breaks = 0;
    for (let at = 1; at < indices.length; at++) {
      if (indices[at] !== ((indices[at - 1] ?? 0) + 1) % 1000) breaks += 1;
    }
    // A jump lands where the block would have gone on anyway once in a thousand.
    expect(indices.length / breaks).toBeGreaterThan(9.4);
    expect(indices.length / breaks).toBeLessThan(10.7);
  });

  it('keeps the deviation of a trend that blocks of one would destroy', () => {
    const waves = Array.from({ length: 400 }, (_, day) => 0.01 * Math.sin((2 * Math.PI * day) / 40));
    const spread = (mean_block: number) => {
      const ends = resample(waves, { method: 'blocks', mean_block }, 300).map(
        ({ max_drawdown_pct }) => max_drawdown_pct,
      );
      return mean(ends);
    };
    expect(spread(40)).toBeGreaterThan(1.3 * spread(1));
  });
});

describe('A distribution over paths', () => {
  it('says where the original lies, ties counted half', () => {
    const described = describePaths([1, 2, 3, 4, null], 3);
    expect(described).toMatchObject({ original: 3, original_percentile: 62.5, mean: 2.5 });
    expect(described?.percentiles.p50).toBe(2.5);
    expect(described?.percentiles.p25).toBe(1.75);
  });

  it('is null where no path has a value', () => {
    expect(describePaths([null, null], 1)).toBeNull();
  });
});

describe('Perturbed candles', () => {
  const anyPerturbation: fc.Arbitrary<CandlePerturbation> = fc.oneof(
    fc.record({
      method: fc.constant('candle_bootstrap' as const),
      mean_block: fc.double({ min: 1, max: 50, noNaN: true }),
      seed: fc.integer({ min: 0 }),
    }),
    fc.record({
      method: fc.constant('candle_noise' as const),
      noise: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.integer({ min: 0 }),
    }),
  );

  it('are valid bars at the same times, from the same first bar', () => {
    fc.assert(
      fc.property(anyCandles, anyPerturbation, (candles, perturbation) => {
        const made = perturbCandles(candles, perturbation);
        expect(made.ts).toEqual(candles.ts);
        for (let bar = 0; bar < made.ts.length; bar++) {
          const [open = 0, high = 0, low = 0, close = 0] = [made.open, made.high, made.low, made.close].map(
            (column) => column[bar],
          );
          expect(low > 0 && low <= open && low <= close && high >= open && high >= close).toBe(true);
        }
        expect([made.open[0], made.close[0]]).toEqual([candles.open[0], candles.close[0]]);
        expect(perturbCandles(candles, perturbation)).toEqual(made);
      }),
      { numRuns: 100 },
    );
  });

  const HISTORY = wander(2000);

  it('of a bootstrap have the returns of the original, in other places', () => {
    const made = perturbCandles(HISTORY, { method: 'candle_bootstrap', mean_block: 5, seed: 3 });
    const known = new Set(returnsOf(HISTORY).map((value) => value.toFixed(9)));
    expect(returnsOf(made).every((value) => known.has(value.toFixed(9)))).toBe(true);
    expect(made.close.at(-1)).not.toBeCloseTo(HISTORY.close.at(-1) ?? 0, 2);
  });

  it('of noise stray from the original by the deviation that was asked for', () => {
    const made = perturbCandles(HISTORY, { method: 'candle_noise', noise: 0.5, seed: 3 });
    const before = returnsOf(HISTORY);
    const added = returnsOf(made).map((value, at) => (1 + value) / (1 + (before[at] ?? 0)) - 1);
    expect(deviation(added) / deviation(before)).toBeCloseTo(0.5, 1);
  });

  it('without noise are the original', () => {
    const made = perturbCandles(HISTORY, { method: 'candle_noise', noise: 0, seed: 3 });
    made.close.forEach((close, bar) => {
      expect(close).toBeCloseTo(HISTORY.close[bar] ?? 0, 9);
    });
  });
});

function wander(bars: number): Candles {
  const random = new Random(8);
  const close = new Float64Array(bars);
  const open = new Float64Array(bars);
  let price = 100;
  for (let bar = 0; bar < bars; bar++) {
    open[bar] = price;
    price *= 1 + 0.01 * random.normal();
    close[bar] = price;
  }
  return {
    ts: Float64Array.from({ length: bars }, (_, bar) => bar * 60_000),
    open,
    high: open.map((value, bar) => 1.001 * Math.max(value, close[bar] ?? 0)),
    low: open.map((value, bar) => 0.999 * Math.min(value, close[bar] ?? 0)),
    close,
    volume: new Float64Array(bars).fill(1),
  };
}

function returnsOf({ close }: Candles): number[] {
  return Array.from(close.subarray(1), (value, bar) => value / (close[bar] ?? Number.NaN) - 1);
}

function deviation(values: number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
