import { TestCredentialJob } from '@tradebase/contracts';
import { recordCredentialTest } from '../credentials/record-credential-test.ts';
import type { Job } from './job.ts';

/** The rest of the payload may be what no worker could read. */
const DeadJob = TestCredentialJob.pick({ credential_id: true });

/** Tests of credentials that no worker could bring to an end: their owners learn that they may ask again. */
export const deadTestCredentialJob: Job = {
  queue: 'test-credential-dead',
  cpu: false,
  async handle(run, { database, log }) {
    const { credential_id } = DeadJob.parse(run.data);
    await recordCredentialTest(database, credential_id, 'worker_failed');
    log('error', 'test of a credential given up after its last try');
  },
};
