import type { Candles } from '@tradebase/contracts';
import { sweep } from '../../../packages/engine/src/compiled/sweep.ts';
import type { SweepResult } from '../../../packages/engine/src/compiled/sweep-result.ts';
import { gridOfCrosses, INITIAL_CASH, SETTINGS } from './averages-cross.ts';

const MINUTES_PER_DAY = 1440;

/** Sweeps the parameter sets `[from, to)` of a grid of `count` over candles a minute apart. */
export function sweepCrosses(candles: Candles, count: number, from = 0, to = count): SweepResult {
  const bars = candles.ts.length;
  const last_bar = Int32Array.from(
    { length: Math.ceil(bars / MINUTES_PER_DAY) },
    (_, day) => Math.min(bars, (day + 1) * MINUTES_PER_DAY) - 1,
  );
  return sweep({
    series: { symbol: 'WALK', timeframe: '1m', candles },
    programs: gridOfCrosses(count).slice(from, to),
    settings: SETTINGS,
    initial_cash: INITIAL_CASH,
    days: { last_bar, per_year: 365 },
  });
}
