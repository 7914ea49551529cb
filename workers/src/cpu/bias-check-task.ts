import type { BacktestSettings, StrategySpec } from '@tradebase/contracts';
import { EngineError, type MarketData } from '@tradebase/engine';
import { TaskControl } from './task-control.ts';

/** What a strategy is checked on. */
export interface BiasCheckInput {
  readonly data: MarketData;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
  /** Lengths of history whose signals are compared; undefined leaves them to the engine. */
  readonly start_up_bars: readonly number[] | undefined;
}

/** The engine's check: yields the share that is done, and returns what it found, which is stored as it is. */
export type CheckBias = (input: BiasCheckInput) => Generator<number, object, void>;

export interface BiasCheckTask {
  readonly input: BiasCheckInput;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export type BiasCheckTaskResult =
  | { readonly outcome: 'done'; readonly result: object }
  | { readonly outcome: 'stopped' }
  /** The engine refused its input: trying again would not help. */
  | { readonly outcome: 'refused'; readonly message: string };

/** The engine has no check yet. */
const checkBias: CheckBias = function* refuse() {
  yield 0;
  throw new EngineError('invalid_params', 'this engine has no bias check');
};

/** Runs in a thread of the pool: one check, step by step, until it is done or told to stop. */
export default function runBiasCheckTask({ input, control }: BiasCheckTask): BiasCheckTaskResult {
  return runBiasCheck(checkBias, input, new TaskControl(control));
}

/** The steps of a check, whichever function makes them. */
export function runBiasCheck(check: CheckBias, input: BiasCheckInput, control: TaskControl): BiasCheckTaskResult {
  try {
    const steps = check(input);
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
