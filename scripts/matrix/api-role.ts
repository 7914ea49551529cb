import type { Persona } from './expectation.ts';

/** The database roles that the API's callers can be. */
export const API_ROLES = ['anon', 'authenticated', 'service_role', 'tradebase_admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** The role that PostgREST takes on for a persona. */
export function roleOf(persona: Persona): ApiRole {
  if (persona === 'anonymous') return 'anon';
  return persona === 'service' ? 'service_role' : 'authenticated';
}
