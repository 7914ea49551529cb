import { defineIndicator } from '../../indicators/define-indicator.ts';
import { firstSwingIndex, SWING_PARAMETERS, SwingTracker } from './swing-tracker.ts';

/** Swings that are remembered: levels older than these have faded. */
const REMEMBERED_SWINGS = 50;

/**
 * Nearest level below and above the close. Swing prices within `tolerance_pct` of each other are one level, at their mean;
 * a level counts from `touches` swings on.
 */
export const supportResistance = defineIndicator({
  name: 'support_resistance',
  description:
    'Nearest support below and resistance above the close: means of swing highs and lows that lie within tolerance_pct ' +
    `of each other, at least \`touches\` of the last ${REMEMBERED_SWINGS} swings. NaN where there is none.`,
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [
    ...SWING_PARAMETERS,
    { name: 'tolerance_pct', type: 'number', default: 0.5, min: 0, max: 20 },
    { name: 'touches', type: 'period', default: 2, min: 1, max: REMEMBERED_SWINGS },
  ],
  outputs: ['support', 'resistance'],
  firstIndex: firstSwingIndex,
  begin(left: number, right: number, tolerancePct: number, touches: number) {
    const tracker = new SwingTracker(left, right);
    const prices: number[] = [];
    let levels: readonly number[] = [];
    return ([high = NaN, low = NaN, close = NaN], out) => {
      const found = tracker.update(high, low);
      if (found.length > 0) {
        prices.push(...found.map((swing) => swing.price));
        prices.splice(0, prices.length - REMEMBERED_SWINGS);
        levels = findLevels(prices, tolerancePct, touches);
      }
      const below = levels.filter((level) => level <= close);
      const above = levels.filter((level) => level > close);
      out.set([below.at(-1) ?? NaN, above[0] ?? NaN]);
    };
  },
});

/** Levels in ascending order: a group ends where the next price is further than the tolerance from the group's lowest. */
function findLevels(prices: readonly number[], tolerancePct: number, touches: number): readonly number[] {
  const groups: number[][] = [];
  for (const price of [...prices].sort((a, b) => a - b)) {
    const group = groups.at(-1);
    if (group && price <= (group[0] as number) * (1 + tolerancePct / 100)) group.push(price);
    else groups.push([price]);
  }
  return groups
    .filter((group) => group.length >= touches)
    .map((group) => group.reduce((sum, price) => sum + price, 0) / group.length);
}
