import { BacktestJob } from '@tradebase/contracts';
import { type ClaimedBacktest, claimBacktest, type ParsedRequest, parseRequest } from '../backtests/claim-backtest.ts';
import { completeBacktest, type DataVersions } from '../backtests/complete-backtest.ts';
import { failBacktest } from '../backtests/fail-backtest.ts';
import { reportProgress } from '../backtests/report-progress.ts';
import type { BacktestTaskResult } from '../cpu/backtest-task.ts';
import { estimateBacktestBytes } from '../cpu/estimate-bytes.ts';
import { TaskControl } from '../cpu/task-control.ts';
import { withFields } from '../log.ts';
import { countCandles, type LoadedMarket, loadMarketData, type MarketRequest } from '../market/load-market-data.ts';
import type { Job, JobContext, JobRun } from './job.ts';
import { unlessAborted } from './unless-aborted.ts';
import { watchClaim } from './watch-claim.ts';

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

/** What came of a backtest, and the candles it ran on. */
type Computed =
  | { readonly outcome: 'computed'; readonly result: BacktestTaskResult; readonly dataVersions: DataVersions }
  | { readonly outcome: 'empty'; readonly symbol: string }
  | { readonly outcome: 'stopped' };

async function execute(backtest: ClaimedBacktest, run: JobRun, context: JobContext): Promise<string> {
  const { database } = context;
  const request = parseRequest(backtest);
  if (!request.success) {
    await failBacktest(database, backtest.id, { code: 'invalid_request', message: request.message });
    return 'refused';
  }
  const control = new TaskControl();
  const claim = watchClaim(run.signal, context.log, () => reportProgress(database, backtest, control.progress));
  claim.signal.addEventListener('abort', () => control.stop(), { once: true });
  const computed = await compute(backtest, request, { control, signal: claim.signal }, context).finally(claim.end);

  if (computed.outcome === 'empty') {
    const message = `there are no candles of ${computed.symbol} in the range`;
    await failBacktest(database, backtest.id, { code: 'empty_range', message });
    return 'refused';
  }
  if (computed.outcome === 'stopped' || computed.result.outcome === 'stopped') {
    // The worker is shutting down: the error gives the job back to the queue. A cancelled backtest needs nothing.
    if (run.signal.aborted) throw new Error('stopped before the end; the queue tries again');
    return 'stopped: cancelled or taken over';
  }
  if (computed.result.outcome === 'refused') {
    await failBacktest(database, backtest.id, { code: 'invalid_request', message: computed.result.message });
    return 'refused';
  }
  const written = await completeBacktest(database, backtest, computed.result.result, computed.dataVersions);
  return written ? 'completed' : 'dropped: cancelled or taken over';
}

/** Loads candles and runs the engine on them, once there is memory for it, until told to stop. */
async function compute(
  backtest: ClaimedBacktest,
  request: Extract<ParsedRequest, { success: true }>,
  { control, signal }: { control: TaskControl; signal: AbortSignal },
  context: JobContext,
): Promise<Computed> {
  const { database, candles, cpu, memory } = context;
  const wanted = marketRequest(backtest);
  const work = async (): Promise<Computed> => {
    const market = await unlessAborted(loadMarketData(database, candles, wanted, signal), signal);
    if (!market) return { outcome: 'stopped' };
    const empty = firstWithoutCandles(market);
    if (empty !== undefined) return { outcome: 'empty', symbol: empty };
    const result = await cpu.runBacktest({
      data: market.data,
      instrumentIds: market.instrumentIds,
      strategy: request.strategy,
      initial_cash: backtest.initial_cash,
      settings: request.settings,
      seed: backtest.seed ?? 1,
      control: control.shared,
    });
    return { outcome: 'computed', result, dataVersions: market.dataVersions };
  };
  const { strategy } = request;
  const bytes = estimateBacktestBytes({ candles: await countCandles(database, wanted), strategy });
  const tooLarge = memory.whyTooLarge(bytes);
  if (tooLarge !== null)
    return { outcome: 'computed', result: { outcome: 'refused', message: tooLarge }, dataVersions: {} };
  const computed = await memory.run(bytes, signal, work).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  return computed ?? { outcome: 'stopped' };
}

function marketRequest(backtest: ClaimedBacktest): MarketRequest {
  return {
    instrumentIds: [backtest.instrument_id, ...backtest.further_instrument_ids],
    timeframe: backtest.timeframe,
    finerTimeframe: backtest.finer_timeframe,
    rangeStart: backtest.range_start?.getTime() ?? null,
    rangeEnd: backtest.range_end?.getTime() ?? null,
    settings: backtest.settings,
  };
}

function firstWithoutCandles({ data }: LoadedMarket): string | undefined {
  return data.instruments.find(({ candles }) => candles.ts.length === 0)?.symbol;
}
