-- Purpose: bots and their runs.
-- Objects: tables bots, trading_runs; functions private.stamp_status_time, private.guard_bot_change,
--   private.guard_strategy_deletion; foreign key from runner_commands to bots.
-- Risk: none on an empty database. The key from bots to exchange credentials comes with 20261121101150_link_bots.sql.

create table public.bots (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  description text,
  strategy_type text not null,
  strategy_id uuid,
  strategy_version integer,
  mode text not null default 'PAPER',
  symbols text[] not null,
  timeframe text,
  schedule_start_time time,
  schedule_end_time time,
  schedule_days smallint[] not null default '{1,2,3,4,5,6,7}',
  schedule_timezone text not null default 'UTC',
  risk_per_trade numeric,
  daily_risk_cap numeric,
  max_order_value numeric,
  max_open_positions integer,
  max_daily_trades integer,
  max_drawdown_pct numeric,
  credential_id uuid,
  initial_balance numeric,
  parameters jsonb not null default '{}',
  metadata jsonb not null default '{}',
  status text not null default 'stopped',
  error_count integer not null default 0,
  last_error text,
  current_balance numeric,
  total_pnl numeric not null default 0,
  last_heartbeat_at timestamptz,
  started_at timestamptz,
  last_run_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint bots_pkey primary key (id),
  constraint bots_id_user_id_key unique (id, user_id),
  constraint bots_user_id_name_key unique (user_id, name),
  constraint bots_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint bots_strategy_version_fkey foreign key (strategy_id, strategy_version, user_id) references public.strategy_versions (strategy_id, version, user_id),
  constraint bots_name_check check (char_length(name) between 1 and 100 and name = btrim(name)),
  constraint bots_description_check check (char_length(description) <= 2000),
  constraint bots_strategy_type_check check (strategy_type ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and char_length(strategy_type) <= 50),
  constraint bots_strategy_version_check check ((strategy_id is null) = (strategy_version is null)),
  constraint bots_mode_check check (mode in ('PAPER', 'LIVE')),
  constraint bots_symbols_check check (
    cardinality(symbols) between 1 and 50 and array_ndims(symbols) = 1 and array_position(symbols, null) is null
    and array_to_string(symbols, ' ') ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}( [A-Z0-9][A-Z0-9._:/-]{0,31})*$'
  ),
  constraint bots_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint bots_schedule_times_check check ((schedule_start_time is null) = (schedule_end_time is null) and schedule_start_time <> schedule_end_time),
  constraint bots_schedule_days_check check (
    cardinality(schedule_days) between 1 and 7 and array_ndims(schedule_days) = 1
    and schedule_days <@ '{1,2,3,4,5,6,7}'::smallint[]
  ),
  constraint bots_schedule_timezone_check check (private.is_time_zone(schedule_timezone)),
  constraint bots_risk_check check (risk_per_trade > 0 and risk_per_trade <= 1e12 and daily_risk_cap > 0 and daily_risk_cap <= 1e12 and max_order_value > 0 and max_order_value <= 1e12),
  constraint bots_counts_check check (max_open_positions between 1 and 1000 and max_daily_trades between 1 and 100000),
  constraint bots_max_drawdown_pct_check check (max_drawdown_pct > 0 and max_drawdown_pct <= 100),
  constraint bots_initial_balance_check check (initial_balance > 0 and initial_balance <= 1e12),
  constraint bots_live_check check (mode = 'PAPER' or (credential_id is not null and risk_per_trade is not null and daily_risk_cap is not null)),
  constraint bots_parameters_check check (jsonb_typeof(parameters) = 'object' and pg_column_size(parameters) <= 16384),
  constraint bots_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384),
  constraint bots_status_check check (status in ('stopped', 'starting', 'running', 'paused', 'stopping', 'error')),
  constraint bots_error_count_check check (error_count >= 0),
  constraint bots_last_error_check check (char_length(last_error) <= 4000)
);
comment on table public.bots is 'Bots: what trades, with what, when and within which bounds. Owners write the settings. The status is not theirs to write: starting, pausing and stopping go through functions of the runner protocol, which are not there yet, and what happens is written by runners functions and workers.';
comment on column public.bots.id is 'Identifies the bot.';
comment on column public.bots.user_id is 'Owner.';
comment on column public.bots.name is 'Name, unique among those of the owner.';
comment on column public.bots.description is 'What it is for.';
comment on column public.bots.strategy_type is 'Name of the strategy in the registry: put-lite, buy-write, condor, gamma-burst, sma-cross and so on.';
comment on column public.bots.strategy_id is 'Strategy of the owner that it runs; null where the registry and parameters say it all.';
comment on column public.bots.strategy_version is 'Version of that strategy: a bot goes on with the version that it was given.';
comment on column public.bots.mode is 'PAPER or LIVE: with pretended or with real money.';
comment on column public.bots.symbols is 'What it trades.';
comment on column public.bots.timeframe is 'Length of the bars it decides on; null where its strategy says.';
comment on column public.bots.schedule_start_time is 'From when on a day it may trade, in the schedule''s time zone; null for all day.';
comment on column public.bots.schedule_end_time is 'Until when; before the start for a session over midnight.';
comment on column public.bots.schedule_days is 'Days on which it may trade: 1 for Monday to 7 for Sunday.';
comment on column public.bots.schedule_timezone is 'Time zone of the schedule, as IANA names it.';
comment on column public.bots.risk_per_trade is 'Most that one trade may lose, in the account''s currency.';
comment on column public.bots.daily_risk_cap is 'Loss of a day after which it opens nothing more, in the account''s currency.';
comment on column public.bots.max_order_value is 'Greatest value of one order, in the account''s currency; null for no such bound.';
comment on column public.bots.max_open_positions is 'Most positions open at a time; null for no such bound.';
comment on column public.bots.max_daily_trades is 'Most trades opened in a day; null for no such bound.';
comment on column public.bots.max_drawdown_pct is 'Fall from the highest balance, in percent, at which it stops; null for no such bound.';
comment on column public.bots.credential_id is 'Exchange credential of the owner that it trades with; a LIVE bot has one.';
comment on column public.bots.initial_balance is 'Balance that a PAPER bot begins with.';
comment on column public.bots.parameters is 'Parameters of the strategy.';
comment on column public.bots.metadata is 'What else the owner''s programs keep with it.';
comment on column public.bots.status is 'stopped, starting, running, paused, stopping or error.';
comment on column public.bots.error_count is 'Errors since it was last started.';
comment on column public.bots.last_error is 'The latest error.';
comment on column public.bots.current_balance is 'Balance as last reported, in the account''s currency.';
comment on column public.bots.total_pnl is 'Net profit of all its runs, in the account''s currency.';
comment on column public.bots.last_heartbeat_at is 'When its runner last said that it is alive.';
comment on column public.bots.started_at is 'When it was last started.';
comment on column public.bots.last_run_at is 'When it last did its work.';
comment on column public.bots.created_at is 'When it was made.';
comment on column public.bots.updated_at is 'When the row last changed.';
create index bots_user_id_created_at_idx on public.bots (user_id, created_at desc);
create index bots_strategy_version_idx on public.bots (strategy_id, strategy_version, user_id);
create index bots_credential_id_user_id_idx on public.bots (credential_id, user_id);

