import type { DomainExpectation } from '../expectation.ts';

/** The event stream: written by triggers alone. */
export const events: DomainExpectation = {
  events: {
    kind: 'owned',
    row: (tenant) => ({
      topic: `matrix:${tenant.userId}`,
      seq: 1,
      user_id: tenant.userId,
      event: 'task_progress',
      payload: { kind: 'backtest' },
    }),
    key: ['topic', 'seq'],
    select: ['owner', 'viewer', 'service'],
  },
};
