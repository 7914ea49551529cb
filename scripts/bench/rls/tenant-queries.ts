import { USER, USERS } from './tenancy-data.ts';

/** A query as a frontend asks it. */
export interface TenantQuery {
  readonly name: string;
  /** The table whose rows it reads. */
  readonly table: string;
  readonly select: string;
  /** Conditions beside the owner. */
  readonly where?: string;
  readonly order?: string;
  readonly limit: number;
}

/** The user's n-th thing of a kind. */
const own = (kind: string, n: number) => `md5('${kind}${USER + n * USERS}')::uuid`;

/** What users ask most, newest first where there are many. */
export const TENANT_QUERIES: readonly TenantQuery[] = [
  {
    name: 'my_backtests',
    table: 'backtests',
    select: 'id, symbol, timeframe, status, progress, created_at',
    order: 'created_at desc, id desc',
    limit: 20,
  },
  { name: 'one_backtest', table: 'backtests', select: '*', where: `id = ${own('backtest', 3)}`, limit: 1 },
  {
    name: 'backtest_result',
    table: 'backtest_results',
    select: 'summary, equity_at, equity',
    where: `backtest_id = ${own('backtest', 3)}`,
    limit: 1,
  },
  {
    name: 'backtest_trades_page',
    table: 'backtest_trades',
    select: '*',
    where: `backtest_id = ${own('backtest', 3)} and seq > 50`,
    order: 'seq',
    limit: 100,
  },
  {
    name: 'my_bots',
    table: 'bots',
    select: 'id, name, status, total_pnl, created_at',
    order: 'created_at desc',
    limit: 50,
  },
  { name: 'my_runs', table: 'trading_runs', select: '*', order: 'started_at desc', limit: 20 },
  {
    name: 'run_logs_by_level',
    table: 'run_logs',
    select: 'seq, logged_at, level, message',
    where: `run_id = ${own('run', 3)} and level = 'ERROR'`,
    order: 'seq desc',
    limit: 100,
  },
  {
    name: 'open_positions',
    table: 'positions',
    select: 'id, symbol, quantity, unrealized_pnl, opened_at',
    where: `status = 'open'`,
    order: 'opened_at desc',
    limit: 50,
  },
  {
    name: 'orders_of_run',
    table: 'orders',
    select: 'id, symbol, side, type, status, created_at',
    where: `run_id = ${own('run', 3)}`,
    order: 'created_at desc',
    limit: 100,
  },
  {
    name: 'fills_of_run',
    table: 'fills',
    select: 'seq, executed_at, side, quantity, price',
    where: `run_id = ${own('run', 3)}`,
    order: 'seq',
    limit: 100,
  },
  {
    name: 'my_alerts',
    table: 'alert_history',
    select: 'id, alert_type, message, created_at',
    order: 'created_at desc',
    limit: 50,
  },
  {
    name: 'events_since',
    table: 'events',
    select: 'seq, event, payload',
    where: `topic = 'user:' || md5('user${USER}')::uuid and seq > 900`,
    order: 'seq',
    limit: 100,
  },
  {
    name: 'my_audit_log',
    table: 'audit_log',
    select: 'created_at, actor, action, resource_type',
    order: 'created_at desc',
    limit: 50,
  },
];

/** The query; with its owner as a condition for those whom no policy gives one. */
export function toSql({ table, select, where, order, limit }: TenantQuery, ownerId?: string): string {
  const conditions = [where, ownerId && `user_id = '${ownerId}'`].filter(Boolean).join(' and ');
  return [
    `select ${select} from public.${table}`,
    conditions && `where ${conditions}`,
    order && `order by ${order}`,
    `limit ${limit}`,
  ]
    .filter(Boolean)
    .join(' ');
}
