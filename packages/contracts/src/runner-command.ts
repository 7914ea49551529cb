import { z } from 'zod';
import { RunConfig } from './run-config.ts';

export const RUNNER_COMMANDS = [
  'start_bot',
  'stop_bot',
  'pause_bot',
  'resume_bot',
  'update_config',
  'emergency_stop',
  'ping',
] as const;
export const RunnerCommandType = z.enum(RUNNER_COMMANDS);
export type RunnerCommandType = z.infer<typeof RunnerCommandType>;

const frame = {
  seq: z.int().min(1).describe('Within the session, without gaps'),
  attempt: z.int().min(0),
  expires_at: z.string(),
};
const run = { run_id: z.guid() };

/**
 * What a runner is told to do: a row of `runner_commands`, delivered by Realtime on `runner:<session id>` and again by each
 * heartbeat until it is acknowledged. To acknowledge is to say that it has been done.
 */
export const RunnerCommand = z.discriminatedUnion('type', [
  z.object({
    ...frame,
    type: z.literal('start_bot'),
    bot_id: z.guid(),
    payload: z.object({
      ...run,
      fencing_token: z.int().min(1),
      resumes: z.boolean().describe('Whether the run has been executed before and goes on'),
      paused: z.boolean().describe('Whether it is to open nothing until resumed'),
      config: RunConfig,
    }),
  }),
  z.object({
    ...frame,
    type: z.literal('stop_bot'),
    bot_id: z.guid(),
    payload: z.object({
      ...run,
      reason: z.string().describe('Positions are closed and orders cancelled before it is done'),
    }),
  }),
  z.object({ ...frame, type: z.literal('pause_bot'), bot_id: z.guid(), payload: z.object(run) }),
  z.object({ ...frame, type: z.literal('resume_bot'), bot_id: z.guid(), payload: z.object(run) }),
  z.object({
    ...frame,
    type: z.literal('update_config'),
    bot_id: z.guid(),
    payload: z.object({ ...run, config: RunConfig }),
  }),
  z.object({
    ...frame,
    type: z.literal('emergency_stop'),
    bot_id: z.guid().nullable().describe('Null for all that the runner executes'),
    payload: z.object({
      reason: z.string(),
      close_positions: z.boolean().describe('Else orders are cancelled and positions held'),
    }),
  }),
  z.object({ ...frame, type: z.literal('ping'), bot_id: z.null(), payload: z.object({}) }),
]);
export type RunnerCommand = z.infer<typeof RunnerCommand>;

/** Topic on which a runner session hears of its commands. */
export function runnerTopic(sessionId: string): string {
  return `runner:${sessionId}`;
}
