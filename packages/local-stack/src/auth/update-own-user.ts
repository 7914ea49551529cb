import { writeAuditEntry } from './audit-log.ts';
import { AuthError, notInLocalStack } from './auth-error.ts';
import type { AuthServices, Database } from './auth-services.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { mergeMetadata, setPasswordHash } from './change-user.ts';
import { parseEmailAddress } from './email-address.ts';
import { findUserById } from './find-user.ts';
import { clearOneTimeTokens } from './one-time-token.ts';
import { checkPasswordStrength } from './password-hasher.ts';
import { type JsonObject, type RequestFields, readFields } from './request-fields.ts';
import { requireAssurance } from './require-assurance.ts';
import { deleteOtherSessions } from './session-store.ts';
import { transaction } from './transaction.ts';
import { presentUser } from './user-record.ts';

interface Change {
  readonly metadata: JsonObject | undefined;
  readonly passwordHash: string | undefined;
}

/** PUT /user: what users may change of themselves. A new password ends their other sessions. */
export async function updateOwnUser(auth: AuthServices, request: Request): Promise<JsonObject> {
  const caller = await authenticate(auth, request);
  const fields = await readFields(request);
  requireAssurance(caller, fields);
  const change = await readChange(auth, caller, fields);
  return transaction(auth.pool, async (tx) => {
    await applyChange(auth, tx, caller, change);
    const user = await findUserById(tx, caller.user.id);
    if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    return presentUser(user);
  });
}

async function readChange(auth: AuthServices, { user }: Caller, fields: RequestFields): Promise<Change> {
  const email = fields.text('email');
  if (email && parseEmailAddress(email) !== user.email) throw notInLocalStack('Changing the e-mail address');
  if (fields.text('phone')) throw notInLocalStack('Changing the phone number');
  if (fields.object('app_metadata')) {
    throw new AuthError(403, 'not_admin', 'Updating app_metadata requires admin privileges');
  }
  const password = fields.text('password');
  const passwordHash = password === undefined ? undefined : await hashNewPassword(auth, user, password);
  return { metadata: fields.object('data'), passwordHash };
}

async function hashNewPassword(auth: AuthServices, user: Caller['user'], password: string): Promise<string> {
  checkPasswordStrength(password, auth.config.minimumPasswordLength);
  if (await auth.passwords.verify(password, user.encrypted_password)) {
    throw new AuthError(422, 'same_password', 'New password should be different from the old password.');
  }
  return auth.passwords.hash(password);
}

async function applyChange(auth: AuthServices, tx: Database, { user, session }: Caller, change: Change): Promise<void> {
  const now = auth.now();
  if (change.passwordHash) {
    await setPasswordHash(tx, user.id, change.passwordHash, now);
    await clearOneTimeTokens(tx, user.id);
    await deleteOtherSessions(tx, user.id, session.id);
    await writeAuditEntry(tx, { actor: user, action: 'user_updated_password', now });
  }
  if (change.metadata) {
    await mergeMetadata(tx, 'raw_user_meta_data', { userId: user.id, metadata: change.metadata, now });
  }
  await writeAuditEntry(tx, { actor: user, action: 'user_modified', now });
}
