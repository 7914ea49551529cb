import { ReencryptJob } from '@tradebase/contracts';
import { reencryptCredentials } from '../credentials/reencrypt-credentials.ts';
import type { Job } from './job.ts';

/** After a rotation of the encryption key: moves every credential to the new one. */
export const reencryptJob: Job = {
  queue: 'reencrypt',
  cpu: false,
  async handle(run, { database, keys, log }) {
    ReencryptJob.parse(run.data);
    const startedAt = performance.now();
    const done = await reencryptCredentials({ database, keys, log, jobId: run.id, signal: run.signal });
    log('info', 'no credential is on a retiring key', { done, ms: Math.round(performance.now() - startedAt) });
  },
};
