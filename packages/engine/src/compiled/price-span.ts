import type { Candles } from '@tradebase/contracts';

/** Prices within this factor of each other keep every average good to a few units in its last place. */
const MAX_SPAN = 2 ** 20;

const known = new WeakMap<Candles, boolean>();

/** Whether prices differ by so much that crossings of averages are computed from the averages themselves. */
export function spansTooFar(candles: Candles): boolean {
  let answer = known.get(candles);
  if (answer === undefined) {
    let lowest = Infinity;
    let highest = 0;
    for (let i = 0; i < candles.low.length; i++) {
      lowest = Math.min(lowest, candles.low[i] as number);
      highest = Math.max(highest, candles.high[i] as number);
    }
    answer = !(highest < lowest * MAX_SPAN);
    known.set(candles, answer);
  }
  return answer;
}
