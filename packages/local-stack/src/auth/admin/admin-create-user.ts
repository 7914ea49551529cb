import { randomBytes, randomUUID } from 'node:crypto';
import { SERVICE_ACTOR, writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { type JsonObject, readFields } from '../requests/request-fields.ts';
import { isUuid } from '../requests/uuid.ts';
import { transaction } from '../transaction.ts';
import { confirmEmail, setBan } from '../users/change-user.ts';
import { findUserByEmail, findUserById } from '../users/find-user.ts';
import { DEFAULT_ROLE, insertEmailIdentity, insertUser } from '../users/insert-user.ts';
import { presentUser } from '../users/user-record.ts';
import { type AdminUserFields, readAdminUserFields } from './admin-user-fields.ts';

interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly passwordHash: string;
}

/** POST /admin/users. Without a password nobody can sign in with one until it is set. */
export async function adminCreateUser(auth: AuthServices, request: Request): Promise<JsonObject> {
  const fields = await readFields(request);
  const wanted = await readAdminUserFields(auth, fields);
  const { email } = wanted;
  const id = fields.text('id') || randomUUID();
  if (!isUuid(id)) throw invalid('ID must conform to the uuid v4 format');
  if (!email) throw invalid('Cannot create a user without either an email or phone');
  if (await findUserByEmail(auth.pool, email)) throw emailExists();
  const passwordHash = wanted.passwordHash ?? (await auth.passwords.hash(randomBytes(32).toString('hex')));
  return transaction(auth.pool, async (tx) => {
    await create(auth, tx, { id, email, passwordHash }, wanted);
    const user = await findUserById(tx, id);
    if (!user) throw new Error('the user just created is gone: a trigger on auth.users removed it');
    return presentUser(user);
  });
}

export function emailExists(): AuthError {
  return new AuthError(422, 'email_exists', 'A user with this email address has already been registered');
}

async function create(auth: AuthServices, tx: Database, user: NewUser, wanted: AdminUserFields): Promise<void> {
  const now = auth.now();
  const { id, email } = user;
  const appMetadata = { provider: 'email', providers: ['email'], ...wanted.appMetadata };
  const role = wanted.role ?? DEFAULT_ROLE;
  await insertUser(tx, { ...user, role, userMetadata: wanted.userMetadata ?? {}, appMetadata, now });
  await insertEmailIdentity(tx, { userId: id, email, data: {}, now });
  if (wanted.emailConfirm) await confirmEmail(tx, id, now);
  if (wanted.bannedUntil) await setBan(tx, id, wanted.bannedUntil, now);
  const traits = { user_id: id, user_email: email, provider: 'email' };
  await writeAuditEntry(tx, { actor: SERVICE_ACTOR, action: 'user_signedup', traits, now });
}
