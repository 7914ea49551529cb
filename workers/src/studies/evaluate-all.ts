import type { TrialOutcome, TrialRequest } from './study.ts';
import type { StudyRun } from './study-run.ts';
import { StudyStopped } from './study-stopped.ts';

/** Outcomes of requests in their order, reported as they come as well. What a report throws ends the rest. */
export async function evaluateAll(
  { context, signal }: Pick<StudyRun, 'context' | 'signal'>,
  requests: readonly TrialRequest[],
  onOutcome: (index: number, outcome: TrialOutcome) => void = () => {},
): Promise<TrialOutcome[]> {
  if (signal.aborted) throw new StudyStopped();
  if (requests.length === 0) return [];
  const outcomes = new Array<TrialOutcome | undefined>(requests.length).fill(undefined);
  const refused = new AbortController();
  await context.evaluator.evaluate(requests, {
    signal: AbortSignal.any([signal, refused.signal]),
    onOutcome: (index, outcome) => {
      if (refused.signal.aborted) return;
      outcomes[index] = outcome;
      try {
        onOutcome(index, outcome);
      } catch (error) {
        refused.abort(error);
      }
    },
  });
  if (refused.signal.aborted) throw refused.signal.reason;
  if (signal.aborted) throw new StudyStopped();
  return outcomes.map((outcome, index) => {
    if (outcome === undefined) throw new Error(`the evaluator said nothing of request ${index}`);
    return outcome;
  });
}
