import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import type { LinkTarget } from '../codes/link-target.ts';
import { transaction } from '../transaction.ts';
import { findUserById, lockUserByEmail } from '../users/find-user.ts';
import type { UserRecord } from '../users/user-record.ts';
import { prepareEmail } from './prepare-email.ts';

/**
 * Mails a link and a code that confirm an address; an earlier one becomes worthless. Undefined, and no e-mail, where
 * nothing is to be confirmed.
 */
export async function sendConfirmation(
  auth: AuthServices,
  email: string,
  target: LinkTarget,
): Promise<UserRecord | undefined> {
  const prepared = await transaction(auth.pool, async (tx) => {
    const user = await lockUserByEmail(tx, email);
    if (!user || user.email_confirmed_at) {
      auth.emailLimits.countUnsent('confirmation', email);
      return undefined;
    }
    await writeAuditEntry(tx, { actor: user, action: 'user_confirmation_requested', now: auth.now() });
    const message = await prepareEmail(auth, tx, { kind: 'confirmation', type: 'signup', user, target });
    return { message, user: await findUserById(tx, user.id) };
  });
  if (prepared) auth.outbox.add(prepared.message);
  return prepared?.user;
}
