import type { BacktestSummary } from '@tradebase/contracts';
import type { BenchmarkCurve } from './benchmark-curve.ts';
import { benchmarkStatistics } from './benchmark-statistics.ts';
import type { DailyAccount } from './daily-account.ts';
import { dailyReturns } from './daily-returns.ts';
import { drawdownEpisodes } from './drawdown-episodes.ts';
import { defined, inPercent, type Metric, settle, undefinedBecause } from './metric.ts';

const NO_CANDLES = undefinedBecause('there are no candles to compare with');

/** How the strategy did beside a benchmark, and beside holding the main instrument. */
export function summariseBenchmark(
  { days, returns, periods_per_year, risk_free_per_period }: DailyAccount,
  { benchmark, buyAndHold }: { benchmark: BenchmarkCurve | null; buyAndHold: BenchmarkCurve | null },
  reasons: Record<string, string>,
) {
  const compared =
    benchmark &&
    benchmarkStatistics(
      returns,
      dailyReturns(benchmark.marks, days.last_bar, benchmark.start),
      periods_per_year,
      risk_free_per_period,
    );
  return settle(
    {
      buy_and_hold_return_pct: totalReturnPct(buyAndHold),
      benchmark_return_pct: totalReturnPct(benchmark),
      benchmark_max_drawdown_pct: maxDrawdownPct(benchmark),
      alpha_pct: inPercent(compared?.alpha ?? NO_CANDLES),
      beta: compared?.beta ?? NO_CANDLES,
      correlation: compared?.correlation ?? NO_CANDLES,
      tracking_error_pct: inPercent(compared?.trackingError ?? NO_CANDLES),
      information_ratio: compared?.informationRatio ?? NO_CANDLES,
    },
    reasons,
  ) satisfies Partial<BacktestSummary>;
}

function totalReturnPct(curve: BenchmarkCurve | null): Metric {
  return curve ? defined(100 * ((curve.marks.at(-1) ?? NaN) / curve.start - 1)) : NO_CANDLES;
}

function maxDrawdownPct(curve: BenchmarkCurve | null): Metric {
  if (!curve) return NO_CANDLES;
  const depths = drawdownEpisodes(curve.marks, curve.start).map(({ depth_pct }) => depth_pct);
  return defined(depths.reduce((deepest, depth) => Math.max(deepest, depth), 0));
}
