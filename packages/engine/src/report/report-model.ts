import type { BacktestReport, BacktestSettings, BacktestSummary, BacktestTrade } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { buyAndHoldCurve } from '../metrics/benchmark-curve.ts';
import { type DailyAccount, dailyAccount } from '../metrics/daily-account.ts';
import { describeDrawdown } from '../metrics/describe-drawdown.ts';
import { drawdownPct } from '../metrics/drawdown.ts';
import { drawdownEpisodes } from '../metrics/drawdown-episodes.ts';
import { type Excursions, excursions } from '../metrics/excursions.ts';
import { isoTime } from '../metrics/iso-time.ts';
import { monthlyReturns } from '../metrics/monthly-returns.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { countExecutions, type Executions } from './count-executions.ts';
import { exposureOverTime } from './exposure-over-time.ts';
import { histogram } from './histogram.ts';
import { reportNotes } from './report-notes.ts';
import { rollingSharpe } from './rolling-sharpe.ts';
import { thinCandles } from './thin-candles.ts';
import { thinCurve } from './thin-curve.ts';

const MOST_CURVE_POINTS = 2000;
const MOST_CANDLES = 1500;
const MOST_TRADES = 5000;
const MOST_SCATTERED = 1000;
const MOST_ROLLING = 500;
const MOST_DRAWDOWNS = 5;
/** Days of the rolling Sharpe ratio: about half a year, or a third of a shorter run. */
const ROLLING_DAYS = 126;
const FEWEST_ROLLING_DAYS = 20;

/** What the report needs of a result: a stored one has it too. */
export type ReportedResult = Pick<SimulationResult, 'initial_cash' | 'ts' | 'equity' | 'trades' | 'open_positions'> &
  Executions;

export interface ReportOptions {
  readonly settings: BacktestSettings;
  /** Hashes that the result can be made again from; none by default. */
  readonly receipt?: Readonly<Record<string, string>>;
}

/**
 * All that a frontend draws of a backtest, in columns of bounded length whatever the length of the run.
 *
 * @param data candles may be empty where they are not at hand: there is no benchmark and no price chart then
 */
export function buildReport(
  result: ReportedResult,
  summary: BacktestSummary,
  data: MarketData,
  { settings, receipt }: ReportOptions,
): BacktestReport {
  const main = data.instruments[0];
  const daily = dailyAccount(result, data, { settings });
  const moves = excursions(result.trades, data, settings);
  return {
    symbol: main?.symbol ?? '',
    timeframe: main?.timeframe ?? '1d',
    time_zone: (main?.rules ?? settings.instrument).time_zone,
    summary,
    curve: drawnCurve(result, data),
    prices: main && main.candles.ts.length > 0 ? thinCandles(main.candles, MOST_CANDLES) : null,
    monthly_returns: monthlyTable(result, daily),
    trades: reportedTrades(result, data, moves),
    histograms: {
      daily_returns_pct: histogram(daily.returns.map((value) => 100 * value)),
      trade_returns_pct: histogram(result.trades.return_pct.subarray(0, result.trades.length)),
      holding_bars: histogram(holdingBars(result)),
    },
    rolling_sharpe: drawnSharpe(result, daily),
    exposure: exposureOverTime(result),
    excursions: scatter(result, moves),
    drawdowns: deepestDrawdowns(result),
    executions: countExecutions(result),
    notes: reportNotes(summary),
    receipt: receipt ? { ...receipt } : null,
  };
}

function drawnCurve({ ts, equity, initial_cash }: ReportedResult, data: MarketData): BacktestReport['curve'] {
  const drawdown = drawdownPct(equity, initial_cash);
  const held = buyAndHoldCurve(ts, data);
  const columns = held ? [equity, drawdown, held.marks] : [equity, drawdown];
  const points = thinCurve(columns, { maxPoints: MOST_CURVE_POINTS });
  const pick = (column: Float64Array) => points.map((bar) => column[bar] as number);
  return {
    at: pick(ts),
    equity: pick(equity),
    drawdown_pct: pick(drawdown),
    benchmark: held && pick(held.marks).map((mark) => (initial_cash * mark) / held.start),
  };
}

