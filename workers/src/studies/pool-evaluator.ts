import type { ParameterValues } from '@tradebase/contracts';
import { EngineError, type StrategyDefinition } from '@tradebase/engine';
import { TaskControl } from '../cpu/task-control.ts';
import type { TrialTask } from './run-trial-task.ts';
import type { TrialEvaluator, TrialOutcome, TrialRequest } from './study.ts';
import { warmUpOf } from './trade-from.ts';
import type { BuiltStrategy } from './trial-engine.ts';

/** How long a task of a thread is to take: long enough that its way there and back does not count, short enough to stop. */
const TASK_MS = 100;
const MAX_TASK_TRIALS = 256;

export interface TrialPool {
  readonly threads: number;
  runTrials(task: TrialTask): Promise<TrialOutcome[]>;
}

/** Runs the trials of a study in the threads of a pool: each takes a few at a time, as many as it does in a tenth of a second. */
export function createPoolEvaluator(
  pool: TrialPool,
  definition: StrategyDefinition,
  setting: Omit<TrialTask, 'requests' | 'control'>,
): TrialEvaluator {
  let taskTrials = 1;
  const runTask = async (requests: readonly TrialRequest[], control: TaskControl): Promise<TrialOutcome[]> => {
    const startedAt = performance.now();
    const outcomes = await pool.runTrials({ ...setting, requests, control: control.shared });
    const trialMs = (performance.now() - startedAt) / requests.length;
    taskTrials = Math.min(Math.max(Math.floor(TASK_MS / trialMs), 1), 2 * taskTrials, MAX_TASK_TRIALS);
    return outcomes;
  };
  return {
    whyInfeasible: (params) => {
      const built = build(definition, params);
      return typeof built === 'string' ? built : null;
    },
    warmUpBars: (params) => {
      const built = build(definition, params);
      return typeof built === 'string' ? 0 : warmUpOf(built);
    },
    async evaluate(requests, { signal, onOutcome }) {
      const control = new TaskControl();
      const stop = () => control.stop();
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
      let next = 0;
      const lane = async () => {
        while (next < requests.length && !control.stopped) {
          const from = next;
          next = Math.min(from + taskTrials, requests.length);
          const outcomes = await runTask(requests.slice(from, next), control);
          outcomes.forEach((outcome, at) => {
            onOutcome(from + at, outcome);
          });
        }
      };
      try {
        await runLanes(Array.from({ length: Math.min(pool.threads, requests.length) }, lane), stop);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

/** Waits for all to end, also when one fails: then the others are stopped, and its error is thrown. */
async function runLanes(lanes: readonly Promise<void>[], stop: () => void): Promise<void> {
  await Promise.allSettled(lanes.map((lane) => lane.catch(stop)));
  await Promise.all(lanes);
}

/** The strategy, or why these parameters make no sense together. */
function build(definition: StrategyDefinition, params: ParameterValues): BuiltStrategy | string {
  try {
    return definition.build(params);
  } catch (error) {
    if (error instanceof EngineError && error.code === 'invalid_params') return error.message;
    throw error;
  }
}
