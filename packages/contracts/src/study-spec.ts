import { z } from 'zod';
import { BacktestSettings } from './backtest-settings.ts';
import { StoredInstant } from './stored-instant.ts';
import { StrategySpec } from './strategy-spec.ts';

export const StudyKind = z.enum(['grid', 'random', 'bayesian', 'walk_forward', 'monte_carlo']);
export type StudyKind = z.infer<typeof StudyKind>;

export const StudyDirection = z.enum(['maximise', 'minimise']);
export type StudyDirection = z.infer<typeof StudyDirection>;

/** How parameters are searched, in a search and in each fold of a walk-forward. */
export const SearchSettings = z.strictObject({
  sequence: z
    .enum(['low_discrepancy', 'random'])
    .default('low_discrepancy')
    .describe('Of a random search: a scrambled Halton sequence, which spreads evenly, or independent draws'),
  batch: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Of a bayesian search: trials that are chosen before any of them is known; as many can run at a time'),
  min_trades: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe('A trial with fewer closed trades has no objective: it says too little'),
});
export type SearchSettings = z.infer<typeof SearchSettings>;

const bars = z.int().min(0).max(100_000_000);
const length = z.number().positive().max(100_000_000);

/** Windows of a walk-forward. Lengths are in bars, or in days of 24 hours. */
export const WalkForwardSettings = z.strictObject({
  scheme: z
    .enum(['rolling', 'anchored'])
    .default('rolling')
    .describe('Training windows move on, or all begin at the start'),
  unit: z.enum(['bars', 'days']).default('bars').describe('What train, test and step count'),
  train: length.describe('Length of the (first) training window'),
  test: length.describe('Length of a test window'),
  step: length.optional().describe('From one test window to the next; test by default, and never less'),
  purge_bars: bars
    .default(0)
    .describe('Bars left out at the end of a training window, whose outcome reaches into the test'),
  embargo_bars: bars.default(0).describe('Bars left out between a training window and its test'),
  history_bars: bars
    .default(1000)
    .describe('Bars before a window that indicators look back on, without trading; at least the warm-up'),
  method: z.enum(['grid', 'random', 'bayesian']).default('random'),
  trials_per_fold: z.int().min(1).max(100_000).optional().describe('Default: the whole grid, or 100'),
});
export type WalkForwardSettings = z.infer<typeof WalkForwardSettings>;

export const MonteCarloMethod = z.enum([
  'trade_bootstrap',
  'trade_permutation',
  'return_bootstrap',
  'candle_bootstrap',
  'candle_noise',
]);
export type MonteCarloMethod = z.infer<typeof MonteCarloMethod>;

/** What luck could have done. The first three methods rearrange one backtest, the last two run it on other candles. */
export const MonteCarloSettings = z.strictObject({
  methods: z
    .array(MonteCarloMethod)
    .min(1)
    .max(5)
    .default(['trade_bootstrap', 'trade_permutation', 'return_bootstrap']),
  paths: z.int().min(100).max(10_000).default(1000).describe('Of each method that rearranges'),
  candle_paths: z.int().min(1).max(10_000).default(100).describe('Backtests of each method that makes candles'),
  mean_block: z
    .number()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Mean length of the blocks: days of return_bootstrap, bars of candle_bootstrap'),
  noise: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Of candle_noise: deviation added to the return of a bar, as a share of the deviation of all returns'),
  ruin_drawdown_pct: z.number().min(1).max(100).default(50).describe('A path that falls so far from its peak is ruin'),
});
export type MonteCarloSettings = z.infer<typeof MonteCarloSettings>;

/** What a study repeats: the strategy, its costs, the range, and the settings of its kind. The column `studies.spec`. */
export const StudySpec = z.strictObject({
  strategy: StrategySpec.describe('Its parameters hold wherever the search space does not name them'),
  initial_cash: z.number().min(0.01).max(1e12).default(10_000),
  settings: BacktestSettings.prefault({}),
  from: StoredInstant.optional().describe('First open time to use, inclusive; the first candle by default'),
  to: StoredInstant.optional().describe('Open time to stop before, exclusive; to the last candle by default'),
  search: SearchSettings.prefault({}),
  walk_forward: WalkForwardSettings.optional().describe('Needed by the kind walk_forward'),
  monte_carlo: MonteCarloSettings.prefault({}),
});
export type StudySpec = z.infer<typeof StudySpec>;
