import type { OverfittingEstimate, Sensitivity, StudyDirection } from '@tradebase/contracts';
import { analyseSensitivity, estimateOverfitting, type ScoredPoint, type SearchSpace } from '@tradebase/engine';

/** What a search found, as far as it takes long to judge. */
export interface JudgeTask {
  /** Daily returns of the sampled trials. */
  readonly returns: readonly Float64Array[];
  readonly space: SearchSpace;
  /** All trials: larger values are better. */
  readonly points: readonly ScoredPoint[];
  /** Index of the best of them; null where none has a value. */
  readonly best: number | null;
  readonly direction: StudyDirection;
}

export interface Judgement {
  readonly overfitting: OverfittingEstimate;
  /** Null where no trial has a value. */
  readonly sensitivity: Sensitivity | null;
}

/** Runs in a thread of the pool, for about a second at most: the trials of a study are bounded. */
export default function judge({ returns, space, points, best, direction }: JudgeTask): Judgement {
  const toShown = (value: number) => (direction === 'maximise' ? value : -value);
  return {
    overfitting: resultOf(estimateOverfitting(returns)),
    sensitivity: best === null ? null : analyseSensitivity(space, points, { best, toShown }),
  };
}

function resultOf<Result>(steps: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
