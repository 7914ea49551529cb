import { MaintenanceJob, MaintenanceReport } from '@tradebase/contracts';
import type { Job } from './job.ts';

/** Deletes what is past its retention and looks after the partitions. All of it is in the database, where it can also be called by hand. */
export const maintenanceJob: Job = {
  queue: 'maintenance',
  cpu: false,
  async handle(run, { database, log }) {
    MaintenanceJob.parse(run.data);
    const startedAt = performance.now();
    const { rows } = await database.query('select private.run_maintenance() as report');
    const { done, failed } = MaintenanceReport.parse(rows[0]?.report);
    const failures = Object.entries(failed).map(([step, message]) => `${step}: ${message}`);
    log('info', 'maintenance done', { ms: Math.round(performance.now() - startedAt), done: JSON.stringify(done) });
    // What was done is committed. The error makes the failure visible in the queue, which tries once more.
    if (failures.length > 0) throw new Error(`maintenance failed in part: ${failures.join('; ')}`);
  },
};
