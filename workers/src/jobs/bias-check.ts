import { BiasCheckSpec, StudyJob } from '@tradebase/contracts';
import { ENGINE_VERSION } from '@tradebase/engine';
import type { BiasCheckTaskResult } from '../cpu/bias-check-task.ts';
import { estimateBacktestBytes } from '../cpu/estimate-bytes.ts';
import { TaskControl } from '../cpu/task-control.ts';
import { withFields } from '../log.ts';
import { countCandles, loadMarketData } from '../market/load-market-data.ts';
import { type ClaimedStudy, claimStudy } from '../studies/claim-study.ts';
import { completeStudy } from '../studies/complete-study.ts';
import { failStudy } from '../studies/fail-study.ts';
import { reportStudyProgress } from '../studies/report-study-progress.ts';
import { dataVersionOf, studyMarketRequest } from '../studies/study-market-request.ts';
import type { Job, JobContext, JobRun } from './job.ts';
import { unlessAborted } from './unless-aborted.ts';
import { watchClaim } from './watch-claim.ts';

/** Checks one strategy for bias: whether it looks ahead, and how long it needs to warm up. */
export const biasCheckJob: Job = {
  queue: 'bias-check',
  cpu: false,
  atOnce: 2,
  async handle(run, context) {
    const { study_id, request_id } = StudyJob.parse(run.data);
    const log = withFields(context.log, { request_id: request_id ?? null });
    const startedAt = performance.now();
    const check = await claimStudy(context.database, study_id);
    if (!check) {
      log('info', 'nothing to do: cancelled, finished or deleted');
      return;
    }
    const outcome = await execute(check, run, { ...context, log });
    log('info', `bias check ${outcome}`, { ms: Math.round(performance.now() - startedAt), attempt: check.attempt });
  },
};

/** A check that has run, and the version of the candles that it ran on. */
type Ran = BiasCheckTaskResult & { readonly dataVersion?: number };

async function execute(check: ClaimedStudy, run: JobRun, context: JobContext): Promise<string> {
  const { database, log } = context;
  const spec = BiasCheckSpec.safeParse(check.spec);
  if (!spec.success) {
    const message = spec.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    await failStudy(database, check.id, { code: 'invalid_request', message });
    return 'refused';
  }
  const control = new TaskControl();
  const claim = watchClaim(run.signal, log, () => reportStudyProgress(database, check, control.progress));
  claim.signal.addEventListener('abort', () => control.stop(), { once: true });
  const ran = await compute(check, spec.data, { control, signal: claim.signal }, context).finally(claim.end);
  switch (ran.outcome) {
    case 'done': {
      const completed = {
        result: ran.result,
        bestTrial: null,
        engineVersion: ENGINE_VERSION,
        dataVersion: ran.dataVersion ?? 0,
      };
      return (await completeStudy(database, check, completed)) ? 'completed' : 'dropped: cancelled or taken over';
    }
    case 'refused':
      await failStudy(database, check.id, { code: 'invalid_request', message: ran.message });
      return 'refused';
    case 'stopped':
      // The worker is shutting down: the error gives the job back to the queue. A cancelled check needs nothing.
      if (run.signal.aborted) throw new Error('stopped before the end; the queue tries again');
      return 'stopped: cancelled or taken over';
  }
}

/** Loads candles and checks the strategy on them, once there is memory for it, until told to stop. */
async function compute(
  check: ClaimedStudy,
  { strategy, initial_cash, settings, start_up_bars }: BiasCheckSpec,
  { control, signal }: { control: TaskControl; signal: AbortSignal },
  { database, candles, cpu, memory }: JobContext,
): Promise<Ran> {
  const wanted = studyMarketRequest(check);
  const work = async (): Promise<Ran> => {
    const market = await unlessAborted(loadMarketData(database, candles, wanted, signal), signal);
    if (!market) return { outcome: 'stopped' };
    const result = await cpu.runBiasCheck({
      input: { data: market.data, strategy, initial_cash, settings, seed: check.seed, start_up_bars },
      control: control.shared,
    });
    return { ...result, dataVersion: dataVersionOf(market) };
  };
  const bytes = estimateBacktestBytes({ candles: await countCandles(database, wanted), strategy });
  const tooLarge = memory.whyTooLarge(bytes);
  if (tooLarge !== null) return { outcome: 'refused', message: tooLarge };
  const ran = await memory.run(bytes, signal, work).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  return ran ?? { outcome: 'stopped' };
}
