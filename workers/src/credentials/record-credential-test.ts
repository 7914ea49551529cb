import type { CredentialTestError } from '@tradebase/contracts';
import type pg from 'pg';

/** Writes how a test ended, undefined for well, and tells the owner. */
export async function recordCredentialTest(
  database: pg.Pool,
  credentialId: string,
  error: CredentialTestError | undefined,
): Promise<void> {
  await database.query('select private.record_credential_test($1, $2)', [credentialId, error]);
}
