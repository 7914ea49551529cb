import { parentPort } from 'node:worker_threads';
import type { Candles } from '@tradebase/contracts';
import { sweepCrosses } from './sweep-crosses.ts';

interface SweepTask {
  readonly candles: Candles;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

// Sweeps its share of the grid as often as it is told to, over candles in shared memory.
parentPort?.on('message', ({ candles, from, to, count }: SweepTask) => {
  sweepCrosses(candles, count, from, to);
  parentPort?.postMessage('done');
});
