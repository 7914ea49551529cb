import { z } from 'zod';

/** Payload of a job in the queues `backtest` and `backtest-dead`. A change of shape gets a new version. */
export const BacktestJob = z.object({
  version: z.literal(1),
  backtest_id: z.guid(),
  request_id: z.string().nullable().optional().describe('Id of the HTTP request that caused it'),
});
export type BacktestJob = z.infer<typeof BacktestJob>;
