import { BacktestJob, type Candles, type StrategySpec } from '@tradebase/contracts';
import { type ClaimedBacktest, claimBacktest, parseStrategy } from '../backtests/claim-backtest.ts';
import { completeBacktest } from '../backtests/complete-backtest.ts';
import { failBacktest } from '../backtests/fail-backtest.ts';
import { reportProgress } from '../backtests/report-progress.ts';
import type { BacktestTaskResult } from '../cpu/backtest-task.ts';
import { TaskControl } from '../cpu/task-control.ts';
import { withFields } from '../log.ts';
import type { Job, JobContext, JobRun } from './job.ts';

/** How often progress is written, and a cancellation noticed. */
const PROGRESS_INTERVAL_MS = 500;

/** Runs one backtest: claims its row, loads candles, computes in a thread, writes the result in one transaction. */
export const backtestJob: Job = {
  queue: 'backtest',
  cpu: true,
  async handle(run, context) {
    const { backtest_id, request_id } = BacktestJob.parse(run.data);
    const log = withFields(context.log, { request_id: request_id ?? null });
    const startedAt = performance.now();
    const backtest = await claimBacktest(context.database, backtest_id);
    if (!backtest) {
      log('info', 'nothing to do: cancelled, finished or deleted');
      return;
    }
    const outcome = await execute(backtest, run, context);
    log('info', `backtest ${outcome}`, { ms: Math.round(performance.now() - startedAt), attempt: backtest.attempt });
  },
};

async function execute(backtest: ClaimedBacktest, run: JobRun, context: JobContext): Promise<string> {
  const { database } = context;
  const strategy = parseStrategy(backtest);
  if (!strategy.success) {
    const message = strategy.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    await failBacktest(database, backtest.id, { code: 'invalid_request', message: `strategy: ${message}` });
    return 'refused';
  }
  const control = new TaskControl();
  const lost = new AbortController();
  const signal = AbortSignal.any([run.signal, lost.signal]);
  signal.addEventListener('abort', () => control.stop());
  const reporting = reportWhileRunning(backtest, control, lost, context);
  const result = await compute(backtest, strategy.data, { control, signal }, context).finally(() => reporting.end());

  switch (result.outcome) {
    case 'done':
      return (await completeBacktest(database, backtest, result)) ? 'completed' : 'dropped: cancelled or taken over';
    case 'empty':
      await failBacktest(database, backtest.id, { code: 'empty_range', message: 'there are no candles in the range' });
      return 'refused';
    case 'refused':
      await failBacktest(database, backtest.id, { code: 'invalid_request', message: result.message });
      return 'refused';
    case 'stopped':
      // The worker is shutting down: the error gives the job back to the queue. A cancelled backtest needs nothing.
      if (run.signal.aborted) throw new Error('stopped before the end; the queue tries again');
      return 'stopped: cancelled or taken over';
  }
}

/** Loads candles and runs the engine on them, until told to stop. */
async function compute(
  backtest: ClaimedBacktest,
  strategy: StrategySpec,
  { control, signal }: { control: TaskControl; signal: AbortSignal },
  context: JobContext,
): Promise<BacktestTaskResult | { outcome: 'empty' }> {
  const candles = await unlessAborted(loadCandles(backtest, signal, context), signal);
  if (!candles) return { outcome: 'stopped' };
  if (candles.ts.length === 0) return { outcome: 'empty' };
  const { initial_cash, fee_bps } = backtest;
  return context.cpu.runBacktest({ candles, strategy, initial_cash, fee_bps, control: control.shared });
}

/** What is promised, or undefined once the signal aborts, even where Postgres keeps the promise waiting for a lock. */
function unlessAborted<T>(promised: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => aborted.resolve(undefined));
  if (signal.aborted) aborted.resolve(undefined);
  return Promise.race([promised, aborted.promise]);
}

function loadCandles(
  backtest: ClaimedBacktest,
  signal: AbortSignal,
  { database, candles }: JobContext,
): Promise<Candles> {
  const { instrument_id, timeframe, range_start, range_end } = backtest;
  const request = {
    instrumentId: instrument_id,
    timeframe,
    ...(range_start ? { rangeStart: range_start.getTime() } : {}),
    ...(range_end ? { rangeEnd: range_end.getTime() } : {}),
  };
  return candles.load(database, request, signal);
}

/** Writes progress while a backtest runs, and aborts `lost` once it is no longer this worker's. */
function reportWhileRunning(
  backtest: ClaimedBacktest,
  control: TaskControl,
  lost: AbortController,
  { database, log }: JobContext,
) {
  let writing = false;
  const timer = setInterval(async () => {
    if (writing) return;
    writing = true;
    try {
      if (!(await reportProgress(database, backtest, control.progress))) lost.abort();
    } catch (error) {
      log('warn', 'progress not written', { error: error instanceof Error ? error.message : String(error) });
    } finally {
      writing = false;
    }
  }, PROGRESS_INTERVAL_MS);
  return { end: () => clearInterval(timer) };
}
