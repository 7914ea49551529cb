import { CredentialPayload, type CredentialPurpose } from '@tradebase/contracts';
import type pg from 'pg';
import { z } from 'zod';
import { CredentialError } from './credential-error.ts';
import { decryptMessage } from './decrypt-message.ts';
import type { PrivateKeys } from './private-keys.ts';
import { Secret } from './secret.ts';
import { workerName } from './worker-name.ts';

/** Which credential, and why: all of this goes into the log of openings. */
export interface Opening {
  readonly credentialId: string;
  readonly purpose: CredentialPurpose;
  readonly jobId?: string;
  readonly botId?: string;
  readonly orderId?: string;
}

export interface OpenCredential {
  readonly id: string;
  readonly userId: string;
  readonly exchange: string;
  readonly isSandbox: boolean;
  readonly key: Secret;
  readonly secret: Secret;
  readonly passphrase: Secret | undefined;
}

const Row = z.object({
  user_id: z.guid(),
  exchange: z.string(),
  is_sandbox: z.boolean(),
  status: z.enum(['active', 'disabled']),
  ciphertext: z.instanceof(Uint8Array).nullable(),
  fingerprint: z.string().nullable(),
});

/**
 * Opens a credential: the one place where that happens. The row that says so is committed before anything is decrypted.
 * Rejects with a CredentialError when the credential is not there, disabled, or not to be opened with this process's keys.
 */
export async function openCredential(
  database: pg.Pool,
  keys: PrivateKeys,
  { credentialId, purpose, jobId, botId, orderId }: Opening,
): Promise<OpenCredential> {
  const { rows } = await database.query('select * from private.open_credential($1, $2, $3, $4, $5, $6)', [
    credentialId,
    purpose,
    workerName(),
    jobId,
    botId,
    orderId,
  ]);
  if (rows.length === 0) throw new CredentialError('credential_not_found', 'there is no such credential');
  const row = Row.parse(rows[0]);
  const { ciphertext, fingerprint } = row;
  if (ciphertext === null || fingerprint === null) {
    throw new CredentialError('credential_disabled', 'the credential is disabled');
  }
  const payload = parsePayload(await decryptMessage(keys, { fingerprint, ciphertext }));
  if (payload?.credential_id !== credentialId || payload.user_id !== row.user_id || payload.exchange !== row.exchange) {
    throw new CredentialError('undecryptable', 'the ciphertext is not that of this credential');
  }
  return {
    id: credentialId,
    userId: row.user_id,
    exchange: row.exchange,
    isSandbox: row.is_sandbox,
    key: new Secret(payload.key),
    secret: new Secret(payload.secret),
    passphrase: payload.passphrase === undefined ? undefined : new Secret(payload.passphrase),
  };
}

function parsePayload(bytes: Uint8Array): CredentialPayload | undefined {
  try {
    return CredentialPayload.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}
