import { ReencryptJob } from '@tradebase/contracts';
import { reencryptCredentials } from '../credentials/reencrypt-credentials.ts';
import { withAdvisoryLock } from '../with-advisory-lock.ts';
import type { Job } from './job.ts';

/**
 * After a rotation of the encryption key: moves every credential to the new one. One run at a time, by a lock: pg-boss would
 * take a minute to see that the worker of a singleton queue has died.
 */
export const reencryptJob: Job = {
  queue: 'reencrypt',
  cpu: false,
  async handle(run, { database, keys, log }) {
    ReencryptJob.parse(run.data);
    const startedAt = performance.now();
    const { id: jobId, signal } = run;
    const done = await withAdvisoryLock(database, 'reencrypt credentials', signal, () =>
      reencryptCredentials({ database, keys, log, jobId, signal }),
    );
    log('info', 'no credential is on a retiring key', { done, ms: Math.round(performance.now() - startedAt) });
  },
};
