import type { AuthServices } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { deleteSessionsOfUser } from '../sessions/session-store.ts';

/**
 * Tells the hook of an attempt on an account; it may refuse even the right password.
 *
 * @returns what to tell who was refused; undefined when the attempt may go on
 */
export async function askPasswordHook(
  auth: AuthServices,
  userId: string,
  valid: boolean,
): Promise<{ readonly message: string } | undefined> {
  const answer = await auth.hooks.run('password_verification_attempt', { user_id: userId, valid });
  if (!answer || answer.decision === 'continue') return undefined;
  if (answer.decision !== 'reject') {
    const message = 'The hook password_verification_attempt must return the decision "continue" or "reject"';
    throw new AuthError(500, 'unexpected_failure', message);
  }
  if (answer.should_logout_user === true) await deleteSessionsOfUser(auth.pool, userId);
  return { message: String(answer.message || 'Further password verification attempts will be rejected.') };
}
