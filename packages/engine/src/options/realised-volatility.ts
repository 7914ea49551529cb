import type { OptionsSettings } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { log } from '../math/logarithm.ts';

/**
 * Volatility that an instrument showed over the last `window` bars, at each bar; a share per square root of a bar. NaN before
 * bar `window`. Splits are taken out.
 *
 * `close`: standard deviation of the logarithmic returns of closes. `yang_zhang`: D. Yang and Q. Zhang, "Drift-independent
 * volatility estimation based on high, low, open and close prices" (2000), which takes nights and days apart and needs
 * fewer bars for the same accuracy.
 */
export function realisedVolatility(
  { candles, splits = [] }: InstrumentSeries,
  window: number,
  estimator: OptionsSettings['volatility']['estimator'],
): Float64Array {
  const { ts, open, high, low, close } = candles;
  const bars = ts.length;
  const gap = new Float64Array(bars);
  const body = new Float64Array(bars);
  const range = new Float64Array(bars);
  for (let bar = 1; bar < bars; bar++) {
    let before = close[bar - 1] as number;
    for (const split of splits) {
      if (split.ts > (ts[bar - 1] as number) && split.ts <= (ts[bar] as number)) before /= split.ratio;
    }
    gap[bar] = log((open[bar] as number) / before);
    body[bar] = log((close[bar] as number) / (open[bar] as number));
    const up = log((high[bar] as number) / (open[bar] as number));
    const down = log((low[bar] as number) / (open[bar] as number));
    range[bar] = up * (up - (body[bar] as number)) + down * (down - (body[bar] as number));
  }
  const volatility = new Float64Array(bars).fill(NaN);
  const weight = 0.34 / (1.34 + (window + 1) / (window - 1));
  const returns = gap.map((night, bar) => night + (body[bar] as number));
  for (let bar = window; bar < bars; bar++) {
    const from = bar - window + 1;
    const of =
      estimator === 'close'
        ? variance(returns, from, window)
        : variance(gap, from, window) +
          weight * variance(body, from, window) +
          (1 - weight) * mean(range, from, window);
    volatility[bar] = Math.sqrt(Math.max(0, of));
  }
  return volatility;
}

function mean(values: Float64Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i] as number;
  return sum / count;
}

function variance(values: Float64Array, from: number, count: number): number {
  const center = mean(values, from, count);
  let sum = 0;
  for (let i = from; i < from + count; i++) {
    const distance = (values[i] as number) - center;
    sum += distance * distance;
  }
  return sum / (count - 1);
}
