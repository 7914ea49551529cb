// npm run report -- --csv FILE --timeframe 1d --strategy sma-cross: a backtest from a CSV file to an HTML report.
import { writeFileSync } from 'node:fs';
import { printFailure } from './command-line/describe-failure.ts';
import { UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { htmlReport } from './report/html-report.ts';
import { formatSummary } from './report/print-summary.ts';
import { readCandleFile } from './report/read-candle-file.ts';
import { HELP, type ReportCommand, readReportCommand } from './report/report-command.ts';
import type { ReportInput } from './report/report-input.ts';
import { type EngineOutcome, runEngine } from './report/run-engine.ts';

const TTY_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;
const DEFAULT_COLUMNS = 90;

async function run(command: ReportCommand): Promise<number> {
  const { csv, out, json } = command;
  try {
    const say = progressReporter();
    const candles = await readCandleFile(csv, (count) => say(() => `${count.toLocaleString('en-US')} candles read`));
    const outcome = runEngine({ ...command, candles }, (done, total) =>
      say(() => `${Math.floor((100 * done) / total)} % of the bars simulated`),
    );
    clearProgress();
    const input = reportInput(command, candles.ts, outcome);
    writeFileSync(out, htmlReport(input, outcome.report));
    console.log(json ? JSON.stringify(outcome.summary) : `${formatSummary(input, terminal())}\n\nReport: ${out}`);
    return 0;
  } catch (error) {
    clearProgress();
    if (error instanceof UsageError) throw error;
    printFailure(describe(error, csv), json);
    return 1;
  }
}

function reportInput(
  { symbol, timeframe, strategy, settings }: ReportCommand,
  ts: Float64Array,
  { summary, report, equity }: EngineOutcome,
): ReportInput {
  return {
    symbol,
    timeframe,
    strategy,
    fee_bps: settings.fees.type === 'bps' ? settings.fees.taker_bps : 0,
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

function describe(error: unknown, csv: string): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return code === 'ENOENT' && error.message.includes(csv)
    ? { code: 'file_not_found', message: `there is no file ${csv}` }
    : { code, message: error.message };
}

process.exitCode = await runCommandLine(HELP, () => readReportCommand(), run);
