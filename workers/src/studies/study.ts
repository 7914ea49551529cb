import type {
  Candles,
  ParameterValues,
  SearchSpaceSpec,
  StrategyParameters,
  StudyDirection,
  StudyKind,
  StudyResult,
  StudySpec,
  TrialMetrics,
} from '@tradebase/contracts';
import type { CandlePerturbation } from '@tradebase/engine';
import type { Judgement, JudgeTask } from '../cpu/judge-task.ts';

/** A study as its row says: what `runStudy` needs to know of it. */
export interface Study {
  readonly kind: StudyKind;
  readonly spec: StudySpec;
  readonly search_space: SearchSpaceSpec;
  /** Name of the metric that decides. */
  readonly objective: string;
  readonly direction: StudyDirection;
  /** Trials to make; null leaves it to the kind: the whole grid, 100 of a random or bayesian search. */
  readonly planned_trials: number | null;
  /** Whole number, 0 to 2^53 - 1. */
  readonly seed: number;
}

/** A finished trial: a row of `trials`. Never changes once it is written. */
export interface TrialRecord {
  /** From 1 without gaps, in the order of the search; rows may arrive in another. */
  readonly number: number;
  /** Parameters; of a Monte Carlo `path_seed` and `method`. */
  readonly params: ParameterValues;
  readonly status: 'completed' | 'failed';
  /** Of a walk-forward also `fold`. Null when it failed. */
  readonly metrics: TrialMetrics | null;
  readonly objective_value: number | null;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
}

/** Where trials are kept. Postgres in the worker. */
export interface StudyStore {
  /** All trials of the study that are there, in order of number. */
  loadTrials(): Promise<readonly TrialRecord[]>;
  /**
   * Writes finished trials, all or none, with the progress of the study (0 to 1) and the best trial so far. Called at
   * most every half second, and once more at the end. A trial that is there already stays as it is.
   *
   * @returns false when the study is no longer this worker's: cancelled, deleted or taken over
   */
  recordTrials(trials: readonly TrialRecord[], standing: StudyStanding): Promise<boolean>;
  /** Trials ever made: `studies.trial_count`, failed and deleted ones included. */
  countTrials(): Promise<number>;
}

export interface StudyStanding {
  /** Share done, 0 to 1. */
  readonly progress: number;
  readonly best_trial: number | null;
  /** Trials that the study comes to, as far as it is known. */
  readonly planned_trials: number;
}

/** Bars that a backtest of a trial uses: indicators from `from`, orders from `trade_from`, to before `to`. */
export interface BarWindow {
  readonly from: number;
  readonly trade_from: number;
  readonly to: number;
}

/** One backtest that a study asks for. */
export interface TrialRequest {
  readonly params: ParameterValues;
  readonly window: BarWindow;
  /** `metrics` are all numbers of the summary, `series` adds daily returns and those of trades; `quick` is `SWEEP_METRICS` at least. */
  readonly detail: 'quick' | 'metrics' | 'series';
  /** Other candles than those there were. */
  readonly perturbation: CandlePerturbation | null;
}

export interface TrialSeries {
  /** Simple returns of each day from `trade_from` on, and the open time of each day's last bar. */
  readonly daily_returns: Float64Array;
  readonly daily_ts: Float64Array;
  /** Net profit of each closed trade over the equity before it. */
  readonly trade_returns: Float64Array;
}

export type TrialOutcome =
  /** `metrics` has the numbers of the summary, and `sharpe_per_period` of the days. */
  | { readonly outcome: 'completed'; readonly metrics: TrialMetrics; readonly series: TrialSeries | null }
  | { readonly outcome: 'failed'; readonly message: string };

/** Runs backtests: in the threads of the CPU pool, or by the compiled sweep. */
export interface TrialEvaluator {
  /** Why these parameters make no sense together; null when they do. Cheap. */
  whyInfeasible(params: ParameterValues): string | null;
  /** Bars before the first signal with these parameters, all of them. */
  warmUpBars(params: ParameterValues): number;
  /**
   * Runs each request and reports it as it comes, in any order. Resolves when all are done, or the signal has aborted
   * and nothing runs any more. Equal requests have equal outcomes.
   */
  evaluate(
    requests: readonly TrialRequest[],
    run: { readonly signal: AbortSignal; onOutcome(index: number, outcome: TrialOutcome): void },
  ): Promise<void>;
}

/** What `runStudy` works with. */
export interface StudyContext {
  /** Columns on SharedArrayBuffers. */
  readonly candles: Candles;
  /** What the strategy of the study declares. */
  readonly parameters: StrategyParameters;
  /** Values of all parameters: those that the specification of the study gives, and defaults. */
  readonly base_params: ParameterValues;
  readonly evaluator: TrialEvaluator;
  readonly store: StudyStore;
  readonly engine_version: string;
  /** Says how a search could deceive: in a thread, as it takes long. */
  judge(task: JudgeTask): Promise<Judgement>;
  /** Deflated Sharpe ratio of daily returns, given all trials and the variance of their Sharpe ratios per day. */
  deflatedSharpe(
    daily_returns: Float64Array,
    trials: { readonly count: number; readonly variance: number },
  ): { readonly value: number | null; readonly reason: string | null };
  /** Aborts on cancellation, loss of the study, and shutdown. */
  readonly signal: AbortSignal;
}

export type StudyOutcome =
  | { readonly outcome: 'done'; readonly result: StudyResult; readonly best_trial: number | null }
  /** Aborted, or no longer this worker's. Trials that were recorded stay, and the next run goes on from them. */
  | { readonly outcome: 'stopped' }
  /** The study makes no sense: trying again would not help. */
  | { readonly outcome: 'refused'; readonly message: string };
