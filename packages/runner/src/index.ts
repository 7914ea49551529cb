/**
 * Runner SDK: what a program needs to execute bots for their owner.
 * @module
 */

export type { SyncPolicy } from './sdk/append-file.ts';
export type { BackOffOptions } from './sdk/back-off.ts';
export { type Clock, systemClock } from './sdk/clock.ts';
export { type ConnectRunnerOptions, connectRunner } from './sdk/connect-runner.ts';
export type { RejectedItem, Run } from './sdk/run.ts';
export type { BotExecutor, Runner, RunnerEvents } from './sdk/runner.ts';
export { RunnerError, type RunnerErrorCode } from './sdk/runner-error.ts';
