import { randomBytes } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { type LinkTarget, readLinkTarget } from '../codes/link-target.ts';
import { inEqualTime } from '../limits/in-equal-time.ts';
import { AuthError, invalid, notInLocalStack } from '../requests/auth-error.ts';
import { type RequestFields, readFields } from '../requests/request-fields.ts';
import { transaction } from '../transaction.ts';
import { createEmailUser, type NewEmailUser } from '../users/create-email-user.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { findUserByEmail, lockUserByEmail } from '../users/find-user.ts';
import { prepareEmail } from './prepare-email.ts';
import { sendConfirmation } from './send-confirmation.ts';

/** POST /otp: mails a link and a code that sign in; to a new user too, unless `create_user` is false. */
export async function sendOneTimeCode(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  if (fields.text('phone')) throw notInLocalStack('Sign-in by phone');
  if (!fields.text('email')) throw invalid('One of email or phone must be set');
  if (fields.text('channel')) throw invalid('Channel should only be specified with Phone OTP');
  const wanted = readWanted(auth, fields);
  const target = readLinkTarget(auth, request, fields);
  // Hosted Auth's answer, which tells who is registered: that is what a client asks for with create_user = false.
  if (!fields.flag('create_user', true) && !(await findUserByEmail(auth.pool, wanted.email))) {
    throw new AuthError(422, 'otp_disabled', 'Signups not allowed for otp');
  }
  await mailCode(auth, wanted, target);
  return {};
}

/** POST /magiclink: the older name of POST /otp. */
export async function sendMagicLink(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const fields = await readFields(request);
  const wanted = readWanted(auth, fields);
  const target = readLinkTarget(auth, request, fields);
  await mailCode(auth, wanted, target);
  return {};
}

function readWanted(auth: AuthServices, fields: RequestFields): NewEmailUser {
  if (!auth.config.email.signupEnabled) {
    throw new AuthError(422, 'email_provider_disabled', 'Email logins are disabled');
  }
  return { email: parseEmailAddress(fields.text('email')), data: fields.object('data') ?? {} };
}

async function mailCode(auth: AuthServices, wanted: NewEmailUser, target: LinkTarget): Promise<void> {
  // A password that nobody knows, hashed whether it is needed or not: a known address takes as long as a new one.
  const passwordHash = await auth.passwords.hash(randomBytes(32).toString('hex'));
  await inEqualTime(() => mailHashed(auth, { ...wanted, passwordHash }, target));
}

async function mailHashed(
  auth: AuthServices,
  wanted: NewEmailUser & { readonly passwordHash: string },
  target: LinkTarget,
): Promise<void> {
  const existing = await findUserByEmail(auth.pool, wanted.email);
  if (!existing) {
    if (!auth.config.signupEnabled) {
      throw new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance');
    }
    await createEmailUser(auth, wanted, wanted.passwordHash);
  }
  if (auth.config.email.confirmations && !existing?.email_confirmed_at) {
    await sendConfirmation(auth, wanted.email, target);
    return;
  }
  const message = await transaction(auth.pool, async (tx) => {
    const user = await lockUserByEmail(tx, wanted.email);
    if (!user) throw new AuthError(403, 'user_not_found', 'User was deleted while signing in');
    await writeAuditEntry(tx, { actor: user, action: 'user_recovery_requested', now: auth.now() });
    return prepareEmail(auth, tx, { kind: 'recovery', type: 'magiclink', user, target });
  });
  auth.outbox.add(message);
}
