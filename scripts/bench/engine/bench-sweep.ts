import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Figure } from '../figure.ts';
import { nsPerStepInC } from './c-sweep.ts';
import { fastestMs, nsEach } from './fastest-ms.ts';
import { randomWalk } from './random-walk.ts';
import { sweepCrosses } from './sweep-crosses.ts';

const BARS = 100_000;
const PARAMETER_SETS = 1000;
const THREADS = 2;
const RUNS = 10;
/** Of the threads: each compiles the kernels for itself while the first runs go on. */
const THREAD_RUNS = 60;

/** A thousand crossovers over a hundred thousand bars, on one thread and on two. */
export async function benchSweep(): Promise<Figure[]> {
  const candles = randomWalk(BARS, { shared: true });
  const one = fastestMs(() => sweepCrosses(candles, PARAMETER_SETS), { most: RUNS, budget_ms: 10_000 });
  const workers = Array.from({ length: THREADS }, () => new Worker(new URL('./sweep-thread.ts', import.meta.url)));
  let two = Infinity;
  try {
    for (let run = 0; run < THREAD_RUNS; run += 1) {
      const startedAt = performance.now();
      const half = PARAMETER_SETS / THREADS;
      await Promise.all(
        workers.map((worker, i) => {
          worker.postMessage({ candles, count: PARAMETER_SETS, from: i * half, to: (i + 1) * half });
          return once(worker, 'message');
        }),
      );
      two = Math.min(two, performance.now() - startedAt);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const c = nsPerStepInC(BARS, PARAMETER_SETS);
  const steps = BARS * PARAMETER_SETS;
  return [
    {
      name: 'engine.sweep_ns_per_bar_param',
      value: nsEach(one, steps),
      unit: 'ns',
      target: 0.8,
      ...(c === null ? {} : { peer: 'plain loops in C, gcc -O3, averages shared', peer_value: c }),
    },
    { name: 'engine.sweep_two_threads_speed_up', value: one / two, unit: 'times', target: 1.8 },
  ];
}
