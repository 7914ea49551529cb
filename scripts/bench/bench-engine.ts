import { runBacktest } from '@tradebase/engine';
import { type Figure, percentile, sample } from './figure.ts';

const BARS = 1_000_000;
const RUNS = 40;
const WARM_UP = 10;

/** A whole SMA-crossover backtest over a million bars of a seeded random walk, through the public API. */
export async function benchEngine(): Promise<Figure[]> {
  const candles = randomWalk(BARS);
  const input = {
    candles,
    strategy: { name: 'sma-cross' as const, params: { fast: 10, slow: 30 } },
    initial_cash: 10_000,
    fee_bps: 1,
  };
  const samples = await sample(RUNS, WARM_UP, () => runBacktest(input));
  const nsPerBar = (ms: number) => (ms * 1e6) / BARS;
  return [
    {
      name: 'engine.ns_per_bar',
      value: nsPerBar(percentile(samples, 0.25)),
      unit: 'ns',
      target: 25,
      peer: 'vectorbt, measured before',
      peer_value: 63,
    },
  ];
}

function randomWalk(bars: number) {
  let state = 42;
  // Lehmer's generator: small, seeded, good enough for prices.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const column = () => new Float64Array(bars);
  const candles = { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
  let price = 100;
  for (let i = 0; i < bars; i += 1) {
    const open = price;
    price *= 1 + random() * 0.002;
    candles.ts[i] = Date.UTC(2020, 0, 1) + i * 60_000;
    candles.open[i] = open;
    candles.high[i] = Math.max(open, price);
    candles.low[i] = Math.min(open, price);
    candles.close[i] = price;
    candles.volume[i] = 1;
  }
  return candles;
}
