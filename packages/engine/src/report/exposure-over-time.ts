import type { BacktestReport } from '@tradebase/contracts';
import { indexNear } from '../metrics/index-at.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';

const MOST_STRETCHES = 200;

/** Share of the bars of each stretch whose close was seen with a position. At most 200 stretches of equal length. */
export function exposureOverTime({
  ts,
  trades,
  open_positions,
}: Pick<SimulationResult, 'ts' | 'trades' | 'open_positions'>): BacktestReport['exposure'] {
  const bars = ts.length;
  // Plus one where a position begins and minus one where it ends: the running sum is how many are held.
  const steps = new Int32Array(bars + 1);
  const add = (from: number, until: number) => {
    steps[Math.max(0, from)] = (steps[Math.max(0, from)] as number) + 1;
    steps[until] = (steps[until] as number) - 1;
  };
  for (let index = 0; index < trades.length; index++) {
    const entry = indexNear(ts, trades.entry_ts[index] as number, trades.entry_bar[index] as number);
    const exit = indexNear(ts, trades.exit_ts[index] as number, trades.exit_bar[index] as number);
    add(Math.max(0, entry), Math.max(0, entry, exit));
  }
  for (const { entry_ts, entry_bar } of open_positions) add(indexNear(ts, entry_ts, entry_bar), bars);

  const stretch = Math.max(1, Math.ceil(bars / MOST_STRETCHES));
  const at: number[] = [];
  const pct: number[] = [];
  let held = 0;
  for (let start = 0; start < bars; start += stretch) {
    const end = Math.min(bars, start + stretch);
    let seen = 0;
    for (let bar = start; bar < end; bar++) {
      held += steps[bar] as number;
      if (held > 0) seen++;
    }
    at.push(ts[start] as number);
    pct.push((100 * seen) / (end - start));
  }
  return { at, pct };
}
