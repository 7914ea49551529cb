import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { PastValues } from './windows/past-values.ts';

/** Rate of change in percent, as TA-Lib's ROC: 100 * (value / value of `period` bars ago - 1); 0 where that is 0. */
export const ROC = defineIndicator({
  name: 'roc',
  description: 'Rate of change over period bars, in percent',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 10)],
  outputs: ['roc'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const past = new PastValues(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      const before = past.push(value);
      out[0] = before === 0 ? 0 : (100 * (value - before)) / before;
    };
  },
});

/** Momentum, as TA-Lib's MOM: value less the value of `period` bars ago. */
export const MOMENTUM = defineIndicator({
  name: 'momentum',
  description: 'Change over period bars',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 10)],
  outputs: ['momentum'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const past = new PastValues(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      out[0] = value - past.push(value);
    };
  },
});
