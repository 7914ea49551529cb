import type { AuthServices, Database } from './auth-services.ts';
import { newOneTimeToken, type OneTimeTokenKind, storeOneTimeToken } from './one-time-token.ts';
import type { OutgoingEmail } from './outbox.ts';
import type { UserRecord } from './user-record.ts';

const FROM = 'Tradebase <no-reply@tradebase.local>';

const WORDING: Record<OneTimeTokenKind, { type: string; subject: string; purpose: string }> = {
  confirmation: { type: 'signup', subject: 'Confirm your e-mail address', purpose: 'confirm your e-mail address' },
  recovery: { type: 'recovery', subject: 'Reset your password', purpose: 'sign in and set a new password' },
};

/** Stores a new code for a user and words the e-mail that carries it. Send it once the transaction is committed. */
export async function prepareEmail(
  auth: AuthServices,
  tx: Database,
  { kind, user, redirectTo }: { kind: OneTimeTokenKind; user: UserRecord; redirectTo: string },
): Promise<OutgoingEmail> {
  const now = auth.now();
  const to = user.email ?? '';
  const { otp, hash } = newOneTimeToken(to, auth.config.email.otpLength);
  await storeOneTimeToken(tx, kind, { userId: user.id, email: to, hash, now });
  const { type, subject, purpose } = WORDING[kind];
  const link = `${auth.issuer}/verify?${new URLSearchParams({ token: hash, type, redirect_to: redirectTo })}`;
  const text = `Follow this link to ${purpose}:\n\n${link}\n\nOr enter the code ${otp}.`;
  return { from: FROM, to, subject, text, link, otp, sent_at: now.toISOString() };
}
