import { randomUUID } from 'node:crypto';
import type { Database } from './auth-services.ts';
import type { JsonObject } from './requests/request-fields.ts';

const LOG_TYPES = {
  challenge_created: 'factor',
  factor_deleted: 'factor',
  factor_in_progress: 'factor',
  factor_unenrolled: 'factor',
  login: 'account',
  logout: 'account',
  token_refreshed: 'token',
  user_confirmation_requested: 'user',
  user_deleted: 'team',
  user_invited: 'team',
  user_modified: 'user',
  user_reauthenticate_requested: 'user',
  user_recovery_requested: 'user',
  user_signedup: 'team',
  user_updated_password: 'user',
  verification_attempted: 'factor',
} as const;

export type AuditAction = keyof typeof LOG_TYPES;

/** Who did it: a user, or the service key. */
export interface Actor {
  readonly id: string;
  readonly email: string | null;
}

export const SERVICE_ACTOR: Actor = { id: '00000000-0000-0000-0000-000000000000', email: 'service_role' };

/** Writes one entry of Auth's own audit log, in the transaction of what it reports. */
export async function writeAuditEntry(
  db: Database,
  entry: { actor: Actor; action: AuditAction; traits?: JsonObject; now: Date },
): Promise<void> {
  const payload = {
    action: entry.action,
    actor_id: entry.actor.id,
    actor_username: entry.actor.email ?? '',
    actor_via_sso: false,
    log_type: LOG_TYPES[entry.action],
    ...(entry.traits && { traits: entry.traits }),
  };
  await db.query('insert into auth.audit_log_entries (id, payload, created_at) values ($1, $2, $3)', [
    randomUUID(),
    payload,
    entry.now,
  ]);
}
