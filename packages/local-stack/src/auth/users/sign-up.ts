import { randomUUID } from 'node:crypto';
import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { type LinkTarget, readLinkTarget } from '../codes/link-target.ts';
import { sendConfirmation } from '../email/send-confirmation.ts';
import { inEqualTime } from '../limits/in-equal-time.ts';
import { checkPasswordStrength } from '../passwords/password-hasher.ts';
import { AuthError, invalid, notInLocalStack } from '../requests/auth-error.ts';
import { type JsonObject, type RequestFields, readFields } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { issueSession, type SessionResponse } from '../sessions/issue-session.ts';
import { transaction } from '../transaction.ts';
import { createEmailUser, describeNewUser, EMAIL_PROVIDER, type NewEmailUser } from './create-email-user.ts';
import { parseEmailAddress } from './email-address.ts';
import { findUserByEmail } from './find-user.ts';
import { presentUser } from './user-record.ts';

interface SignUp extends NewEmailUser {
  readonly password: string;
}

/**
 * POST /signup. Answers with a session, or with the user alone where the address has to be confirmed first; then an
 * address that is taken gets an answer of the same shape, so that nobody learns who is registered.
 */
export async function signUp(auth: AuthServices, request: Request): Promise<SessionResponse | JsonObject> {
  if (!auth.config.signupEnabled) {
    throw new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance');
  }
  const fields = await readFields(request);
  const wanted = readSignUp(auth, fields);
  const target = readLinkTarget(auth, request, fields);
  // Before the look-up, so that a taken address takes as long.
  const passwordHash = await auth.passwords.hash(wanted.password);
  if (auth.config.email.confirmations) {
    return inEqualTime(async () => {
      await createUnlessTaken(auth, wanted, passwordHash);
      return requestConfirmation(auth, wanted, target);
    });
  }
  // Even an unconfirmed account is left alone: the password at hand is not the one it was made with.
  if (!(await createUnlessTaken(auth, wanted, passwordHash))) {
    throw new AuthError(422, 'user_already_exists', 'User already registered');
  }
  return transaction(auth.pool, async (tx) => {
    const user = await findUserByEmail(tx, wanted.email);
    if (!user) throw new AuthError(403, 'user_not_found', 'User was deleted while signing up');
    await writeAuditEntry(tx, { actor: user, action: 'login', traits: EMAIL_PROVIDER, now: auth.now() });
    return issueSession(auth, tx, { user, method: 'password', origin: requestOrigin(request) });
  });
}

function readSignUp(auth: AuthServices, fields: RequestFields): SignUp {
  const email = fields.text('email');
  const password = fields.text('password') ?? '';
  if (!email && fields.text('phone')) throw notInLocalStack('Sign-up by phone');
  if (!email && !password) {
    if (auth.config.anonymousSignIns) throw notInLocalStack('Anonymous sign-in');
    throw new AuthError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  if (!password) throw invalid('Signup requires a valid password');
  checkPasswordStrength(password, auth.config.minimumPasswordLength);
  if (!auth.config.email.signupEnabled) {
    throw new AuthError(400, 'email_provider_disabled', 'Email signups are disabled');
  }
  return { email: parseEmailAddress(email), password, data: fields.object('data') ?? {} };
}

/** Whether there is a new user now. */
async function createUnlessTaken(auth: AuthServices, wanted: SignUp, passwordHash: string): Promise<boolean> {
  if (await findUserByEmail(auth.pool, wanted.email)) return false;
  await createEmailUser(auth, wanted, passwordHash);
  return true;
}

async function requestConfirmation(auth: AuthServices, wanted: SignUp, target: LinkTarget): Promise<JsonObject> {
  const user = await sendConfirmation(auth, wanted.email, target);
  if (user) return presentUser(user);
  const now = auth.now();
  return { ...describeNewUser(wanted, randomUUID(), now), role: '', confirmation_sent_at: now.toISOString() };
}
