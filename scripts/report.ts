// npm run report -- --csv FILE --timeframe 1d --strategy sma-cross: a backtest from a CSV file to an HTML report.
import { writeFileSync } from 'node:fs';
import { resolveStrategy } from '@tradebase/engine';
import { printFailure } from './command-line/describe-failure.ts';
import { UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { describeFees } from './report/describe-fees.ts';
import { htmlReport } from './report/html-report.ts';
import { formatBackground } from './report/print-background.ts';
import { formatSummary } from './report/print-summary.ts';
import { readMarketData } from './report/read-market-data.ts';
import { readOptionQuotes } from './report/read-option-quotes.ts';
import { HELP, type ReportCommand, readReportCommand } from './report/report-command.ts';
import type { ReportInput } from './report/report-input.ts';
import { type EngineOutcome, runEngine } from './report/run-engine.ts';

const TTY_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;
const DEFAULT_COLUMNS = 90;

async function run(command: ReportCommand): Promise<number> {
  const { files, out, json } = command;
  try {
    const say = progressReporter();
    const data = await readMarketData(files, (count) => say(() => `${count.toLocaleString('en-US')} candles read`));
    const optionQuotes = command.optionQuotes === undefined ? undefined : readOptionQuotes(command.optionQuotes);
    const { strategy, initial_cash, settings, path } = command;
    const outcome = runEngine(
      { data, strategy, initial_cash, settings, path, ...(optionQuotes ? { optionQuotes } : {}) },
      (done, total) => say(() => `${Math.floor((100 * done) / total)} % of the bars simulated`),
    );
    clearProgress();
    const input = reportInput(command, outcome);
    writeFileSync(out, htmlReport(input, outcome.report));
    console.log(json ? JSON.stringify(outcome.summary) : printed(input, outcome, out));
    return 0;
  } catch (error) {
    clearProgress();
    if (error instanceof UsageError) throw error;
    printFailure(describe(error), json);
    return 1;
  }
}

function printed(input: ReportInput, { report }: EngineOutcome, out: string): string {
  const style = terminal();
  return [formatSummary(input, style), formatBackground(report, style), `Report: ${out}`].join('\n\n');
}

function reportInput(
  { files: { instruments, timeframe }, strategy, settings }: ReportCommand,
  { summary, report, ts, equity }: EngineOutcome,
): ReportInput {
  const { definition, values } = resolveStrategy(strategy);
  return {
    symbol: instruments.map(({ symbol }) => symbol).join(' + '),
    timeframe,
    strategy: { name: definition.name, params: values },
    fees: describeFees(settings, definition.needs?.options ?? false),
    synthetic: false,
    summary,
    trades: report.trades,
    equity: { at: Array.from(ts, (time) => new Date(time).toISOString()), equity: Array.from(equity) },
  };
}

/** Several times a second on a terminal, and every few seconds in a log, so that a short run says nothing. */
function progressReporter(): (line: () => string) => void {
  const { isTTY } = process.stderr;
  const interval = isTTY ? TTY_INTERVAL_MS : LOG_INTERVAL_MS;
  let due = performance.now() + interval;
  return (line) => {
    if (performance.now() < due) return;
    due = performance.now() + interval;
    process.stderr.write(isTTY ? `\r\x1b[K${line()}` : `${line()}\n`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

function terminal() {
  const { isTTY, columns = DEFAULT_COLUMNS } = process.stdout;
  return { columns, color: isTTY && !process.env.NO_COLOR };
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return code === 'ENOENT' && 'path' in error
    ? { code: 'file_not_found', message: `there is no file ${error.path}` }
    : { code, message: error.message };
}

process.exitCode = await runCommandLine(HELP, () => readReportCommand(), run);
