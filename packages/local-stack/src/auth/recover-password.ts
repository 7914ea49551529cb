import { writeAuditEntry } from './audit-log.ts';
import type { AuthServices } from './auth-services.ts';
import { parseEmailAddress } from './email-address.ts';
import { lockUserByEmail } from './find-user.ts';
import { inEqualTime } from './in-equal-time.ts';
import { prepareEmail } from './prepare-email.ts';
import { redirectTarget } from './redirect-target.ts';
import { refusePkce } from './refuse-pkce.ts';
import { readFields } from './request-fields.ts';
import { transaction } from './transaction.ts';

/** POST /recover: mails a link and a code that sign the user in. Says nothing about who is registered. */
export async function recoverPassword(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  const email = parseEmailAddress(fields.text('email'));
  refusePkce(fields);
  const redirectTo = redirectTarget(auth, request);
  await inEqualTime(() => sendRecovery(auth, email, redirectTo));
  return {};
}

async function sendRecovery(auth: AuthServices, email: string, redirectTo: string): Promise<void> {
  const message = await transaction(auth.pool, async (tx) => {
    const user = await lockUserByEmail(tx, email);
    if (!user) {
      auth.emailLimits.countUnsent('recovery', email);
      return undefined;
    }
    await writeAuditEntry(tx, { actor: user, action: 'user_recovery_requested', now: auth.now() });
    return prepareEmail(auth, tx, {
      kind: 'recovery',
      type: 'recovery',
      user,
      redirectTo,
    });
  });
  if (message) auth.outbox.add(message);
}
