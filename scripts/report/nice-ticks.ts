const FACTORS = [1, 2, 2.5, 5, 10] as const;
const SMALLEST_STEP = 1e-12;
const LOG_FACTORS = [[1, 2, 5], [1, 3], [1]] as const;

/** Round numbers within [low, high], ascending, about `count` of them; steps are 1, 2, 2.5 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  // In a range this narrow for its height, steps are lost to rounding and counting them would never end.
  const smallest = Math.max(Math.abs(low), Math.abs(high)) * SMALLEST_STEP;
  if (!Number.isFinite(rough) || rough <= smallest) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (FACTORS.find((factor) => factor * power >= rough) ?? 10);

  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(n * step);
  return ticks;
}

/** Powers of ten within [low, high], and 2 and 5 times them, or 3 times, where that makes no more than 2 * `count`. */
export function logTicks(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low);
  const factors = LOG_FACTORS.find(({ length }) => decades * length <= count * 2) ?? [1];
  const stride = Math.max(1, Math.ceil(decades / count));

  const ticks: number[] = [];
  for (let power = first; power <= last; power += stride) {
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
