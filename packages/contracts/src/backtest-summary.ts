import { z } from 'zod';
import { ExitReason } from './backtest-result.ts';

/** A metric that cannot be computed is null, and `undefined_metrics` says why: never a sentinel. */
const metric = z.number().nullable();

/** Costs of a backtest, itemised, in the quote currency. Positive is paid. */
export const BacktestCosts = z.strictObject({
  fees: z.number(),
  slippage: z.number().describe('Already in the prices of the fills'),
  funding: z.number(),
  borrow: z.number(),
  interest: z.number().describe('On borrowed cash'),
  total: z.number(),
});
export type BacktestCosts = z.infer<typeof BacktestCosts>;

/** The trades of one side of the market. */
export const SideSummary = z.strictObject({
  trades: z.int().min(0),
  pnl: z.number().describe('Net profit of its closed trades'),
  win_rate_pct: metric,
  profit_factor: metric,
  average_return_pct: metric,
});
export type SideSummary = z.infer<typeof SideSummary>;

/** A stay of equity below its running peak. */
export const BacktestDrawdown = z.strictObject({
  depth_pct: z.number().describe('Fall from the peak to the trough'),
  peak_at: z.string().describe('Open time of the last bar at the peak; of the first bar for the initial cash'),
  trough_at: z.string(),
  recovered_at: z.string().nullable().describe('First bar back at the peak; null while it has not come'),
  bars: z.int().describe('From the peak to the recovery, or to the last bar'),
  days: z.number().describe('Calendar days from the peak to the recovery, or to the last bar'),
});
export type BacktestDrawdown = z.infer<typeof BacktestDrawdown>;

const OpenPositionSummary = z.strictObject({
  symbol: z.string(),
  contract: z.string().nullable().describe('What it is, where it is an option'),
  entry_bar: z.int(),
  entry_at: z.string(),
  entry_price: z.number().describe('Average price of its entries'),
  quantity: z.number().describe('Below 0 when short'),
});

const Ambiguity = z.strictObject({
  bars: z.int().describe('Bars that reached more than one of stop, target and limit'),
  resolved_bars: z.int().describe('Those that a finer timeframe resolved'),
  pessimistic_return_pct: metric.describe('Total return if every ambiguous bar had gone against the account'),
  optimistic_return_pct: metric.describe('Total return if every ambiguous bar had gone for the account'),
});

const DataQualitySummary = z.strictObject({
  verdict: z.enum(['good', 'usable', 'poor']),
  findings: z.array(z.strictObject({ code: z.string(), message: z.string(), count: z.number() })),
});

const account = {
  bars: z.int().min(0),
  first_bar_at: z.string(),
  last_bar_at: z.string(),
  initial_cash: z.number(),
  final_equity: z.number().describe('Cash plus open positions at the last close, without exit cost'),
  total_return_pct: z.number(),
  cagr_pct: metric,
  exposure_pct: z.number().describe('Share of bars whose close was seen with a position'),
  turnover: z.number().describe('Value of all fills'),
  turnover_per_year: metric.describe('Value of all fills over the mean equity, a year'),
  fees_paid: z.number(),
  costs: BacktestCosts,
  open_position: z
    .strictObject({ entry_bar: z.int(), entry_at: z.string(), entry_price: z.number(), quantity: z.number() })
    .nullable()
    .describe('The first of open_positions'),
  open_positions: z.array(OpenPositionSummary),
  liquidated_at: z.string().nullable().describe('Bar in which the account was liquidated; null if never'),
};

