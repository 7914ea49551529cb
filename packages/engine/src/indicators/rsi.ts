import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
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
    this.averageGain = this.#gain.next(Math.max(change, 0));
    this.averageLoss = this.#loss.next(Math.max(-change, 0));
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
    const values = columnAt(inputs, 0);
    const strengths = columnAt(outputs, 0);
    let gains = 0;
    let losses = 0;
    for (let i = 1; i <= bars; i++) {
      const change = (values[i] as number) - (values[i - 1] as number);
      if (change > 0) gains += change;
      else losses -= change;
    }
    let averageGain = gains / bars;
    let averageLoss = losses / bars;
    strengths[bars] = strength(averageGain, averageLoss);

    const weight = 1 / bars;
    for (let i = bars + 1; i < values.length; i++) {
      const change = (values[i] as number) - (values[i - 1] as number);
      averageGain += (Math.max(change, 0) - averageGain) * weight;
      averageLoss += (Math.max(-change, 0) - averageLoss) * weight;
      strengths[i] = strength(averageGain, averageLoss);
    }
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
 * @returns one number per value; NaN before index `period`
 * @throws EngineError `invalid_params`
 */
export function rsi(values: Float64Array, period: number): Float64Array {
  return columnAt(RSI.compute([values], [period]), 0);
}

function strength(averageGain: number, averageLoss: number): number {
  const total = averageGain + averageLoss;
  return total === 0 ? 0 : (100 * averageGain) / total;
}
