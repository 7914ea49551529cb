import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { requireSafeAddress } from '../sdk/require-safe-address.ts';
import { RunnerError } from '../sdk/runner-error.ts';

export const HELP = `tradebase-runner: executes your PAPER bots on this machine.

Usage: tradebase-runner --url <url> [--key-file <file>] [options]

  --url <url>               of the stack: https, or http on this machine; or TRADEBASE_URL
  --allow-plain-http        lets the API key travel in clear to an http address of another machine: for private
                            networks alone; or TRADEBASE_ALLOW_PLAIN_HTTP=1
  --publishable-key <key>   as "npm start" prints it; or TRADEBASE_PUBLISHABLE_KEY
  --key-file <file>         file with the API key (tb_...), or TRADEBASE_API_KEY; "--key -" reads it from stdin.
                            "--key tb_..." works too, but whoever is on this machine can read it there
  --name <name>             what you will see of this machine; default: its host name
  --state-dir <folder>      what must outlive this program; default ~/.tradebase/runner/<hash>
  --feed stored|replay      candles: new ones in the database as they come (default), or stored ones again
  --from, --to <time>       replay: first bar, and the end, as 2024-01-02 or 2024-01-02T14:30:00Z
  --speed <n>|max           replay: seconds of the market in a second; default max
  --at-end hold|close       replay: what becomes of positions at its end; default hold
  --warm-up <bars>          bars before the first that indicators see; default 500, of a replay 0
  --json                    log lines as JSON
  --help, --version

Examples:
  tradebase-runner --url http://127.0.0.1:54321 --publishable-key sb_publishable_... --key-file ~/tradebase.key
  TRADEBASE_API_KEY=tb_... tradebase-runner --url https://x.supabase.co --publishable-key sb_publishable_...
  tradebase-runner --url ... --key-file ... --feed replay --from 2024-01-02 --to 2024-01-03 --speed 60

SIGINT or SIGTERM stops it; bots keep what they hold, and go on when it is back. A second signal does not wait.
Exit codes: 0 stopped, 1 failed, 2 wrong options, 3 key refused, 4 another runner took over, 5 state folder in use.
`;

export interface ProgramOptions {
  readonly url: string;
  /** Whether API key and token may travel in clear to another machine. */
  readonly allowPlainHttp: boolean;
  readonly publishableKey: string;
  readonly apiKey: string;
  /** Whether the key was on the command line, for all to see. */
  readonly isKeyExposed: boolean;
  readonly name: string | undefined;
  readonly stateDir: string | undefined;
  readonly replay: { from_ms: number; to_ms: number; speed: number } | null;
  readonly atEnd: 'hold' | 'close';
  readonly warmUpBars: number;
  readonly asJson: boolean;
}

const DEFAULT_WARM_UP_BARS = 500;
const MOST_WARM_UP_BARS = 10_000;
const STDIN = 0;

/**
 * Reads command line and environment.
 *
 * @throws RunnerError `invalid_option`, or `insecure_url` where the key would travel in clear
 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): ProgramOptions {
  const { values } = parse(args);
  const url =
    values.url ??
    env.TRADEBASE_URL ??
    fail('--url is missing', 'Give the address of the stack, as "npm start" prints it.');
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    fail(`--url is ${url}, which is no address`, 'Write it as http://127.0.0.1:54321.');
  const allowed = oneOf(env.TRADEBASE_ALLOW_PLAIN_HTTP || '0', ['0', '1'], 'TRADEBASE_ALLOW_PLAIN_HTTP');
  const allowPlainHttp = (values['allow-plain-http'] ?? false) || allowed === '1';
  requireSafeAddress(url, allowPlainHttp, '--allow-plain-http or TRADEBASE_ALLOW_PLAIN_HTTP=1');
  const publishableKey =
    values['publishable-key'] ??
    env.TRADEBASE_PUBLISHABLE_KEY ??
    fail('--publishable-key is missing', '"npm start" and the dashboard show it.');
  const atEnd = oneOf(values['at-end'] ?? 'hold', ['hold', 'close'], '--at-end');
  const replay =
    oneOf(values.feed ?? 'stored', ['stored', 'replay'], '--feed') === 'replay' ? readReplay(values) : null;
  const ofReplay = (['from', 'to', 'speed', 'at-end'] as const).find((name) => values[name] !== undefined);
  if (!replay && ofReplay) fail(`--${ofReplay} is for a replay`, 'Add --feed replay, or leave it out.');
  const warmUpBars = readNumber(values['warm-up'] ?? String(replay ? 0 : DEFAULT_WARM_UP_BARS), '--warm-up');
  if (!Number.isInteger(warmUpBars) || warmUpBars > MOST_WARM_UP_BARS)
    fail(`--warm-up must be a whole number up to ${MOST_WARM_UP_BARS}`);
  return {
    url: url.replace(/\/+$/, ''),
    allowPlainHttp,
    publishableKey,
    apiKey: readKey(values, env),
    isKeyExposed: values.key !== undefined && values.key !== '-',
    name: values.name,
    stateDir: values['state-dir'],
    replay,
    atEnd,
    warmUpBars,
    asJson: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        'allow-plain-http': { type: 'boolean' },
        'publishable-key': { type: 'string' },
        key: { type: 'string' },
        'key-file': { type: 'string' },
        name: { type: 'string' },
        'state-dir': { type: 'string' },
        feed: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        speed: { type: 'string' },
        'at-end': { type: 'string' },
        'warm-up': { type: 'string' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 'See --help.');
  }
}

function readKey(values: { key?: string; 'key-file'?: string }, env: NodeJS.ProcessEnv): string {
  const file = values['key-file'];
  const key = (
    file === undefined ? (values.key === '-' ? readText(STDIN) : (values.key ?? env.TRADEBASE_API_KEY)) : readText(file)
  )?.trim();
  if (!key)
    return fail(
      'there is no API key',
      'Make one with the permissions runner:connect and runner:execute, and give --key-file or TRADEBASE_API_KEY.',
    );
  if (!key.startsWith('tb_'))
    return fail('the API key is none: they begin with tb_', 'The publishable key goes into --publishable-key.');
  return key;
}

function readText(file: string | number): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`the API key cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function readReplay({ from, to, speed = 'max' }: { from?: string; to?: string; speed?: string }) {
  const from_ms = readTime(from, '--from');
  const to_ms = to === undefined ? Date.now() : readTime(to, '--to');
  if (to_ms <= from_ms) fail('--to must be after --from');
  const pace = speed === 'max' ? Infinity : readNumber(speed, '--speed');
  if (pace === 0) fail('--speed must be above 0, or max');
  return { from_ms, to_ms, speed: pace };
}

function readTime(text: string | undefined, option: string): number {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? fail(`${option} must be a time, as 2024-01-02 or 2024-01-02T14:30:00Z`) : ms;
}

function readNumber(text: string, option: string): number {
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) && number >= 0
    ? number
    : fail(`${option} is ${text}; it must be a number`);
}

function oneOf<T extends string>(text: string, choices: readonly T[], option: string): T {
  return choices.find((choice) => choice === text) ?? fail(`${option} is ${text}; it must be ${choices.join(' or ')}`);
}

function fail(message: string, fix = 'See --help.'): never {
  throw new RunnerError('invalid_option', message, { fix });
}
