import type { AuthServices } from '../auth-services.ts';
import { type LinkTarget, readLinkTarget } from '../codes/link-target.ts';
import { inEqualTime } from '../limits/in-equal-time.ts';
import { invalid, notInLocalStack } from '../requests/auth-error.ts';
import { readFields } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { lockUserByEmail } from '../users/find-user.ts';
import { requestEmailChange } from './request-email-change.ts';
import { sendConfirmation } from './send-confirmation.ts';

/** POST /resend: mails the codes of a sign-up or of a change of address again. Says nothing about who is registered. */
export async function resendEmail(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  const type = fields.text('type') ?? '';
  if (['sms', 'phone_change'].includes(type)) throw notInLocalStack(`Resending ${type}`);
  if (type !== 'signup' && type !== 'email_change') {
    throw invalid('Missing one of these types: signup, email_change, sms, phone_change');
  }
  const email = parseEmailAddress(fields.text('email'));
  const target = readLinkTarget(auth, request, fields);
  await inEqualTime<unknown>(() => {
    return type === 'signup' ? sendConfirmation(auth, email, target) : resendEmailChange(auth, email, target);
  });
  return {};
}

async function resendEmailChange(auth: AuthServices, email: string, target: LinkTarget): Promise<void> {
  const emails = await transaction(auth.pool, async (tx) => {
    const user = await lockUserByEmail(tx, email);
    if (!user?.email_change) {
      auth.emailLimits.countUnsent('email_change_new', email);
      return [];
    }
    return requestEmailChange(auth, tx, { user, newEmail: user.email_change, target });
  });
  for (const message of emails) auth.outbox.add(message);
}
