import { z } from 'zod';

/** Payload of a job in the queues `optimise` and `bias-check`, and in their dead-letter queues. A change of shape gets a new version. */
export const StudyJob = z.object({
  version: z.literal(1),
  study_id: z.guid(),
  request_id: z.string().nullable().optional().describe('Id of the HTTP request that caused it'),
});
export type StudyJob = z.infer<typeof StudyJob>;
