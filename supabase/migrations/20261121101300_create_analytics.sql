-- Purpose: how bots did: by day, at moments, and by what they traded with. Kept by workers, read by owners.
-- Objects: tables daily_performance, performance_snapshots (by month), performance_metrics; function
--   private.delete_analytics_of_user (trigger on auth.users).
-- Risk: none on an empty database. The keys to bots come with 20261121101800_link_platform.sql.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.performance_snapshots_days', '365', 7, 36500, 'Days for which performance snapshots are kept; null keeps them for ever.');

create table public.daily_performance (
  user_id uuid not null,
  bot_id uuid not null,
  trade_type text not null,
  trade_date date not null,
  num_trades integer not null default 0,
  winning_trades integer not null default 0,
  losing_trades integer not null default 0,
  daily_pnl numeric not null default 0,
  cumulative_pnl numeric not null default 0,
  avg_trade_pnl numeric,
  pnl_stddev numeric,
  win_rate_pct numeric,
  fees numeric not null default 0,
  max_drawdown_pct numeric,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint daily_performance_pkey primary key (bot_id, trade_date, trade_type),
  constraint daily_performance_trade_type_check check (trade_type in ('paper', 'live', 'backtest')),
  constraint daily_performance_num_trades_check check (winning_trades >= 0 and losing_trades >= 0 and winning_trades + losing_trades <= num_trades),
  constraint daily_performance_avg_trade_pnl_check check ((avg_trade_pnl is null) = (num_trades = 0)),
  constraint daily_performance_pnl_stddev_check check (pnl_stddev >= 0 and (pnl_stddev is null or num_trades >= 2)),
  constraint daily_performance_win_rate_pct_check check (win_rate_pct between 0 and 100 and (win_rate_pct is null) = (num_trades = 0)),
  constraint daily_performance_fees_check check (fees >= 0),
  constraint daily_performance_max_drawdown_pct_check check (max_drawdown_pct >= 0)
);
comment on table public.daily_performance is 'One row a bot, day and kind of trading, over the positions closed on that day. Written by workers. A table rather than a materialized view: a closed position changes one row.';
comment on column public.daily_performance.user_id is 'Owner.';
comment on column public.daily_performance.bot_id is 'The bot.';
comment on column public.daily_performance.trade_type is 'paper, live or backtest: their profits are never added up.';
comment on column public.daily_performance.trade_date is 'Day in UTC on which the positions were closed.';
comment on column public.daily_performance.num_trades is 'Closed positions.';
comment on column public.daily_performance.winning_trades is 'Those with a net profit above zero.';
comment on column public.daily_performance.losing_trades is 'Those with a net profit below zero.';
comment on column public.daily_performance.daily_pnl is 'Net profit of the day, in the quote currency.';
comment on column public.daily_performance.cumulative_pnl is 'Net profit of this bot and kind of trading to the end of the day, in the quote currency.';
comment on column public.daily_performance.avg_trade_pnl is 'Mean net profit of a position; null without one.';
comment on column public.daily_performance.pnl_stddev is 'Sample standard deviation of net profits; null for fewer than two positions.';
comment on column public.daily_performance.win_rate_pct is 'Share of winning positions in percent; null without a position.';
comment on column public.daily_performance.fees is 'Fees paid, in the quote currency.';
comment on column public.daily_performance.max_drawdown_pct is 'Largest fall of equity from its peak so far, in percent, seen within the day; null where equity is not known.';
comment on column public.daily_performance.created_at is 'When the row was first written.';
comment on column public.daily_performance.updated_at is 'When the row last changed.';
create index daily_performance_user_id_trade_date_idx on public.daily_performance (user_id, trade_date desc);
create index daily_performance_bot_id_user_id_idx on public.daily_performance (bot_id, user_id);

create table public.performance_snapshots (
  id bigint not null generated always as identity,
  user_id uuid not null,
  bot_id uuid,
  strategy_id text,
  captured_at timestamptz not null default now(),
  pnl jsonb not null default '{}',
  positions jsonb not null default '[]',
  trades_count integer not null default 0,
  win_rate jsonb,
  drawdown jsonb,
  metrics jsonb not null default '{}',
  constraint performance_snapshots_pkey primary key (id, captured_at),
  constraint performance_snapshots_subject_check check (bot_id is not null or strategy_id is not null),
  constraint performance_snapshots_strategy_id_check check (char_length(strategy_id) between 1 and 100),
  constraint performance_snapshots_pnl_check check (jsonb_typeof(pnl) = 'object' and pg_column_size(pnl) <= 8192),
  constraint performance_snapshots_positions_check check (jsonb_typeof(positions) = 'array' and pg_column_size(positions) <= 65536),
  constraint performance_snapshots_trades_count_check check (trades_count >= 0),
  constraint performance_snapshots_win_rate_check check (jsonb_typeof(win_rate) = 'object' and pg_column_size(win_rate) <= 8192),
  constraint performance_snapshots_drawdown_check check (jsonb_typeof(drawdown) = 'object' and pg_column_size(drawdown) <= 8192),
  constraint performance_snapshots_metrics_check check (jsonb_typeof(metrics) = 'object' and pg_column_size(metrics) <= 65536)
) partition by range (captured_at);
comment on table public.performance_snapshots is 'How a bot or a strategy stood at a moment, ready to draw. Written by workers; a partition a month, dropped at the end of the retention.';
comment on column public.performance_snapshots.id is 'Identifies the snapshot.';
comment on column public.performance_snapshots.user_id is 'Owner.';
comment on column public.performance_snapshots.bot_id is 'The bot; null for a snapshot of a strategy over several.';
comment on column public.performance_snapshots.strategy_id is 'The strategy, by name or id; null where the bot says it all.';
comment on column public.performance_snapshots.captured_at is 'The moment.';
comment on column public.performance_snapshots.pnl is 'Profit: {"realized", "unrealized", "total"} in the quote currency.';
comment on column public.performance_snapshots.positions is 'Open positions: symbol, quantity, prices.';
comment on column public.performance_snapshots.trades_count is 'Closed positions so far.';
comment on column public.performance_snapshots.win_rate is 'Win rates in percent, in all and by side: {"total", "long", "short"}; null without a closed position.';
comment on column public.performance_snapshots.drawdown is 'Drawdown in percent: {"current", "max"}; null where equity is not known.';
comment on column public.performance_snapshots.metrics is 'Further metrics by name; one that is undefined is null.';
create index performance_snapshots_user_id_captured_at_idx on public.performance_snapshots (user_id, captured_at desc);
create index performance_snapshots_bot_id_captured_at_idx on public.performance_snapshots (bot_id, user_id, captured_at desc);
create index performance_snapshots_strategy_id_idx on public.performance_snapshots (strategy_id, captured_at desc);

