import type { ParameterValues } from '@tradebase/contracts';
import { EngineError, resolveStrategy, type StrategyDefinition } from '@tradebase/engine';
import type { CpuPool } from '../cpu/cpu-pool.ts';
import { TaskControl } from '../cpu/task-control.ts';
import type { TrialTask } from '../cpu/trial-task.ts';
import type { TrialEvaluator, TrialOutcome, TrialRequest } from './study.ts';
import { warmUpOf } from './trade-from.ts';

/** What all backtests of a study share. */
export type StudyBasis = Omit<TrialTask, 'requests' | 'control'>;

/** Most requests that go to a thread at a time; it returns those that it has no time for. */
const BATCH = 256;

/** Runs the backtests of a study in the threads of the pool, which other jobs use between its tasks. */
export class PoolEvaluator implements TrialEvaluator {
  readonly #cpu: CpuPool;
  readonly #basis: StudyBasis;
  /** Read once: a long specification takes its time, and a search asks of each of its points. */
  readonly #definition: StrategyDefinition;

  /** @throws EngineError as `resolveStrategy` */
  constructor(cpu: CpuPool, basis: StudyBasis) {
    this.#cpu = cpu;
    this.#basis = basis;
    this.#definition = resolveStrategy(basis.strategy).definition;
  }

  whyInfeasible(params: ParameterValues): string | null {
    try {
      this.warmUpBars(params);
      return null;
    } catch (error) {
      if (error instanceof EngineError) return error.message;
      throw error;
    }
  }

  warmUpBars(params: ParameterValues): number {
    return warmUpOf(this.#definition.build(params));
  }

  async evaluate(
    requests: readonly TrialRequest[],
    { signal, onOutcome }: { signal: AbortSignal; onOutcome(index: number, outcome: TrialOutcome): void },
  ): Promise<void> {
    const control = new TaskControl();
    const stop = () => control.stop();
    signal.addEventListener('abort', stop, { once: true });
    const batch = Math.min(BATCH, Math.ceil(requests.length / this.#cpu.threads));
    const waiting = requests.map((_request, index) => index);
    const work = async () => {
      while (waiting.length > 0 && !signal.aborted) {
        const taken = waiting.splice(0, batch);
        const outcomes = await this.#run(taken, requests, control);
        outcomes.forEach((outcome, place) => {
          const index = taken[place];
          if (index !== undefined) onOutcome(index, outcome);
        });
        waiting.unshift(...taken.slice(outcomes.length));
      }
    };
    try {
      if (signal.aborted) return;
      await Promise.all(Array.from({ length: this.#cpu.threads }, work));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #run(taken: readonly number[], requests: readonly TrialRequest[], control: TaskControl): Promise<TrialOutcome[]> {
    const batch = taken.flatMap((index) => requests[index] ?? []);
    return this.#cpu.runTrials({ ...this.#basis, requests: batch, control: control.shared });
  }
}
