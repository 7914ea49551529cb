import type { Candles } from '@tradebase/contracts';

/** Candles of a seeded random walk, a minute apart: some 0.06 % a bar. `shared` puts them where threads can see them. */
export function randomWalk(
  bars: number,
  { shared = false, seed = 42 }: { shared?: boolean; seed?: number } = {},
): Candles {
  let state = seed;
  // Lehmer's generator: small, seeded, good enough for prices.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const column = () => new Float64Array(shared ? new SharedArrayBuffer(8 * bars) : new ArrayBuffer(8 * bars));
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
