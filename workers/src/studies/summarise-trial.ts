import type { StudyTrial } from '@tradebase/contracts';
import type { TrialRecord } from './study.ts';

/** A trial as a result shows it. */
export function summariseTrial({ number, params, objective_value, metrics }: TrialRecord): StudyTrial {
  return { number, params, objective_value, metrics: metrics ?? {} };
}
