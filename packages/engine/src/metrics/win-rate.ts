import { defined, type Metric, undefinedBecause } from './metric.ts';

/** Closed trades with a net profit above zero, in percent of all closed trades. */
export function winRatePct(pnl: Float64Array): Metric {
  if (pnl.length === 0) return undefinedBecause('there are no closed trades');
  let wins = 0;
  for (let i = 0; i < pnl.length; i++) if ((pnl[i] as number) > 0) wins++;
  return defined((100 * wins) / pnl.length);
}
