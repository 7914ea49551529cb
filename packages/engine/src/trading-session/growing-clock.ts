import type { InstrumentSeries } from '../market/market-data.ts';
import { type Clock, makeClock } from '../simulator/clock.ts';

const FIRST_ROOM = 1024;

/** The clock of a session, with equity at its bars: that of the warm-up, then a bar for each push. */
export class GrowingClock {
  #ts: Float64Array;
  #equity: Float64Array;
  #first: Int32Array;
  #instrument: Int32Array;
  #candle: Int32Array;
  #bars: number;
  #entries: number;
  readonly #isAlone: boolean;

  /** @param instruments with the candles of the warm-up */
  constructor(instruments: readonly InstrumentSeries[]) {
    this.#isAlone = instruments.length === 1;
    const warm = makeClock(instruments);
    const bars = warm.ts.length;
    this.#bars = bars;
    this.#ts = roomFor(warm.ts);
    this.#equity = new Float64Array(this.#ts.length);
    const arrivals = warm.arrivals ?? arrivalsOfAll(bars, instruments.length);
    this.#entries = arrivals.instrument.length;
    this.#first = roomForWhole(arrivals.first);
    this.#instrument = roomForWhole(arrivals.instrument);
    this.#candle = roomForWhole(arrivals.candle);
  }

  get bars(): number {
    return this.#bars;
  }

  get lastTs(): number {
    return this.#bars === 0 ? -Infinity : (this.#ts[this.#bars - 1] as number);
  }

  get clock(): Clock {
    const ts = this.#ts.subarray(0, this.#bars);
    if (this.#isAlone) return { ts, arrivals: null };
    return { ts, arrivals: { first: this.#first, instrument: this.#instrument, candle: this.#candle } };
  }

  get equity(): Float64Array {
    return this.#equity.subarray(0, this.#bars);
  }

  /** Adds a bar of candles, given in order of instruments. */
  add(ts: number, arrivals: readonly { readonly instrument: number; readonly candle: number }[]): void {
    if (this.#bars === this.#ts.length) {
      this.#ts = roomFor(this.#ts);
      this.#equity = roomFor(this.#equity);
    }
    this.#ts[this.#bars] = ts;
    this.#bars += 1;
    if (this.#isAlone) return;
    if (this.#entries + arrivals.length > this.#instrument.length) {
      this.#instrument = roomForWhole(this.#instrument);
      this.#candle = roomForWhole(this.#candle);
    }
    for (const { instrument, candle } of arrivals) {
      this.#instrument[this.#entries] = instrument;
      this.#candle[this.#entries] = candle;
      this.#entries += 1;
    }
    if (this.#bars >= this.#first.length) this.#first = roomForWhole(this.#first);
    this.#first[this.#bars] = this.#entries;
  }
}

/** Candles of instruments that all have the same times. */
function arrivalsOfAll(bars: number, instruments: number) {
  const entries = bars * instruments;
  return {
    first: Int32Array.from({ length: bars + 1 }, (_, bar) => bar * instruments),
    instrument: Int32Array.from({ length: entries }, (_, entry) => entry % instruments),
    candle: Int32Array.from({ length: entries }, (_, entry) => Math.floor(entry / instruments)),
  };
}

function roomFor(values: Float64Array): Float64Array {
  const room = new Float64Array(2 * values.length + FIRST_ROOM);
  room.set(values);
  return room;
}

function roomForWhole(values: Int32Array): Int32Array {
  const room = new Int32Array(2 * values.length + FIRST_ROOM);
  room.set(values);
  return room;
}
