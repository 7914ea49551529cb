import { emailExists } from '../admin/admin-create-user.ts';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { type LinkTarget, readLinkTarget } from '../codes/link-target.ts';
import { clearOneTimeTokens } from '../codes/one-time-token.ts';
import type { OutgoingEmail } from '../email/outbox.ts';
import { prepareNotice } from '../email/prepare-notice.ts';
import { requestEmailChange } from '../email/request-email-change.ts';
import { requireAssurance } from '../mfa/require-assurance.ts';
import { preparePasswordChange } from '../passwords/prepare-password-change.ts';
import { AuthError, notInLocalStack } from '../requests/auth-error.ts';
import { type JsonObject, readFields } from '../requests/request-fields.ts';
import { authenticate, type Caller } from '../sessions/authenticate.ts';
import { deleteOtherSessions } from '../sessions/session-store.ts';
import { transaction } from '../transaction.ts';
import { mergeMetadata, setPasswordHash } from './change-user.ts';
import { parseEmailAddress } from './email-address.ts';
import { findUserById, isEmailTaken } from './find-user.ts';
import { presentUser } from './user-record.ts';

interface Change {
  readonly metadata: JsonObject | undefined;
  readonly passwordHash: string | undefined;
  readonly newEmail: string | undefined;
  readonly target: LinkTarget;
}

/** PUT /user: what users may change of themselves. A new password ends their other sessions. */
export async function updateOwnUser(auth: AuthServices, request: Request): Promise<JsonObject> {
  const caller = await authenticate(auth, request);
  const change = await readChange(auth, caller, request);
  const { user, emails } = await transaction(auth.pool, async (tx) => {
    const emails = await applyChange(auth, tx, caller, change);
    const user = await findUserById(tx, caller.user.id);
    if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    return { user, emails };
  });
  for (const email of emails) auth.outbox.add(email);
  return presentUser(user);
}

async function readChange(auth: AuthServices, caller: Caller, request: Request): Promise<Change> {
  const fields = await readFields(request);
  requireAssurance(caller, fields);
  const email = fields.text('email') ? parseEmailAddress(fields.text('email')) : undefined;
  const newEmail = email === caller.user.email ? undefined : email;
  if (fields.text('phone')) throw notInLocalStack('Changing the phone number');
  if (fields.object('app_metadata')) {
    throw new AuthError(403, 'not_admin', 'Updating app_metadata requires admin privileges');
  }
  if (newEmail) {
    // Before the password: a code for it is not to be spent on a change that cannot be.
    if (await isEmailTaken(auth.pool, newEmail, caller.user.id)) throw emailExists();
  }
  const password = fields.text('password');
  const passwordHash =
    password === undefined ? undefined : await preparePasswordChange(auth, caller, { password, fields });
  return { metadata: fields.object('data'), passwordHash, newEmail, target: readLinkTarget(auth, request, fields) };
}

/** The e-mails to send once the change is committed. */
async function applyChange(
  auth: AuthServices,
  tx: Database,
  { user, session }: Caller,
  change: Change,
): Promise<OutgoingEmail[]> {
  const now = auth.now();
  const emails: OutgoingEmail[] = [];
  if (change.passwordHash) {
    await setPasswordHash(tx, user.id, change.passwordHash, now);
    await clearOneTimeTokens(tx, user.id);
    await deleteOtherSessions(tx, user.id, session.id);
    await writeAuditEntry(tx, { actor: user, action: 'user_updated_password', now });
    emails.push(...prepareNotice(auth, user, 'password_changed'));
  }
  if (change.metadata) {
    await mergeMetadata(tx, 'raw_user_meta_data', { userId: user.id, metadata: change.metadata, now });
  }
  const { newEmail, target } = change;
  if (newEmail) emails.push(...(await requestEmailChange(auth, tx, { user, newEmail, target })));
  await writeAuditEntry(tx, { actor: user, action: 'user_modified', now });
  return emails;
}
