import type { BacktestSettings, StrategySpec } from '@tradebase/contracts';
import { EngineError, type InstrumentSeries } from '@tradebase/engine';
import { TaskControl } from '../cpu/task-control.ts';
import { evaluateTrial } from './evaluate-trial.ts';
import type { TrialOutcome, TrialRequest } from './study.ts';
import type { TrialEngine } from './trial-engine.ts';

/** A few backtests of one study, for one thread. */
export interface TrialTask {
  /** Columns on SharedArrayBuffers. */
  readonly series: InstrumentSeries;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
  readonly requests: readonly TrialRequest[];
  readonly control: Int32Array<SharedArrayBuffer>;
}

/** Outcomes in the order of the requests: fewer where it was told to stop. */
export function runTrialTask(task: TrialTask, engine: TrialEngine): TrialOutcome[] {
  const control = new TaskControl(task.control);
  const definition = engine.define(task.strategy);
  const outcomes: TrialOutcome[] = [];
  for (const request of task.requests) {
    if (control.stopped) break;
    const outcome = outcomeOf(() => evaluateTrial(request, { ...task, definition, control }, engine));
    if (outcome === null) break;
    outcomes.push(outcome);
  }
  return outcomes;
}

/** What the engine refuses is a failed trial; anything else is a fault, and ends the task. */
function outcomeOf(run: () => TrialOutcome | null): TrialOutcome | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}
