import type { ParameterValues } from '@tradebase/contracts';
import { createSearcher, createSearchSpace, EngineError, type SearchSpace } from '@tradebase/engine';
import { evaluateAll } from './evaluate-all.ts';
import { Breather } from './in-slices.ts';
import { orient, scoreTrial } from './score-trial.ts';
import type { BarWindow, Study, TrialOutcome, TrialRecord, TrialRequest, TrialSeries } from './study.ts';
import type { StudyRun } from './study-run.ts';

/** Points asked for at a time where none depends on the outcome of another. */
const PORTION = 1024;
const DEFAULT_TRIALS = 100;
/** Refused points for each trial that is wanted, beyond which a search gives up looking. */
const MOST_REFUSED = 50;
const TOP_TRIALS = 20;

export interface SearchRequest {
  readonly method: 'grid' | 'random' | 'bayesian';
  /** Trials to make; null: the whole grid, or 100. */
  readonly trials: number | null;
  readonly seed: number;
  /** The bars that these parameters are tried on. */
  windowFor(params: ParameterValues): BarWindow;
  /** How much is to be known of each trial. */
  readonly detail: 'quick' | 'metrics';
  /** Put into the metrics of each trial. */
  readonly labels: Readonly<Record<string, number>>;
  /** Whether the daily returns of a trial are kept. */
  keepSeries(number: number): boolean;
  /** Share of this search that is done, after each portion. */
  onProgress(share: number, search: SearchFindings): void;
}

export interface SearchTrial {
  readonly number: number;
  readonly values: ParameterValues;
  /** The objective, negated where it is minimised: larger is better. Null where it failed or is undefined. */
  readonly value: number | null;
  readonly failed: boolean;
}

export interface SearchFindings {
  readonly space: SearchSpace;
  /** In order of number. */
  readonly trials: SearchTrial[];
  readonly series: Map<number, TrialSeries>;
  /** Best first. */
  readonly top: TrialRecord[];
  infeasible: number;
}

/** Trials that a search comes to, as far as that is known before. */
export function plannedTrials(method: SearchRequest['method'], trials: number | null, space: SearchSpace): number {
  return Math.min(trials ?? (method === 'grid' ? space.size : DEFAULT_TRIALS), space.size);
}

/**
 * Searches: asks the searcher for a portion, has those that are not recorded yet run, and tells it all outcomes in order
 * of number. So the trials are the same whatever the threads, and after a restart.
 *
 * @throws EngineError `invalid_search_space`, `invalid_study`
 */
export async function runSearch(run: StudyRun, request: SearchRequest): Promise<SearchFindings> {
  const { study, context, ledger, signal } = run;
  const { method, trials, seed } = request;
  const settings = study.spec.search;
  const space = createSearchSpace(context.parameters, study.search_space, context.base_params);
  const searcher = createSearcher(method, space, { trials, seed, settings });
  const findings: SearchFindings = { space, trials: [], series: new Map(), top: [], infeasible: 0 };
  const wanted = plannedTrials(method, trials, space);
  const breather = new Breather(signal);
  let proposed = 0;
  let refusal = '';
  for (;;) {
    const open = method === 'grid' ? PORTION : wanted - findings.trials.length;
    const proposals = searcher.ask(Math.min(open, method === 'bayesian' ? settings.batch : PORTION));
    if (proposals.length === 0 || findings.infeasible > MOST_REFUSED * wanted) break;
    proposed += proposals.length;
    const portion = new Portion(run, request);
    for (const proposal of proposals) {
      const reason = context.evaluator.whyInfeasible(proposal.values);
      if (reason === null) portion.add(proposal);
      else {
        refusal = reason;
        findings.infeasible += 1;
        searcher.tell(proposal.number, null);
      }
      if (breather.due) await breather.breathe();
    }
    for (const { proposal, record, series } of await portion.finish()) {
      const value = record.objective_value === null ? null : orient(study, record.objective_value);
      searcher.tell(proposal.number, value);
      findings.trials.push({
        number: record.number,
        values: proposal.values,
        value,
        failed: record.status === 'failed',
      });
      if (series !== null) findings.series.set(record.number, series);
      if (value !== null) keepTop(findings.top, record, study);
    }
    request.onProgress(Math.min((method === 'grid' ? proposed : findings.trials.length) / wanted, 1), findings);
    await ledger.settle();
    if (breather.due) await breather.breathe();
  }
  if (findings.trials.length === 0) {
    throw new EngineError('invalid_search_space', `the strategy refuses every combination of parameters: ${refusal}`);
  }
  return findings;
}

interface FinishedTrial {
  readonly proposal: { readonly number: number; readonly values: ParameterValues };
  readonly record: TrialRecord;
  readonly series: TrialSeries | null;
}

/** Proposals that are run together. */
class Portion {
  readonly #run: StudyRun;
  readonly #request: SearchRequest;
  readonly #entries: {
    readonly proposal: FinishedTrial['proposal'];
    readonly number: number;
    record: TrialRecord | null;
    series: TrialSeries | null;
  }[] = [];

  constructor(run: StudyRun, request: SearchRequest) {
    this.#run = run;
    this.#request = request;
  }

  add(proposal: FinishedTrial['proposal']): void {
    const { number, recorded } = this.#run.ledger.next(proposal.values);
    this.#entries.push({ proposal, number, record: recorded, series: null });
  }

  /** Runs those that are not recorded, and gives all in order of number. */
  async finish(): Promise<FinishedTrial[]> {
    const missing = this.#entries.filter(({ record }) => record === null);
    const requests = missing.map(
      ({ proposal, number }): TrialRequest => ({
        params: proposal.values,
        window: this.#request.windowFor(proposal.values),
        detail: this.#request.keepSeries(number) ? 'series' : this.#request.detail,
        perturbation: null,
      }),
    );
    await evaluateAll(this.#run, requests, (index, outcome) => {
      const entry = missing[index];
      if (entry === undefined) return;
      entry.record = this.#recordOf(entry.number, entry.proposal.values, outcome);
      entry.series = outcome.outcome === 'completed' ? outcome.series : null;
      this.#run.ledger.add(entry.record);
    });
    return this.#entries.map(({ proposal, record, series }) => {
      if (record === null) throw new Error('a trial was not run');
      return { proposal, record, series };
    });
  }

  #recordOf(number: number, params: ParameterValues, outcome: TrialOutcome): TrialRecord {
    if (outcome.outcome === 'failed') {
      return { number, params, status: 'failed', metrics: null, objective_value: null, error: outcome.message };
    }
    const metrics = { ...outcome.metrics, ...this.#request.labels };
    const objective_value = scoreTrial(this.#run.study, metrics);
    return { number, params, status: 'completed', metrics, objective_value, error: null };
  }
}

/** Keeps the best, best first; of equal ones the earlier. */
function keepTop(top: TrialRecord[], record: TrialRecord, study: Study): void {
  const goodness = ({ objective_value }: TrialRecord) => orient(study, objective_value ?? Number.NaN);
  let place = top.length;
  while (place > 0 && goodness(top[place - 1] as TrialRecord) < goodness(record)) place -= 1;
  if (place >= TOP_TRIALS) return;
  top.splice(place, 0, record);
  if (top.length > TOP_TRIALS) top.pop();
}
