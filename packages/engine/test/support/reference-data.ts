import { existsSync, readFileSync } from 'node:fs';
import type { Candles } from '@tradebase/contracts';

const FOLDER = new URL('../../../../../shared/data/', import.meta.url);

/** Whether the shared folder with market data and reference results lies beside the repository. */
export const referenceDataPresent = existsSync(FOLDER);

/** A title that says why the tests under it are skipped, where they are. */
export function referenceTitle(title: string): string {
  return referenceDataPresent ? title : `${title} (skipped: the folder ../shared/data is absent)`;
}

/** A CSV file as columns of text. */
function readColumns(path: string): Map<string, string[]> {
  const [header = '', ...rows] = readFileSync(new URL(path, FOLDER), 'utf8').trimEnd().split('\n');
  const cells = rows.map((row) => row.split(','));
  return new Map(header.split(',').map((name, column) => [name, cells.map((row) => row[column] ?? '')]));
}

function textColumn(columns: Map<string, string[]>, name: string): string[] {
  const cells = columns.get(name);
  if (cells === undefined) throw new Error(`there is no column ${name}`);
  return cells;
}

export function readCandles(dataset: string): Candles {
  const columns = readColumns(`candles/${dataset}.csv`);
  const numbers = (name: string) => Float64Array.from(textColumn(columns, name), Number);
  return {
    ts: Float64Array.from(textColumn(columns, 'ts'), (cell) => Date.parse(cell)),
    open: numbers('open'),
    high: numbers('high'),
    low: numbers('low'),
    close: numbers('close'),
    volume: numbers('volume'),
  };
}

/** Columns of an indicator file by name; NaN where the cell is empty. */
export function readIndicators(file: string): (column: string) => Float64Array {
  const columns = readColumns(`oracles/${file}.csv`);
  return (name) => Float64Array.from(textColumn(columns, name), (cell) => (cell === '' ? NaN : Number(cell)));
}

export interface ReferenceTrade {
  entry_bar: number;
  entry_ts: string;
  entry_price: number;
  exit_bar: number;
  exit_ts: string;
  exit_price: number;
  size: number;
  entry_commission: number;
  exit_commission: number;
  pnl: number;
  return: number;
}

export interface ReferenceRun {
  dataset: string;
  commission_per_side: number;
  initial_cash: number;
  bars: number;
  first_ts: string;
  last_ts: string;
  package_results: Record<string, number>;
  results: Record<
    | 'final_equity'
    | 'total_return'
    | 'max_drawdown'
    | 'cagr'
    | 'calmar'
    | 'sharpe'
    | 'sortino'
    | 'num_trades'
    | 'win_rate'
    | 'profit_factor'
    | 'total_commission'
    | 'exposure'
    | 'peak_equity'
    | 'best_trade_return'
    | 'worst_trade_return'
    | 'mean_trade_return',
    number
  >;
  open_position_at_end: {
    entry_bar: number;
    entry_ts: string;
    entry_price: number;
    size: number;
    entry_commission: number;
  } | null;
  equity_checkpoints: [bar: number, ts: string, equity: number][];
  trades: ReferenceTrade[];
}

export function readBacktestRuns(): ReferenceRun[] {
  const file: { runs: ReferenceRun[] } = JSON.parse(
    readFileSync(new URL('oracles/backtests_reference.json', FOLDER), 'utf8'),
  );
  return file.runs;
}

/** Figures of a return series; null where they are undefined. */
export interface ReferenceSeries {
  name: string;
  results: {
    n: number;
    periods_per_year: number;
    rf_annual: number;
    probabilistic_sharpe_ratio: Record<'vs_zero' | 'vs_annualized_0_5' | 'vs_zero_std_ddof0', number | null>;
    deflated_sharpe_ratio: {
      num_trials: number;
      variance_of_trial_sharpes: number;
      expected_max_sharpe_per_period: number;
      deflated_sharpe_ratio: number;
    }[];
    max_drawdown_peak_index: number;
    max_drawdown_trough_index: number;
    var_95: Record<'linear_interpolation' | 'order_statistic', number>;
    cvar_95: Record<'linear_interpolation' | 'order_statistic', number> & { tail_counts: [number, number] };
  } & Record<
    | 'mean'
    | 'std_ddof1'
    | 'std_ddof0'
    | 'skewness'
    | 'kurtosis'
    | 'sharpe_per_period'
    | 'sharpe_annualized'
    | 'sharpe_annualized_std_ddof0'
    | 'sharpe_annualized_excess_of_rf'
    | 'downside_deviation'
    | 'sortino_per_period'
    | 'sortino_annualized'
    | 'sortino_annualized_excess_of_rf'
    | 'volatility_annualized'
    | 'max_drawdown'
    | 'total_return'
    | 'longest_run_below_peak'
    | 'ulcer_index',
    number | null
  >;
  returns: number[];
}

export function readReturnSeries(): ReferenceSeries[] {
  const file: { series: ReferenceSeries[] } = JSON.parse(
    readFileSync(new URL('oracles/stats_reference.json', FOLDER), 'utf8'),
  );
  return file.series;
}

/** Sharpe ratios per period of a real grid of trials, and their variance. */
export function readTrialGrid(): { trials: { sharpe_per_period: number }[]; variance_ddof1: number } {
  const file: { trial_grid: { trials: { sharpe_per_period: number }[]; variance_ddof1: number } } = JSON.parse(
    readFileSync(new URL('oracles/stats_reference.json', FOLDER), 'utf8'),
  );
  return file.trial_grid;
}