create table public.trading_runs (
  id uuid not null default gen_random_uuid(),
  bot_id uuid not null,
  user_id uuid not null,
  mode text not null,
  status text not null default 'running',
  config jsonb not null default '{}',
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  error text,
  total_pnl numeric not null default 0,
  daily_pnl numeric not null default 0,
  trade_count integer not null default 0,
  max_drawdown numeric,
  last_fill_seq bigint not null default 0,
  last_log_seq bigint not null default 0,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint trading_runs_pkey primary key (id),
  constraint trading_runs_id_user_id_key unique (id, user_id),
  constraint trading_runs_id_bot_id_user_id_key unique (id, bot_id, user_id),
  constraint trading_runs_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade,
  constraint trading_runs_mode_check check (mode in ('PAPER', 'LIVE')),
  constraint trading_runs_status_check check (status in ('running', 'completed', 'error', 'stopped')),
  constraint trading_runs_ended_at_check check ((ended_at is null) = (status = 'running') and ended_at >= started_at),
  constraint trading_runs_config_check check (jsonb_typeof(config) = 'object' and pg_column_size(config) <= 65536),
  constraint trading_runs_error_check check (char_length(error) <= 4000),
  constraint trading_runs_counts_check check (trade_count >= 0 and last_fill_seq >= 0 and last_log_seq >= 0),
  constraint trading_runs_max_drawdown_check check (max_drawdown >= 0),
  constraint trading_runs_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.trading_runs is 'One row for each time that a bot runs, from its start to its stop. Written by runners'' functions and workers.';
comment on column public.trading_runs.id is 'Identifies the run.';
comment on column public.trading_runs.bot_id is 'The bot.';
comment on column public.trading_runs.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the bot.';
comment on column public.trading_runs.mode is 'PAPER or LIVE, as the bot was when it started.';
comment on column public.trading_runs.status is 'running, then completed, error or stopped.';
comment on column public.trading_runs.config is 'Settings of the bot as they were when it started.';
comment on column public.trading_runs.started_at is 'When it started.';
comment on column public.trading_runs.ended_at is 'When it ended; null while it runs.';
comment on column public.trading_runs.error is 'Why it ended with an error.';
comment on column public.trading_runs.total_pnl is 'Net profit of the run, open positions at market, in the account''s currency.';
comment on column public.trading_runs.daily_pnl is 'That of the current day.';
comment on column public.trading_runs.trade_count is 'Closed trades.';
comment on column public.trading_runs.max_drawdown is 'Largest fall of the balance from its highest, in the account''s currency; null before the first trade.';
comment on column public.trading_runs.last_fill_seq is 'Number of the last fill taken: what is sent again up to it changes nothing.';
comment on column public.trading_runs.last_log_seq is 'Number of the last log line taken: what is sent again up to it changes nothing.';
comment on column public.trading_runs.metadata is 'What else there is to say.';
comment on column public.trading_runs.created_at is 'When the row was written.';
comment on column public.trading_runs.updated_at is 'When the row last changed.';
create index trading_runs_bot_id_user_id_idx on public.trading_runs (bot_id, user_id, started_at desc);
create index trading_runs_user_id_started_at_idx on public.trading_runs (user_id, started_at desc);
create unique index trading_runs_running_idx on public.trading_runs (bot_id) where status = 'running';

alter table public.bots enable row level security;
alter table public.trading_runs enable row level security;
revoke all on public.bots, public.trading_runs from anon, authenticated, service_role;
grant select on public.bots, public.trading_runs to authenticated, service_role, tradebase_admin;
grant insert (
  name, description, strategy_type, strategy_id, strategy_version, mode, symbols, timeframe, schedule_start_time,
  schedule_end_time, schedule_days, schedule_timezone, risk_per_trade, daily_risk_cap, max_order_value, max_open_positions,
  max_daily_trades, max_drawdown_pct, credential_id, initial_balance, parameters, metadata
), update (
  name, description, strategy_type, strategy_id, strategy_version, mode, symbols, timeframe, schedule_start_time,
  schedule_end_time, schedule_days, schedule_timezone, risk_per_trade, daily_risk_cap, max_order_value, max_open_positions,
  max_daily_trades, max_drawdown_pct, credential_id, initial_balance, parameters, metadata
), delete on public.bots to authenticated;
grant select, update (
  status, error_count, last_error, current_balance, total_pnl, last_heartbeat_at, started_at, last_run_at
) on public.bots to tradebase_worker;
grant select, insert, update on public.trading_runs to tradebase_worker;
create policy "Owners can read their bots" on public.bots for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their bots" on public.bots is 'A bot belongs to one user; a runner reads for its user.';
create policy "Owners can make bots" on public.bots for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can make bots" on public.bots is 'Column grants leave status, balance and profit to the runners'' functions and the workers. Not viewers, who change nothing.';
create policy "Owners can change their bots" on public.bots for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their bots" on public.bots is 'Settings only: what happens to a bot is in no grant.';
create policy "Owners can delete their bots" on public.bots for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their bots" on public.bots is 'A trigger keeps bots that run or hold something.';
create policy "Admins can read bots" on public.bots for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read bots" on public.bots is 'In an audited read only.';

create policy "Owners can read their runs" on public.trading_runs for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their runs" on public.trading_runs is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read runs" on public.trading_runs for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read runs" on public.trading_runs is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('bots', 'stopped', 'starting'), ('bots', 'starting', 'running'), ('bots', 'starting', 'stopping'),
  ('bots', 'starting', 'stopped'), ('bots', 'starting', 'error'), ('bots', 'running', 'paused'), ('bots', 'running', 'stopping'),
  ('bots', 'running', 'error'), ('bots', 'paused', 'running'), ('bots', 'paused', 'stopping'), ('bots', 'paused', 'error'),
  ('bots', 'stopping', 'stopped'), ('bots', 'stopping', 'error'), ('bots', 'error', 'starting'), ('bots', 'error', 'stopped');
insert into private.status_transitions (table_name, from_status, to_status) values
  ('trading_runs', 'running', 'completed'), ('trading_runs', 'running', 'error'), ('trading_runs', 'running', 'stopped');

create function private.stamp_status_time() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.status is distinct from old.status and new.status = any (tg_argv[1:]) and to_jsonb(new) ->> tg_argv[0] is null then
    new := jsonb_populate_record(new, jsonb_build_object(tg_argv[0], now()));
  end if;
  return new;
end
$$;
comment on function private.stamp_status_time() is 'Trigger before update: sets the column that its first argument names to now, unless it has a value, when the status becomes one of its other arguments.';

create function private.guard_bot_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if old.status in ('stopped', 'error') then
    return coalesce(new, old);
  end if;
  if tg_op = 'DELETE' then
    -- Users who leave take everything with them.
    if exists (select from auth.users u where u.id = old.user_id) then
      perform private.raise_api_error(409, 'bot_not_stopped', format('the bot is %s: stop it before you delete it', old.status));
    end if;
    return old;
  end if;
  if (new.mode, new.credential_id, new.strategy_type, new.strategy_id, new.strategy_version)
    is distinct from (old.mode, old.credential_id, old.strategy_type, old.strategy_id, old.strategy_version) then
    perform private.raise_api_error(409, 'bot_not_stopped',
      format('the bot is %s: stop it before you change its mode, credential or strategy', old.status));
  end if;
  return new;
end
$$;
comment on function private.guard_bot_change() is
  'Trigger: a bot that runs is not deleted, and does not turn from pretended to real money, to another account or to another strategy. Definer, to see whether its user is being deleted.';

create function private.guard_strategy_deletion() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  bot_name text;
begin
  select b.name into bot_name from public.bots b
  where b.strategy_id = old.id and exists (select from auth.users u where u.id = old.user_id)
  limit 1;
  if found then
    perform private.raise_api_error(409, 'strategy_in_use', format('the bot %L uses the strategy: give it another one first', bot_name));
  end if;
  return old;
end
$$;
comment on function private.guard_strategy_deletion() is 'Trigger: says which bot keeps a strategy from being deleted; the key from bots would refuse it anyway. Definer, to see whether its user is being deleted.';
revoke execute on function private.stamp_status_time(), private.guard_bot_change(), private.guard_strategy_deletion() from public;
create trigger check_limit before insert on public.bots
  for each row execute function private.check_row_limit('quota.bots');
create trigger check_status before update on public.bots
  for each row execute function private.check_status();
create trigger guard_change before update or delete on public.bots
  for each row execute function private.guard_bot_change();
create trigger set_updated_at before update on public.bots
  for each row execute function private.set_updated_at();
-- Without what changes with every heartbeat.
create trigger audit_change after insert or update or delete on public.bots
  for each row execute function private.audit_change(
    'error_count', 'last_error', 'current_balance', 'total_pnl', 'last_heartbeat_at', 'started_at', 'last_run_at');
create trigger check_status before update on public.trading_runs
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.trading_runs
  for each row execute function private.set_updated_at();
create trigger stamp_end before update on public.trading_runs
  for each row execute function private.stamp_status_time('ended_at', 'completed', 'error', 'stopped');
create trigger guard_deletion before delete on public.strategies
  for each row execute function private.guard_strategy_deletion();
alter table public.runner_commands
  add constraint runner_commands_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete set null (bot_id);
create index runner_commands_bot_id_user_id_idx on public.runner_commands (bot_id, user_id);
