export {
  createTradebaseClient,
  type LiveFeeds,
  type TradebaseClient,
  type TradebaseClientOptions,
} from './create-tradebase-client.ts';
export type { Database, Json } from './database.types.ts';
export { followTaskEvents, type TaskFeed } from './follow-task-events.ts';
export type { FeedStatus } from './ordered-feed.ts';
export type { FillRow, OrderRow, PositionRow, RunChange, RunRow, RunState, TradeRow } from './run-state.ts';
export type { NamedTaskEvent, UserEvent } from './user-event.ts';
export type { BotState, RunnerState, UserChange, UserState } from './user-state.ts';
export { type RunWatch, type RunWatchOptions, watchRun } from './watch-run.ts';
export { type UserWatch, type UserWatchOptions, watchUser } from './watch-user.ts';
