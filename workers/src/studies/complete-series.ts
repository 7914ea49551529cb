import { evaluateAll } from './evaluate-all.ts';
import type { SearchFindings } from './run-search.ts';
import type { BarWindow, TrialRequest, TrialSeries } from './study.ts';
import type { StudyRun } from './study-run.ts';

/**
 * Daily returns of the sampled trials and of the best: those that an earlier run of the study made are run once more,
 * which is no new trial, as it can choose nothing.
 */
export async function completeSeries(
  run: StudyRun,
  { trials, series, top }: SearchFindings,
  { window, isSampled }: { window: BarWindow; isSampled: (number: number) => boolean },
): Promise<ReadonlyMap<number, TrialSeries>> {
  const best = top[0]?.number;
  const missing = trials.filter(
    ({ number, failed }) => !failed && !series.has(number) && (isSampled(number) || number === best),
  );
  const requests = missing.map(
    ({ values }): TrialRequest => ({ params: values, window, detail: 'series', perturbation: null }),
  );
  const outcomes = await evaluateAll(run, requests);
  outcomes.forEach((outcome, index) => {
    const trial = missing[index];
    if (trial && outcome.outcome === 'completed' && outcome.series) series.set(trial.number, outcome.series);
  });
  // In order of number, whatever was run when.
  return new Map([...series].sort(([one], [other]) => one - other));
}
