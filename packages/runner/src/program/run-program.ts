import { isPlainHttpBeyondLoopback, type RunnerCommand } from '@tradebase/contracts';
import { CandleReader } from '../feeds/candle-reader.ts';
import { ReplayFeed } from '../feeds/replay-feed.ts';
import { StoredFeed } from '../feeds/stored-feed.ts';
import { systemClock } from '../sdk/clock.ts';
import { connectRunner } from '../sdk/connect-runner.ts';
import { machineInfoOf } from '../sdk/machine-info.ts';
import type { Runner } from '../sdk/runner.ts';
import type { RunnerError } from '../sdk/runner-error.ts';
import { fixOf } from './fix-of.ts';
import type { Log } from './log.ts';
import type { ProgramOptions } from './options.ts';
import { PaperExecutor } from './paper-executor.ts';

export const VERSION = '0.1.0';

/** The same trouble is said again after this time, not at every attempt. */
const REPEAT_TROUBLE_MS = 30_000;
/** Troubles that are over: with reports that are worth nothing any more, and with acknowledgements that came too late. */
const NEVER_AGAIN: ReadonlySet<string> = new Set(['stale_lease', 'command_not_found']);

/**
 * Executes bots until the signal is aborted or the runner ends.
 *
 * @throws RunnerError what ended it
 */
export async function runProgram(options: ProgramOptions, log: Log, signal: AbortSignal): Promise<void> {
  if (options.isKeyExposed) {
    log(
      'warn',
      'the API key is on the command line, where every user of this machine can read it: use --key-file, TRADEBASE_API_KEY or --key -',
    );
  }
  if (options.allowPlainHttp && isPlainHttpBeyondLoopback(options.url)) {
    log('warn', `API key and token travel in clear to ${options.url}: whoever is on the way can trade with them`);
  }
  let executor: PaperExecutor | undefined;
  const runner = await connectRunner({
    url: options.url,
    allowPlainHttp: options.allowPlainHttp,
    publishableKey: options.publishableKey,
    apiKey: options.apiKey,
    version: VERSION,
    machineInfo: machineInfoOf(options.name),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
    signal,
    onConnected: ({ session_id, epoch }) => log('info', 'connected', { session_id, epoch }),
    onTrouble: untiring(log),
    onCommand: (command) =>
      log('info', describeCommand(command, executor), { seq: command.seq, bot_id: command.bot_id }),
    onRejected: ({ run_id, item, code, message }) =>
      log('warn', `the server refused a report (${item?.kind}): ${message}`, { run_id, code }),
  });
  const ended = new AbortController();
  try {
    executor = new PaperExecutor(runner, {
      server: runner.server,
      feed: feedOf(options, runner, ended.signal),
      clock: systemClock,
      log,
      atEnd: options.atEnd,
      warmUpBars: options.warmUpBars,
    });
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    runner.start(executor).then(
      () =>
        log(
          'info',
          `ready: ${runner.runs.length} runs held; bots are started by their owner: POST functions/v1/api/bots/:id/start`,
        ),
      // What ended it, `ended` tells.
      () => {},
    );
    const reason = await Promise.race([runner.ended, stopped]);
    if (reason) throw reason;
    log('info', 'stopping');
    await runner.stop();
  } finally {
    ended.abort();
  }
}

function feedOf({ replay }: ProgramOptions, runner: Runner, signal: AbortSignal) {
  const reader = new CandleReader(runner.server, signal);
  return replay ? new ReplayFeed(reader, systemClock, replay) : new StoredFeed(reader, systemClock);
}

/** A command as it came, and for which bot. */
function describeCommand(command: RunnerCommand, executor: PaperExecutor | undefined): string {
  const what = `command ${command.type}`;
  if (command.type === 'start_bot') return `${command.payload.config.name}: ${what}`;
  if (command.bot_id === null) return what;
  return `${executor?.nameOf(command.bot_id) ?? command.bot_id}: ${what}`;
}

/** Says each trouble when it begins, and now and then as long as it lasts. */
function untiring(log: Log): (error: RunnerError) => void {
  const said = new Map<string, number>();
  return (error) => {
    const now_ms = Date.now();
    if (now_ms - (said.get(error.message) ?? 0) < REPEAT_TROUBLE_MS) return;
    said.set(error.message, now_ms);
    const next = NEVER_AGAIN.has(error.code) ? '' : '; trying again';
    const fix = fixOf(error);
    log('warn', `${error.message} (${error.code})${next}${fix ? `. ${fix}` : ''}`, { code: error.code });
  };
}
