import type { AuthServices } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { deleteSessionsOfUser } from '../sessions/session-store.ts';
import type { FactorRecord } from './factor-record.ts';

/** The hook hears of every code, right or wrong, and may refuse even the right one: then the user is signed out. */
export async function askMfaHook(
  auth: AuthServices,
  attempt: { userId: string; factor: FactorRecord; valid: boolean },
): Promise<void> {
  const { userId, factor, valid } = attempt;
  const event = { user_id: userId, factor_id: factor.id, factor_type: factor.factor_type, valid };
  const answer = await auth.hooks.run('mfa_verification_attempt', event);
  if (!answer || answer.decision === 'continue') return;
  if (answer.decision !== 'reject') {
    const message = 'The hook mfa_verification_attempt must return the decision "continue" or "reject"';
    throw new AuthError(500, 'unexpected_failure', message);
  }
  await deleteSessionsOfUser(auth.pool, userId);
  const message = answer.message || 'Further MFA verification attempts will be rejected.';
  throw new AuthError(403, 'mfa_verification_rejected', String(message));
}
