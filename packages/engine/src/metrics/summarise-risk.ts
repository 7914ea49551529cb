import type { BacktestSummary } from '@tradebase/contracts';
import { quantile } from '../math/quantile.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { calmar } from './calmar.ts';
import type { DailyAccount } from './daily-account.ts';
import { describeDrawdown, drawdownBars } from './describe-drawdown.ts';
import { deviationProblem } from './deviation-problem.ts';
import { drawdownEpisodes } from './drawdown-episodes.ts';
import { isoDate } from './iso-time.ts';
import { defined, inPercent, type Metric, settle, undefinedBecause } from './metric.ts';
import { monthlyReturns } from './monthly-returns.ts';
import { probabilisticSharpeOf } from './probabilistic-sharpe.ts';
import { type ReturnMoments, returnMoments } from './return-moments.ts';
import { sharpeOf } from './sharpe.ts';
import { sortino } from './sortino.ts';
import { ulcerIndexPct } from './ulcer-index.ts';
import { tailLossByInterpolation, tailRatio } from './value-at-risk.ts';

/** With fewer days, less than one lies beyond a quantile of 5 %. */
const FEWEST_DAYS_OF_TAIL = 20;

/** How the returns were spread over time, and how far equity fell. */
export function summariseRisk(
  { ts, equity, initial_cash }: SimulationResult,
  account: DailyAccount,
  cagr: Metric,
  reasons: Record<string, string>,
) {
  const { returns, periods_per_year, risk_free_per_period } = account;
  const moments = returnMoments(returns);
  const episodes = drawdownEpisodes(equity, initial_cash);
  const deepest = largestBy(episodes, ({ depth_pct }) => depth_pct);
  const longest = largestBy(episodes, (episode) => drawdownBars(episode, ts.length));
  const max_drawdown_pct = deepest?.depth_pct ?? 0;
  return {
    days: returns.length,
    periods_per_year,
    risk_free_rate_pct: account.risk_free_rate_pct,
    max_drawdown_pct,
    max_drawdown: deepest ? describeDrawdown(deepest, ts) : null,
    longest_drawdown: longest ? describeDrawdown(longest, ts) : null,
    ulcer_index_pct: ulcerIndexPct(equity, initial_cash),
    ...bestAndWorst(account, equity, initial_cash),
    ...settle(
      {
        volatility_pct: volatilityPct(moments, periods_per_year),
        sharpe: sharpeOf(moments, periods_per_year, risk_free_per_period),
        sortino: sortino(returns, periods_per_year, risk_free_per_period),
        calmar: calmar(cagr, max_drawdown_pct),
        probabilistic_sharpe: probabilisticSharpeOf(moments, { riskFreePerPeriod: risk_free_per_period }),
        skewness: ofShape(moments, moments.skewness),
        kurtosis: ofShape(moments, moments.kurtosis),
        ...tailMetrics(returns),
      },
      reasons,
    ),
  } satisfies Partial<BacktestSummary>;
}

/** Sample deviation of daily returns, annualised, in percent; 0 when they do not vary. */
export function volatilityPct(moments: ReturnMoments, periodsPerYear: number): Metric {
  if (moments.count < 2) return undefinedBecause('fewer than two daily returns have no deviation');
  if (!Number.isFinite(moments.deviation)) {
    return undefinedBecause('a daily return is not finite: equity fell to zero');
  }
  return defined(100 * moments.deviation * Math.sqrt(periodsPerYear));
}

function ofShape(moments: ReturnMoments, value: number): Metric {
  const problem = deviationProblem(moments);
  return problem === null ? defined(value) : undefinedBecause(problem);
}

function tailMetrics(returns: Float64Array): Record<'var_95_pct' | 'cvar_95_pct' | 'tail_ratio', Metric> {
  const ascending = returns.toSorted();
  const all = (metric: Metric) => ({ var_95_pct: metric, cvar_95_pct: metric, tail_ratio: metric });
  if (ascending.length < FEWEST_DAYS_OF_TAIL) {
    return all(undefinedBecause(`there are fewer than ${FEWEST_DAYS_OF_TAIL} days, so none lies in a tail of 5 %`));
  }
  // A NaN sorts to the end.
  if (Number.isNaN(ascending.at(-1))) {
    return all(undefinedBecause('a daily return is not finite: equity fell to zero'));
  }
  const { value_at_risk, conditional_value_at_risk } = tailLossByInterpolation(ascending);
  return {
    var_95_pct: inPercent(defined(value_at_risk)),
    cvar_95_pct: inPercent(defined(conditional_value_at_risk)),
    tail_ratio:
      quantile(ascending, 0.05) === 0
        ? undefinedBecause('the 5 % quantile of daily returns is zero')
        : defined(tailRatio(ascending)),
  };
}

function bestAndWorst(
  { days, returns }: DailyAccount,
  equity: Float64Array,
  initialCash: number,
): Pick<BacktestSummary, 'best_day' | 'worst_day' | 'best_month' | 'worst_month'> {
  const daily = Array.from(returns, (value, index) => ({
    at: isoDate(days.day[index] as number),
    return_pct: 100 * value,
  })).filter(isKnown);
  const monthly = monthlyReturns(days, equity, initialCash)
    .map((month) => ({
      at: `${String(month.year).padStart(4, '0')}-${String(month.month).padStart(2, '0')}`,
      return_pct: 100 * month.return,
    }))
    .filter(isKnown);
  return {
    best_day: largestBy(daily, byReturn),
    worst_day: largestBy(daily, (day) => -byReturn(day)),
    best_month: largestBy(monthly, byReturn),
    worst_month: largestBy(monthly, (month) => -byReturn(month)),
  };
}

interface PeriodReturn {
  readonly return_pct: number;
}

function byReturn({ return_pct }: PeriodReturn): number {
  return return_pct;
}

function isKnown({ return_pct }: PeriodReturn): boolean {
  return Number.isFinite(return_pct);
}

/** The element with the largest measure, the first of equals; null of nothing. */
function largestBy<T>(elements: readonly T[], measure: (element: T) => number): T | null {
  let best: T | null = null;
  let largest = -Infinity;
  for (const element of elements) {
    const size = measure(element);
    if (best !== null && !(size > largest)) continue;
    best = element;
    largest = size;
  }
  return best;
}
