import type { MetricName } from './headline-figures.ts';

const HELP: Partial<Record<MetricName, string>> = {
  total_return_pct: 'Final equity over the starting cash, after all costs. Open positions count at the last close.',
  buy_and_hold_return_pct:
    'What buying at the first open and holding to the last close would have earned, before costs.',
  cagr_pct: 'Compound annual growth: the steady yearly return that leads from the starting cash to the final equity.',
  max_drawdown_pct: 'Deepest fall of equity from its highest mark so far, which begins at the starting cash.',
  sharpe: 'Mean daily return above the risk-free rate over its deviation, a year. Above 1 is good, above 2 is rare.',
  sortino: 'Like Sharpe, but divided by the deviation of losses alone.',
  calmar: 'Yearly growth over the deepest drawdown.',
  volatility_pct: 'Deviation of daily returns, scaled to a year.',
  probabilistic_sharpe:
    'Probability that the true Sharpe ratio is above zero, given how long and how skewed the record is.',
  ulcer_index_pct: 'Root mean square of the drawdown of every bar: deep and long falls weigh more.',
  var_95_pct: 'On one day of twenty the loss was larger than this.',
  cvar_95_pct: 'Mean loss of those worst days.',
  skewness: 'Below zero when the largest moves are losses.',
  kurtosis: '3 for a normal distribution; more means that extreme days are more common.',
  tail_ratio: 'Size of the best days over that of the worst, by the 95 % and the 5 % quantile.',
  exposure_pct: 'Share of bars that closed with a position.',
  turnover_per_year: 'Value traded a year, in multiples of the mean equity.',
  win_rate_pct: 'Share of closed trades that earned more than their costs.',
  profit_factor: 'Money won over money lost. Below 1 the strategy lost.',
  expectancy: 'Mean net profit of a closed trade.',
  expectancy_pct: 'Mean return of a closed trade.',
  sqn: 'System quality number: root of the number of trades times mean over deviation of their profits. Above 2 is good.',
  average_mae_pct: 'Maximum adverse excursion: how far trades went against you while open, on average.',
  average_mfe_pct: 'Maximum favourable excursion: how far trades went for you while open, on average.',
  alpha_pct: 'Yearly return that the moves of the benchmark do not explain.',
  beta: 'How much the strategy moves when the benchmark moves by 1.',
  correlation: 'Of daily returns with those of the benchmark: 1 moves together, 0 is independent.',
  information_ratio: 'Mean daily return above the benchmark over its deviation, a year.',
  tracking_error_pct: 'Deviation of the daily returns above the benchmark, a year.',
};

/** What a metric means, for people; empty where its label says it all. */
export function metricHelp(name: MetricName): string {
  return HELP[name] ?? '';
}
