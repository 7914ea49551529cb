import { z } from 'zod';
import { ApiKeyPermission } from './api-key.ts';
import { LeaseIntent } from './bot.ts';
import { RunConfig } from './run-config.ts';
import { RunnerCommand } from './runner-command.ts';
import { storableText } from './storable-text.ts';

/** Body of `POST runner/authenticate`. The same machine, by id, connects to the same session; what it had before is then over. */
export const AuthenticateRunnerRequest = z.strictObject({
  api_key: z.string().max(100),
  machine_id: storableText(255).min(1).describe('Fingerprint of the machine: the same at every start'),
  machine_info: z.record(z.string().max(100), z.json()).default({}).describe('System, cores, memory: at most 16 KB'),
  version: storableText(50).default('').describe('Of the runner program'),
});
export type AuthenticateRunnerRequest = z.infer<typeof AuthenticateRunnerRequest>;

/** A token, good for 15 minutes, and what belongs to the session. Answer to authenticating and to `POST runner/refresh`. */
export const RunnerToken = z.object({
  token: z.string().describe('Bearer token for the Data API and Realtime, beside the publishable key'),
  expires_at: z.iso.datetime({ offset: true }),
  session_id: z.guid(),
  user_id: z.guid(),
  epoch: z.int().min(1),
  permissions: z.array(ApiKeyPermission),
  heartbeat_interval_s: z.number().positive(),
  timeout_s: z.number().positive(),
  server_time: z.iso.datetime({ offset: true }),
});
export type RunnerToken = z.infer<typeof RunnerToken>;

/** One bot that the session holds. */
export const RunnerLease = z.object({
  bot_id: z.guid(),
  run_id: z.guid(),
  fencing_token: z.int().min(1),
  intent: LeaseIntent,
  reconciled: z.boolean().describe('Until true nothing is opened: see reconcile_run'),
  last_report_seq: z.int().min(0).describe('Last item of the reports of the run that the database has'),
  last_bar_at: z.string().nullable().describe('Close of the last bar that the strategy has seen'),
  started_at: z.string(),
  config: RunConfig,
});
export type RunnerLease = z.infer<typeof RunnerLease>;

/** What `rpc('runner_config')` answers. */
export const RunnerConfig = z.object({
  leases: z.array(RunnerLease),
  heartbeat_interval_s: z.number().positive(),
  timeout_s: z.number().positive(),
  halts: z.array(
    z.object({ scope: z.enum(['bot', 'user', 'system']), bot_id: z.guid().nullable(), reason: z.string() }),
  ),
  account_limits: z.record(z.string(), z.unknown()).nullable(),
});
export type RunnerConfig = z.infer<typeof RunnerConfig>;

/** What `rpc('runner_heartbeat')` answers. */
export const HeartbeatAnswer = z.object({
  server_time: z.string(),
  heartbeat_interval_s: z.number().positive(),
  timeout_s: z.number().positive(),
  commands: z.array(RunnerCommand).max(50).describe('Those still to be done, in order, each delivery counted'),
});
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;

/** What a runner holds for a run, as `rpc('reconcile_run')` takes it. */
export const RunHolding = z.strictObject({
  positions: z
    .array(z.strictObject({ symbol: z.string(), quantity: z.number() }))
    .max(1000)
    .describe('Below 0 when short; none of 0'),
  open_orders: z.array(z.string()).max(1000).describe('Client ids of the orders that still work'),
});
export type RunHolding = z.infer<typeof RunHolding>;

/** What it answers: whether runner and ledger agree. Where they do not, the bot is held with an error, and its owner told. */
export const Reconciliation = z.object({
  matched: z.boolean(),
  differences: z.array(
    z.object({ kind: z.enum(['position', 'order']), subject: z.string(), runner: z.number(), ledger: z.number() }),
  ),
});
export type Reconciliation = z.infer<typeof Reconciliation>;
