import type { InstrumentSeries } from '../market/market-data.ts';

/** The account's clock: the union of the open times of all instruments, and which candles each of its bars brings. */
export interface Clock {
  readonly ts: Float64Array;
  /** Null where all instruments have the same times, so that candle b of each comes in bar b. */
  readonly arrivals: Arrivals | null;
}

export interface Arrivals {
  /** Candles of bar b are the entries `first[b]` to `first[b + 1] - 1` of the columns below, in order of instruments. */
  readonly first: Int32Array;
  readonly instrument: Int32Array;
  readonly candle: Int32Array;
}

/**
 * The clock of several series, whose candles are checked. Takes time in proportion to their candles, but for a sort of
 * their times where they differ.
 */
export function makeClock(instruments: readonly InstrumentSeries[]): Clock {
  const [main, ...others] = instruments;
  if (main !== undefined && others.every(({ candles }) => sameTimes(candles.ts, main.candles.ts))) {
    return { ts: main.candles.ts, arrivals: null };
  }
  const ts = unionOfTimes(instruments.map(({ candles }) => candles.ts));
  return { ts, arrivals: arrivalsOf(instruments, ts) };
}

function arrivalsOf(instruments: readonly InstrumentSeries[], ts: Float64Array): Arrivals {
  const first = new Int32Array(ts.length + 1);
  const barsOf = instruments.map(({ candles }) => barsOfCandles(candles.ts, ts));
  for (const bars of barsOf) for (const bar of bars) first[bar + 1] = (first[bar + 1] as number) + 1;
  for (let bar = 0; bar < ts.length; bar++) first[bar + 1] = (first[bar + 1] as number) + (first[bar] as number);

  const entries = first[ts.length] as number;
  const instrument = new Int32Array(entries);
  const candle = new Int32Array(entries);
  const next = first.slice();
  barsOf.forEach((bars, index) => {
    for (let i = 0; i < bars.length; i++) {
      const bar = bars[i] as number;
      const entry = next[bar] as number;
      instrument[entry] = index;
      candle[entry] = i;
      next[bar] = entry + 1;
    }
  });
  return { first, instrument, candle };
}

function unionOfTimes(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((total, { length }) => total + length, 0));
  let filled = 0;
  for (const column of columns) {
    all.set(column, filled);
    filled += column.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) {
    if (kept === 0 || all[i] !== all[kept - 1]) all[kept++] = all[i] as number;
  }
  return all.slice(0, kept);
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((ts, index) => ts === b[index]);
}

/** Index on the clock of each candle. Steps double until they pass it, so that sparse series cost little. */
function barsOfCandles(candleTs: Float64Array, clockTs: Float64Array): Int32Array {
  const bars = new Int32Array(candleTs.length);
  let bar = 0;
  for (let i = 0; i < candleTs.length; i++) {
    const ts = candleTs[i] as number;
    let step = 1;
    while (bar + step < clockTs.length && (clockTs[bar + step] as number) <= ts) {
      bar += step;
      step *= 2;
    }
    while ((clockTs[bar] as number) < ts) {
      step = Math.max(1, step >> 1);
      if (bar + step < clockTs.length && (clockTs[bar + step] as number) <= ts) bar += step;
    }
    bars[i] = bar;
  }
  return bars;
}
