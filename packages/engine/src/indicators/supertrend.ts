import { RunningAtr } from './atr.ts';
import { defineIndicator } from './define-indicator.ts';
import { number, period } from './parameters.ts';

/**
 * SuperTrend (Seban): a line below the price in an upward trend (`direction` 1), above it in a downward one (-1). Bands are
 * (high + low) / 2 plus and minus `multiplier` ATR; the lower one may only rise and the upper one only fall until a close
 * breaks it. A close above the upper band turns the trend up, one below the lower band turns it down. The first trend is
 * down, as on TradingView (whose direction has the opposite sign).
 */
export const SUPERTREND = defineIndicator({
  name: 'supertrend',
  description: 'SuperTrend: a stop so many average true ranges away that only follows; direction 1 up, -1 down',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 10), number('multiplier', 3, 0, 100)],
  outputs: ['line', 'direction'],
  firstIndex: (bars: number) => bars,

  begin(bars: number, multiplier: number) {
    const range = new RunningAtr(bars);
    let upper = NaN;
    let lower = NaN;
    let direction = -1;
    let closeBefore = NaN;
    return (bar, out) => {
      const [high, low, close] = [bar[0] as number, bar[1] as number, bar[2] as number];
      const distance = multiplier * range.next(high, low, close);
      const middle = (high + low) / 2;
      const nextUpper = middle + distance;
      const nextLower = middle - distance;
      // Comparisons with the NaN of the warm-up are false: the first bands are taken as they are.
      upper = nextUpper > upper && closeBefore <= upper ? upper : nextUpper;
      lower = nextLower < lower && closeBefore >= lower ? lower : nextLower;
      if (direction === -1 && close > upper) direction = 1;
      else if (direction === 1 && close < lower) direction = -1;
      closeBefore = close;
      out[0] = direction === 1 ? lower : upper;
      out[1] = direction;
    };
  },
});
