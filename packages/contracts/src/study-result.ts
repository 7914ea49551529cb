import { z } from 'zod';
import { ParameterValue, ParameterValues } from './strategy-parameter.ts';
import { MonteCarloMethod, StudyDirection, StudyKind } from './study-spec.ts';

const metric = z.number().nullable();

/** Numbers of a backtest by name; null where undefined. */
export const TrialMetrics = z.record(z.string(), metric);
export type TrialMetrics = z.infer<typeof TrialMetrics>;

/** A number, or null with the reason why there is none. */
const explained = { value: metric, reason: z.string().nullable() };

/** A parameter set and how it did. */
export const StudyTrial = z.strictObject({
  number: z.int().min(1),
  params: ParameterValues,
  objective_value: metric,
  metrics: TrialMetrics,
});
export type StudyTrial = z.infer<typeof StudyTrial>;

/** Objective over two parameters, the best of all trials that share them. Rows follow `y`, columns `x`. */
export const HeatMap = z.strictObject({
  x: z.strictObject({ name: z.string(), values: z.array(ParameterValue) }),
  y: z.strictObject({ name: z.string(), values: z.array(ParameterValue) }),
  values: z.array(z.array(metric)).describe('Null where there was no trial, or no objective'),
});
export type HeatMap = z.infer<typeof HeatMap>;

export const Sensitivity = z.strictObject({
  heat_maps: z.array(HeatMap),
  plateau: z
    .strictObject({
      ...explained,
      neighbours: z.int().min(0).describe('Trials around the best that were looked at'),
    })
    .describe('1: as good all around the best point; 0: no better around it than the median of all trials'),
  importance: z.array(z.strictObject({ name: z.string(), share: metric })).describe('Share of the variance explained'),
});
export type Sensitivity = z.infer<typeof Sensitivity>;

export const OverfittingEstimate = z.strictObject({
  ...explained,
  trials: z.int().min(0).describe('Trials in the matrix: all, or an even sample'),
  blocks: z.int().min(0),
  splits: z.int().min(0),
  median_logit: metric,
  loss_probability: metric.describe('Share of splits in which the chosen trial lost money out of sample'),
  degradation_slope: metric.describe('Of out-of-sample on in-sample performance of the chosen trials'),
});
export type OverfittingEstimate = z.infer<typeof OverfittingEstimate>;

export const DeflatedSharpeEstimate = z.strictObject({
  ...explained,
  trials: z.int().min(0).describe('All trials ever made, failed and deleted ones included'),
  periods: z.int().min(0),
  sharpe_per_period: metric,
  trials_sharpe_variance: metric,
});
export type DeflatedSharpeEstimate = z.infer<typeof DeflatedSharpeEstimate>;

const window = z.strictObject({
  from_bar: z.int(),
  to_bar: z.int().describe('Exclusive'),
  from_at: z.string(),
  to_at: z.string().describe('Open time of its last bar'),
});

/** One fold: the best of its training window, and how that did on bars it had not seen. */
export const StudyFold = z.strictObject({
  fold: z.int().min(1),
  train: window,
  test: window,
  trials: z.int().min(0),
  best_trial: z.int().nullable(),
  params: ParameterValues.nullable(),
  in_sample: metric.describe('Objective on the training window'),
  out_of_sample: metric.describe('Objective on the test window'),
  out_of_sample_return_pct: metric,
  metrics: TrialMetrics.nullable().describe('Of the test window'),
});
export type StudyFold = z.infer<typeof StudyFold>;

export const WalkForwardResult = z.strictObject({
  folds: z.array(StudyFold),
  out_of_sample: z
    .strictObject({
      total_return_pct: metric,
      max_drawdown_pct: metric,
      sharpe_per_period: metric,
      days: z.int().min(0),
      equity: z.array(z.number()).describe('Test windows one after the other from 1, thinned to at most 2,000 points'),
      equity_at: z.array(z.number()).describe('Milliseconds since the Unix epoch of each point'),
    })
    .describe('The headline: bars that no choice of parameters saw'),
  efficiency: z
    .strictObject(explained)
    .describe('Mean daily log return out of sample over that in sample, folds weighted by their days'),
  profitable_folds: z.int().min(0),
});
export type WalkForwardResult = z.infer<typeof WalkForwardResult>;

/** Percentiles 1, 5, 25, 50, 75, 95 and 99 over the paths, and where the original lies among them. */
export const PathDistribution = z.strictObject({
  original: metric,
  original_percentile: metric.describe('Percent of paths below the original, ties half'),
  mean: metric,
  percentiles: z.strictObject({
    p1: metric,
    p5: metric,
    p25: metric,
    p50: metric,
    p75: metric,
    p95: metric,
    p99: metric,
  }),
});
export type PathDistribution = z.infer<typeof PathDistribution>;

export const MonteCarloResult = z.strictObject({
  method: MonteCarloMethod,
  paths: z.int().min(0),
  failed_paths: z.int().min(0),
  reason: z.string().nullable().describe('Why there are no paths; null where there are'),
  total_return_pct: PathDistribution.nullable(),
  max_drawdown_pct: PathDistribution.nullable(),
  sharpe_per_period: PathDistribution.nullable().describe('Of days; of trades where those are rearranged'),
  objective: PathDistribution.nullable(),
  ruin_probability: metric.describe('Share of paths that fell ruin_drawdown_pct from a peak'),
  loss_probability: metric.describe('Share of paths that ended below their start'),
});
export type MonteCarloResult = z.infer<typeof MonteCarloResult>;

/** What a study found. The column `studies.result`, at most 1 MB. */
export const StudyResult = z.strictObject({
  version: z.literal(1),
  kind: StudyKind,
  objective: z.string(),
  direction: StudyDirection,
  engine_version: z.string(),
  trials: z.strictObject({
    completed: z.int().min(0),
    failed: z.int().min(0),
    infeasible: z.int().min(0).describe('Parameter sets that the strategy refuses: no trials'),
    ever_made: z.int().min(0).describe('Failed and deleted ones included'),
  }),
  best: StudyTrial.nullable().describe('Of a walk-forward: of its last fold, the set to go on with'),
  top: z.array(StudyTrial).describe('The best trials, at most 20'),
  deflated_sharpe: DeflatedSharpeEstimate.nullable(),
  overfitting: OverfittingEstimate.nullable().describe('Probability of backtest overfitting by CSCV'),
  sensitivity: Sensitivity.nullable(),
  walk_forward: WalkForwardResult.nullable(),
  monte_carlo: z.array(MonteCarloResult).nullable(),
});
export type StudyResult = z.infer<typeof StudyResult>;
