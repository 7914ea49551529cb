import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BacktestSettings, STRATEGY_NAMES, StrategySpec, TIMEFRAMES, Timeframe } from '@tradebase/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseCommandLine, UsageError } from '../command-line/parse-command-line.ts';

export const HELP = `Usage: npm run report -- --csv FILE --timeframe TIMEFRAME --strategy NAME_OR_FILE [options]

Runs a backtest on a CSV file of candles (ts,open,high,low,close,volume; .csv or .csv.gz) without a database, prints its
figures and writes a report: one HTML file that works offline.

      --csv FILE             the candles
  -t, --timeframe TIMEFRAME  length of the bars: ${TIMEFRAMES.join(' ')}
  -s, --strategy NAME        ${STRATEGY_NAMES.join(', ')}; or a .yaml or .json file: {name, params}
  -p, --param NAME=VALUE     a parameter of the strategy; may be given many times
      --symbol SYMBOL        name of the instrument in the report; the name of the file by default
      --cash AMOUNT          starting capital, 10000 by default
      --fee-bps BPS          fee of each fill in basis points, 0 by default
      --settings FILE        .yaml or .json file of settings: calendar, time zone, risk-free rate, fees
  -o, --out FILE             where to write the report, report.html by default
      --json                 print the summary, or the error, as one JSON object
  -h, --help                 print this

Exit code: 0 done, 1 refused or failed, 2 wrong usage.`;

export interface ReportCommand {
  readonly csv: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly out: string;
  readonly json: boolean;
}

/** Reads the command line. Throws UsageError. */
export function readReportCommand(args?: string[]): ReportCommand | 'help' {
  const options = {
    csv: { type: 'string' },
    timeframe: { type: 'string', short: 't' },
    strategy: { type: 'string', short: 's' },
    param: { type: 'string', short: 'p', multiple: true, default: [] as string[] },
    symbol: { type: 'string' },
    cash: { type: 'string', default: '10000' },
    'fee-bps': { type: 'string' },
    settings: { type: 'string' },
    out: { type: 'string', short: 'o', default: 'report.html' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values } = parseCommandLine({ options, ...(args ? { args } : {}) });
  if (values.help) return 'help';
  if (values.csv === undefined) throw new UsageError('--csv is missing');
  if (values.strategy === undefined) throw new UsageError('--strategy is missing');
  const initial_cash = readNumber('--cash', values.cash);
  if (!(initial_cash > 0)) throw new UsageError(`--cash is ${values.cash}; it must be above 0`);
  return {
    csv: values.csv,
    symbol: values.symbol ?? basename(values.csv).replace(/\.csv(\.gz)?$/, ''),
    timeframe: readTimeframe(values.timeframe),
    strategy: readStrategy(values.strategy, values.param),
    initial_cash,
    settings: readSettings(values.settings, values['fee-bps']),
    out: values.out,
    json: values.json,
  };
}

function readTimeframe(text: string | undefined): Timeframe {
  if (text === undefined) throw new UsageError('--timeframe is missing');
  const parsed = Timeframe.safeParse(text);
  if (!parsed.success) throw new UsageError(`--timeframe is ${text}; it must be one of ${TIMEFRAMES.join(', ')}`);
  return parsed.data;
}

function readStrategy(nameOrFile: string, params: readonly string[]): StrategySpec {
  const isFile = /\.(ya?ml|json)$/i.test(nameOrFile);
  const base = isFile ? StrategyFile.safeParse(readDocument(nameOrFile)) : undefined;
  if (base && !base.success) throw new UsageError(`${nameOrFile}: ${describe(base.error)}`);
  const given = Object.fromEntries(params.map(readParam));
  const spec = { name: base?.data.name ?? nameOrFile, params: { ...base?.data.params, ...given } };
  if (!STRATEGY_NAMES.some((name) => name === spec.name)) {
    throw new UsageError(`there is no strategy ${spec.name}; there is ${STRATEGY_NAMES.join(', ')}`);
  }
  const parsed = StrategySpec.safeParse(spec);
  if (!parsed.success) throw new UsageError(`strategy ${spec.name}: ${describe(parsed.error)}`);
  return parsed.data;
}

const StrategyFile = z.strictObject({ name: z.string(), params: z.record(z.string(), z.unknown()).default({}) });

/** `fast=5` as a pair; what reads as a number or a truth value is one. */
function readParam(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--param is ${text}; it must be NAME=VALUE, such as fast=5`);
  const value = text.slice(at + 1);
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true'];
  return [text.slice(0, at), value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}

function readSettings(file: string | undefined, feeBps: string | undefined): BacktestSettings {
  const given = file === undefined ? {} : readDocument(file);
  const parsed = BacktestSettings.safeParse(given ?? {});
  if (!parsed.success) throw new UsageError(`${file}: ${describe(parsed.error)}`);
  if (feeBps === undefined) return parsed.data;
  const bps = readNumber('--fee-bps', feeBps);
  const fees = BacktestSettings.shape.fees.safeParse({ type: 'bps', maker_bps: bps, taker_bps: bps });
  if (!fees.success) throw new UsageError(`--fee-bps is ${feeBps}; it must be from 0 to 1000`);
  return { ...parsed.data, fees: fees.data };
}

function readNumber(option: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`${option} is ${text}; it must be a number`);
  return value;
}

/** A YAML file, or a JSON file, which is YAML too. */
function readDocument(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describe(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
