// npm run import -- FILE --symbol GOOG --timeframe 1d: brings a CSV file of candles into the database.
import { statSync } from 'node:fs';
import { type CandleImport, CandleImportError, type CandleImportProgress, importCandles } from '@tradebase/market-data';
import { describeFailure, type Failure, printFailure } from './command-line/describe-failure.ts';
import { findDatabaseUrl } from './command-line/find-database-url.ts';
import { parseCommandLine, UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { withDatabase } from './command-line/with-database.ts';

const HELP = `Usage: npm run import -- FILE --symbol SYMBOL --timeframe TIMEFRAME [options]

Brings a CSV file of candles (ts,open,high,low,close,volume; .csv or .csv.gz) into the database: all of it or nothing.
The same file again changes nothing; a file that overlaps adds new bars and corrects changed ones.

  -s, --symbol SYMBOL        the instrument, added if it is new: GOOG, EURUSD, BTC/USDT
  -t, --timeframe TIMEFRAME  length of the bars: 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 1w 1mo
      --name NAME            name of the instrument for people, used if it is new
      --database-url URL     better set TRADEBASE_DATABASE_URL or DATABASE_URL: everyone on this machine sees arguments
      --json                 print the result, or the error, as one JSON object
  -h, --help                 print this

Without a URL the local stack is used. Exit code: 0 imported, 1 refused or failed, 2 wrong usage, 130 cancelled.`;

const TTY_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;
/** Exit code after Ctrl-C, as shells have it. */
const CANCELLED = 130;

interface Command {
  readonly file: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly name: string | undefined;
  readonly databaseUrl: string;
  readonly json: boolean;
}

function readCommand(): Command | 'help' {
  const options = {
    symbol: { type: 'string', short: 's' },
    timeframe: { type: 'string', short: 't' },
    name: { type: 'string' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parseCommandLine({ options, allowPositionals: true });
  if (values.help) return 'help';
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('name one file');
  if (values.symbol === undefined) throw new UsageError('--symbol is missing');
  if (values.timeframe === undefined) throw new UsageError('--timeframe is missing');
  return {
    file,
    symbol: values.symbol,
    timeframe: values.timeframe,
    name: values.name,
    databaseUrl: findDatabaseUrl(values['database-url']),
    json: values.json,
  };
}

async function importFile({ file: source, symbol, timeframe, name, databaseUrl }: Command): Promise<CandleImport> {
  const cancel = new AbortController();
  process.once('SIGINT', () => cancel.abort());
  const onProgress = progressReporter(source);
  try {
    return await withDatabase(databaseUrl, 'tradebase-import', (client) =>
      importCandles(client, { source, symbol, timeframe, name, onProgress, signal: cancel.signal }),
    );
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

/** Several times a second on a terminal, and every few seconds in a log, so that a short import says nothing. */
function progressReporter(file: string): (progress: CandleImportProgress) => void {
  const { isTTY } = process.stderr;
  const interval = isTTY ? TTY_INTERVAL_MS : LOG_INTERVAL_MS;
  const size = file.endsWith('.gz') ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
  let due = performance.now() + interval;
  return ({ rows, bytes }) => {
    if (performance.now() < due) return;
    due = performance.now() + interval;
    const share = size ? `, ${Math.floor((100 * bytes) / size)} %` : '';
    const line = `${count(rows)} candles read${share}`;
    process.stderr.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

function closingLine(result: CandleImport): string {
  const { symbol, timeframe, rows, inserted, updated, unchanged, duration_ms } = result;
  const range = `${time(result.first_at)} to ${time(result.last_at)}`;
  const changes = `${count(inserted)} new, ${count(updated)} changed, ${count(unchanged)} unchanged`;
  return `Imported ${count(rows)} candles of ${symbol} ${timeframe}, ${range}: ${changes} (${count(duration_ms)} ms)`;
}

/** A date alone where the time is midnight. */
function time(iso: string): string {
  return iso.replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Code and message, with what an import alone can say of itself. */
function describe(error: unknown, databaseUrl: string): Failure & Partial<Pick<CandleImportError, 'details'>> {
  if (error instanceof CandleImportError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  if (isAbort(error)) return { code: 'cancelled', message: 'cancelled; nothing was imported' };
  const { code, message } = describeFailure(error, databaseUrl);
  return { code, message: `${message}; nothing was imported` };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

async function run(command: Command): Promise<number> {
  try {
    const result = await importFile(command);
    console.log(command.json ? JSON.stringify(result) : closingLine(result));
    return 0;
  } catch (error) {
    printFailure(describe(error, command.databaseUrl), command.json);
    return isAbort(error) ? CANCELLED : 1;
  }
}

process.exitCode = await runCommandLine(HELP, readCommand, run);
