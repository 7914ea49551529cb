export { createTradebaseClient, type TradebaseClient } from './create-tradebase-client.ts';
export type { Database, Json } from './database.types.ts';
export { followTaskEvents, type NamedTaskEvent, type TaskFeed } from './follow-task-events.ts';
