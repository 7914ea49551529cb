import { defineIndicator } from '../../indicators/define-indicator.ts';
import { firstSwingIndex, SWING_PARAMETERS, type Swing, SwingTracker } from './swing-tracker.ts';

/** Two tops (or bottoms) at one price, and the price that confirms them: the extreme between. */
interface Double {
  readonly sign: 1 | -1;
  readonly neckline: number;
  readonly extreme: number;
}

/** Two swing highs at one price with a fall between that the close then breaks, and the reverse. */
export const doubleTopBottom = defineIndicator({
  name: 'double_top_bottom',
  description:
    '-100 at the close that falls below the swing low between two swing highs within tolerance_pct of each other (double ' +
    'top), 100 at the close that rises above the swing high between two such lows (double bottom), else 0. A close ' +
    'beyond the second extreme undoes the pattern.',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [...SWING_PARAMETERS, { name: 'tolerance_pct', type: 'number', default: 1, min: 0, max: 20 }],
  outputs: ['value', 'neckline'],
  firstIndex: firstSwingIndex,
  begin(left: number, right: number, tolerancePct: number) {
    const tracker = new SwingTracker(left, right);
    /** The last three, kinds alternating: of two highs in a row the higher one stays. */
    const swings: Swing[] = [];
    let pattern: Double | null = null;
    return ([high = NaN, low = NaN, close = NaN], out) => {
      for (const swing of tracker.update(high, low)) {
        addAlternating(swings, swing);
        pattern = findDouble(swings, tolerancePct) ?? pattern;
      }
      out.set([0, pattern?.neckline ?? NaN]);
      if (pattern === null) return;
      const { sign, neckline, extreme } = pattern;
      const isConfirmed = sign * (close - neckline) > 0;
      if (isConfirmed) out[0] = 100 * sign;
      if (isConfirmed || sign * (extreme - close) > 0) pattern = null;
    };
  },
});

function addAlternating(swings: Swing[], swing: Swing): void {
  const last = swings.at(-1);
  if (last?.kind === swing.kind) {
    const isFurther = swing.kind === 'high' ? swing.price >= last.price : swing.price <= last.price;
    if (isFurther) swings[swings.length - 1] = swing;
    return;
  }
  swings.push(swing);
  if (swings.length > 3) swings.shift();
}

function findDouble(swings: readonly Swing[], tolerancePct: number): Double | null {
  const [first, between, second] = swings;
  if (!first || !between || !second) return null;
  const apart = Math.abs(second.price - first.price);
  if (apart > (Math.min(first.price, second.price) * tolerancePct) / 100) return null;
  return { sign: second.kind === 'high' ? -1 : 1, neckline: between.price, extreme: second.price };
}
