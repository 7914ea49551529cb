import { TIMEFRAMES, Timeframe } from '@tradebase/contracts';
import { BUILT_IN_STRATEGY_NAMES } from '@tradebase/engine';
import { parseCommandLine, UsageError } from '../command-line/parse-command-line.ts';

export const START_HELP = `Boots Supabase from npm packages, migrates, starts functions and a worker, and runs a backtest as a user would.
Stays up until Ctrl-C.

Usage: npm start -- [options]

  --csv FILE          candles to import (header ts,open,high,low,close,volume); default: a synthetic sample
  --symbol S          their symbol, with --csv
  --timeframe T       their timeframe, with --csv: ${TIMEFRAMES.join(' ')}
  --strategy NAME     ${BUILT_IN_STRATEGY_NAMES.join(' or ')}; default sma-cross
  --param KEY=VALUE   a parameter of the strategy; may be given several times
  --fee-bps N         fee of each fill in basis points; default 0
  --bot               then let a PAPER bot trade the same candles again, in ten seconds, on a runner, and watch it live
  --once              exit when all is done: 0 on success
  --json              one JSON document on standard output: summary, trades, timings, with --bot its run; the rest goes to standard error
  --help              this text
`;

export interface StartOptions {
  /** Absent for the sample. */
  readonly csv?: { readonly path: string; readonly symbol: string; readonly timeframe: Timeframe };
  readonly strategy: { readonly name: string; readonly params: Record<string, number | string> };
  readonly feeBps: number;
  /** Whether a bot is to trade after the backtest. */
  readonly bot: boolean;
  readonly once: boolean;
  readonly json: boolean;
}

/** Parses the command line of `npm start`. Throws UsageError. What a strategy's parameters may be is for the API to say. */
export function parseStartOptions(args: string[]): StartOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  return {
    ...(values.csv === undefined ? {} : { csv: csvOptions(values) }),
    strategy: { name: values.strategy, params: Object.fromEntries(values.param.map(parseParam)) },
    feeBps: parseNumber('--fee-bps', values['fee-bps']),
    bot: values.bot,
    once: values.once,
    json: values.json,
  };
}

function parse(args: string[]) {
  return parseCommandLine({
    args,
    options: {
      csv: { type: 'string' },
      symbol: { type: 'string' },
      timeframe: { type: 'string' },
      strategy: { type: 'string', default: 'sma-cross' },
      param: { type: 'string', multiple: true, default: [] },
      'fee-bps': { type: 'string', default: '0' },
      bot: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
}

function csvOptions({ csv, symbol, timeframe }: ReturnType<typeof parse>): NonNullable<StartOptions['csv']> {
  if (csv === undefined || symbol === undefined || timeframe === undefined) {
    throw new UsageError('--csv needs --symbol and --timeframe too');
  }
  const known = Timeframe.safeParse(timeframe);
  if (!known.success) throw new UsageError(`--timeframe ${timeframe}: use one of ${TIMEFRAMES.join(' ')}`);
  return { path: csv, symbol, timeframe: known.data };
}

function parseParam(text: string): [string, number | string] {
  const split = text.indexOf('=');
  if (split < 1) throw new UsageError(`--param ${text}: write it as key=value, such as fast=10`);
  const value = text.slice(split + 1);
  const number = Number(value);
  return [text.slice(0, split), value.trim() === '' || Number.isNaN(number) ? value : number];
}

function parseNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new UsageError(`${name} ${text}: must be a number`);
  return number;
}
