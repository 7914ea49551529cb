import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { columnFor, stretchesOf } from './side-by-side.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';

/** Wilder's averages of gains and losses and what is made of them, value by value. */
export class GainsAndLosses {
  readonly #gain: ExponentialAverage;
  readonly #loss: ExponentialAverage;
  #before = NaN;
  averageGain = NaN;
  averageLoss = NaN;

  constructor(period: number) {
    this.#gain = ExponentialAverage.wilder(period);
    this.#loss = ExponentialAverage.wilder(period);
  }

  push(value: number): void {
    const change = value - this.#before;
    this.#before = value;
    this.averageGain = this.#gain.next(risen(change));
    this.averageLoss = this.#loss.next(risen(-change));
  }

  get strength(): number {
    return strength(this.averageGain, this.averageLoss);
  }
}

/**
 * Relative strength index (Wilder), 0 to 100: the average gain over the sum of average gain and average loss. Both are
 * Wilder averages that start from the plain mean of the first `period` changes, as in TA-Lib's RSI.
 *
 * Where price has never moved the ratio is 0 / 0 and the value is 0, as in TA-Lib. TA-Lib also says 0 once the two
 * averages together fall below 1e-14; that makes the value depend on the currency unit, so it is not copied here.
 */
export const RSI = defineIndicator({
  name: 'rsi',
  description: "Relative strength index (Wilder), 0 to 100: average gain over average gain and loss, Wilder's averages",
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 14)],
  outputs: ['rsi'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const averages = new GainsAndLosses(bars);
    return (bar, out) => {
      averages.push(bar[0] as number);
      out[0] = averages.strength;
    };
  },

  fill(inputs, outputs, bars: number) {
    fillStrengths(columnAt(inputs, 0), columnAt(outputs, 0), bars);
  },
});

/**
 * Chande momentum oscillator, -100 to 100, with Wilder's averages, as TA-Lib's CMO: (gain - loss) / (gain + loss).
 * 0 where price has never moved.
 */
export const CMO = defineIndicator({
  name: 'cmo',
  description: "Chande momentum oscillator, -100 to 100: (gain - loss) / (gain + loss) of Wilder's averages",
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 14)],
  outputs: ['cmo'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const averages = new GainsAndLosses(bars);
    return (bar, out) => {
      averages.push(bar[0] as number);
      const { averageGain, averageLoss } = averages;
      const total = averageGain + averageLoss;
      out[0] = total === 0 ? 0 : (100 * (averageGain - averageLoss)) / total;
    };
  },
});

/**
 * The column of `RSI`.
 *
 * @param values oldest first
 * @param period number of changes in the average, at least 1
 * @param into where the column goes; a new one by default. Fresh memory takes as long as the computation.
 * @returns one number per value; NaN before index `period`
 * @throws EngineError `invalid_params`, `column_length_mismatch`
 */
export function rsi(values: Float64Array, period: number, into?: Float64Array): Float64Array {
  const first = RSI.firstIndex([period]);
  const strengths = columnFor(into, [values]);
  strengths.fill(NaN, 0, first);
  if (values.length > first && !fillStrengths(values, strengths, period)) {
    strengths.set(columnAt(RSI.compute([values], [period]), 0));
  }
  return strengths;
}

/** Averages of gains and losses. */
interface Averages {
  gain: number;
  loss: number;
}

/**
 * Writes the strengths from index `bars` on. Returns false where a value is not finite, and what is written means nothing: such
 * a value stays in the averages.
 */
function fillStrengths(values: Float64Array, strengths: Float64Array, bars: number): boolean {
  let gains = 0;
  let losses = 0;
  for (let i = 1; i <= bars; i++) {
    const change = (values[i] as number) - (values[i - 1] as number);
    if (change > 0) gains += change;
    else losses -= change;
  }
  const averages = { gain: gains / bars, loss: losses / bars };
  strengths[bars] = strength(averages.gain, averages.loss);
  const first = bars + 1;
  const from = fillSideBySide(values, strengths, averages, first, 1 / bars);
  fillInSequence(values, strengths, averages, from, 1 / bars);
  return Number.isFinite(averages.gain - averages.loss);
}

