import { existsSync, readFileSync } from 'node:fs';
import type { Candles } from '@tradebase/contracts';

const FOLDER = new URL('../../../../shared/data/', import.meta.url);

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
    | 'peak_equity',
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

export interface ReferenceSeries {
  name: string;
  results: {
    periods_per_year: number;
    sharpe_annualized: number | null;
    sortino_annualized: number | null;
    max_drawdown: number;
  };
  returns: number[];
}

export function readReturnSeries(): ReferenceSeries[] {
  const file: { series: ReferenceSeries[] } = JSON.parse(
    readFileSync(new URL('oracles/stats_reference.json', FOLDER), 'utf8'),
  );
  return file.series;
}
