import type { StudyResult } from '@tradebase/contracts';
import { EngineError } from '@tradebase/engine';
import { runMonteCarlo } from './run-monte-carlo.ts';
import { runSearchStudy } from './run-search-study.ts';
import { runWalkForward } from './run-walk-forward.ts';
import type { Study, StudyContext, StudyOutcome } from './study.ts';
import type { StudyRun } from './study-run.ts';
import { StudyStopped } from './study-stopped.ts';
import { TrialLedger } from './trial-ledger.ts';

/**
 * Runs a study to its end, or on from the trials that an earlier run of it recorded. The same study on the same candles
 * makes the same trials with the same numbers and the same result, whatever the threads and however often it was
 * interrupted; a killed worker loses the backtests it had in hand and those of the last half second.
 *
 * What the store or the evaluator throws goes through: the queue tries again.
 */
export async function runStudy(study: Study, context: StudyContext): Promise<StudyOutcome> {
  const lost = new AbortController();
  const signal = AbortSignal.any([context.signal, lost.signal]);
  let ledger: TrialLedger | null = null;
  try {
    checkStudy(study, context);
    ledger = await TrialLedger.open(context.store, () => lost.abort());
    const { infeasible, ...found } = await runKind({ study, context, ledger, signal });
    const result: StudyResult = {
      version: 1,
      kind: study.kind,
      objective: study.objective,
      direction: study.direction,
      engine_version: context.engine_version,
      trials: {
        completed: ledger.completed,
        failed: ledger.failed,
        infeasible,
        ever_made: await context.store.countTrials(),
      },
      ...found,
    };
    return { outcome: 'done', result, best_trial: result.best?.number ?? null };
  } catch (error) {
    if (error instanceof StudyStopped) {
      if (!lost.signal.aborted) await keepWhatIsDone(ledger);
      return { outcome: 'stopped' };
    }
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  } finally {
    ledger?.close();
  }
}

/** Trials that ended before the stop. */
async function keepWhatIsDone(ledger: TrialLedger | null): Promise<void> {
  try {
    await ledger?.flush();
  } catch (error) {
    // The study was taken away meanwhile: there is nothing to keep.
    if (!(error instanceof StudyStopped)) throw error;
  }
}

type Found = Omit<StudyResult, 'version' | 'kind' | 'objective' | 'direction' | 'engine_version' | 'trials'> & {
  readonly infeasible: number;
};

const NOTHING_FOUND: Found = {
  best: null,
  top: [],
  deflated_sharpe: null,
  overfitting: null,
  sensitivity: null,
  walk_forward: null,
  monte_carlo: null,
  infeasible: 0,
};

async function runKind(run: StudyRun): Promise<Found> {
  switch (run.study.kind) {
    case 'grid':
    case 'random':
    case 'bayesian':
      return { ...NOTHING_FOUND, ...(await runSearchStudy(run, run.study.kind)) };
    case 'walk_forward':
      return { ...NOTHING_FOUND, ...(await runWalkForward(run)) };
    case 'monte_carlo':
      return { ...NOTHING_FOUND, ...(await runMonteCarlo(run)) };
  }
}

function checkStudy({ seed }: Study, { candles }: StudyContext): void {
  if (candles.ts.length === 0) throw new EngineError('empty_candles', 'there are no candles in the range');
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new EngineError('invalid_study', `the seed is ${seed}; it must be a whole number from 0 to 2^53 - 1`);
  }
}
