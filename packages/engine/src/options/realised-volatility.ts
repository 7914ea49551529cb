import type { CandleColumn, OptionsSettings } from '@tradebase/contracts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';
import { VOLATILITY, VOLATILITY_YANG_ZHANG } from '../indicators/realised-volatility.ts';
import type { InstrumentSeries } from '../market/market-data.ts';

/** The indicator of an estimator, and the columns it reads. */
const ESTIMATORS: Readonly<
  Record<OptionsSettings['volatility']['estimator'], readonly [IndicatorDefinition, readonly CandleColumn[]]>
> = {
  close: [VOLATILITY, ['close']],
  yang_zhang: [VOLATILITY_YANG_ZHANG, ['open', 'high', 'low', 'close']],
};

/**
 * Volatility that an instrument showed over the last `window` bars, at each bar; a share per square root of a bar. NaN before
 * bar `window`. Splits are taken out.
 *
 * @param window at least 2
 * @param estimator `yang_zhang` takes nights and days apart and needs fewer bars for the same accuracy
 */
export function realisedVolatility(
  series: InstrumentSeries,
  window: number,
  estimator: OptionsSettings['volatility']['estimator'],
): Float64Array {
  const [indicator, columns] = ESTIMATORS[estimator];
  const [volatility] = indicator.compute(
    columns.map((column) => inFirstShares(series, column)),
    [window, 1],
  );
  return volatility ?? new Float64Array(series.candles.ts.length).fill(NaN);
}

/** Prices of the shares of the first bar: what is known of splits at each bar, so that none to come changes a bit. */
function inFirstShares({ candles, splits = [] }: InstrumentSeries, column: CandleColumn): Float64Array {
  const { ts } = candles;
  const first = ts[0] ?? NaN;
  const since = splits.filter((split) => split.ts > first).sort((a, b) => a.ts - b.ts);
  if (since.length === 0) return candles[column];
  let shares = 1;
  let next = 0;
  return candles[column].map((price, bar) => {
    for (; next < since.length && (since[next]?.ts ?? NaN) <= (ts[bar] as number); next++) {
      shares *= since[next]?.ratio ?? NaN;
    }
    return price * shares;
  });
}
