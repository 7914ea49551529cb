import type { AuthServices } from '../auth-services.ts';
import type { OneTimeToken } from '../codes/one-time-token.ts';
import type { OutgoingEmail } from './outbox.ts';

const FROM = 'Tradebase <no-reply@tradebase.local>';

const CODES = {
  signup: { subject: 'Confirm your e-mail address', purpose: 'confirm your e-mail address' },
  recovery: { subject: 'Reset your password', purpose: 'sign in and set a new password' },
  magiclink: { subject: 'Your link to sign in', purpose: 'sign in' },
  invite: { subject: 'You have been invited', purpose: 'accept the invitation' },
  email_change: { subject: 'Confirm the change of your e-mail address', purpose: 'confirm the new e-mail address' },
} as const;

const NOTICES = {
  password_changed: {
    subject: 'Your password was changed',
    text: 'The password of your account was changed. If that was not you, reset it now.',
  },
  email_changed: {
    subject: 'Your e-mail address was changed',
    text: 'Your account has another e-mail address now. If that was not you, write to whoever runs this site.',
  },
} as const;

/** What a link or a code of an e-mail is for, as GET /verify calls it. */
export type EmailType = keyof typeof CODES;
export type NoticeType = keyof typeof NOTICES;

/** The address that a link in an e-mail leads to. */
export function actionLink(
  auth: Pick<AuthServices, 'issuer'>,
  { hash, type, redirectTo }: { hash: string; type: EmailType; redirectTo: string },
): string {
  return `${auth.issuer}/verify?${new URLSearchParams({ token: hash, type, redirect_to: redirectTo })}`;
}

/** An e-mail with a link and the code that stands for it. */
export function wordCodeEmail(
  auth: AuthServices,
  email: { to: string; type: EmailType; token: OneTimeToken; redirectTo: string },
): OutgoingEmail {
  const { to, type, token, redirectTo } = email;
  const { subject, purpose } = CODES[type];
  const link = actionLink(auth, { hash: token.linkHash, type, redirectTo });
  const text = `Follow this link to ${purpose}:\n\n${link}\n\nOr enter the code ${token.otp}.`;
  return { from: FROM, to, subject, text, link, otp: token.otp, sent_at: auth.now().toISOString() };
}

/** An e-mail with the code that confirms a new password; no link goes with it. */
export function wordReauthentication(auth: AuthServices, to: string, otp: string): OutgoingEmail {
  const subject = 'Confirm that it is you';
  const text = `Enter the code ${otp} to set a new password.`;
  return { from: FROM, to, subject, text, link: '', otp, sent_at: auth.now().toISOString() };
}

/** An e-mail that tells of a change after the fact. */
export function wordNotice(auth: AuthServices, to: string, type: NoticeType): OutgoingEmail {
  return { from: FROM, to, ...NOTICES[type], link: '', otp: '', sent_at: auth.now().toISOString() };
}
