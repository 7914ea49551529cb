import { basename } from 'node:path';
import {
  type BacktestSettings,
  type StrategySpec,
  TIMEFRAMES,
  Timeframe,
  timeframeLengthMs,
} from '@tradebase/contracts';
import { BUILT_IN_STRATEGY_NAMES, type SimulationPath } from '@tradebase/engine';
import { parseCommandLine, UsageError } from '../command-line/parse-command-line.ts';
import { parseInstant } from './csv-rows.ts';
import type { InstrumentFiles, MarketFiles } from './read-market-data.ts';
import { readSettings } from './read-settings.ts';
import { readStrategy } from './read-strategy.ts';

const PATHS = ['auto', 'event', 'compiled'] as const satisfies readonly SimulationPath[];

export const HELP = `Usage: npm run report -- --csv FILE --timeframe TIMEFRAME --strategy NAME_OR_FILE [options]

Runs a backtest on a CSV file of candles (ts,open,high,low,close,volume; .csv or .csv.gz) without a database, prints its
figures and writes a report: one HTML file that works offline.

      --csv [SYMBOL=]FILE    the candles; several times for several instruments, the main one first
  -t, --timeframe TIMEFRAME  length of the bars: ${TIMEFRAMES.join(' ')}
  -s, --strategy NAME        a .yaml or .json file of a strategy, or one of ${wrapped(BUILT_IN_STRATEGY_NAMES)}
  -p, --param NAME=VALUE     a parameter of the strategy; may be given many times
      --symbol SYMBOL        name of the main instrument; that of its file by default
      --from TIME            first open time to use: 2014-06-09, or 2014-06-09T13:30:00Z
      --to TIME              open time to stop before
      --cash AMOUNT          starting capital, 10000 by default
      --fee-bps BPS          fee of each fill in basis points, 0 by default
      --settings FILE        .yaml or .json file of settings: fees, slippage, fills, margin, calendar, time zone, ...
      --finer FILE           candles of a finer timeframe, which say what came first within a bar
      --finer-timeframe T    their timeframe, 1m by default
      --column NAME=FILE     a CSV file ts,value of numbers known at the close of bars, such as predictions, of the main
                             instrument, or SYMBOL:NAME=FILE
      --splits TIME=RATIO    a split of it, or SYMBOL:TIME=RATIO: 2014-06-09=7 for seven shares out of one
      --option-quotes FILE   daily quotes of options on it; a model quotes all other days
      --path PATH            ${PATHS.join(', ')}: event by default, which keeps every order
  -o, --out FILE             where to write the report, report.html by default
      --json                 print the summary, or the error, as one JSON object
  -h, --help                 print this

Exit code: 0 done, 1 refused or failed, 2 wrong usage.`;

export interface ReportCommand {
  readonly files: MarketFiles;
  readonly optionQuotes: string | undefined;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly path: SimulationPath;
  readonly out: string;
  readonly json: boolean;
}

/** Reads the command line, and the files of the strategy and the settings. Throws UsageError. */
export function readReportCommand(args?: string[]): ReportCommand | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  if (values.csv.length === 0) throw new UsageError('--csv is missing');
  if (values.strategy === undefined) throw new UsageError('--strategy is missing');
  const initial_cash = values.cash.trim() === '' ? NaN : Number(values.cash);
  if (!Number.isFinite(initial_cash)) throw new UsageError(`--cash is ${values.cash}; it must be a number`);
  if (!(initial_cash > 0)) throw new UsageError(`--cash is ${values.cash}; it must be above 0`);
  return {
    files: readFiles(values),
    optionQuotes: values['option-quotes'],
    strategy: readStrategy(values.strategy, values.param),
    initial_cash,
    settings: readSettings(values.settings, values['fee-bps']),
    path: readPath(values.path),
    out: values.out,
    json: values.json,
  };
}

