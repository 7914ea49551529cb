import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { type LinkTarget, readLinkTarget } from '../codes/link-target.ts';
import { prepareEmail } from '../email/prepare-email.ts';
import { inEqualTime } from '../limits/in-equal-time.ts';
import { readFields } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { lockUserByEmail } from '../users/find-user.ts';

/** POST /recover: mails a link and a code that sign the user in. Says nothing about who is registered. */
export async function recoverPassword(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  const email = parseEmailAddress(fields.text('email'));
  const target = readLinkTarget(auth, request, fields);
  await inEqualTime(() => sendRecovery(auth, email, target));
  return {};
}

async function sendRecovery(auth: AuthServices, email: string, target: LinkTarget): Promise<void> {
  const message = await transaction(auth.pool, async (tx) => {
    const user = await lockUserByEmail(tx, email);
    if (!user) {
      auth.emailLimits.countUnsent('recovery', email);
      return undefined;
    }
    await writeAuditEntry(tx, { actor: user, action: 'user_recovery_requested', now: auth.now() });
    return prepareEmail(auth, tx, { kind: 'recovery', type: 'recovery', user, target });
  });
  if (message) auth.outbox.add(message);
}
