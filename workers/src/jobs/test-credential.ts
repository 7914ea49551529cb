import { type CredentialTestError, TestCredentialJob } from '@tradebase/contracts';
import { CredentialError, type CredentialErrorCode } from '../credentials/credential-error.ts';
import { openCredential } from '../credentials/open-credential.ts';
import { recordCredentialTest } from '../credentials/record-credential-test.ts';
import { testAtExchange } from '../exchanges/test-at-exchange.ts';
import { withFields } from '../log.ts';
import type { Job, JobContext, JobRun } from './job.ts';

/** Asks an exchange whether it takes a credential. */
export const testCredentialJob: Job = {
  queue: 'test-credential',
  cpu: false,
  // It waits for exchanges: a slow one must not hold up the others.
  atOnce: 4,
  async handle(run, context) {
    const { credential_id, request_id } = TestCredentialJob.parse(run.data);
    const log = withFields(context.log, { request_id: request_id ?? null, credential_id });
    const startedAt = performance.now();
    const error = await test(credential_id, run, { ...context, log });
    await recordCredentialTest(context.database, credential_id, error);
    log('info', 'credential tested', { outcome: error ?? 'ok', ms: Math.round(performance.now() - startedAt) });
  },
};

const OPENING_ERRORS = {
  credential_not_found: 'worker_failed',
  credential_disabled: 'credential_disabled',
  key_missing: 'credential_unreadable',
  undecryptable: 'credential_unreadable',
} as const satisfies Record<CredentialErrorCode, CredentialTestError>;

async function test(
  credentialId: string,
  run: JobRun,
  { database, keys, exchangeUrls, log }: JobContext,
): Promise<CredentialTestError | undefined> {
  try {
    const credential = await openCredential(database, keys, { credentialId, purpose: 'test', jobId: run.id });
    return await testAtExchange(credential, exchangeUrls, run.signal);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    log(error.code === 'credential_not_found' ? 'info' : 'warn', `not opened: ${error.message}`);
    return OPENING_ERRORS[error.code];
  }
}
