import type { DomainExpectation, Persona } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'service'];

const daily = () => ({ name: 'Daily report', job_type: 'report', target: 'daily', cron: '0 7 * * mon-fri' });

/** Schedules of users, and their runs, which workers write. */
export const schedules: DomainExpectation = {
  schedules: {
    kind: 'owned',
    row: (tenant) => ({ ...daily(), user_id: tenant.userId }),
    select: READERS,
    insert: { by: ['owner'], values: daily },
    update: { by: ['owner'], values: () => ({ enabled: false }) },
    delete: ['owner'],
  },
  schedule_runs: {
    kind: 'owned',
    row: (tenant) => ({
      schedule_id: tenant.row('schedules').id,
      user_id: tenant.userId,
      job_type: 'report',
      scheduled_for: '2026-01-05T07:00:00Z',
    }),
    select: READERS,
  },
};
