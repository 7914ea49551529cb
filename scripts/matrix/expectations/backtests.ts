import type { DomainExpectation, Persona, Row, Tenant } from '../expectation.ts';

const READERS: readonly Persona[] = ['owner', 'viewer', 'runner', 'service'];

const request = (tenant: Tenant): Row => ({
  instrument_id: tenant.row('instruments').id,
  timeframe: '1d',
  strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
});

/** Backtests: requested, cancelled and, once they have ended, deleted by their owners; the rest written by workers. */
export const backtests: DomainExpectation = {
  backtests: {
    kind: 'owned',
    // The candle is what the request needs. It has ended, so that it may be deleted; cancelling it again is allowed too.
    row: (tenant) =>
      tenant.row('candles') && { ...request(tenant), user_id: tenant.userId, symbol: 'MATRIX', status: 'cancelled' },
    select: READERS,
    insert: { by: ['owner'], values: request },
    update: { by: ['owner'], values: () => ({ status: 'cancelled' }) },
    delete: ['owner'],
  },
  backtest_results: {
    kind: 'owned',
    row: (tenant) => ({
      backtest_id: tenant.row('backtests').id,
      user_id: tenant.userId,
      summary: {},
      equity_at: [],
      equity: [],
      stored_trades: 1,
    }),
    key: ['backtest_id'],
    select: READERS,
  },
  backtest_trades: {
    kind: 'owned',
    row: (tenant) => ({
      backtest_id: tenant.row('backtests').id,
      seq: 1,
      user_id: tenant.userId,
      side: 'long',
      entry_bar: 1,
      exit_bar: 2,
      entry_at: '2024-01-01T00:00:00Z',
      exit_at: '2024-01-02T00:00:00Z',
      entry_price: 1,
      exit_price: 2,
      quantity: 1,
      fee: 0,
      pnl: 1,
      return_pct: 100,
    }),
    key: ['backtest_id', 'seq'],
    select: READERS,
  },
  backtest_orders: {
    kind: 'owned',
    row: (tenant) => ({
      backtest_id: tenant.row('backtests').id,
      seq: 1,
      user_id: tenant.userId,
      instrument_id: tenant.row('instruments').id,
      symbol: 'MATRIX',
      side: 'buy',
      order_type: 'market',
      quantity: 1,
      placed_bar: 0,
      placed_at: '2024-01-01T00:00:00Z',
      outcome: 'rejected',
      reject_reason: 'not enough cash',
      filled_quantity: 0,
    }),
    key: ['backtest_id', 'seq'],
    select: READERS,
  },
};
