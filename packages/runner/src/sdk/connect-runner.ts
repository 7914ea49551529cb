import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { SyncPolicy } from './append-file.ts';
import type { BackOffOptions } from './back-off.ts';
import type { RunnerEvents } from './bot-executor.ts';
import { type Clock, systemClock } from './clock.ts';
import { machineInfoOf } from './machine-info.ts';
import { requireSafeAddress } from './require-safe-address.ts';
import { Runner } from './runner.ts';
import { RunnerError } from './runner-error.ts';
import { Session } from './session.ts';
import { StateDir } from './state-dir.ts';

export interface ConnectRunnerOptions extends RunnerEvents {
  /** Of the stack, as `npm start` or the dashboard shows it. */
  readonly url: string;
  /** Lets API key and token travel in clear to another machine, over http: for private networks alone. */
  readonly allowPlainHttp?: boolean;
  readonly publishableKey: string;
  /** `tb_...`, with the permission runner:connect and what the runner is to do. Kept in memory alone. */
  readonly apiKey: string;
  /** Default: one that is kept in the state folder. The same key and machine are the same runner, once. */
  readonly machineId?: string;
  /** What the owner sees of the machine; default: its system, cores and memory. */
  readonly machineInfo?: Record<string, unknown>;
  /** Of the program. */
  readonly version: string;
  /** Where journals and spools are kept; default: in the home folder, by address and key. */
  readonly stateDir?: string;
  /** Gives up connecting. Once connected, `stop` does. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Default `always`: what was reported outlives a lost current. */
  readonly sync?: SyncPolicy;
  /** Of the reports of one run that wait for the server; default 256 MB. */
  readonly most_spool_bytes?: number;
  /** Of one request; default 15 s. */
  readonly timeout_ms?: number;
  readonly backOff?: BackOffOptions;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Connects a runner, as long as it takes to reach the server. Call `start` on it with what executes its bots.
 *
 * @throws RunnerError where it is refused (`invalid_api_key`, `ip_not_allowed`, ...), the state folder is in use, or the address is
 * http beyond this machine (`insecure_url`)
 */
export async function connectRunner(options: ConnectRunnerOptions): Promise<Runner> {
  const { url, publishableKey, apiKey, version, clock = systemClock } = options;
  requireSafeAddress(url, options.allowPlainHttp ?? false, '`allowPlainHttp: true`');
  const stateDir = await StateDir.open(options.stateDir ?? defaultStateDir(url, apiKey));
  const machineInfo = options.machineInfo ?? machineInfoOf();
  const machineId = options.machineId ?? (await machineIdOf(stateDir));
  const session = new Session({
    url: url.replace(/\/+$/, ''),
    publishableKey,
    apiKey,
    machineId,
    machineInfo,
    version,
    fetch: options.fetch ?? fetch,
    clock,
    timeout_ms: options.timeout_ms ?? DEFAULT_TIMEOUT_MS,
    ...(options.backOff ? { backOff: options.backOff } : {}),
    onTrouble: (error) => options.onTrouble?.(error),
    onConnected: (token) => runner.connected(token),
    onEnd: (error) => {
      if (error.code !== 'runner_stopped') runner.over(error).catch(() => {});
    },
  });
  const runner: Runner = new Runner({
    session,
    stateDir,
    machineInfo,
    clock,
    sync: options.sync ?? 'always',
    ...(options.most_spool_bytes ? { most_spool_bytes: options.most_spool_bytes } : {}),
    events: options,
  });
  const giveUp = () => session.end(new RunnerError('runner_stopped', 'the runner was stopped'));
  options.signal?.addEventListener('abort', giveUp, { once: true });
  // What was aborted while the folder was opened tells nobody any more.
  if (options.signal?.aborted) giveUp();
  try {
    await session.connect();
  } catch (error) {
    await stateDir.close();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
  return runner;
}

/** The folder is free again where it does not take the name. */
async function machineIdOf(stateDir: StateDir): Promise<string> {
  try {
    return await stateDir.machineId();
  } catch (error) {
    await stateDir.close();
    throw error;
  }
}

/** One folder per server and key. The key is not in its name: the hash of so long a secret does not lead back to it. */
export function defaultStateDir(url: string, apiKey: string): string {
  const hash = createHash('sha256').update(`${url}\n${apiKey}`).digest('hex').slice(0, 16);
  return join(homedir(), '.tradebase', 'runner', hash);
}
