import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { AuthError, invalid, notInLocalStack } from '../requests/auth-error.ts';
import { readFields } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { issueSession, type SessionResponse } from '../sessions/issue-session.ts';
import { transaction } from '../transaction.ts';
import { findUserByEmail } from '../users/find-user.ts';
import { isBanned } from '../users/user-record.ts';
import { askPasswordHook } from './ask-password-hook.ts';

/** Whom the hook is asked about when nobody has the address. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** POST /token?grant_type=password. An unknown address and a wrong password get the same answer in the same time. */
export async function signInWithPassword(auth: AuthServices, request: Request): Promise<SessionResponse> {
  const fields = await readFields(request);
  const email = fields.text('email');
  const password = fields.text('password') ?? '';
  if (!email && fields.text('phone')) throw notInLocalStack('Sign-in by phone');
  if (!email) throw invalid('missing email or phone');
  if (!auth.config.email.signupEnabled) {
    throw new AuthError(422, 'email_provider_disabled', 'Email logins are disabled');
  }
  const user = await findUserByEmail(auth.pool, email.toLowerCase());
  const valid = await auth.passwords.verify(password, user?.encrypted_password ?? null);
  if (user) {
    const refused = await askPasswordHook(auth, user.id, valid);
    if (refused) throw new AuthError(400, 'invalid_credentials', refused.message);
  } else {
    // Hosted Auth asks no hook here, and bcrypt neither: who is registered can be told there by the time that it takes.
    await auth.hooks.rehearse('password_verification_attempt', { user_id: NOBODY, valid });
  }
  if (!user || !valid) throw invalidCredentials();
  if (isBanned(user, auth.now())) throw new AuthError(400, 'user_banned', 'User is banned');
  if (!user.email_confirmed_at) throw new AuthError(400, 'email_not_confirmed', 'Email not confirmed');
  return transaction(auth.pool, async (tx) => {
    await writeAuditEntry(tx, { actor: user, action: 'login', traits: { provider: 'email' }, now: auth.now() });
    return issueSession(auth, tx, { user, method: 'password', origin: requestOrigin(request) });
  });
}

function invalidCredentials(): AuthError {
  return new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
}
