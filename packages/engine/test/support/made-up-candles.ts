import type { Candles } from '@tradebase/contracts';
import fc from 'fast-check';

export const DAY_MS = 86_400_000;
const FIRST_BAR_MS = Date.UTC(2024, 0, 1);

/** Candles from opens and closes alone; highs and lows are their extremes. */
export function candlesFrom(open: ArrayLike<number>, close: ArrayLike<number>, barMs = DAY_MS): Candles {
  const bars = close.length;
  const extreme = (pick: (...prices: number[]) => number) =>
    Float64Array.from({ length: bars }, (_, bar) => pick(open[bar] ?? NaN, close[bar] ?? NaN));
  return {
    ts: Float64Array.from({ length: bars }, (_, bar) => FIRST_BAR_MS + bar * barMs),
    open: Float64Array.from(open),
    high: extreme(Math.max),
    low: extreme(Math.min),
    close: Float64Array.from(close),
    volume: new Float64Array(bars).fill(1),
  };
}

/** Candles that open where the bar before closed. */
export function candlesOfCloses(close: ArrayLike<number>, barMs = DAY_MS): Candles {
  const open = Array.from({ length: close.length }, (_, bar) => close[Math.max(bar - 1, 0)] ?? NaN);
  return candlesFrom(open, close, barMs);
}

/** The first `bars` bars. */
export function firstBars(candles: Candles, bars: number): Candles {
  return {
    ts: candles.ts.slice(0, bars),
    open: candles.open.slice(0, bars),
    high: candles.high.slice(0, bars),
    low: candles.low.slice(0, bars),
    close: candles.close.slice(0, bars),
    volume: candles.volume.slice(0, bars),
  };
}

/**
 * Whole numbers of cents, moving by a few at a time, so that bars without a change and exact ties are
 * common. `size` makes the series as long as it says: left alone, fast-check prefers some ten bars.
 */
export const anyCents = fc
  .array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 150, size: 'max' })
  .map((steps) => {
    let cents = 5000;
    return steps.map((step) => {
      cents += step;
      return cents;
    });
  });

/** Candles on a cent grid, an hour apart, with gaps between a close and the next open. */
export const anyCandles: fc.Arbitrary<Candles> = anyCents.chain((closes) =>
  fc
    .array(fc.integer({ min: -3, max: 3 }), { minLength: closes.length, maxLength: closes.length, size: 'max' })
    .map((gaps) =>
      candlesFrom(
        gaps.map((gap, bar) => ((closes[bar - 1] ?? 5000) + gap) / 100),
        closes.map((cents) => cents / 100),
        3_600_000,
      ),
    ),
);

/** A column of signals of any kind, entries and exits in no order. */
export const anySignals = (bars: number): fc.Arbitrary<Int8Array> =>
  fc
    .array(fc.constantFrom(-1, 0, 0, 0, 1), { minLength: bars, maxLength: bars, size: 'max' })
    .map((signals) => Int8Array.from(signals));

/** Numbers in [0, 1) that are the same in every run: a linear congruential generator. */
export function fixedRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
