import { defineIndicator } from '../../indicators/define-indicator.ts';
import { firstSwingIndex, SWING_PARAMETERS, type Swing, SwingTracker } from './swing-tracker.ts';

/** A line through two swings. */
interface Line {
  readonly bar: number;
  readonly price: number;
  /** Price a bar. */
  readonly slope: number;
}

/** Value, kind, upper and lower line where there is none. */
const NO_TRIANGLE = [0, 0, NaN, NaN];

/**
 * Lines through the last two swing highs and the last two swing lows that come together: a flat top over a rising bottom
 * (ascending), a falling top over a flat bottom (descending), or both towards each other (symmetrical).
 */
export const triangle = defineIndicator({
  name: 'triangle',
  description:
    'kind: 1 ascending, -1 descending, 2 symmetrical, 0 none, by the lines through the last two swing highs and lows; a ' +
    'line that moves by less than flat_pct between its swings is flat. upper and lower: the lines at this bar. value: ' +
    '100 at the close above the upper line, -100 at the one below the lower, else 0; then the triangle is over.',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [...SWING_PARAMETERS, { name: 'flat_pct', type: 'number', default: 0.5, min: 0, max: 20 }],
  outputs: ['value', 'kind', 'upper', 'lower'],
  firstIndex: firstSwingIndex,
  begin(left: number, right: number, flatPct: number) {
    const tracker = new SwingTracker(left, right);
    const swings: Record<Swing['kind'], Swing[]> = { high: [], low: [] };
    let isOver = true;
    return ([high = NaN, low = NaN, close = NaN], out) => {
      out.set(NO_TRIANGLE);
      for (const swing of tracker.update(high, low)) {
        swings[swing.kind] = [...swings[swing.kind].slice(-1), swing];
        isOver = false;
      }
      const top = lineThrough(swings.high);
      const bottom = lineThrough(swings.low);
      if (isOver || !top || !bottom) return;

      const upper = priceAt(top, tracker.bar);
      const lower = priceAt(bottom, tracker.bar);
      const kind = upper > lower ? kindOf(direction(swings.high, flatPct), direction(swings.low, flatPct)) : 0;
      if (kind === 0) return;
      const value = close > upper ? 100 : close < lower ? -100 : 0;
      isOver = value !== 0;
      out.set([value, kind, upper, lower]);
    };
  },
});

function lineThrough([first, second]: readonly Swing[]): Line | null {
  if (!first || !second) return null;
  return { bar: second.bar, price: second.price, slope: (second.price - first.price) / (second.bar - first.bar) };
}

function priceAt({ bar, price, slope }: Line, at: number): number {
  return price + slope * (at - bar);
}

/** Whether the second swing is above (1), below (-1) or about level with (0) the first. */
function direction([first, second]: readonly Swing[], flatPct: number): -1 | 0 | 1 {
  if (!first || !second) return 0;
  const change = second.price - first.price;
  if (Math.abs(change) <= (first.price * flatPct) / 100) return 0;
  return change > 0 ? 1 : -1;
}

function kindOf(top: -1 | 0 | 1, bottom: -1 | 0 | 1): -1 | 0 | 1 | 2 {
  if (top === 0 && bottom === 1) return 1;
  if (top === -1 && bottom === 0) return -1;
  return top === -1 && bottom === 1 ? 2 : 0;
}
