import { z } from 'zod';
import { BotStatus, RunStatus } from './bot.ts';
import { LogLevel } from './run-report.ts';
import { SecurityAlert } from './security-alert.ts';

/** Topic of what happens in one run. */
export function runTopic(runId: string): string {
  return `run:${runId}`;
}

/** Events on `run:<run id>`. */
export const RUN_EVENTS = ['position_update', 'pnl_update', 'log_message', 'order_update'] as const;
export const RunEventName = z.enum(RUN_EVENTS);
export type RunEventName = z.infer<typeof RunEventName>;

/** Events on `user:<user id>` that concern bots and runners. They are also rows of `events`, as those of tasks are. */
export const BOT_EVENTS = ['bot_status', 'runner_status', 'alert'] as const;
export const BotEventName = z.enum(BOT_EVENTS);
export type BotEventName = z.infer<typeof BotEventName>;

/** A row of the table, as `to_jsonb` writes it. Its columns are in the generated Database type. */
const row = z.record(z.string(), z.json());

/**
 * Changes of a run are numbered from 1 without gaps, and a message holds those from `from_seq` to `seq`: a client that has
 * all up to `from_seq - 1` misses nothing. What it misses, `rpc('run_changes')` tells. A transaction takes sixteen numbers and
 * shares them out among its messages; the last of them is the `event_seq` of all rows that it wrote.
 */
const frame = { run_id: z.guid(), from_seq: z.int().min(1), seq: z.int().min(1) };

/** Rows of `positions` and `trades` that changed, whole. */
export const PositionUpdate = z.object({ ...frame, positions: z.array(row), trades: z.array(row) });
export type PositionUpdate = z.infer<typeof PositionUpdate>;

/** Rows of `orders` that changed, and new rows of `fills`, whole. */
export const OrderUpdate = z.object({ ...frame, orders: z.array(row), fills: z.array(row) });
export type OrderUpdate = z.infer<typeof OrderUpdate>;

/** Profit and status of the run. */
export const PnlUpdate = z.object({
  ...frame,
  bot_id: z.guid(),
  status: RunStatus,
  total_pnl: z.number(),
  daily_pnl: z.number(),
  trade_count: z.int(),
  max_drawdown: z.number().nullable(),
  last_bar_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  error: z.string().nullable(),
});
export type PnlUpdate = z.infer<typeof PnlUpdate>;

/** A line of `run_logs`. */
export const LogLine = z.object({
  seq: z.int().min(1),
  logged_at: z.string(),
  level: LogLevel,
  message: z.string(),
  data: z.record(z.string(), z.json()).nullable(),
});
export type LogLine = z.infer<typeof LogLine>;

/** New lines of `run_logs`, in the order of their own numbers. */
export const LogMessage = z.object({ ...frame, logs: z.array(LogLine) });
export type LogMessage = z.infer<typeof LogMessage>;

/**
 * What `rpc('run_changes', { p_run_id, p_after_event_seq, p_after_log_seq, p_after_fill_seq, p_limit })` answers, all of one
 * moment: rows as they are, of which a client may have some already. While `has_more` says so, it is asked again, after `event_seq`
 * and the last numbers of fills and logs.
 */
export const RunChanges = z.object({
  event_seq: z.int().min(0).describe('All changes of rows up to this number are in'),
  last_event_seq: z.int().min(0).describe('Number of the latest change of the run'),
  last_log_seq: z.int().min(0).describe('Number of the latest log line, as the run says'),
  run: row
    .nullable()
    .describe(
      'The row of `trading_runs`, but for what runners and the risk gate keep there; null if it has not changed',
    ),
  orders: z.array(row),
  positions: z.array(row),
  trades: z.array(row),
  fills: z.array(row),
  logs: z.array(LogLine),
  has_more: z.object({ changes: z.boolean(), fills: z.boolean(), logs: z.boolean() }),
});
export type RunChanges = z.infer<typeof RunChanges>;

export const BotStatusEvent = z.object({
  seq: z.int().min(1),
  bot_id: z.guid(),
  run_id: z.guid().nullable().describe('The run that it is in, or was in last'),
  status: BotStatus,
  error: z.string().nullable(),
  at: z.string(),
});
export type BotStatusEvent = z.infer<typeof BotStatusEvent>;

export const RunnerStatusEvent = z.object({
  seq: z.int().min(1),
  session_id: z.guid(),
  connected: z.boolean(),
  status: z.enum(['connected', 'disconnected', 'error', 'revoked']),
  last_heartbeat: z.string(),
  machine_id: z.string(),
  machine_info: z.record(z.string(), z.json()),
  version: z.string(),
  at: z.string(),
});
export type RunnerStatusEvent = z.infer<typeof RunnerStatusEvent>;

/** A new row of `alert_history`, or an event of the account's security. */
export const AlertEvent = z.union([
  SecurityAlert,
  z.object({
    seq: z.int().min(1),
    id: z.guid(),
    alert_type: z.string(),
    severity: z.string(),
    message: z.string(),
    bot_id: z.guid().nullable(),
    run_id: z.guid().nullable(),
    at: z.string(),
  }),
]);
export type AlertEvent = z.infer<typeof AlertEvent>;
