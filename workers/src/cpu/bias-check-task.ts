import type { BiasReport } from '@tradebase/contracts';
import { type BiasCheckInput, checkBiasInChunks, EngineError } from '@tradebase/engine';
import { TaskControl } from './task-control.ts';

export interface BiasCheckTask {
  readonly input: BiasCheckInput;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export type BiasCheckTaskResult =
  | { readonly outcome: 'done'; readonly result: BiasReport }
  | { readonly outcome: 'stopped' }
  /** The engine refused its input: trying again would not help. */
  | { readonly outcome: 'refused'; readonly message: string };

/** Runs in a thread of the pool: one check, run by run of the strategy, until it is done or told to stop. */
export default function runBiasCheckTask(task: BiasCheckTask): BiasCheckTaskResult {
  const control = new TaskControl(task.control);
  try {
    const steps = checkBiasInChunks(task.input);
    for (;;) {
      if (control.stopped) return { outcome: 'stopped' };
      const step = steps.next();
      if (step.done) return { outcome: 'done', result: step.value };
      control.progress = step.value;
    }
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  }
}
