import { AuthError } from '../requests/auth-error.ts';
import { isUuid } from '../requests/uuid.ts';
import type { UserRecord } from '../users/user-record.ts';
import type { FactorRecord } from './factor-record.ts';

/** The factor of the user whose id a request's path holds. That of somebody else is not found. */
export function ownFactor(user: UserRecord, id: string): FactorRecord {
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'factor_id must be an UUID');
  const factor = user.factors.find((own) => own.id === id.toLowerCase());
  if (!factor) throw factorNotFound();
  return factor;
}

export function factorNotFound(): AuthError {
  return new AuthError(404, 'mfa_factor_not_found', 'Factor not found');
}
