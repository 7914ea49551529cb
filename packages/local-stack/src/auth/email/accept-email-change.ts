import { emailExists } from '../admin/admin-create-user.ts';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { clearOneTimeToken, clearOneTimeTokens, type OneTimeTokenKind } from '../codes/one-time-token.ts';
import {
  confirmEmail,
  confirmIdentityEmail,
  countEmailChangeConfirmation,
  finishEmailChange,
} from '../users/change-user.ts';
import { isEmailTaken } from '../users/find-user.ts';
import { insertEmailIdentity } from '../users/insert-user.ts';
import type { UserRecord } from '../users/user-record.ts';
import type { OutgoingEmail } from './outbox.ts';
import { prepareNotice } from './prepare-notice.ts';

/**
 * Takes one address's consent to a change of address. Undefined while the other address has still to give its own, else
 * the e-mails to send. Where the project confirms no addresses at all, hosted Auth is content with one of the two; here
 * both count always, or a borrowed session would be enough to take an account over.
 */
export async function acceptEmailChange(
  auth: AuthServices,
  tx: Database,
  { user, kind }: { user: UserRecord; kind: OneTimeTokenKind },
): Promise<OutgoingEmail[] | undefined> {
  const now = auth.now();
  if (auth.config.email.doubleConfirmChanges && user.email && user.email_change_confirm_status === 0) {
    await clearOneTimeToken(tx, user.id, kind);
    await countEmailChangeConfirmation(tx, user.id, now);
    return undefined;
  }
  const email = user.email_change ?? '';
  // Somebody may have taken the address since the change was asked for.
  if (await isEmailTaken(tx, email, user.id)) throw emailExists();
  await finishEmailChange(tx, { userId: user.id, email, now });
  await clearOneTimeTokens(tx, user.id);
  if (!user.email_confirmed_at) await confirmEmail(tx, user.id, now);
  await verifyIdentity(tx, user, email, now);
  await writeAuditEntry(tx, { actor: user, action: 'user_modified', now });
  return prepareNotice(auth, user, 'email_changed');
}

/** A user whom an admin or a seed made may have no identity yet. */
async function verifyIdentity(tx: Database, user: UserRecord, email: string, now: Date): Promise<void> {
  if (!user.identities.some(({ provider }) => provider === 'email')) {
    await insertEmailIdentity(tx, { userId: user.id, email, data: {}, now });
  }
  await confirmIdentityEmail(tx, user.id, now);
}
