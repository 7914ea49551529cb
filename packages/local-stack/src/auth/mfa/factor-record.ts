import type { JsonObject } from '../requests/request-fields.ts';

export type FactorType = 'totp' | 'phone' | 'webauthn';

/** A row of auth.mfa_factors as JSON made by Postgres, without the secret. */
export interface FactorRecord {
  id: string;
  created_at: string;
  updated_at: string;
  status: 'unverified' | 'verified';
  friendly_name: string | null;
  factor_type: FactorType;
  phone: string | null;
  last_challenged_at: string | null;
}

/** A FactorRecord, for a query that names auth.mfa_factors `f`. */
export const FACTOR_JSON = `jsonb_build_object(
  'id', f.id, 'created_at', f.created_at, 'updated_at', f.updated_at, 'status', f.status,
  'friendly_name', f.friendly_name, 'factor_type', f.factor_type, 'phone', f.phone,
  'last_challenged_at', f.last_challenged_at)`;

/** The factor as clients see it. A name that was not given is left out, as hosted Auth does. */
export function presentFactor(factor: FactorRecord): JsonObject {
  const { id, created_at, updated_at, status, friendly_name, factor_type, phone, last_challenged_at } = factor;
  const name = friendly_name ? { friendly_name } : {};
  return { id, created_at, updated_at, status, ...name, factor_type, phone: phone ?? '', last_challenged_at };
}

/** Whether the user signs in with a second factor: a session without it may then do less. */
export function hasVerifiedFactor(user: { readonly factors: readonly FactorRecord[] }): boolean {
  return user.factors.some((factor) => factor.status === 'verified');
}
