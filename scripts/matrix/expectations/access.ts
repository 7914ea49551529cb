import type { DomainExpectation } from '../expectation.ts';

/** Roles, settings and the audit log. */
export const access: DomainExpectation = {
  user_roles: { kind: 'owned', row: null, key: ['user_id'], select: ['owner', 'viewer', 'service'] },
  system_config: {
    kind: 'shared',
    row: () => ({ key: 'matrix.setting', value: '1', description: 'Made for the matrix' }),
    key: ['key'],
    select: ['service'],
  },
  // Sign-up has written entries about each tenant.
  audit_log: {
    kind: 'owned',
    row: null,
    key: ['user_id'],
    select: ['owner', 'viewer', 'service'],
    notSecret: {
      content_hash: 'lets anyone who may read an entry prove it',
      origin_hash: 'lets anyone who may read an entry prove it',
      hash: 'lets anyone who may read an entry prove it',
    },
  },
};