function monthlyTable(
  { equity, initial_cash }: ReportedResult,
  { days }: DailyAccount,
): BacktestReport['monthly_returns'] {
  const years = new Map<number, { months_pct: (number | null)[]; growth: number }>();
  for (const { year, month, return: change } of monthlyReturns(days, equity, initial_cash)) {
    const row = years.get(year) ?? { months_pct: Array.from({ length: 12 }, () => null), growth: 1 };
    years.set(year, row);
    // After equity fell to zero there is nothing left to earn on.
    const known = Number.isFinite(change) ? change : 0;
    row.months_pct[month - 1] = 100 * known;
    row.growth *= 1 + known;
  }
  return Array.from(years, ([year, { months_pct, growth }]) => ({ year, months_pct, year_pct: 100 * (growth - 1) }));
}

function reportedTrades(
  { trades }: ReportedResult,
  { instruments }: MarketData,
  { mae_pct, mfe_pct }: Excursions,
): BacktestTrade[] {
  return Array.from({ length: Math.min(trades.length, MOST_TRADES) }, (_, index) => {
    const { instrument, entry_ts, exit_ts, ...trade } = trades.at(index);
    return {
      ...trade,
      symbol: instruments[instrument]?.symbol ?? '',
      entry_at: isoTime(entry_ts),
      exit_at: isoTime(exit_ts),
      mae_pct: nullIfUnknown(mae_pct[index]),
      mfe_pct: nullIfUnknown(mfe_pct[index]),
    };
  });
}

function nullIfUnknown(value = NaN): number | null {
  return Number.isNaN(value) ? null : value;
}

function holdingBars({ trades }: ReportedResult): Float64Array {
  const bars = new Float64Array(trades.length);
  for (let index = 0; index < bars.length; index++) {
    bars[index] = (trades.exit_bar[index] as number) - (trades.entry_bar[index] as number);
  }
  return bars;
}

function drawnSharpe({ ts }: ReportedResult, account: DailyAccount): BacktestReport['rolling_sharpe'] {
  const { days, returns, periods_per_year, risk_free_per_period } = account;
  const window_days = Math.min(ROLLING_DAYS, Math.floor(returns.length / 3));
  if (window_days < FEWEST_ROLLING_DAYS) return null;
  const values = rollingSharpe(returns, window_days, {
    periodsPerYear: periods_per_year,
    riskFreePerPeriod: risk_free_per_period,
  });
  const drawn = thinCurve([values.map((value) => value ?? NaN)], { maxPoints: MOST_ROLLING });
  return {
    window_days,
    at: drawn.map((index) => ts[days.last_bar[index + window_days - 1] as number] as number),
    value: drawn.map((index) => values[index] ?? null),
  };
}

/** Every n-th trade whose excursions are known, few enough to draw. */
function scatter({ trades }: ReportedResult, { mae_pct, mfe_pct }: Excursions): BacktestReport['excursions'] {
  const known = Array.from({ length: trades.length }, (_, index) => index).filter(
    (index) => !Number.isNaN(mae_pct[index]),
  );
  const stride = Math.max(1, Math.ceil(known.length / MOST_SCATTERED));
  const drawn = known.filter((_, position) => position % stride === 0);
  return {
    seq: drawn.map((index) => index + 1),
    mae_pct: drawn.map((index) => mae_pct[index] as number),
    mfe_pct: drawn.map((index) => mfe_pct[index] as number),
    return_pct: drawn.map((index) => trades.return_pct[index] as number),
  };
}

function deepestDrawdowns({ ts, equity, initial_cash }: ReportedResult): BacktestReport['drawdowns'] {
  return drawdownEpisodes(equity, initial_cash)
    .sort((a, b) => b.depth_pct - a.depth_pct)
    .slice(0, MOST_DRAWDOWNS)
    .map((episode) => describeDrawdown(episode, ts));
}
