import type { CandleColumn, OptionsSettings } from '@tradebase/contracts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';
import { VOLATILITY, VOLATILITY_YANG_ZHANG } from '../indicators/realised-volatility.ts';
import type { InstrumentSeries, Split } from '../market/market-data.ts';

interface Estimator {
  readonly indicator: IndicatorDefinition;
  /** The columns it reads. */
  readonly columns: readonly CandleColumn[];
}

const ESTIMATORS: Readonly<Record<OptionsSettings['volatility']['estimator'], Estimator>> = {
  close: { indicator: VOLATILITY, columns: ['close'] },
  yang_zhang: { indicator: VOLATILITY_YANG_ZHANG, columns: ['open', 'high', 'low', 'close'] },
};

/** The indicator of an estimator. */
export function estimatorOf(name: OptionsSettings['volatility']['estimator']): Estimator {
  return ESTIMATORS[name];
}

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
  const { indicator, columns } = ESTIMATORS[estimator];
  const [volatility] = indicator.compute(
    columns.map((column) => inFirstShares(series, column)),
    [window, 1],
  );
  return volatility ?? new Float64Array(series.candles.ts.length).fill(NaN);
}

/** Prices of the shares of the first bar: what is known of splits at each bar, so that none to come changes a bit. */
function inFirstShares({ candles, splits = [] }: InstrumentSeries, column: CandleColumn): Float64Array {
  if (splits.length === 0) return candles[column];
  const shares = new SharesSinceFirst({ candles, splits });
  return candles[column].map((price, bar) => price * shares.at(candles.ts[bar] as number));
}

/** What a share of the first bar has become, at times that ascend. */
export class SharesSinceFirst {
  readonly #splits: readonly Split[];
  #shares = 1;
  #next = 0;

  constructor({ candles, splits = [] }: Pick<InstrumentSeries, 'candles' | 'splits'>) {
    const first = candles.ts[0] ?? NaN;
    this.#splits = splits.filter((split) => split.ts > first).sort((a, b) => a.ts - b.ts);
  }

  at(ts: number): number {
    for (; this.#next < this.#splits.length && (this.#splits[this.#next]?.ts ?? NaN) <= ts; this.#next++) {
      this.#shares *= this.#splits[this.#next]?.ratio ?? NaN;
    }
    return this.#shares;
  }
}
