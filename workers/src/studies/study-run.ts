import type { Study, StudyContext } from './study.ts';
import type { TrialLedger } from './trial-ledger.ts';

/** A run of a study: what all its parts share. */
export interface StudyRun {
  readonly study: Study;
  readonly context: StudyContext;
  readonly ledger: TrialLedger;
  /** Aborts on cancellation, shutdown, and when the study turns out to be another worker's. */
  readonly signal: AbortSignal;
}