create table public.performance_metrics (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  bot_id uuid not null,
  trade_type text not null,
  symbol text,
  timeframe text,
  entry_logic_name text,
  exit_logic_name text,
  metrics jsonb not null,
  metric_version integer not null,
  calculated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint performance_metrics_pkey primary key (id),
  constraint performance_metrics_dimension_key unique nulls not distinct (bot_id, trade_type, symbol, timeframe, entry_logic_name, exit_logic_name),
  constraint performance_metrics_trade_type_check check (trade_type in ('paper', 'live', 'backtest')),
  constraint performance_metrics_symbol_check check (char_length(symbol) between 1 and 32),
  constraint performance_metrics_timeframe_check check (char_length(timeframe) between 1 and 8),
  constraint performance_metrics_logic_check check (char_length(entry_logic_name) between 1 and 100 and char_length(exit_logic_name) between 1 and 100),
  constraint performance_metrics_metrics_check check (jsonb_typeof(metrics) = 'object' and pg_column_size(metrics) <= 65536),
  constraint performance_metrics_metric_version_check check (metric_version >= 1)
);
comment on table public.performance_metrics is 'Metrics of a bot by what it traded with: one row for each kind of trading, symbol, timeframe, entry and exit logic. Written by workers.';
comment on column public.performance_metrics.id is 'Identifies the row.';
comment on column public.performance_metrics.user_id is 'Owner.';
comment on column public.performance_metrics.bot_id is 'The bot.';
comment on column public.performance_metrics.trade_type is 'paper, live or backtest.';
comment on column public.performance_metrics.symbol is 'Symbol; null over all of them.';
comment on column public.performance_metrics.timeframe is 'Length of the bars; null over all of them.';
comment on column public.performance_metrics.entry_logic_name is 'What decided entries; null over all.';
comment on column public.performance_metrics.exit_logic_name is 'What decided exits; null over all.';
comment on column public.performance_metrics.metrics is 'Metrics by name, with undefined_metrics saying why one is null: never a sentinel.';
comment on column public.performance_metrics.metric_version is 'Version of the formulas, as of the engine.';
comment on column public.performance_metrics.calculated_at is 'When they were computed.';
comment on column public.performance_metrics.created_at is 'When the row was first written.';
create index performance_metrics_user_id_calculated_at_idx on public.performance_metrics (user_id, calculated_at desc);
create index performance_metrics_bot_id_user_id_idx on public.performance_metrics (bot_id, user_id);

alter table public.daily_performance enable row level security;
alter table public.performance_snapshots enable row level security;
alter table public.performance_metrics enable row level security;
revoke all on public.daily_performance, public.performance_snapshots, public.performance_metrics from anon, authenticated, service_role;
grant select on public.daily_performance, public.performance_snapshots, public.performance_metrics to authenticated, service_role, tradebase_admin;
grant select, insert, update, delete on public.daily_performance, public.performance_metrics to tradebase_worker;
grant select, insert on public.performance_snapshots to tradebase_worker;

create policy "Owners can read their daily performance" on public.daily_performance for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their daily performance" on public.daily_performance is 'Performance belongs to one user.';
create policy "Admins can read daily performance" on public.daily_performance for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read daily performance" on public.daily_performance is 'In an audited read only.';
create policy "Owners can read their performance snapshots" on public.performance_snapshots for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their performance snapshots" on public.performance_snapshots is 'Performance belongs to one user.';
create policy "Admins can read performance snapshots" on public.performance_snapshots for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read performance snapshots" on public.performance_snapshots is 'In an audited read only.';
create policy "Owners can read their performance metrics" on public.performance_metrics for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their performance metrics" on public.performance_metrics is 'Performance belongs to one user.';
create policy "Admins can read performance metrics" on public.performance_metrics for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read performance metrics" on public.performance_metrics is 'In an audited read only.';

create trigger set_updated_at before update on public.daily_performance
  for each row execute function private.set_updated_at();
select private.add_partitioned_table('performance_snapshots', 'captured_at', 'month', 3, 'retention.performance_snapshots_days');

create function private.delete_analytics_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.daily_performance p where p.user_id = old.id;
  delete from public.performance_snapshots s where s.user_id = old.id;
  delete from public.performance_metrics m where m.user_id = old.id;
  return null;
end
$$;
comment on function private.delete_analytics_of_user() is 'Trigger: does what foreign keys to users with ON DELETE CASCADE would, without their lock, which workers'' writes would wait for. Definer, because Auth deletes users.';
revoke execute on function private.delete_analytics_of_user() from public;
create trigger tradebase_delete_analytics after delete on auth.users
  for each row execute function private.delete_analytics_of_user();
