import { z } from 'zod';

/** With pretended or with real money. */
export const BotMode = z.enum(['PAPER', 'LIVE']);
export type BotMode = z.infer<typeof BotMode>;

export const BotStatus = z.enum(['stopped', 'starting', 'running', 'paused', 'stopping', 'error']);
export type BotStatus = z.infer<typeof BotStatus>;

/** What becomes of what a bot holds when its runner goes offline: see the column `bots.offline_policy`. */
export const OfflinePolicy = z.enum(['hold', 'flatten', 'resume']);
export type OfflinePolicy = z.infer<typeof OfflinePolicy>;

export const RunStatus = z.enum(['running', 'completed', 'error', 'stopped']);
export type RunStatus = z.infer<typeof RunStatus>;

/** What is wanted of a bot that a runner holds: see the column `bot_leases.intent`. */
export const LeaseIntent = z.enum(['run', 'pause', 'stop', 'hold']);
export type LeaseIntent = z.infer<typeof LeaseIntent>;

/** What `rpc('start_bot')`, `stop_bot`, `pause_bot` and `resume_bot` answer. */
export const BotControl = z.strictObject({
  bot_id: z.guid(),
  status: BotStatus,
  run_id: z.guid().nullable().describe('The run that it is in, or was in last'),
  runner_session_id: z.guid().nullable().describe('The runner that holds it, or held it last'),
  command_seq: z.int().min(1).nullable().describe('Number of the command to the runner; null where none was needed'),
  message: z.string().nullable().describe('What has to happen first, where it cannot be done now'),
});
export type BotControl = z.infer<typeof BotControl>;
