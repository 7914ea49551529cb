#!/usr/bin/env node
import { fixOf } from './program/fix-of.ts';
import { logTo } from './program/log.ts';
import { HELP, type ProgramOptions, readOptions } from './program/options.ts';
import { runProgram, VERSION } from './program/run-program.ts';
import { RunnerError } from './sdk/runner-error.ts';

/** By the code of the error; 1 for all others. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  invalid_option: 2,
  insecure_url: 2,
  invalid_api_key: 3,
  invalid_publishable_key: 3,
  ip_not_allowed: 3,
  forbidden: 3,
  runner_superseded: 4,
  state_dir_in_use: 5,
};

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP);
else if (args.includes('--version')) process.stdout.write(`${VERSION}\n`);
else await main();

async function main(): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => {
    // A second signal does not wait for the goodbye.
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new RunnerError('runner_stopped', 'the runner was stopped'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let options: ProgramOptions | undefined;
  try {
    options = readOptions(args, process.env);
    const log = logTo((line) => process.stdout.write(line), options.asJson);
    await runProgram(options, log, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) fail(error, options?.asJson ?? args.includes('--json'));
  }
  // A socket that is being closed must not keep it.
  process.exit();
}

function fail(error: unknown, asJson: boolean): void {
  const { code, message } = error instanceof RunnerError ? error : { code: 'internal_error', message: String(error) };
  const fix = error instanceof RunnerError ? fixOf(error) : undefined;
  const line = asJson
    ? JSON.stringify({ at: new Date().toISOString(), level: 'error', code, message, fix })
    : `tradebase-runner: ${message} (${code})${fix ? `\n${fix}` : ''}`;
  process.stderr.write(`${line}\n`);
  process.exitCode = EXIT_CODES[code] ?? 1;
}