function parse(args: string[] | undefined) {
  const many = { type: 'string', multiple: true, default: [] as string[] } as const;
  const options = {
    csv: many,
    timeframe: { type: 'string', short: 't' },
    strategy: { type: 'string', short: 's' },
    param: { ...many, short: 'p' },
    symbol: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    cash: { type: 'string', default: '10000' },
    'fee-bps': { type: 'string' },
    settings: { type: 'string' },
    finer: { type: 'string' },
    'finer-timeframe': { type: 'string' },
    column: many,
    splits: many,
    'option-quotes': { type: 'string' },
    path: { type: 'string', default: 'event' },
    out: { type: 'string', short: 'o', default: 'report.html' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  return parseCommandLine({ options, ...(args ? { args } : {}) }).values;
}

function readFiles(values: ReturnType<typeof parse>): MarketFiles {
  const timeframe = readTimeframe('--timeframe', values.timeframe);
  const from = readInstant('--from', values.from, -Infinity);
  const to = readInstant('--to', values.to, Infinity);
  if (!(from < to)) throw new UsageError(`--from ${values.from} is not before --to ${values.to}`);
  return { instruments: readInstruments(values), timeframe, ...readFiner(values, timeframe), from, to };
}

function readInstruments({ csv, symbol: mainSymbol, column, splits }: ReturnType<typeof parse>): InstrumentFiles[] {
  const named = csv.map((text, index) => {
    // `SPY=candles/SPY_1d.csv`, or the file alone: then its name is that of the instrument.
    const [, symbol, file = text] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
    const given = index === 0 ? mainSymbol : undefined;
    return { symbol: given ?? symbol ?? basename(file).replace(/\.csv(\.gz)?$/, ''), csv: file };
  });
  const main = named[0]?.symbol ?? '';
  const allColumns = column.map((text) => readColumn(text, main));
  const allSplits = splits.map((text) => readSplit(text, main)).sort((a, b) => a.ts - b.ts);
  const stray = [...allColumns, ...allSplits].find(({ symbol }) => !named.some((other) => other.symbol === symbol));
  if (stray)
    throw new UsageError(
      `there is no --csv for ${stray.symbol}; there is ${named.map(({ symbol }) => symbol).join(', ')}`,
    );
  return named.map(({ symbol, csv }) => ({
    symbol,
    csv,
    columns: allColumns.filter((other) => other.symbol === symbol),
    splits: allSplits.filter((other) => other.symbol === symbol).map(({ ts, ratio }) => ({ ts, ratio })),
  }));
}

function readFiner(values: ReturnType<typeof parse>, coarse: Timeframe): Pick<MarketFiles, 'finer'> {
  const { finer: csv, 'finer-timeframe': text } = values;
  if (csv === undefined) {
    if (text !== undefined) throw new UsageError('--finer-timeframe needs --finer too');
    return {};
  }
  const timeframe = readTimeframe('--finer-timeframe', text ?? '1m');
  if (timeframeLengthMs(timeframe) < timeframeLengthMs(coarse)) return { finer: { csv, timeframe } };
  throw new UsageError(`--finer-timeframe is ${timeframe}; it must be shorter than --timeframe, ${coarse}`);
}

/** `prediction=FILE`, or `SPY:prediction=FILE`. */
function readColumn(text: string, main: string): { symbol: string; name: string; csv: string } {
  const [, symbol = main, name, csv] = /^(?:(.+):)?([^:=]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && csv !== undefined) return { symbol, name, csv };
  throw new UsageError(`--column is ${text}; it must be NAME=FILE, such as prediction=predictions.csv`);
}

/** `2014-06-09=7`, or `AAPL:2014-06-09=7`. */
function readSplit(text: string, main: string): { symbol: string; ts: number; ratio: number } {
  const [, symbol = main, time, number] = /^(?:(.+):)?(\d{4}-.+)=(.+)$/.exec(text) ?? [];
  if (time === undefined) throw new UsageError(`--splits is ${text}; it must be TIME=RATIO, such as 2014-06-09=7`);
  const ratio = Number(number);
  if (!(ratio > 0 && ratio < Infinity)) throw new UsageError(`--splits is ${text}; the ratio must be above 0`);
  return { symbol, ts: readInstant('--splits', time, NaN), ratio };
}

function readInstant(option: string, text: string | undefined, none: number): number {
  if (text === undefined) return none;
  const time = parseInstant(text);
  if (!Number.isNaN(time)) return time;
  throw new UsageError(`${option} is ${text}; it must be a date, or a date and time with zone: 2014-06-09T13:30:00Z`);
}

function readTimeframe(option: string, text: string | undefined): Timeframe {
  if (text === undefined) throw new UsageError(`${option} is missing`);
  const parsed = Timeframe.safeParse(text);
  if (!parsed.success) throw new UsageError(`${option} is ${text}; it must be one of ${TIMEFRAMES.join(', ')}`);
  return parsed.data;
}

function readPath(text: string): SimulationPath {
  const path = PATHS.find((known) => known === text);
  if (path === undefined) throw new UsageError(`--path is ${text}; it must be one of ${PATHS.join(', ')}`);
  return path;
}

/** Names in lines that fit beside the options. */
function wrapped(names: readonly string[]): string {
  const indent = ' '.repeat(29);
  const perLine = 6;
  const lines = names.flatMap((_, index) => (index % perLine === 0 ? [names.slice(index, index + perLine)] : []));
  return `\n${lines.map((line) => indent + line.join(', ')).join(',\n')}`;
}
