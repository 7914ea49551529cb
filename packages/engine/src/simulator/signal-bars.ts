import type { SignalReading } from './rule-column.ts';

/** Candles at which a signal holds, in ascending order; or whether it holds at all of them. */
export type SignalBars = Int32Array | boolean;

/** The candles at which a column is neither 0 nor NaN. */
export function signalBars(values: Float64Array | number): SignalBars {
  if (typeof values === 'number') return values > 0 || values < 0;
  let bars = new Int32Array(1024);
  let count = 0;
  for (let bar = 0; bar < values.length; bar++) {
    const value = values[bar] as number;
    if (value > 0 || value < 0) {
      if (count === bars.length) {
        const more = new Int32Array(2 * count);
        more.set(bars);
        bars = more;
      }
      bars[count++] = bar;
    }
  }
  return bars.subarray(0, count);
}

/** Reads a signal candle by candle. What is asked for mostly ascends, so it is found beside what was found last. */
export class SignalCursor implements SignalReading {
  readonly #bars: Int32Array;
  readonly #always: boolean;
  /** Bars before it in the list are before the last candle asked for. */
  #at = 0;

  constructor(bars: SignalBars) {
    this.#always = bars === true;
    this.#bars = typeof bars === 'boolean' ? new Int32Array() : bars;
  }

  holds(candle: number): boolean {
    return this.next(candle) === candle;
  }

  /** The first candle from `from` on at which the signal holds; Infinity if none. */
  next(from: number): number {
    if (this.#always) return from;
    const bars = this.#bars;
    let at = this.#at;
    if (at > 0 && (bars[at - 1] as number) >= from) at = 0;
    while (at < bars.length && (bars[at] as number) < from) at++;
    this.#at = at;
    return at < bars.length ? (bars[at] as number) : Infinity;
  }
}