function fillInSequence(
  values: Float64Array,
  strengths: Float64Array,
  averages: Averages,
  from: number,
  weight: number,
): void {
  let { gain, loss } = averages;
  let before = values[from - 1] as number;
  for (let i = from; i < values.length; i++) {
    const value = values[i] as number;
    const change = value - before;
    before = value;
    gain += (risen(change) - gain) * weight;
    loss += (risen(-change) - loss) * weight;
    strengths[i] = strength(gain, loss);
  }
  averages.gain = gain;
  averages.loss = loss;
}

/** Averages before index `to`, begun from 0 so many values before. */
function runIn(values: Float64Array, to: number, bars: number, weight: number): Averages {
  let [gain, loss] = [0, 0];
  for (let i = to - bars; i < to; i++) {
    const change = (values[i] as number) - (values[i - 1] as number);
    gain += (risen(change) - gain) * weight;
    loss += (risen(-change) - loss) * weight;
  }
  return { gain, loss };
}

/** Writes what can be written side by side, and returns the index from which the rest is to be run in sequence. */
function fillSideBySide(
  values: Float64Array,
  strengths: Float64Array,
  averages: Averages,
  from: number,
  weight: number,
): number {
  const stretches = stretchesOf(values.length - from, weight);
  if (stretches === null) return from;
  const { length, run_in } = stretches;
  const [second, third, fourth] = [from + length, from + 2 * length, from + 3 * length];
  const begun = [second, third, fourth].map((start) => runIn(values, start, run_in, weight));
  let { gain: gain1, loss: loss1 } = averages;
  let { gain: gain2, loss: loss2 } = begun[0] as Averages;
  let { gain: gain3, loss: loss3 } = begun[1] as Averages;
  let { gain: gain4, loss: loss4 } = begun[2] as Averages;
  let before1 = values[from - 1] as number;
  let before2 = values[second - 1] as number;
  let before3 = values[third - 1] as number;
  let before4 = values[fourth - 1] as number;
  for (let i = from; i < second; i++) {
    const value1 = values[i] as number;
    const value2 = values[i + length] as number;
    const value3 = values[i + 2 * length] as number;
    const value4 = values[i + 3 * length] as number;
    const change1 = value1 - before1;
    const change2 = value2 - before2;
    const change3 = value3 - before3;
    const change4 = value4 - before4;
    before1 = value1;
    before2 = value2;
    before3 = value3;
    before4 = value4;
    gain1 += (risen(change1) - gain1) * weight;
    gain2 += (risen(change2) - gain2) * weight;
    gain3 += (risen(change3) - gain3) * weight;
    gain4 += (risen(change4) - gain4) * weight;
    loss1 += (risen(-change1) - loss1) * weight;
    loss2 += (risen(-change2) - loss2) * weight;
    loss3 += (risen(-change3) - loss3) * weight;
    loss4 += (risen(-change4) - loss4) * weight;
    strengths[i] = strength(gain1, loss1);
    strengths[i + length] = strength(gain2, loss2);
    strengths[i + 2 * length] = strength(gain3, loss3);
    strengths[i + 3 * length] = strength(gain4, loss4);
  }
  const ends = [
    { gain: gain1, loss: loss1 },
    { gain: gain2, loss: loss2 },
    { gain: gain3, loss: loss3 },
  ];
  const apart = ends.findIndex(({ gain, loss }, i) => {
    return !Object.is(gain, begun[i]?.gain) || !Object.is(loss, begun[i]?.loss);
  });
  Object.assign(averages, ends[apart] ?? { gain: gain4, loss: loss4 });
  return apart === -1 ? fourth + length : from + (apart + 1) * length;
}

function strength(averageGain: number, averageLoss: number): number {
  const total = averageGain + averageLoss;
  return total === 0 ? 0 : (100 * averageGain) / total;
}

/** max(change, 0), exactly, and twice as fast: without a branch, and without max's care for NaN and -0. */
function risen(change: number): number {
  return (Math.abs(change) + change) * 0.5;
}
