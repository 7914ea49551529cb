import type pg from 'pg';

export const USERS = 200;
/** The user who asks. */
export const USER = 7;

const id = (kind: string, number: string) => `md5('${kind}' || (${number}))::uuid`;
/** Rows belong to the users in turn. */
const userOf = (number: string) => id('user', `(${number}) % ${USERS}`);
const BOTS = 2_000;
const RUNS = 20_000;
const BACKTESTS = 100_000;
const botOf = (number: string) => id('bot', `(${number}) % ${BOTS}`);
const runOf = (number: string) => id('run', `(${number}) % ${RUNS}`);

/** One table's rows: how many, and the columns' values from `n`, the number of the row from 0. */
interface TableRows {
  readonly table: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, string>>;
}

const OF_RUN = { run_id: runOf('n'), user_id: userOf('n') };
const RECENTLY = `now() - n * interval '1 second'`;

/** What a platform with 200 users has stored after a while: a million lines of logs, a million trades of backtests. */
const DATA: readonly TableRows[] = [
  {
    table: 'bots',
    rows: BOTS,
    columns: {
      id: id('bot', 'n'),
      user_id: userOf('n'),
      name: `'bot ' || n`,
      strategy_type: `'sma-cross'`,
      symbols: `'{ACME}'`,
      created_at: RECENTLY,
    },
  },
  {
    table: 'trading_runs',
    rows: RUNS,
    columns: {
      id: id('run', 'n'),
      bot_id: botOf('n'),
      user_id: userOf('n'),
      mode: `'PAPER'`,
      status: `'completed'`,
      started_at: RECENTLY,
      ended_at: 'now()',
    },
  },
  {
    table: 'run_logs',
    rows: 1_000_000,
    columns: {
      ...OF_RUN,
      seq: `1 + n / ${RUNS}`,
      logged_at: RECENTLY,
      level: `(array['INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'])[1 + (n / ${RUNS}) % 5]`,
      message: `'the price of ACME is ' || n`,
    },
  },
  {
    table: 'positions',
    rows: 200_000,
    columns: {
      id: id('position', 'n'),
      ...OF_RUN,
      bot_id: botOf('n'),
      symbol: `'ACME'`,
      direction: `'long'`,
      quantity: '1',
      open_quantity: `((n / ${USERS}) % 20 = 0)::integer`,
      status: `case when (n / ${USERS}) % 20 = 0 then 'open' else 'closed' end`,
      opened_at: RECENTLY,
      closed_at: `case when (n / ${USERS}) % 20 <> 0 then now() end`,
    },
  },
  {
    table: 'orders',
    rows: 200_000,
    columns: {
      id: id('order', 'n'),
      ...OF_RUN,
      bot_id: botOf('n'),
      client_order_id: 'n::text',
      symbol: `'ACME'`,
      side: `'buy'`,
      type: `'market'`,
      quantity: '1',
      status: `'cancelled'`,
      created_at: RECENTLY,
    },
  },
  {
    table: 'fills',
    rows: 400_000,
    columns: {
      ...OF_RUN,
      seq: `1 + n / ${RUNS}`,
      executed_at: RECENTLY,
      symbol: `'ACME'`,
      side: `'buy'`,
      quantity: '1',
      price: '100',
    },
  },
  {
    table: 'alert_history',
    rows: 200_000,
    columns: {
      user_id: userOf('n'),
      alert_type: `'entry'`,
      message: `'Bought 1 ACME'`,
      created_at: RECENTLY,
    },
  },
  {
    table: 'backtests',
    rows: BACKTESTS,
    columns: {
      id: id('backtest', 'n'),
      user_id: userOf('n'),
      instrument_id: '1',
      symbol: `'ACME'`,
      timeframe: `'1d'`,
      strategy: `'{"name": "sma-cross", "params": {}}'`,
      status: `'cancelled'`,
      created_at: RECENTLY,
    },
  },
  {
    table: 'backtest_results',
    rows: BACKTESTS,
    columns: {
      backtest_id: id('backtest', 'n'),
      user_id: userOf('n'),
      summary: `'{"total_return_pct": 1}'`,
      equity_at: `'{}'`,
      equity: `'{}'`,
      stored_trades: '200',
    },
  },
  {
    table: 'backtest_trades',
    rows: 1_000_000,
    columns: {
      backtest_id: id('backtest', 'n % 5000'),
      seq: '1 + n / 5000',
      user_id: userOf('n % 5000'),
      side: `'long'`,
      entry_bar: 'n',
      exit_bar: 'n + 1',
      entry_at: 'now()',
      exit_at: 'now()',
      entry_price: '1',
      exit_price: '2',
      quantity: '1',
      fee: '0',
      pnl: '1',
      return_pct: '100',
    },
  },
  {
    table: 'events',
    rows: 200_000,
    columns: {
      topic: `'user:' || ${userOf('n')}`,
      seq: `1 + n / ${USERS}`,
      user_id: userOf('n'),
      event: `'task_progress'`,
      payload: `'{"kind": "backtest"}'`,
    },
  },
  {
    table: 'audit_log',
    rows: 200_000,
    columns: {
      chain: userOf('n'),
      seq: `1000 + n / ${USERS}`,
      created_at: RECENTLY,
      user_id: userOf('n'),
      actor: `'user'`,
      action: `'bots.updated'`,
      resource_type: `'bots'`,
      content_hash: `''`,
      origin_hash: `''`,
      hash: `''`,
    },
  },
];

/** Fills a migrated database, as its superuser, past triggers and foreign keys. Throws where a table is missing. */
export async function fillTenancyData(superuser: pg.Client): Promise<void> {
  // Users come with all that sign-up gives them.
  await superuser.query(
    `insert into auth.users (id, email, aud, role) select ${id('user', 'n')}, 'user' || n || '@example.com', 'authenticated', 'authenticated'
     from generate_series(0, ${USERS - 1}) n`,
  );
  // Logs of the weeks before this month would else be in the default partition.
  for (const table of ['run_logs', 'fills', 'alert_history', 'audit_log']) {
    await superuser.query(
      `select private.add_partition(p.table_name, p.period, p.time_column, date_trunc(p.period, now(), 'UTC') - interval '1 month')
       from private.partitioned_tables p where p.table_name = $1 and p.period = 'month'`,
      [table],
    );
  }
  await superuser.query('set session_replication_role = replica');
  for (const { table, rows, columns } of DATA) {
    const { rows: found } = await superuser.query('select to_regclass($1) as oid', [`public.${table}`]);
    if (found[0]?.oid === null) throw new Error(`there is no table ${table} to measure: mend scripts/bench/rls`);
    await superuser.query(
      `insert into public.${table} (${Object.keys(columns).join(', ')})
       select ${Object.values(columns).join(', ')} from generate_series(0, ${rows - 1}) n`,
    );
  }
  await superuser.query('reset session_replication_role');
  await superuser.query('vacuum (analyze)');
}