const risk = {
  days: z.int().describe('Days of the exchange with a bar: each has one return, days without a position count as 0'),
  periods_per_year: z.number().describe('Daily returns are annualised by it'),
  risk_free_rate_pct: z.number(),
  volatility_pct: metric.describe('Sample deviation of daily returns, annualised'),
  sharpe: metric.describe('Mean excess over sample deviation of daily returns, annualised'),
  sortino: metric.describe('Mean excess over downside deviation of daily returns, annualised'),
  calmar: metric.describe('cagr_pct over max_drawdown_pct'),
  probabilistic_sharpe: metric.describe('Probability that the true Sharpe ratio is above 0'),
  max_drawdown_pct: z.number().min(0).describe('Largest fall from a running peak that starts at the initial cash'),
  max_drawdown: BacktestDrawdown.nullable().describe('That fall; null when equity never fell'),
  longest_drawdown: BacktestDrawdown.nullable().describe('The stay below a peak that lasted longest'),
  ulcer_index_pct: z.number().describe('Root of the mean square of the drawdown of every bar'),
  var_95_pct: metric.describe('Loss exceeded on one day of twenty, by linear interpolation; positive is a loss'),
  cvar_95_pct: metric.describe('Mean loss of the days at or beyond var_95_pct'),
  skewness: metric,
  kurtosis: metric.describe('Not in excess: 3 for a normal distribution'),
  tail_ratio: metric.describe('95 % quantile of daily returns over the size of the 5 % quantile'),
  best_day: z.strictObject({ at: z.string(), return_pct: z.number() }).nullable(),
  worst_day: z.strictObject({ at: z.string(), return_pct: z.number() }).nullable(),
  best_month: z.strictObject({ at: z.string(), return_pct: z.number() }).nullable(),
  worst_month: z.strictObject({ at: z.string(), return_pct: z.number() }).nullable(),
};

const trading = {
  trades: z.int().min(0).describe('Closed trades'),
  win_rate_pct: metric,
  profit_factor: metric.describe('Sum of winning net profit over the sum of losing net loss'),
  expectancy: metric.describe('Mean net profit of a trade, in the quote currency'),
  expectancy_pct: metric.describe('Mean return of a trade'),
  average_win: metric,
  average_loss: metric.describe('Below 0'),
  average_win_pct: metric,
  average_loss_pct: metric.describe('Below 0'),
  largest_win: metric,
  largest_loss: metric.describe('Below 0'),
  best_trade_pct: metric,
  worst_trade_pct: metric,
  sqn: metric.describe('sqrt(trades) times mean over sample deviation of net profits'),
  average_holding_bars: metric,
  median_holding_bars: metric,
  longest_holding_bars: metric,
  average_holding_hours: metric,
  median_holding_hours: metric,
  longest_holding_hours: metric,
  average_mae_pct: metric.describe('Mean of the worst moves against trades while open'),
  worst_mae_pct: metric,
  average_mfe_pct: metric.describe('Mean of the best moves for trades while open'),
  best_mfe_pct: metric,
  max_consecutive_wins: z.int(),
  max_consecutive_losses: z.int(),
  exits: z.partialRecord(ExitReason, z.int()).describe('Closed trades by why they ended'),
  long: SideSummary,
  short: SideSummary,
};

const comparison = {
  buy_and_hold_return_pct: metric.describe('Main instrument, first open to last close, no fee'),
  benchmark_return_pct: metric.describe('Of the benchmark: buy and hold, or the series that was given'),
  benchmark_max_drawdown_pct: metric.describe('By the marks of every bar'),
  alpha_pct: metric.describe("Jensen's alpha, a year"),
  beta: metric,
  correlation: metric.describe('Of daily returns with those of the benchmark'),
  tracking_error_pct: metric,
  information_ratio: metric,
};

/** The headline of a backtest. Percentages are percent (12.5 = 12.5 %), money is in the quote currency. */
export const BacktestSummary = z.strictObject({
  engine_version: z.string(),
  metric_version: z.int(),
  ...account,
  ...risk,
  ...trading,
  ...comparison,
  ambiguity: Ambiguity.describe('How much the unknown order of prices within bars can have mattered'),
  data_quality: DataQualitySummary,
  undefined_metrics: z.record(z.string(), z.string()).describe('Why each null metric has no value'),
});
export type BacktestSummary = z.infer<typeof BacktestSummary>;
