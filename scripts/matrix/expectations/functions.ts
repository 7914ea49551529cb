import type { FunctionExpectations } from '../expectation.ts';

/** Who may call which exposed function, with which arguments. */
export const functions: FunctionExpectations = {
  create_backtest: {
    by: ['owner', 'other', 'admin_aal1', 'admin_aal2'],
    args: (tenant) => ({
      p_symbol: tenant.row('instruments').symbol,
      p_timeframe: '1d',
      p_strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
    }),
  },
  cancel_backtest: { by: ['owner'], args: (tenant) => ({ p_backtest_id: tenant.row('backtests').id }) },
  admin_read: {
    by: ['admin_aal2'],
    args: (tenant) => ({ p_table: 'user_roles', p_filter: { user_id: tenant.userId } }),
  },
};
