import { describe, expect, it } from 'vitest';
import { deflatedSharpe, expectedMaxSharpe } from '../src/metrics/deflated-sharpe.ts';
import { drawdownPct } from '../src/metrics/drawdown.ts';
import { drawdownEpisodes } from '../src/metrics/drawdown-episodes.ts';
import { probabilisticSharpe, probabilisticSharpeOf } from '../src/metrics/probabilistic-sharpe.ts';
import { returnMoments } from '../src/metrics/return-moments.ts';
import { sharpe } from '../src/metrics/sharpe.ts';
import { downsideDeviation, sortino } from '../src/metrics/sortino.ts';
import { volatilityPct } from '../src/metrics/summarise-risk.ts';
import { ulcerIndexPct } from '../src/metrics/ulcer-index.ts';
import { tailLossByInterpolation, tailLossByOrder } from '../src/metrics/value-at-risk.ts';
import {
  type ReferenceSeries,
  readReturnSeries,
  readTrialGrid,
  referenceDataPresent,
  referenceTitle,
} from './support/reference-data.ts';
import { relativeError } from './support/relative-error.ts';

const TOLERANCE = 1e-9;

function expectEqual(pairs: Record<string, readonly [actual: number | null, expected: number | null]>): void {
  for (const [name, [actual, expected]] of Object.entries(pairs)) {
    if (actual === null || expected === null) expect([name, actual]).toEqual([name, expected]);
    else expect(relativeError(actual, expected), `${name}: ${actual} for ${expected}`).toBeLessThan(TOLERANCE);
  }
}

function wealthOf(returns: readonly number[]): Float64Array {
  let wealth = 1;
  return Float64Array.from(returns, (r) => {
    wealth *= 1 + r;
    return wealth;
  });
}

function check({ returns, results }: ReferenceSeries): void {
  const series = Float64Array.from(returns);
  const moments = returnMoments(series);
  const { periods_per_year, rf_annual } = results;
  const rf = rf_annual / periods_per_year;

  it('moments, Sharpe and Sortino ratios', () => {
    const population = returnMoments(series);
    expectEqual({
      mean: [moments.mean, results.mean],
      std_ddof1: [moments.deviation, results.std_ddof1],
      std_ddof0: [population.populationDeviation, results.std_ddof0],
      skewness: [moments.skewness, results.skewness],
      kurtosis: [moments.kurtosis, results.kurtosis],
      sharpe_per_period: [sharpe(series, 1).value, results.sharpe_per_period],
      sharpe: [sharpe(series, periods_per_year).value, results.sharpe_annualized],
      sharpe_excess: [sharpe(series, periods_per_year, rf).value, results.sharpe_annualized_excess_of_rf],
      downside_deviation: [downsideDeviation(series), results.downside_deviation],
      sortino_per_period: [sortino(series, 1).value, results.sortino_per_period],
      sortino: [sortino(series, periods_per_year).value, results.sortino_annualized],
      sortino_excess: [sortino(series, periods_per_year, rf).value, results.sortino_annualized_excess_of_rf],
      volatility: [volatilityPct(moments, periods_per_year).value, 100 * (results.volatility_annualized ?? NaN)],
    });
  });

  it('probabilistic and deflated Sharpe ratio', () => {
    const { mean, count, skewness, kurtosis, deviation, populationDeviation } = moments;
    const expected = results.probabilistic_sharpe_ratio;
    const benchmarkPerPeriod = 0.5 / Math.sqrt(periods_per_year);
    const evidence = { sharpePerPeriod: mean / deviation, count, skewness, kurtosis };
    const byPopulation = { ...evidence, sharpePerPeriod: mean / populationDeviation };
    expectEqual({
      'PSR over 0': [probabilisticSharpeOf(moments).value, expected.vs_zero],
      'PSR over 0.5': [probabilisticSharpeOf(moments, { benchmarkPerPeriod }).value, expected.vs_annualized_0_5],
      'PSR by ddof 0': [probabilisticSharpe(byPopulation).value, expected.vs_zero_std_ddof0],
    });
    for (const trial of results.deflated_sharpe_ratio) {
      const trials = { count: trial.num_trials, variance: trial.variance_of_trial_sharpes };
      expectEqual({
        'expected best': [expectedMaxSharpe(trials), trial.expected_max_sharpe_per_period],
        DSR: [deflatedSharpe(evidence, trials).value, trial.deflated_sharpe_ratio],
      });
    }
  });

  it('drawdowns', () => {
    const wealth = wealthOf(returns);
    const episodes = drawdownEpisodes(wealth, 1);
    const depth = Math.max(0, ...episodes.map(({ depth_pct }) => depth_pct));
    const deepest = episodes.find(({ depth_pct }) => depth_pct === depth);
    const runs = episodes.map(({ peak, recovery }) => (recovery ?? wealth.length) - peak - 1);
    expectEqual({
      max_drawdown: [depth / 100, results.max_drawdown],
      ulcer_index: [ulcerIndexPct(wealth, 1) / 100, results.ulcer_index],
      longest_run_below_peak: [Math.max(0, ...runs), results.longest_run_below_peak],
      total_return: [(wealth.at(-1) ?? NaN) - 1, results.total_return],
    });
    expect(Math.max(...drawdownPct(wealth, 1))).toBeCloseTo(depth, 10);
    if (deepest) {
      expect([deepest.peak, deepest.trough]).toEqual([
        results.max_drawdown_peak_index,
        results.max_drawdown_trough_index,
      ]);
    }
  });

  it('value at risk by both definitions', () => {
    const ascending = series.toSorted();
    const interpolated = tailLossByInterpolation(ascending);
    const ordered = tailLossByOrder(ascending);
    expectEqual({
      'VaR by interpolation': [interpolated.value_at_risk, results.var_95.linear_interpolation],
      'CVaR by interpolation': [interpolated.conditional_value_at_risk, results.cvar_95.linear_interpolation],
      'VaR by order': [ordered.value_at_risk, results.var_95.order_statistic],
      'CVaR by order': [ordered.conditional_value_at_risk, results.cvar_95.order_statistic],
    });
    expect([interpolated.count, ordered.count]).toEqual(results.cvar_95.tail_counts);
  });
}

describe.skipIf(!referenceDataPresent)(
  referenceTitle('statistics of return series against 50-digit arithmetic'),
  () => {
    for (const series of referenceDataPresent ? readReturnSeries() : []) describe(series.name, () => check(series));

    it('the variance of a grid of trials', () => {
      const { trials, variance_ddof1 } = readTrialGrid();
      const { deviation } = returnMoments(Float64Array.from(trials, ({ sharpe_per_period }) => sharpe_per_period));
      expect(relativeError(deviation ** 2, variance_ddof1)).toBeLessThan(TOLERANCE);
    });
  },
);
