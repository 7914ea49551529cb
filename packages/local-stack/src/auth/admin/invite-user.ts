import { SERVICE_ACTOR, writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { issueCode } from '../codes/issue-code.ts';
import { redirectTarget } from '../codes/redirect-target.ts';
import { wordCodeEmail } from '../email/word-email.ts';
import { type JsonObject, readFields } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { setInvited } from '../users/change-user.ts';
import { askBeforeUserCreated, insertUnconfirmedUser, type NewEmailUser } from '../users/create-email-user.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { findUserByEmail, lockUserByEmail } from '../users/find-user.ts';
import { presentUser, type UserRecord } from '../users/user-record.ts';
import { emailExists } from './admin-create-user.ts';

/** POST /invite: makes a user without a password and mails a link and a code that sign the user in. */
export async function inviteUser(auth: AuthServices, request: Request): Promise<JsonObject> {
  const fields = await readFields(request);
  const wanted = { email: parseEmailAddress(fields.text('email')), data: fields.object('data') ?? {} };
  const redirectTo = redirectTarget(auth, request);
  const id = await idForInvitation(auth, wanted);
  const { user, message } = await transaction(auth.pool, async (tx) => {
    auth.emailLimits.count(null);
    const { id: userId } = await insertInvited(auth, tx, wanted, id);
    const token = await issueCode(auth, tx, { kind: 'confirmation', userId, email: wanted.email });
    const message = wordCodeEmail(auth, { to: wanted.email, type: 'invite', token, redirectTo });
    return { message, user: await reload(tx, wanted.email) };
  });
  auth.outbox.add(message);
  return presentUser(user);
}

/** The id of the user whom an invitation will make; undefined where there is one who has not confirmed yet. */
export async function idForInvitation(auth: AuthServices, wanted: NewEmailUser): Promise<string | undefined> {
  const existing = await findUserByEmail(auth.pool, wanted.email);
  if (existing?.email_confirmed_at) throw emailExists();
  return existing ? undefined : askBeforeUserCreated(auth, wanted);
}

/** The invited user: a new one, or one who was invited or signed up before and has not confirmed. */
export async function insertInvited(
  auth: AuthServices,
  tx: Database,
  wanted: NewEmailUser,
  newId: string | undefined,
): Promise<UserRecord> {
  if (newId) await insertUnconfirmedUser(auth, tx, { ...wanted, id: newId, passwordHash: '' });
  const user = await reload(tx, wanted.email);
  if (user.email_confirmed_at) throw emailExists();
  await setInvited(tx, user.id, auth.now());
  const traits = { user_id: user.id, user_email: user.email };
  await writeAuditEntry(tx, { actor: SERVICE_ACTOR, action: 'user_invited', traits, now: auth.now() });
  return user;
}

async function reload(tx: Database, email: string): Promise<UserRecord> {
  const user = await lockUserByEmail(tx, email);
  if (!user) throw new Error('the user just invited is gone: a trigger on auth.users removed it');
  return user;
}
