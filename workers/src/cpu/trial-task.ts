import type { BacktestSettings, StrategySpec } from '@tradebase/contracts';
import { EngineError, type MarketData, resolveStrategy, type StrategyDefinition } from '@tradebase/engine';
import { evaluateTrial, type TrialSetting } from '../studies/evaluate-trial.ts';
import type { TrialOutcome, TrialRequest } from '../studies/study.ts';
import { sweepTrials } from '../studies/sweep-trials.ts';
import { TaskControl } from './task-control.ts';

/** How long one task goes on with further backtests: others wait for the thread meanwhile. */
const TASK_MS = 100;

export interface TrialTask {
  readonly data: MarketData;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
  readonly requests: readonly TrialRequest[];
  readonly control: Int32Array<SharedArrayBuffer>;
}

/**
 * Runs in a thread of the pool: backtests of a study, those that fit together in one sweep, the others one by one.
 *
 * @returns outcomes of the first requests; of the others there was no time, or the task was told to stop
 */
export default function runTrialTask(task: TrialTask): TrialOutcome[] {
  const { requests } = task;
  const control = new TaskControl(task.control);
  const isStopped = () => control.stopped;
  const setting = settingOf(task);
  if (setting === null) {
    return requests.map(() => ({ outcome: 'failed', message: 'a study needs exactly one instrument' }));
  }
  const startedAt = performance.now();
  const swept = sweep(requests, setting, isStopped);
  const outcomes: TrialOutcome[] = [];
  for (const [index, request] of requests.entries()) {
    const outcome = swept[index] ?? evaluate(request, setting, isStopped);
    if (outcome === null) break;
    outcomes.push(outcome);
    // What the sweep has done is not done again.
    if (performance.now() - startedAt > TASK_MS && !swept[index + 1]) break;
  }
  return outcomes;
}

function settingOf({ data, strategy, initial_cash, settings, seed }: TrialTask): TrialSetting | null {
  const [series, ...others] = data.instruments;
  if (!series || others.length > 0) return null;
  return { series, definition: definitionOf(strategy), initial_cash, settings, seed };
}

/** The strategy of the task before: tasks are short, and a long specification takes longer to read. */
let last: { readonly text: string; readonly definition: StrategyDefinition } | null = null;

function definitionOf(strategy: StrategySpec): StrategyDefinition {
  const text = JSON.stringify(strategy);
  if (last?.text !== text) last = { text, definition: resolveStrategy(strategy).definition };
  return last.definition;
}

/** Data that the engine refuses is refused trial by trial, where each says why. */
function sweep(...[requests, setting, isStopped]: Parameters<typeof sweepTrials>): (TrialOutcome | null)[] {
  try {
    return sweepTrials(requests, setting, isStopped);
  } catch (error) {
    if (error instanceof EngineError) return requests.map(() => null);
    throw error;
  }
}

/** Null when it was told to stop. */
function evaluate(request: TrialRequest, setting: TrialSetting, isStopped: () => boolean): TrialOutcome | null {
  try {
    return evaluateTrial(request, setting, isStopped);
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}
