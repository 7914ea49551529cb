import type { AuthServices } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import type { RequestFields } from '../requests/request-fields.ts';
import type { Caller } from '../sessions/authenticate.ts';
import { readSessionAssurance, type SessionRecord } from '../sessions/session-store.ts';
import type { UserRecord } from '../users/user-record.ts';
import { askPasswordHook } from './ask-password-hook.ts';
import { checkPasswordStrength } from './password-hasher.ts';
import { redeemNonce } from './reauthenticate.ts';

/** How long a sign-in counts as recent. */
const RECENT_MS = 24 * 3_600_000;

/** Methods of people who may have forgotten the old password: they proved that the address is theirs. */
const RECOVERY_METHODS = new Set(['otp', 'magiclink', 'recovery']);

/**
 * The hash of a user's new password, once everything is proved that the project asks for: a code from an e-mail in an old
 * session (`secure_password_change`), and the old password (`require_current_password`).
 */
export async function preparePasswordChange(
  auth: AuthServices,
  { user, session }: Caller,
  { password, fields }: { password: string; fields: RequestFields },
): Promise<string> {
  const { securePasswordChange, requireCurrentPassword } = auth.config.email;
  checkPasswordStrength(password, auth.config.minimumPasswordLength);
  if (securePasswordChange && !isRecent(auth, session)) {
    const nonce = fields.text('nonce');
    if (!nonce) throw new AuthError(400, 'reauthentication_needed', 'Password update requires reauthentication');
    await redeemNonce(auth, user, nonce);
  }
  if (requireCurrentPassword && user.encrypted_password && !(await isRecovery(auth, session))) {
    await checkCurrentPassword(auth, user, fields.text('current_password'));
  }
  if (await auth.passwords.verify(password, user.encrypted_password)) {
    throw new AuthError(422, 'same_password', 'New password should be different from the old password.');
  }
  return auth.passwords.hash(password);
}

function isRecent(auth: AuthServices, { created_at }: SessionRecord): boolean {
  return created_at !== null && auth.now().getTime() <= created_at.getTime() + RECENT_MS;
}

async function isRecovery(auth: AuthServices, session: SessionRecord): Promise<boolean> {
  const { amr } = await readSessionAssurance(auth.pool, session.id);
  return amr.some(({ method }) => RECOVERY_METHODS.has(method));
}

/**
 * Hosted Auth gives both refusals one sentence, and asks no hook: there, who has stolen a session may guess the password as often as
 * they like. Here a guess counts like one at sign-in, and whoever is locked is told that it was wrong.
 */
async function checkCurrentPassword(auth: AuthServices, user: UserRecord, current: string | undefined): Promise<void> {
  const message = 'Current password required when setting new password.';
  if (!current) throw new AuthError(400, 'current_password_required', message);
  const valid = await auth.passwords.verify(current, user.encrypted_password);
  const refused = await askPasswordHook(auth, user.id, valid);
  if (!valid || refused) throw new AuthError(400, 'current_password_invalid', message);
}
