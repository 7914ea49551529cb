import { SERVICE_ACTOR, writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { clearOneTimeTokens } from '../codes/one-time-token.ts';
import { AuthError, notInLocalStack } from '../requests/auth-error.ts';
import { type JsonObject, readFields, readOptionalFields } from '../requests/request-fields.ts';
import { isUuid } from '../requests/uuid.ts';
import { deleteSessionsOfUser } from '../sessions/session-store.ts';
import { transaction } from '../transaction.ts';
import { confirmEmail, mergeMetadata, setBan, setEmail, setPasswordHash, setRole } from '../users/change-user.ts';
import { findUserById } from '../users/find-user.ts';
import { presentUser, type UserRecord } from '../users/user-record.ts';
import { type AdminUserFields, readAdminUserFields } from './admin-user-fields.ts';

/** GET /admin/users/:id */
export async function adminGetUser(auth: AuthServices, id: string): Promise<JsonObject> {
  return presentUser(await loadUser(auth.pool, id));
}

/** PUT /admin/users/:id. A new password ends all sessions of the user. */
export async function adminUpdateUser(auth: AuthServices, id: string, request: Request): Promise<JsonObject> {
  const user = await loadUser(auth.pool, id);
  const change = await readAdminUserFields(auth, await readFields(request));
  return transaction(auth.pool, async (tx) => {
    await applyChange(auth, tx, user, change);
    const traits = { user_id: user.id, user_email: user.email };
    await writeAuditEntry(tx, { actor: SERVICE_ACTOR, action: 'user_modified', traits, now: auth.now() });
    return presentUser(await loadUser(tx, id));
  });
}

/** DELETE /admin/users/:id: the user, and by foreign keys the sessions and what the project's tables cascade. */
export async function adminDeleteUser(
  auth: AuthServices,
  id: string,
  request: Request,
): Promise<Record<string, never>> {
  const user = await loadUser(auth.pool, id);
  if ((await readOptionalFields(request)).flag('should_soft_delete')) throw notInLocalStack('Soft deletion');
  await transaction(auth.pool, async (tx) => {
    const traits = { user_id: user.id, user_email: user.email };
    await writeAuditEntry(tx, { actor: SERVICE_ACTOR, action: 'user_deleted', traits, now: auth.now() });
    await deleteUser(tx, user.id);
  });
  return {};
}

/** Answers 404 for nobody. */
export async function loadUser(db: Database, id: string): Promise<UserRecord> {
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'user_id must be an UUID');
  const user = await findUserById(db, id);
  if (!user) throw new AuthError(404, 'user_not_found', 'User not found');
  return user;
}

async function applyChange(auth: AuthServices, tx: Database, user: UserRecord, change: AdminUserFields): Promise<void> {
  const now = auth.now();
  const userId = user.id;
  if (change.role) await setRole(tx, userId, change.role, now);
  if (change.passwordHash) {
    await setPasswordHash(tx, userId, change.passwordHash, now);
    await clearOneTimeTokens(tx, userId);
    await deleteSessionsOfUser(tx, userId);
  }
  if (change.email) await setEmail(tx, { userId, email: change.email, verified: change.emailConfirm, now });
  if (change.emailConfirm) await confirmEmail(tx, userId, now);
  if (change.appMetadata) {
    await mergeMetadata(tx, 'raw_app_meta_data', { userId, metadata: change.appMetadata, now });
  }
  if (change.userMetadata) {
    await mergeMetadata(tx, 'raw_user_meta_data', { userId, metadata: change.userMetadata, now });
  }
  if (change.bannedUntil !== undefined) await setBan(tx, userId, change.bannedUntil, now);
}

async function deleteUser(db: Database, id: string): Promise<void> {
  await db.query('delete from auth.users where id = $1', [id]);
}
