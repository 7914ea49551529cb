import type { FunctionExpectations, Persona } from '../expectation.ts';

/** Everyone with a session of Auth. A viewer is among them: what they may not write, their functions refuse. */
const USERS: readonly Persona[] = ['owner', 'other', 'viewer', 'admin_aal1', 'admin_aal2'];
/** Not the admin without the second factor: a user who has one and has not shown it writes nothing. */
const TRADERS: readonly Persona[] = ['owner', 'other', 'admin_aal2'];
const SIGNED_IN: readonly Persona[] = [...USERS, 'runner', 'other_runner'];
const RUNNERS: readonly Persona[] = ['runner', 'other_runner'];
const ADMIN: readonly Persona[] = ['admin_aal2'];

/** Who may call which exposed function, with which arguments. */
export const functions: FunctionExpectations = {
  // Accounts.
  my_quotas: { by: SIGNED_IN },
  take_call: { by: SIGNED_IN },
  generate_recovery_codes: { by: ADMIN },
  use_recovery_code: {
    by: USERS,
    args: () => ({ p_code: 'AAAA-BBBB-CCCC-DDDD' }),
    mayEndWith: ['invalid_recovery_code', 'recovery_not_needed'],
  },
  start_account_link: { by: TRADERS, args: () => ({ p_provider: 'discord' }) },
  finish_account_link: {
    by: ['service'],
    args: () => ({ p_provider: 'telegram', p_external_id: 'matrix', p_code: 'AAAA-BBBB-CCCC-DDDD' }),
    mayEndWith: ['invalid_link_code'],
  },
  unlink_account: { by: ['owner'], args: (tenant) => ({ p_linked_account_id: tenant.row('linked_accounts').id }) },

  // Keys.
  create_credential: {
    by: TRADERS,
    args: () => ({ exchange: 'kraken', name: 'Made by a call', key: 'matrix-key', secret: 'c2VjcmV0' }),
  },
  update_credential: {
    by: ['owner'],
    args: (tenant) => ({ p_credential_id: tenant.row('exchange_credentials').id, p_name: 'renamed' }),
  },
  request_credential_test: {
    by: ['owner'],
    args: (tenant) => ({ p_credential_id: tenant.row('exchange_credentials').id }),
  },
  create_api_key: {
    by: TRADERS,
    args: () => ({ p_name: 'made by the matrix', p_permissions: ['data:read'] }),
  },
  // Taking a key's power away is open to viewers, too.
  revoke_api_key: { by: ['owner', 'viewer'], args: (tenant) => ({ p_api_key_id: tenant.row('api_keys').id }) },
  authenticate_api_key: {
    by: ['service'],
    args: () => ({ p_key: 'tb_abcdefgh_nobody', p_ip: '203.0.113.1' }),
    mayEndWith: ['invalid_api_key'],
  },

  // Runners. The function runner calls the first two with a secret key.
  count_runner_authentication: { by: ['service'], args: () => ({ p_ip: '203.0.113.1', p_key_prefix: 'abcdefgh' }) },
  connect_runner: {
    by: ['service'],
    args: () => ({ p_key: 'tb_abcdefgh_nobody', p_ip: '203.0.113.1', p_machine_id: 'matrix' }),
    mayEndWith: ['invalid_api_key'],
  },
  refresh_runner: { by: RUNNERS, args: () => ({ p_ip: '203.0.113.1' }) },
  runner_config: { by: RUNNERS },
  runner_heartbeat: {
    by: RUNNERS,
    args: () => ({ p_machine_info: {}, p_active_bot_ids: [], p_sent_at: new Date().toISOString() }),
  },
  // Each runner has a command 1 of its own.
  acknowledge_command: { by: RUNNERS, args: () => ({ p_seq: 1 }) },
  reconcile_run: {
    by: ['runner'],
    args: (tenant) => ({
      p_run_id: tenant.row('trading_runs').id,
      p_fencing_token: 1,
      p_holding: { positions: [], open_orders: [] },
    }),
    mayEndWith: ['stale_lease'],
  },
  // The lease of the matrix has been given back: all but the runner it was given to are told that there is no such run.
  submit_order_intents: {
    by: ['runner'],
    args: (tenant) => ({
      p_run_id: tenant.row('trading_runs').id,
      p_fencing_token: 1,
      p_intents: [
        {
          client_order_id: 'by-intent',
          symbol: 'ACME',
          side: 'buy',
          type: 'market',
          quantity: 1,
          reference_price: 100,
          at: new Date().toISOString(),
        },
      ],
    }),
    mayEndWith: ['stale_lease'],
  },
  report_run: {
    by: ['runner'],
    args: (tenant) => ({
      p_run_id: tenant.row('trading_runs').id,
      p_fencing_token: 1,
      p_first_seq: 1,
      p_items: [{ kind: 'bar', at: '2024-01-02T00:00:00Z' }],
    }),
    mayEndWith: ['stale_lease'],
  },
  run_ledger: {
    by: ['owner', 'viewer', 'runner'],
    args: (tenant) => ({ p_run_id: tenant.row('trading_runs').id }),
  },
  disconnect_runner: { by: RUNNERS },
  // Trading.
  count_run_logs: { by: SIGNED_IN, args: (tenant) => ({ p_run_id: tenant.row('trading_runs').id }) },

  // Research.
  create_strategy: {
    by: TRADERS,
    args: () => ({ p_name: 'Made by a call', p_spec: { name: 'sma-cross', params: {} } }),
  },
  update_strategy: {
    by: ['owner'],
    args: (tenant) => ({ p_strategy_id: tenant.row('strategies').id, p_changes: { description: 'Changed' } }),
  },
  create_backtest: {
    by: TRADERS,
    args: (tenant) => ({
      p_symbol: tenant.row('instruments').symbol,
      p_timeframe: '1d',
      p_strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
    }),
  },
  cancel_backtest: { by: ['owner'], args: (tenant) => ({ p_backtest_id: tenant.row('backtests').id }) },
  create_study: {
    by: TRADERS,
    args: (tenant) => ({
      p_name: 'Matrix',
      p_kind: 'grid',
      p_symbol: tenant.row('instruments').symbol,
      p_timeframe: '1d',
      p_spec: { strategy: { name: 'sma-cross' } },
      p_search_space: { fast: { values: [2, 3] } },
      p_objective: 'sharpe',
    }),
  },
  cancel_study: { by: ['owner'], args: (tenant) => ({ p_study_id: tenant.row('studies').id }) },

  // Runs.
  run_changes: { by: ['owner', 'viewer', 'runner'], args: (tenant) => ({ p_run_id: tenant.row('trading_runs').id }) },

  // Bots. Of the owner's, which is stopped, no runner has been heard of for a while.
  start_bot: {
    by: ['owner'],
    args: (tenant) => ({ p_bot_id: tenant.row('bots').id }),
    mayEndWith: ['no_runner_connected'],
  },
  stop_bot: { by: ['owner'], args: (tenant) => ({ p_bot_id: tenant.row('bots').id }) },
  pause_bot: {
    by: ['owner'],
    args: (tenant) => ({ p_bot_id: tenant.row('bots').id }),
    mayEndWith: ['bot_not_running'],
  },
  resume_bot: {
    by: ['owner'],
    args: (tenant) => ({ p_bot_id: tenant.row('bots').id }),
    mayEndWith: ['bot_not_running'],
  },
  bot_performance: {
    by: ['owner', 'viewer', 'runner'],
    args: (tenant) => ({ p_bot_id: tenant.row('bots').id }),
    silent: true,
  },
  // Stopping what trades is open to viewers, too; letting it go on is not.
  engage_emergency_stop: {
    by: ['owner', 'viewer'],
    args: (tenant) => ({ p_scope: 'bot', p_bot_id: tenant.row('bots').id, p_reason: 'Matrix' }),
  },
  release_emergency_stop: {
    by: ['owner'],
    args: (tenant) => ({ p_halt_id: tenant.row('trading_halts').id }),
  },

  // Alerts and Telegram.
  mark_alerts_read: {
    by: ['owner'],
    args: (tenant) => ({ p_alert_ids: [tenant.row('alert_history').id] }),
    silent: true,
  },
  set_channel_config: { by: ADMIN, args: () => ({ p_channel: 'email', p_enabled: true }) },
  create_broadcast: { by: ADMIN, args: () => ({ p_message: 'Maintenance at noon' }) },
  set_feedback_status: {
    by: ADMIN,
    args: (tenant) => ({ p_feedback_id: tenant.row('telegram_feedback').id, p_status: 'closed' }),
  },
  set_telegram_setting: { by: ADMIN, args: () => ({ p_key: 'matrix', p_value: 'on' }) },

  // The public forms: the function public calls these with a secret key.
  join_waitlist: {
    by: ['service'],
    args: () => ({ p_email: 'new@example.com', p_source: 'website', p_ip: '203.0.113.1' }),
  },
  submit_contact_message: {
    by: ['service'],
    args: () => ({ p_name: 'Ada', p_email: 'ada@example.com', p_message: 'Hello', p_ip: '203.0.113.1' }),
  },

  // Admins.
  admin_read: {
    by: ADMIN,
    args: (tenant) => ({ p_table: 'user_roles', p_filter: { user_id: tenant.userId } }),
  },
  admin_count: { by: ADMIN, args: () => ({ p_table: 'waitlist' }) },
  list_users: { by: ADMIN, args: (tenant) => ({ p_user_id: tenant.userId }) },
  system_report: { by: ADMIN },
  invite_from_waitlist: { by: ADMIN, args: (tenant) => ({ p_waitlist_id: tenant.row('waitlist').id }) },
  answer_contact_message: {
    by: ADMIN,
    args: (tenant) => ({ p_contact_message_id: tenant.row('contact_messages').id, p_response: 'Welcome' }),
  },
  set_contact_status: {
    by: ADMIN,
    args: (tenant) => ({ p_contact_message_id: tenant.row('contact_messages').id, p_status: 'closed' }),
  },
  set_system_health: {
    by: ['admin_aal2', 'service'],
    args: () => ({ p_system: 'database', p_component: null, p_status: 'HEALTHY' }),
  },
  set_system_config: { by: ADMIN, args: () => ({ p_key: 'matrix.setting', p_value: '2' }) },
  set_exchange_closures: {
    by: ADMIN,
    args: () => ({ p_exchange: 'CRYPTO', p_from: '2026-01-01', p_until: '2026-01-01', p_closures: [] }),
  },
  set_user_plan: {
    by: ['admin_aal2', 'service'],
    args: (tenant) => ({ p_user_id: tenant.userId, p_plan: 'pro' }),
  },
  change_user: { by: ADMIN, args: (tenant) => ({ p_user_id: tenant.userId, p_plan: 'pro' }) },
  set_user_active: { by: ADMIN, args: (tenant) => ({ p_user_id: tenant.userId, p_active: true }) },
  set_user_role: { by: ADMIN, args: (tenant) => ({ p_user_id: tenant.userId, p_role: 'viewer' }) },

  // What ends sessions comes last. A session of nobody: that another's cannot be ended is in the tests of sessions.
  list_sessions: { by: USERS },
  revoke_session: {
    by: USERS,
    args: () => ({ p_session_id: '00000000-0000-4000-8000-000000000000' }),
    mayEndWith: ['session_not_found'],
  },
  // The admin calls in two sessions, and the first call ends the second one.
  revoke_other_sessions: { by: USERS, mayEndWith: ['invalid_token'] },
};
