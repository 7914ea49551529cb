import type { DomainExpectation, Persona } from '../expectation.ts';

const EVERYONE_SIGNED_IN: readonly Persona[] = [
  'owner',
  'other',
  'viewer',
  'runner',
  'other_runner',
  'admin_aal1',
  'admin_aal2',
  'service',
];

/** Plans, profiles, what happens around signing in, and accounts elsewhere. */
export const accounts: DomainExpectation = {
  plans: {
    kind: 'shared',
    row: () => ({ plan: 'matrix', title: 'Matrix', description: 'Made for the matrix' }),
    key: ['plan'],
    select: EVERYONE_SIGNED_IN,
  },
  plan_quotas: {
    kind: 'shared',
    row: () => ({ plan: 'matrix', quota: 'matrix_things', value: 1, unit: 'things' }),
    key: ['plan', 'quota'],
    select: EVERYONE_SIGNED_IN,
  },
  // Sign-up has made each tenant's.
  profiles: {
    kind: 'owned',
    row: null,
    key: ['user_id'],
    select: ['owner', 'viewer', 'service'],
    update: {
      by: ['owner'],
      values: () => ({ first_name: 'Matrix', timezone: 'Europe/Berlin', preferences: { theme: 'dark' } }),
    },
  },
  security_events: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, kind: 'lockout', details: {} }),
    select: ['owner', 'viewer', 'service'],
  },
  sign_in_attempts: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      kind: 'second_factor',
      slot: 0,
      outcome: 'failed',
      created_at: '2026-11-01T00:00:00Z',
    }),
    key: ['user_id', 'kind', 'slot'],
    select: ['owner', 'viewer', 'service'],
  },
  known_devices: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      device_hash: '\\x6d6174726978',
      user_agent: 'Matrix/1.0',
      first_seen_at: '2026-11-01T00:00:00Z',
      last_seen_at: '2026-11-01T00:00:00Z',
    }),
    key: ['user_id', 'user_agent'],
    select: ['owner', 'viewer', 'service'],
    hidden: ['device_hash'],
  },
  recovery_codes: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      seq: 1,
      code_hash: '\\x6d6174726978',
      expires_at: '2100-01-01T00:00:00Z',
    }),
    key: ['user_id', 'seq'],
    select: ['owner', 'viewer', 'service'],
    hidden: ['code_hash'],
  },
  linked_accounts: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, provider: 'telegram', external_id: `matrix ${userId}` }),
    select: ['owner', 'viewer', 'service'],
    delete: ['owner'],
  },
  verification_codes: {
    kind: 'owned',
    row: ({ userId }) => ({
      user_id: userId,
      provider: 'telegram',
      // A code of each tenant's own: hashes are unique.
      code_hash: `\\x${userId.replaceAll('-', '')}`,
      expires_at: '2100-01-01T00:00:00Z',
    }),
    key: ['user_id', 'provider'],
    select: ['owner', 'viewer', 'service'],
    hidden: ['code_hash'],
  },
};
