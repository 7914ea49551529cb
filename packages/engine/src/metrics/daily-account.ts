import type { MarketData } from '../market/market-data.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { dailyReturns } from './daily-returns.ts';
import { type ExchangeDays, exchangeDays } from './exchange-days.ts';
import { periodsPerYear } from './periods-per-year.ts';

/** An account by the days of its exchange: what all ratios are computed from. */
export interface DailyAccount {
  readonly days: ExchangeDays;
  /** One simple return per day, idle days included. */
  readonly returns: Float64Array;
  readonly periods_per_year: number;
  readonly risk_free_rate_pct: number;
  /** The rate as a fraction of a period. */
  readonly risk_free_per_period: number;
}

/** Calendar and zone are those of the main instrument, or of the settings where it has none of its own. */
export function dailyAccount(
  { ts, equity, initial_cash }: Pick<SimulationResult, 'ts' | 'equity' | 'initial_cash'>,
  data: MarketData,
  { settings }: Pick<SimulationOptions, 'settings'>,
): DailyAccount {
  const main = data.instruments[0];
  const { calendar, time_zone } = main?.rules ?? settings.instrument;
  const days = exchangeDays(ts, time_zone);
  const periods_per_year = periodsPerYear(calendar, main?.timeframe ?? '1d', {
    days: days.day.length,
    firstDay: days.day[0] ?? 0,
    lastDay: days.day.at(-1) ?? 0,
  });
  return {
    days,
    returns: dailyReturns(equity, days.last_bar, initial_cash),
    periods_per_year,
    risk_free_rate_pct: settings.risk_free_rate_pct,
    risk_free_per_period: settings.risk_free_rate_pct / 100 / periods_per_year,
  };
}
