import { invalid, notInLocalStack } from './auth-error.ts';
import type { AuthServices } from './auth-services.ts';
import { parseEmailAddress } from './email-address.ts';
import { redirectTarget } from './redirect-target.ts';
import { refusePkce } from './refuse-pkce.ts';
import { readFields } from './request-fields.ts';
import { sendConfirmation } from './send-confirmation.ts';

/** POST /resend: mails the confirmation of a sign-up again. Says nothing about who is registered. */
export async function resendEmail(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  const type = fields.text('type') ?? '';
  if (['email_change', 'sms', 'phone_change'].includes(type)) throw notInLocalStack(`Resending ${type}`);
  if (type !== 'signup') throw invalid('Missing one of these types: signup, email_change, sms, phone_change');
  refusePkce(fields);
  await sendConfirmation(auth, parseEmailAddress(fields.text('email')), redirectTarget(auth, request));
  return {};
}
