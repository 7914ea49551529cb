import { z } from 'zod';

/** Payload of a job in the queues `test-credential` and `test-credential-dead`. */
export const TestCredentialJob = z.object({
  version: z.literal(1),
  credential_id: z.guid(),
  request_id: z.string().nullable().optional().describe('Id of the HTTP request that caused it'),
});
export type TestCredentialJob = z.infer<typeof TestCredentialJob>;

/** Payload of a job in the queue `reencrypt`: all credentials that are encrypted to a retiring key. */
export const ReencryptJob = z.object({ version: z.literal(1) });
export type ReencryptJob = z.infer<typeof ReencryptJob>;
