import { type DomainExpectation, PERSONAS, type Persona, type Row, type Tenant } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'runner', 'service'];
const AT = '2024-01-02T00:00:00Z';

const ofRun = (tenant: Tenant): Row => ({ run_id: tenant.row('trading_runs').id, user_id: tenant.userId });
const ofRunAndBot = (tenant: Tenant): Row => ({ ...ofRun(tenant), bot_id: tenant.row('bots').id });

/** Bots, whose settings their owners write, and the ledger of their runs, which no API role does. Nothing is open. */
export const trading: DomainExpectation = {
  exchange_sessions: {
    kind: 'shared',
    row: () => ({ exchange: 'MATRIX', description: 'Matrix', days: [1], timezone: 'UTC' }),
    key: ['exchange'],
    select: PERSONAS.filter((persona) => persona !== 'anonymous'),
  },
  exchange_closures: {
    kind: 'shared',
    row: () => ({ exchange: 'MATRIX', day: '2026-01-01', name: 'Matrix' }),
    key: ['exchange', 'day'],
    select: PERSONAS.filter((persona) => persona !== 'anonymous'),
  },
  bots: {
    kind: 'owned',
    row: ({ userId }) => ({ user_id: userId, name: 'Matrix', strategy_type: 'put-lite', symbols: ['MATRIX'] }),
    select: READERS,
    insert: { by: ['owner'], values: () => ({ name: 'Second', strategy_type: 'put-lite', symbols: ['MATRIX'] }) },
    update: { by: ['owner'], values: () => ({ risk_per_trade: 10 }) },
    delete: ['owner'],
  },
  trading_runs: {
    kind: 'owned',
    row: (tenant) => ({ bot_id: tenant.row('bots').id, user_id: tenant.userId, mode: 'PAPER' }),
    select: READERS,
  },
  bot_leases: {
    kind: 'owned',
    row: (tenant) => ({
      ...ofRunAndBot(tenant),
      runner_session_id: tenant.row('runner_sessions').id,
      fencing_token: 1,
      released_at: AT,
    }),
    key: ['bot_id'],
    select: READERS,
    notSecret: { fencing_token: 'A number that only grows: it says who came last, and opens nothing' },
  },
  trading_halts: {
    kind: 'owned',
    row: (tenant) => ({
      scope: 'bot',
      bot_id: tenant.row('bots').id,
      user_id: tenant.userId,
      reason: 'matrix',
      released_at: AT,
    }),
    select: READERS,
  },
  account_limits: {
    kind: 'owned',
    row: null,
    key: ['user_id'],
    select: READERS,
    update: { by: ['owner'], values: () => ({ max_exposure: 1000 }) },
  },
  positions: {
    kind: 'owned',
    row: (tenant) => ({
      ...ofRunAndBot(tenant),
      symbol: 'MATRIX',
      direction: 'long',
      quantity: 1,
      open_quantity: 0,
      status: 'closed',
      opened_at: AT,
      closed_at: AT,
    }),
    select: READERS,
  },
  orders: {
    kind: 'owned',
    row: (tenant) => ({
      ...ofRunAndBot(tenant),
      client_order_id: 'matrix',
      symbol: 'MATRIX',
      side: 'buy',
      type: 'market',
      quantity: 1,
      status: 'cancelled',
    }),
    select: READERS,
  },
  trades: {
    kind: 'owned',
    row: (tenant) => ({
      ...ofRunAndBot(tenant),
      symbol: 'MATRIX',
      direction: 'long',
      quantity: 1,
      entry_at: AT,
      entry_price: 1,
      exit_at: AT,
      exit_price: 2,
      gross_pnl: 1,
      net_pnl: 1,
      status: 'closed',
    }),
    select: READERS,
  },
  fills: {
    kind: 'owned',
    row: (tenant) => ({
      ...ofRun(tenant),
      seq: 1,
      executed_at: AT,
      order_id: tenant.row('orders').id,
      symbol: 'MATRIX',
      side: 'buy',
      quantity: 1,
      price: 1,
    }),
    key: ['run_id', 'seq'],
    select: READERS,
  },
  run_logs: {
    kind: 'owned',
    row: (tenant) => ({ ...ofRun(tenant), seq: 1, logged_at: AT, message: 'Matrix' }),
    key: ['run_id', 'seq'],
    select: READERS,
  },
  signals: {
    kind: 'owned',
    row: (tenant) => ({ ...ofRun(tenant), seq: 1, symbol: 'MATRIX', signal_at: AT, type: 'HOLD' }),
    key: ['run_id', 'seq'],
    select: READERS,
  },
  bot_events: {
    kind: 'owned',
    row: (tenant) => ({
      bot_id: tenant.row('bots').id,
      user_id: tenant.userId,
      type: 'started',
      message: 'The bot was started',
    }),
    select: READERS,
  },
};
