import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { unlessRounding } from './unless-rounding.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';
import { SimpleAverage } from './windows/simple-average.ts';

/** Double exponential moving average (Mulloy), as TA-Lib's DEMA: 2 EMA - EMA of EMA. */
export const DEMA = defineIndicator({
  name: 'dema',
  description: 'Double exponential moving average: 2 EMA - EMA(EMA)',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['dema'],
  firstIndex: (bars: number) => 2 * (bars - 1),

  begin(bars: number) {
    const once = ExponentialAverage.ema(bars);
    const twice = ExponentialAverage.ema(bars);
    return (bar, out) => {
      const average = once.next(bar[0] as number);
      out[0] = 2 * average - twice.next(average);
    };
  },
});

/** Triple exponential moving average (Mulloy), as TA-Lib's TEMA: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA. */
export const TEMA = defineIndicator({
  name: 'tema',
  description: 'Triple exponential moving average: 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['tema'],
  firstIndex: (bars: number) => 3 * (bars - 1),

  begin(bars: number) {
    const once = ExponentialAverage.ema(bars);
    const twice = ExponentialAverage.ema(bars);
    const thrice = ExponentialAverage.ema(bars);
    return (bar, out) => {
      const first = once.next(bar[0] as number);
      const second = twice.next(first);
      out[0] = 3 * first - 3 * second + thrice.next(second);
    };
  },
});

/**
 * Rate of change, over one bar, of an EMA of an EMA of an EMA, in percent, as TA-Lib's TRIX; exactly 0 where the change is
 * within the rounding of the averages.
 */
export const TRIX = defineIndicator({
  name: 'trix',
  description: 'TRIX: change of EMA(EMA(EMA)) over one bar, in percent',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 30)],
  outputs: ['trix'],
  firstIndex: (bars: number) => 3 * (bars - 1) + 1,

  begin(bars: number) {
    const once = ExponentialAverage.ema(bars);
    const twice = ExponentialAverage.ema(bars);
    const thrice = ExponentialAverage.ema(bars);
    const rounding = 3 * bars * Number.EPSILON;
    let before = NaN;
    return (bar, out) => {
      const now = thrice.next(twice.next(once.next(bar[0] as number)));
      const change = unlessRounding(now - before, Math.abs(before) * rounding);
      out[0] = before === 0 ? 0 : (100 * change) / before;
      before = now;
    };
  },
});

/** Triangular moving average, as TA-Lib's TRIMA: a simple average of a simple average, lengths that add up to period + 1. */
export const TRIMA = defineIndicator({
  name: 'trima',
  description: 'Triangular moving average: SMA of SMA, with lengths that add up to period + 1',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['trima'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const inner = new SimpleAverage(Math.ceil((bars + 1) / 2));
    const outer = new SimpleAverage(Math.floor((bars + 1) / 2));
    return (bar, out) => {
      out[0] = outer.next(inner.next(bar[0] as number));
    };
  },
});
