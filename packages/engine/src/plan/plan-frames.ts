import { barEndMs, type CandleColumn, type Candles, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import { aggregateCandles, type TimedCandles } from './aggregate-candles.ts';
import { extraColumn } from './extra-column.ts';

/** Candles of the bars that a node counts, made when they are first asked for. */
export class PlanFrames {
  readonly #market: MarketData;
  readonly #main: InstrumentSeries;
  readonly #known = new Map<string, TimedCandles>();
  readonly #alignments = new Map<string, Int32Array>();

  /** @throws EngineError `unknown_instrument` where there is no instrument of that index */
  constructor(market: MarketData, instrument: number) {
    const main = market.instruments[instrument];
    if (!main) {
      const message = `there is no instrument ${instrument}; there are ${market.instruments.length}`;
      throw new EngineError('unknown_instrument', message, { instrument });
    }
    this.#market = market;
    this.#main = main;
  }

  /** Bars of the instrument that is traded. */
  get bars(): number {
    return this.#main.candles.ts.length;
  }

  candles(instrument: string | null, timeframe: Timeframe | null): Candles {
    return this.#frame(instrument, timeframe).candles;
  }

  column(name: CandleColumn, instrument: string | null, timeframe: Timeframe | null): Float64Array {
    return this.candles(instrument, timeframe)[name];
  }

  /** As `extraColumn`. */
  extra(name: string, instrument: string | null): Float64Array {
    return extraColumn(this.#seriesOf(instrument), name);
  }

  /** For each bar of the main series, the index of the last bar of another that was complete at its close; -1 before. */
  alignment(instrument: string | null, timeframe: Timeframe | null): Int32Array {
    const key = keyOf(instrument, timeframe);
    let indices = this.#alignments.get(key);
    if (!indices) {
      const [main, other] = [this.#frame(null, null), this.#frame(instrument, timeframe)];
      indices = lastAvailable(main.availableAt(), other.availableAt());
      this.#alignments.set(key, indices);
    }
    return indices;
  }

  #frame(instrument: string | null, timeframe: Timeframe | null): TimedCandles {
    const key = keyOf(instrument, timeframe);
    let frame = this.#known.get(key);
    if (!frame) {
      frame = this.#makeFrame(instrument, timeframe);
      this.#known.set(key, frame);
    }
    return frame;
  }

  #makeFrame(instrument: string | null, timeframe: Timeframe | null): TimedCandles {
    const series = this.#seriesOf(instrument);
    this.#checkCoarseEnough(series, timeframe ?? series.timeframe);
    if (timeframe === null || timeframe === series.timeframe) return timed(series);
    const offered = this.#market.instruments.find(
      (other) => other.symbol === series.symbol && other.timeframe === timeframe,
    );
    if (offered) return timed(offered);
    return aggregateCandles(series.candles, series.timeframe, timeframe, series.rules?.time_zone ?? 'UTC');
  }

  /** Of another instrument, candles as fine as the main ones where there are several. */
  #seriesOf(instrument: string | null): InstrumentSeries {
    if (instrument === null || instrument === this.#main.symbol) return this.#main;
    const named = this.#market.instruments.filter(({ symbol }) => symbol === instrument);
    const [first] = named;
    if (!first) {
      const known = [...new Set(this.#market.instruments.map(({ symbol }) => symbol))].join(', ');
      throw new EngineError(
        'unknown_instrument',
        `there are no candles of ${instrument}; there are those of ${known}`,
        {
          instrument,
        },
      );
    }
    return named.find(({ timeframe }) => timeframe === this.#main.timeframe) ?? first;
  }

  #checkCoarseEnough({ symbol }: InstrumentSeries, timeframe: Timeframe): void {
    const { timeframe: own } = this.#main;
    if (timeframeLengthMs(timeframe) >= timeframeLengthMs(own)) return;
    const message = `${symbol} at ${timeframe} is finer than the candles of ${own} that are traded; it must be as long or longer`;
    throw new EngineError('invalid_timeframe', message, { timeframe });
  }
}

function keyOf(instrument: string | null, timeframe: Timeframe | null): string {
  return `${instrument ?? ''} ${timeframe ?? ''}`;
}

function timed({ candles, timeframe }: InstrumentSeries): TimedCandles {
  return { candles, availableAt: () => candles.ts.map((ts) => barEndMs(ts, timeframe)) };
}

function lastAvailable(main: Float64Array, other: Float64Array): Int32Array {
  const indices = new Int32Array(main.length);
  let next = 0;
  for (let bar = 0; bar < main.length; bar++) {
    while (next < other.length && (other[next] as number) <= (main[bar] as number)) next++;
    indices[bar] = next - 1;
  }
  return indices;
}
