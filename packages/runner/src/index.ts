/**
 * Runner SDK: what a program needs to execute bots for their owner; and the executor of PAPER bots, for candles of one's own.
 * @module
 */

export type { BarRequest, CandleFeed, FeedBars } from './feeds/candle-feed.ts';
export { CandleReader } from './feeds/candle-reader.ts';
export { ReplayFeed, type ReplayOptions } from './feeds/replay-feed.ts';
export { StoredFeed } from './feeds/stored-feed.ts';
export type { Log } from './program/log.ts';
export { PaperExecutor } from './program/paper-executor.ts';
export type { PaperRunParts } from './program/paper-run.ts';
export { isOpenStatus, type RunLedger, readRunLedger } from './program/run-ledger.ts';
export type { SyncPolicy } from './sdk/append-file.ts';
export type { BackOffOptions } from './sdk/back-off.ts';
export type { BotExecutor, RunnerEvents } from './sdk/bot-executor.ts';
export { type Clock, systemClock } from './sdk/clock.ts';
export { type ConnectRunnerOptions, connectRunner } from './sdk/connect-runner.ts';
export type { RejectedItem, Run } from './sdk/run.ts';
export type { Runner } from './sdk/runner.ts';
export { RunnerError, type RunnerErrorCode } from './sdk/runner-error.ts';
export type { Server } from './sdk/server.ts';
