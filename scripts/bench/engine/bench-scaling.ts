import type { Figure } from '../figure.ts';
import { runCross } from './bench-sma-cross.ts';
import { fastestMs } from './fastest-ms.ts';
import { randomWalk } from './random-walk.ts';
import { sweepCrosses } from './sweep-crosses.ts';

/** Slope of the logarithm of the time over that of the size: 1 is in proportion. */
function exponent(sizes: readonly [number, number], run: (size: number) => void): number {
  const [small, large] = sizes.map((size) => fastestMs(() => run(size), { most: 20, budget_ms: 3000 }));
  return Math.log((large ?? NaN) / (small ?? NaN)) / Math.log(sizes[1] / sizes[0]);
}

/** How time grows with bars and with parameter sets, and what a million bars take in memory. */
export function benchScaling(): Figure[] {
  const byBars = new Map([250_000, 1_000_000].map((bars) => [bars, randomWalk(bars)]));
  const candles = randomWalk(20_000);
  const large = byBars.get(1_000_000) ?? randomWalk(1_000_000);
  const { equity, trades } = runCross(large, 'compiled');
  const into = new Float64Array(equity.length);
  const columns = Object.values(trades).filter((value) => ArrayBuffer.isView(value));
  const bytes = columns.reduce((sum, { byteLength }) => sum + byteLength, equity.byteLength);
  return [
    {
      name: 'engine.sma_cross.exponent_of_bars',
      value: exponent([250_000, 1_000_000], (bars) => {
        const walk = byBars.get(bars);
        if (walk) runCross(walk, 'compiled', into.subarray(0, bars));
      }),
      unit: '',
      target: 1.1,
    },
    {
      name: 'engine.sweep.exponent_of_parameters',
      value: exponent([200, 800], (count) => void sweepCrosses(candles, count)),
      unit: '',
      target: 1.1,
    },
    // What the result holds. The kernels have a few megabytes besides, whatever the number of bars.
    { name: 'engine.sma_cross.result_mb_per_million_bars', value: (bytes * 1e6) / equity.length / 1e6, unit: 'MB' },
  ];
}
