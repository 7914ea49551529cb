import { SearchSpaceSpec, StudyJob, StudyKind, StudySpec } from '@tradebase/contracts';
import {
  checkNeeds,
  deflatedSharpe,
  ENGINE_VERSION,
  EngineError,
  resolveStrategy,
  returnMoments,
} from '@tradebase/engine';
import type { z } from 'zod';
import { estimateStudyBytes } from '../cpu/estimate-bytes.ts';
import { withFields } from '../log.ts';
import { countCandles, type LoadedMarket, loadMarketData } from '../market/load-market-data.ts';
import { type ClaimedStudy, claimStudy, holdsStudy } from '../studies/claim-study.ts';
import { completeStudy } from '../studies/complete-study.ts';
import { failStudy } from '../studies/fail-study.ts';
import { PoolEvaluator } from '../studies/pool-evaluator.ts';
import { PostgresStudyStore } from '../studies/postgres-study-store.ts';
import { runStudy } from '../studies/run-study.ts';
import type { Study, StudyContext, StudyOutcome } from '../studies/study.ts';
import { dataVersionOf, studyMarketRequest } from '../studies/study-market-request.ts';
import type { Job, JobContext, JobRun } from './job.ts';
import { unlessAborted } from './unless-aborted.ts';
import { watchClaim } from './watch-claim.ts';

/** Runs one study: claims its row, loads candles, and goes on from the trials that are there. */
export const optimiseJob: Job = {
  queue: 'optimise',
  cpu: false,
  // A study uses all threads: a second one is for another user, and for what one waits for the database.
  atOnce: 2,
  async handle(run, context) {
    const { study_id, request_id } = StudyJob.parse(run.data);
    const log = withFields(context.log, { request_id: request_id ?? null });
    const startedAt = performance.now();
    const study = await claimStudy(context.database, study_id);
    if (!study) {
      log('info', 'nothing to do: cancelled, finished or deleted');
      return;
    }
    const outcome = await execute(study, run, { ...context, log });
    log('info', `study ${outcome}`, { ms: Math.round(performance.now() - startedAt), attempt: study.attempt });
  },
};

/** A study that has run, and the version of the candles that it ran on. */
type Ran = StudyOutcome & { readonly dataVersion?: number };

async function execute(claimed: ClaimedStudy, run: JobRun, context: JobContext): Promise<string> {
  const { database, log } = context;
  const study = readStudy(claimed);
  if (typeof study === 'string') {
    await failStudy(database, claimed.id, { code: 'invalid_request', message: study });
    return 'refused';
  }
  const claim = watchClaim(run.signal, log, () => holdsStudy(database, claimed));
  const ran = await compute(claimed, study, claim.signal, context).finally(claim.end);
  switch (ran.outcome) {
    case 'done': {
      const { result, best_trial: bestTrial, dataVersion = 0 } = ran;
      const completed = { result, bestTrial, engineVersion: ENGINE_VERSION, dataVersion };
      return (await completeStudy(database, claimed, completed)) ? 'completed' : 'dropped: cancelled or taken over';
    }
    case 'refused':
      await failStudy(database, claimed.id, { code: 'invalid_request', message: ran.message });
      return 'refused';
    case 'stopped':
      // The worker is shutting down: the error gives the job back to the queue. A cancelled study needs nothing.
      if (run.signal.aborted) throw new Error('stopped before the end; the queue tries again');
      return 'stopped: cancelled or taken over';
  }
}

/** The study of a row, or why it is none. */
function readStudy(claimed: ClaimedStudy): Study | string {
  const kind = StudyKind.safeParse(claimed.kind);
  if (!kind.success) return `there are no studies of the kind ${claimed.kind}`;
  const spec = StudySpec.safeParse(claimed.spec);
  if (!spec.success) return describe(spec.error, []);
  const space = SearchSpaceSpec.safeParse(claimed.search_space);
  if (!space.success) return describe(space.error, ['search_space']);
  const { objective, direction, requested_trials, seed } = claimed;
  return {
    kind: kind.data,
    spec: spec.data,
    search_space: space.data,
    objective: objective ?? 'sharpe',
    direction,
    planned_trials: requested_trials,
    seed,
  };
}

function describe({ issues }: z.ZodError, place: readonly string[]): string {
  return issues.map(({ path, message }) => `${[...place, ...path].join('.')}: ${message}`).join('; ');
}

/** Loads candles and runs the study on them, once there is memory for it, until told to stop. */
async function compute(claimed: ClaimedStudy, study: Study, signal: AbortSignal, context: JobContext): Promise<Ran> {
  const { database, candles, cpu, memory } = context;
  const wanted = studyMarketRequest(claimed);
  const work = async (): Promise<Ran> => {
    const market = await unlessAborted(loadMarketData(database, candles, wanted, signal), signal);
    if (!market) return { outcome: 'stopped' };
    return { ...(await runOn(market, claimed, study, signal, context)), dataVersion: dataVersionOf(market) };
  };
  const { strategy } = study.spec;
  const bytes = estimateStudyBytes({ candles: await countCandles(database, wanted), strategy }, cpu.threads);
  const tooLarge = memory.whyTooLarge(bytes);
  if (tooLarge !== null) return { outcome: 'refused', message: tooLarge };
  const ran = await memory.run(bytes, signal, work).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  return ran ?? { outcome: 'stopped' };
}

async function runOn(
  { data }: LoadedMarket,
  claimed: ClaimedStudy,
  study: Study,
  signal: AbortSignal,
  { database, cpu }: JobContext,
): Promise<StudyOutcome> {
  const { strategy, initial_cash, settings } = study.spec;
  try {
    const { definition, values } = resolveStrategy(strategy);
    checkNeeds(definition, data);
    return await runStudy(study, {
      candles: data.instruments[0]?.candles ?? NO_CANDLES,
      parameters: definition.parameters,
      base_params: values,
      evaluator: new PoolEvaluator(cpu, { data, strategy, initial_cash, settings, seed: study.seed }),
      store: new PostgresStudyStore(database, claimed),
      engine_version: ENGINE_VERSION,
      judge: cpu.judge,
      deflatedSharpe: deflate,
      signal,
    });
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  }
}

const deflate: StudyContext['deflatedSharpe'] = (daily_returns, trials) => {
  const { mean, deviation, ...moments } = returnMoments(daily_returns);
  const metric = deflatedSharpe({ ...moments, sharpePerPeriod: mean / deviation }, trials);
  return { value: metric.value, reason: metric.value === null ? metric.reason : null };
};

const none = new Float64Array(0);
const NO_CANDLES = { ts: none, open: none, high: none, low: none, close: none, volume: none };
