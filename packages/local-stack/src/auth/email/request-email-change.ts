import type { AuthServices, Database } from '../auth-services.ts';
import { issueCode } from '../codes/issue-code.ts';
import type { LinkTarget } from '../codes/link-target.ts';
import { clearOneTimeToken, type OneTimeTokenKind } from '../codes/one-time-token.ts';
import { beginFlow } from '../pkce/begin-flow.ts';
import { startEmailChange } from '../users/change-user.ts';
import { lockUserById } from '../users/find-user.ts';
import type { UserRecord } from '../users/user-record.ts';
import type { OutgoingEmail } from './outbox.ts';
import { wordCodeEmail } from './word-email.ts';

/**
 * Begins a change of address, or begins it anew: a code to the new address, and to the old one where both must confirm
 * (`double_confirm_changes`). The address stays the old one until then.
 */
export async function requestEmailChange(
  auth: AuthServices,
  tx: Database,
  { user, newEmail, target }: { user: UserRecord; newEmail: string; target: LinkTarget },
): Promise<OutgoingEmail[]> {
  // Read again under a lock: of two requests at once, one is too soon after the other.
  const current = await lockUserById(tx, user.id);
  auth.emailLimits.count(current?.email_change_sent_at ?? null);
  await startEmailChange(tx, user.id, newEmail, auth.now());
  await beginFlow(auth, tx, { userId: user.id, type: 'email_change', target });
  const mail = async (kind: OneTimeTokenKind, to: string) => {
    const token = await issueCode(auth, tx, { kind, userId: user.id, email: to, pkce: target.pkce !== undefined });
    return wordCodeEmail(auth, { to, type: 'email_change', token, redirectTo: target.redirectTo });
  };
  const emails = [await mail('email_change_new', newEmail)];
  if (auth.config.email.doubleConfirmChanges && user.email) {
    emails.push(await mail('email_change_current', user.email));
  } else {
    await clearOneTimeToken(tx, user.id, 'email_change_current');
  }
  return emails;
}
