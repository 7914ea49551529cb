import type { AuthServices } from '../auth-services.ts';
import type { UserRecord } from '../users/user-record.ts';
import type { OutgoingEmail } from './outbox.ts';
import { type NoticeType, wordNotice } from './word-email.ts';

/** The e-mail that tells of a change after the fact, to the address from before it; none where the project wants none. */
export function prepareNotice(auth: AuthServices, { email }: UserRecord, type: NoticeType): OutgoingEmail[] {
  const { passwordChanged, emailChanged } = auth.config.email.notices;
  const wanted = type === 'password_changed' ? passwordChanged : emailChanged;
  return wanted && email && auth.emailLimits.countNotice() ? [wordNotice(auth, email, type)] : [];
}
