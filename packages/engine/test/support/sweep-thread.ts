import { parentPort } from 'node:worker_threads';
import { type SweepInput, sweep } from '../../src/compiled/sweep.ts';

// Sweeps what it is told to, with kernels of its own, over candles in shared memory.
parentPort?.on('message', (input: SweepInput) => parentPort?.postMessage(sweep(input)));
