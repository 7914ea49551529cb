import { CandleCache } from '@tradebase/market-data';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { createCpuPool } from './cpu/cpu-pool.ts';
import { MemoryGovernor } from './cpu/memory-governor.ts';
import { PrivateKeys } from './credentials/private-keys.ts';
import type { Job, JobContext } from './jobs/job.ts';
import { JOBS } from './jobs/registry.ts';
import { type Log, withFields } from './log.ts';
import { watchRunners } from './runners/watch-runners.ts';
import type { WorkerConfig } from './worker-config.ts';

/** Seconds between looks at the queue: LISTEN/NOTIFY wakes a worker sooner, this is for what it cannot announce. */
const POLL_SECONDS = 1;
const NOTIFY_BACKSTOP_SECONDS = 2;
/** Seconds between looks for jobs whose worker has died. */
const SUPERVISE_SECONDS = 3;
const STOP_TIMEOUT_MS = 10_000;

/** A running worker process's consumers. */
export interface Worker {
  /** Takes no new jobs, gives those in hand ten seconds, returns the rest to the queue. */
  stop(): Promise<void>;
}

/** Connects to the queue and consumes every registered job. Rejects when the database refuses. */
export async function startWorker(config: WorkerConfig, log: Log): Promise<Worker> {
  const database = new pg.Pool({
    connectionString: config.databaseUrl,
    // One is with the watch of the runners.
    max: config.concurrency * 2 + 3,
    application_name: 'tradebase-worker',
  });
  const connectionLost = (error: Error) => log('warn', 'a database connection was lost', { error: error.message });
  database.on('error', connectionLost);
  // The pool hears of its idle connections only. One that is lost in use fails its query, and tells the client: unheard,
  // that would end the process.
  database.on('connect', (client) => client.on('error', connectionLost));
  const boss = new PgBoss({
    connectionString: config.databaseUrl,
    application_name: 'tradebase-worker-queue',
    max: config.concurrency + 3,
    migrate: false,
    createSchema: false,
    // Every worker looks for what is due; the row that one of them stamps gives the pass to that one.
    schedule: true,
    useListenNotify: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    reindex: false,
  });
  boss.on('error', (error) => log('warn', 'queue error', { error: error.message }));
  boss.on('warning', (warning) => log('warn', `queue: ${warning.message}`));

  const cpu = createCpuPool(config.concurrency);
  const context: JobContext = {
    database,
    cpu,
    candles: new CandleCache(config.cacheBytes),
    memory: new MemoryGovernor(config.memoryBytes),
    keys: new PrivateKeys(config.privateKeys),
    exchangeUrls: config.exchangeUrls,
    log,
  };
  try {
    await boss.start();
    for (const job of JOBS) await consume(boss, job, job.cpu ? cpu.threads : (job.atOnce ?? 1), context);
  } catch (error) {
    await Promise.allSettled([boss.stop({ graceful: false }), cpu.close(), database.end()]);
    throw error;
  }
  const runners = watchRunners(database, log);
  log('info', 'worker started', { concurrency: config.concurrency, queues: JOBS.map(({ queue }) => queue).join(',') });
  return {
    stop: async () => {
      await runners.stop();
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
      await cpu.close();
      await database.end();
      log('info', 'worker stopped');
    },
  };
}

/** Consumes a queue: as many jobs at once as it has slots, and the next one at once. */
async function consume(boss: PgBoss, job: Job, slots: number, context: JobContext): Promise<void> {
  await boss.work(
    job.queue,
    {
      batchSize: 1,
      includeMetadata: true,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: NOTIFY_BACKSTOP_SECONDS,
      ...(slots > 1
        ? // One user's backlog leaves a slot of this process for the others. Counted here, not in the queue, where two
          // claims at the same instant do not see each other.
          { localConcurrency: slots, localGroupConcurrency: slots - 1 }
        : // Where there is one slot only, processes share out the users as well as claims can see each other.
          job.cpu && { groupConcurrency: 1 }),
    },
    async ([claimed]) => {
      if (!claimed) return;
      const log = withFields(context.log, {
        queue: job.queue,
        job_id: claimed.id,
        user_id: claimed.groupId ?? undefined,
      });
      try {
        await job.handle(
          {
            id: claimed.id,
            sourceId: claimed.sourceId ?? null,
            data: claimed.data,
            signal: claimed.signal,
          },
          { ...context, log },
        );
      } catch (error) {
        log('error', 'job failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        throw error;
      } finally {
        // Without this, pg-boss sleeps until the next notification even when more jobs wait.
        for (const slot of boss.getWipData()) if (slot.name === job.queue) boss.notifyWorker(slot.id);
      }
    },
  );
}
