/** Points of an equity curve: open times of bars in milliseconds, and equity at their close. */
export interface EquityCurve {
  readonly ts: readonly number[];
  readonly equity: readonly number[];
}

/** What one result row may hold; drawing needs far less. */
export const MAX_CURVE_POINTS = 50_000;

/**
 * Thins a curve to at most `maxPoints` points: of each stretch of bars its lowest, highest and last point stay, so that
 * no extreme is lost and the last equity is the last point. A curve that fits is kept whole.
 */
export function thinEquity(ts: Float64Array, equity: Float64Array, maxPoints = MAX_CURVE_POINTS): EquityCurve {
  const bars = equity.length;
  if (bars <= maxPoints) return { ts: Array.from(ts), equity: Array.from(equity) };
  const stretch = Math.ceil((bars * 3) / maxPoints);
  const kept: number[] = [];
  for (let start = 0; start < bars; start += stretch) {
    const last = Math.min(start + stretch, bars) - 1;
    let lowest = start;
    let highest = start;
    for (let bar = start; bar <= last; bar += 1) {
      if ((equity[bar] as number) < (equity[lowest] as number)) lowest = bar;
      if ((equity[bar] as number) > (equity[highest] as number)) highest = bar;
    }
    kept.push(...new Set([Math.min(lowest, highest), Math.max(lowest, highest), last]));
  }
  return { ts: kept.map((bar) => ts[bar] as number), equity: kept.map((bar) => equity[bar] as number) };
}
