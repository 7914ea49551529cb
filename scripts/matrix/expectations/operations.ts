import type { DomainExpectation } from '../expectation.ts';

/** Health, those who knock, and the status centre. */
export const operations: DomainExpectation = {
  system_health: {
    kind: 'shared',
    row: () => ({ system: 'matrix', component: 'test', status: 'HEALTHY' }),
    select: ['service'],
  },
  waitlist: { kind: 'shared', row: () => ({ email: 'matrix@example.com' }), select: ['service'] },
  contact_messages: {
    kind: 'shared',
    row: () => ({ name: 'Matrix', email: 'matrix@example.com', message: 'Hello' }),
    select: ['service'],
  },
  tasks: {
    kind: 'owned',
    row: (tenant) => ({
      user_id: tenant.userId,
      kind: 'report',
      subject_id: crypto.randomUUID(),
      title: 'A report',
    }),
    select: ['owner', 'viewer', 'service'],
  },
};
