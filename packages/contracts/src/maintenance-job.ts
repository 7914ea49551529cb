import { z } from 'zod';

/** Payload of a job in the queue `maintenance`. A change of shape gets a new version. */
export const MaintenanceJob = z.object({ version: z.literal(1) });
export type MaintenanceJob = z.infer<typeof MaintenanceJob>;

/** What `private.run_maintenance()` answers: what each step did, and why those that failed did. */
export const MaintenanceReport = z.object({
  done: z
    .record(z.string(), z.union([z.int(), z.record(z.string(), z.int()), z.array(z.string())]))
    .describe('By step: rows deleted, in all or by table, or partitions made and dropped'),
  failed: z.record(z.string(), z.string()),
});
export type MaintenanceReport = z.infer<typeof MaintenanceReport>;
