import { join } from 'node:path';
import { createTradebaseClient } from '@tradebase/client';
import { nextSignal } from '@tradebase/local-stack';
import { runCommandLine } from './command-line/run-command-line.ts';
import { formatSummary } from './report/print-summary.ts';
import { demoKeyPath } from './start/demo-key.ts';
import { type Demonstration, demonstrate } from './start/demonstrate.ts';
import { type BotDemonstration, demonstrateBot } from './start/demonstrate-bot.ts';
import { ensureCredentialKey } from './start/ensure-credential-key.ts';
import { type OpenStack, openStack, workerLogPath } from './start/open-stack.ts';
import { parseStartOptions, START_HELP, type StartOptions } from './start/start-options.ts';
import { Steps } from './start/steps.ts';
import { enableWorkerLogin, startWorkerProcess, type WorkerProcess } from './start/worker-process.ts';

const PROJECT_DIR = join(import.meta.dirname, '..');

/** Runs until it is done, or until Ctrl-C. A second Ctrl-C does not wait for an orderly end. */
function runUntilInterrupted(options: StartOptions): Promise<number> {
  const interrupted = nextSignal();
  const running = run(options, interrupted);
  void interrupted.then(() => nextSignal()).then(() => process.exit(130));
  return running;
}

async function run(options: StartOptions, interrupted: Promise<void>): Promise<number> {
  const steps = new Steps();
  const stack = await openStack(PROJECT_DIR, steps);
  let worker: WorkerProcess | undefined;
  try {
    steps.begin('worker');
    const workerUrl = await enableWorkerLogin(stack.databaseUrl, stack.stateDir);
    const keyDir = await ensureCredentialKey(stack.databaseUrl, stack.stateDir);
    worker = await startWorkerProcess(workerUrl, workerLogPath(stack), { TRADEBASE_CREDENTIAL_KEY_DIR: keyDir });
    steps.end(`pid ${worker.child.pid}`);

    const client = createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, { auth: { persistSession: false } });
    const demonstration = demonstrate(client, options, {
      steps,
      stateDir: stack.stateDir,
      databaseUrl: stack.databaseUrl,
      workerUrl,
    });
    const shown = await Promise.race([demonstration, interrupted.then(() => undefined)]);
    const traded =
      shown && options.bot
        ? await demonstrateBot(client, botOf(options, shown), { stack, steps, interrupted })
        : undefined;
    await client.auth.stopAutoRefresh();
    await client.realtime.disconnect();
    if (!shown || (options.bot && !traded)) return 130;

    if (options.json) {
      const { summary, trades } = shown.report;
      const { backtestId, reportPath } = shown;
      const { timings_ms } = steps;
      const result = { backtest_id: backtestId, summary, trades, timings_ms, report: reportPath, run: traded };
      process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    } else {
      const { columns = 100, isTTY = false } = process.stdout;
      process.stdout.write(`\n${formatSummary(shown.report, { columns, color: isTTY })}\n`);
    }
    const out = options.json ? process.stderr : process.stdout;
    out.write(`\n${describe(stack, shown, options)}\n`);
    if (options.once) return 0;
    process.stderr.write(`\nThe ${stack.owned ? 'stack' : 'worker'} stays up. Ctrl-C stops it.\n`);
    await Promise.race([
      interrupted,
      worker.exited.then((code) => Promise.reject(new Error(`the worker ended with code ${code}`))),
    ]);
    return 0;
  } finally {
    if (!options.once) process.stderr.write('\nStopping ...\n');
    await worker?.stop();
    await stack.stop();
  }
}

/** A bot that trades what was backtested, as it was. */
function botOf({ strategy, feeBps }: StartOptions, { report }: Demonstration): BotDemonstration {
  const { symbol, timeframe, equity, summary } = report;
  const [from = '', to = ''] = [equity.at[0], equity.at.at(-1)];
  const backtest_pnl = summary.final_equity - summary.initial_cash;
  return { symbol, timeframe, strategy, feeBps, from, to, bars: summary.bars, backtest_pnl };
}

function describe(stack: OpenStack, { user, reportPath }: Demonstration, { bot }: StartOptions): string {
  const { apiUrl, keys, stateDir } = stack;
  const toConnect = `--url ${apiUrl} --publishable-key ${keys.publishableKey} --key-file ${demoKeyPath(stateDir)}`;
  const lines: [string, string][] = [
    ['Report', reportPath],
    ['API', apiUrl],
    ['Publishable key', keys.publishableKey],
    ['Demo user', `${user.email}, password ${user.password}`],
    ['E-mails sent', `${apiUrl}/inbox`],
    ['Database', stack.databaseUrl],
    ['Secret keys', 'npm run stack -- status'],
    bot ? ['A runner', `npm run runner -- ${toConnect}`] : ['A bot that trades', 'npm start -- --bot'],
  ];
  return lines.map(([name, value]) => `${name.padEnd(19)}${value}`).join('\n');
}

try {
  process.exitCode = await runCommandLine(
    START_HELP,
    () => parseStartOptions(process.argv.slice(2)),
    runUntilInterrupted,
  );
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
// Everything is stopped, but supabase-js leaves a timer that would hold the process for ten seconds.
process.exit();
