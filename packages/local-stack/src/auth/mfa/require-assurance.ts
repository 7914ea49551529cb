import { AuthError } from '../requests/auth-error.ts';
import type { RequestFields } from '../requests/request-fields.ts';
import type { Caller } from '../sessions/authenticate.ts';
import { hasVerifiedFactor } from './factor-record.ts';

/** Keeps a user with a second factor from changing how they sign in until they have proved it in this session. */
export function requireAssurance({ user, session }: Caller, fields: RequestFields): void {
  if (!hasVerifiedFactor(user) || session.aal === 'aal2') return;
  const email = fields.text('email')?.toLowerCase();
  const phone = fields.text('phone');
  if (fields.text('password') || (email && email !== user.email) || (phone && phone !== user.phone)) {
    const message = 'AAL2 session is required to update email or password when MFA is enabled.';
    throw new AuthError(401, 'insufficient_aal', message);
  }
}
