import type { Candles } from '@tradebase/contracts';
import { Random } from '../math/random.ts';
import { fillStationaryBlocks } from './resample-returns.ts';

export type CandlePerturbation =
  /** Bars in another order, in blocks of a mean length, each seen relative to the close before it. */
  | { readonly method: 'candle_bootstrap'; readonly mean_block: number; readonly seed: number }
  /** Each close-to-close return gets a normal deviate of `noise` times the deviation of all of them. */
  | { readonly method: 'candle_noise'; readonly noise: number; readonly seed: number };

/**
 * Candles of a history that could have been: the same times, other prices. The first bar stays. Every bar is a valid one:
 * low <= open, close <= high, above 0. Volumes go with their bars.
 *
 * @param candles valid, at least one bar
 */
export function perturbCandles(candles: Candles, perturbation: CandlePerturbation): Candles {
  const random = new Random(perturbation.seed);
  return perturbation.method === 'candle_bootstrap'
    ? reorderBars(candles, perturbation.mean_block, random)
    : addNoise(candles, perturbation.noise, random);
}

function reorderBars(candles: Candles, meanBlock: number, random: Random): Candles {
  const bars = candles.ts.length;
  const { open, high, low, close, volume } = candles;
  const made = copyOf(candles);
  const sources = new Uint32Array(Math.max(bars - 1, 0));
  if (bars > 1) fillStationaryBlocks(sources, bars - 1, meanBlock, random);
  for (let bar = 1; bar < bars; bar++) {
    const source = (sources[bar - 1] as number) + 1;
    // One factor for the whole bar: rounding keeps the order of its prices.
    const factor = (made.close[bar - 1] as number) / (close[source - 1] as number);
    made.open[bar] = (open[source] as number) * factor;
    made.high[bar] = (high[source] as number) * factor;
    made.low[bar] = (low[source] as number) * factor;
    made.close[bar] = (close[source] as number) * factor;
    made.volume[bar] = volume[source] as number;
  }
  return made;
}

function addNoise(candles: Candles, noise: number, random: Random): Candles {
  const bars = candles.ts.length;
  const { open, high, low, close } = candles;
  const made = copyOf(candles);
  const scale = noise * returnDeviation(close);
  for (let bar = 1; bar < bars; bar++) {
    const factor = (made.close[bar - 1] as number) / (close[bar - 1] as number);
    // A return can be no worse than a total loss; half of the price is far enough for noise.
    const shock = Math.max(1 + scale * random.normal(), 0.5);
    const newOpen = (open[bar] as number) * factor;
    const newClose = (close[bar] as number) * factor * shock;
    // The wicks keep their length relative to the body that they stand on.
    const upper = (high[bar] as number) / Math.max(open[bar] as number, close[bar] as number);
    const lower = (low[bar] as number) / Math.min(open[bar] as number, close[bar] as number);
    made.open[bar] = newOpen;
    made.close[bar] = newClose;
    made.high[bar] = Math.max(newOpen, newClose) * upper;
    made.low[bar] = Math.min(newOpen, newClose) * lower;
  }
  return made;
}

function returnDeviation(close: Float64Array): number {
  let mean = 0;
  let squares = 0;
  for (let bar = 1; bar < close.length; bar++) {
    const value = (close[bar] as number) / (close[bar - 1] as number) - 1;
    const difference = value - mean;
    mean += difference / bar;
    squares += difference * (value - mean);
  }
  return close.length < 3 ? 0 : Math.sqrt(squares / (close.length - 2));
}

function copyOf({ ts, open, high, low, close, volume }: Candles): Candles {
  return {
    ts,
    open: Float64Array.from(open),
    high: Float64Array.from(high),
    low: Float64Array.from(low),
    close: Float64Array.from(close),
    volume: Float64Array.from(volume),
  };
}
