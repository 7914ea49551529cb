import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { countAttempt } from '../codes/count-attempt.ts';
import { issueCode } from '../codes/issue-code.ts';
import { clearOneTimeTokens, hashCode, isCodeExpired } from '../codes/one-time-token.ts';
import { wordReauthentication } from '../email/word-email.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { authenticate } from '../sessions/authenticate.ts';
import { transaction } from '../transaction.ts';
import { lockUserById } from '../users/find-user.ts';
import type { UserRecord } from '../users/user-record.ts';

/** GET /reauthenticate: mails the code that a new password needs when the session is old. */
export async function reauthenticate(auth: AuthServices, request: Request): Promise<Record<string, never>> {
  const { user } = await authenticate(auth, request);
  const { email } = user;
  if (!email) throw invalid('Reauthentication requires the user to have an email or a phone number');
  if (!user.email_confirmed_at) throw new AuthError(422, 'email_not_confirmed', 'Please verify your email first.');
  const message = await transaction(auth.pool, async (tx) => {
    const current = await lockUserById(tx, user.id);
    auth.emailLimits.count(current?.reauthentication_sent_at ?? null);
    await writeAuditEntry(tx, { actor: user, action: 'user_reauthenticate_requested', now: auth.now() });
    const { otp } = await issueCode(auth, tx, { kind: 'reauthentication', userId: user.id, email });
    return wordReauthentication(auth, email, otp);
  });
  auth.outbox.add(message);
  return {};
}

/** Uses up the code of GET /reauthenticate. Committed by itself: a code that was right once is spent, whatever follows. */
export async function redeemNonce(auth: AuthServices, user: UserRecord, nonce: string): Promise<void> {
  const proof = { kinds: ['reauthentication'] as const, email: user.email ?? '', refusal: nonceRefused };
  await countAttempt(auth, proof, () =>
    transaction(auth.pool, async (tx) => {
      const current = await lockUserById(tx, user.id);
      const right = current?.reauthentication_token === hashCode(current?.email ?? '', nonce);
      if (!right || isCodeExpired(auth, current.reauthentication_sent_at)) throw nonceRefused();
      await clearOneTimeTokens(tx, user.id);
    }),
  );
}

function nonceRefused(): AuthError {
  return new AuthError(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid');
}
