-- Purpose: what bots that run need beside their rows: which runner holds a bot, what stops trading, what a user risks at most,
--   and the numbers by which reports, commands and feeds are put in order.
-- Objects: tables bot_leases, trading_halts, account_limits; columns of bots, trading_runs, orders, positions, trades and
--   runner_sessions; functions private.has_plain_numbers, private.require_runner, private.lock_lease, private.hold_off_halts, private.command_runner; private.live_runner from
--   here on knows epochs.
-- Risk: refused where one key has two sessions of one machine; nothing has made sessions until now.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('runner.heartbeat_interval_s', '10', 1, 300, 'Seconds between two heartbeats of a runner.'),
  ('runner.timeout_s', '30', 2, 3600, 'Seconds after which a runner that was not heard of is taken to be offline.'),
  ('runner.redelivery_s', '15', 1, 600, 'Seconds after which a command that was delivered and not acknowledged is delivered again.'),
  ('runner.clock_skew_s', '60', 1, 3600, 'Seconds by which the clock of a runner may differ from the server''s.');

alter table public.runner_sessions
  add column epoch integer not null default 1,
  add constraint runner_sessions_epoch_check check (epoch >= 1),
  add constraint runner_sessions_api_key_id_machine_id_key unique (api_key_id, machine_id);
comment on column public.runner_sessions.epoch is 'How often it has connected. Its tokens carry the number: those of an earlier connection of the same machine are no good any more.';

create function private.has_plain_numbers(p_value jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select p_value is null or not (
    jsonb_path_exists(p_value, 'strict $.** ? (@ >= 1e309 || @ <= -1e309 || (@ < 1e-400 && @ > -1e-400 && @ != 0))')
    -- 0e-9999 is 0 with as many decimals.
    or exists (select from jsonb_path_query(p_value, 'strict $.** ? (@ == 0)') z (zero) where scale(z.zero::numeric) > 400)
  )
$$;
comment on function private.has_plain_numbers(jsonb) is 'Whether all numbers of a JSON value are such as a double has. 1e131000 takes a few bytes, is stored in a few, and is written out in 131,000 each time that somebody reads it: asked of whatever callers make up before it is kept, or turned into text.';
revoke execute on function private.has_plain_numbers(jsonb) from public;
-- Constraints of tables that users write are checked with their rights.
grant execute on function private.has_plain_numbers(jsonb) to authenticated, service_role, tradebase_worker;

alter table public.bots
  add constraint bots_plain_numbers_check check (private.has_plain_numbers(parameters) and private.has_plain_numbers(metadata)),
  add column offline_policy text not null default 'hold',
  add column max_symbol_exposure numeric,
  add column settings jsonb not null default '{}',
  add constraint bots_settings_check check (jsonb_typeof(settings) = 'object' and pg_column_size(settings) <= 16384 and private.has_plain_numbers(settings)),
  add constraint bots_offline_policy_check check (offline_policy in ('hold', 'flatten', 'resume')),
  add constraint bots_max_symbol_exposure_check check (max_symbol_exposure > 0 and max_symbol_exposure <= 1e12);
comment on column public.bots.offline_policy is 'What becomes of what it holds when its runner goes offline: hold (its owner decides), flatten (all is closed when the runner is back) or resume (it goes on when the runner is back).';
comment on column public.bots.max_symbol_exposure is 'Greatest value of position and open orders in one symbol, in the account''s currency; null for no such bound.';
comment on column public.bots.settings is 'Fees, slippage, fills and rules of instruments with which a PAPER bot is executed: those of a backtest, whose defaults hold where it is silent.';
grant insert (offline_policy, max_symbol_exposure, settings), update (offline_policy, max_symbol_exposure, settings) on public.bots to authenticated;

alter table public.trading_runs
  add column last_report_seq bigint not null default 0,
  add column last_bar_at timestamptz,
  add column market_day date,
  add column day_start_pnl numeric not null default 0,
  add column peak_pnl numeric not null default 0,
  add column event_seq bigint not null default 0,
  add constraint trading_runs_seqs_check check (last_report_seq >= 0 and event_seq >= 0);
comment on column public.trading_runs.last_report_seq is 'Number of the last item of its runner''s reports that was taken: what is sent again up to it changes nothing. It leaps when another runner goes on with the run.';
comment on column public.trading_runs.last_bar_at is 'Close of the last bar that its strategy has seen.';
comment on column public.trading_runs.market_day is 'The day that daily_pnl is of, in the time zone of the bot''s schedule: that of the market, which in a replay is not today.';
comment on column public.trading_runs.day_start_pnl is 'total_pnl at the beginning of that day.';
comment on column public.trading_runs.peak_pnl is 'Highest total_pnl so far, at least 0.';
comment on column public.trading_runs.event_seq is 'Number, on the topic of the run, of the event that told of its latest profit or status.';

alter table public.orders
  add column multiplier numeric not null default 1,
  add column reference_price numeric,
  add column is_sized_at_fill boolean not null default false,
  add column reserved_value numeric not null default 0,
  add column reserved_risk numeric not null default 0,
  add column reason text,
  add column event_seq bigint not null default 0,
  add constraint orders_multiplier_check check (multiplier > 0 and multiplier <= 1e6),
  add constraint orders_reference_price_check check (reference_price > 0 and reference_price < 1e15),
  add constraint orders_reserved_check check (reserved_value >= 0 and reserved_value < 1e18 and reserved_risk >= 0 and reserved_risk < 1e18),
  add constraint orders_reason_check check (char_length(reason) <= 100);
comment on column public.orders.multiplier is 'Value of a price move of 1 for one unit: 100 for most options of shares.';
comment on column public.orders.reference_price is 'Price that the risk gate reckoned with.';
comment on column public.orders.is_sized_at_fill is 'Whether quantity is an estimate until the order fills, as for a share of equity at the next open.';
comment on column public.orders.reserved_value is 'What it takes of the caps on exposure while it is open, in the account''s currency; 0 for one that only reduces.';
comment on column public.orders.reserved_risk is 'What it may lose down to its stop, or all of its value without one, in the account''s currency; 0 for one that only reduces.';
comment on column public.orders.reason is 'Why: entry, exit, stop_loss, take_profit, emergency_stop and so on.';
comment on column public.orders.event_seq is 'Number, on the topic of the run, of the event that told of its latest change.';

alter table public.positions
  add column multiplier numeric not null default 1,
  add column marked_at timestamptz,
  add column reserved_risk numeric not null default 0,
  add column event_seq bigint not null default 0,
  add constraint positions_multiplier_check check (multiplier > 0 and multiplier <= 1e6),
  add constraint positions_reserved_risk_check check (reserved_risk >= 0 and reserved_risk < 1e18);
comment on column public.positions.multiplier is 'Value of a price move of 1 for one unit.';
comment on column public.positions.marked_at is 'Time of mark_price, as the market says.';
comment on column public.positions.reserved_risk is 'What its entries were let through to lose, in the account''s currency; 0 once closed.';
comment on column public.positions.event_seq is 'Number, on the topic of the run, of the event that told of its latest change.';

alter table public.trades add column event_seq bigint not null default 0;
comment on column public.trades.event_seq is 'Number, on the topic of the run, of the event that told of its latest change.';

create table public.bot_leases (
  bot_id uuid not null,
  user_id uuid not null,
  run_id uuid not null,
  runner_session_id uuid not null,
  fencing_token bigint not null,
  intent text not null default 'run',
  reconciled boolean not null default true,
  acquired_at timestamptz not null default now(),
  released_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint bot_leases_pkey primary key (bot_id),
  constraint bot_leases_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade,
  constraint bot_leases_run_id_fkey foreign key (run_id, bot_id, user_id) references public.trading_runs (id, bot_id, user_id) on delete cascade,
  constraint bot_leases_runner_session_id_fkey foreign key (runner_session_id, user_id) references public.runner_sessions (id, user_id) on delete cascade,
  constraint bot_leases_fencing_token_check check (fencing_token >= 1),
  constraint bot_leases_intent_check check (intent in ('run', 'pause', 'stop', 'hold'))
);
comment on table public.bot_leases is 'Which runner session holds a bot, by which run. Who writes for the run shows the fencing token: a runner that was cut off, and another took over, has an old one and writes nothing more.';
comment on column public.bot_leases.bot_id is 'The bot; it has one lease at a time, and keeps the row, so that fencing tokens only grow.';
comment on column public.bot_leases.user_id is 'Owner of the bot.';
comment on column public.bot_leases.run_id is 'The run it is held for.';
comment on column public.bot_leases.runner_session_id is 'The session that holds it.';
comment on column public.bot_leases.fencing_token is 'Grows by one whenever a session takes the bot, or connects anew while it holds it.';
comment on column public.bot_leases.intent is 'What its owner, or the offline policy, wants of the bot: run, pause (keep positions, open none), stop (close all and end), or hold (touch nothing until told).';
comment on column public.bot_leases.reconciled is 'Whether the session, since it last connected, has shown that it holds what the ledger says. Until then it opens nothing.';
comment on column public.bot_leases.acquired_at is 'When the session took it.';
comment on column public.bot_leases.released_at is 'When it was given back; null while it is held.';
comment on column public.bot_leases.created_at is 'When the bot was first started.';
comment on column public.bot_leases.updated_at is 'When the row last changed.';
create index bot_leases_user_id_idx on public.bot_leases (user_id);
create index bot_leases_bot_id_user_id_idx on public.bot_leases (bot_id, user_id);
create index bot_leases_run_id_bot_id_user_id_idx on public.bot_leases (run_id, bot_id, user_id);
create index bot_leases_runner_session_id_user_id_idx on public.bot_leases (runner_session_id, user_id);

create table public.trading_halts (
  id uuid not null default gen_random_uuid(),
  scope text not null,
  user_id uuid,
  bot_id uuid,
  reason text not null,
  close_positions boolean not null default false,
  engaged_by uuid,
  engaged_at timestamptz not null default now(),
  released_by uuid,
  released_at timestamptz,
  constraint trading_halts_pkey primary key (id),
  constraint trading_halts_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint trading_halts_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade,
  constraint trading_halts_scope_check check (
    scope in ('bot', 'user', 'system') and (bot_id is not null) = (scope = 'bot') and (user_id is null) = (scope = 'system')
  ),
  constraint trading_halts_reason_check check (char_length(reason) between 1 and 500),
  constraint trading_halts_released_check check (released_at is not null or released_by is null)
);
comment on table public.trading_halts is 'Emergency stops, of a bot, of a user or of the whole system. While one is engaged, nothing is opened under it; what reduces a position is let through.';
comment on column public.trading_halts.id is 'Identifies the stop.';
comment on column public.trading_halts.scope is 'bot, user or system.';
comment on column public.trading_halts.user_id is 'The user it stops; null for the whole system.';
comment on column public.trading_halts.bot_id is 'The bot it stops; null for a user or the system.';
comment on column public.trading_halts.reason is 'Why.';
comment on column public.trading_halts.close_positions is 'Whether runners are told to close what they hold; else they cancel what is open and hold the rest.';
comment on column public.trading_halts.engaged_by is 'Who engaged it; null for a limit that was reached.';
comment on column public.trading_halts.engaged_at is 'When it was engaged.';
comment on column public.trading_halts.released_by is 'Who released it.';
comment on column public.trading_halts.released_at is 'When it was released; null while it is engaged.';
create unique index trading_halts_engaged_idx on public.trading_halts (scope, user_id, bot_id) nulls not distinct where released_at is null;
create index trading_halts_user_id_engaged_at_idx on public.trading_halts (user_id, engaged_at desc);
create index trading_halts_bot_id_user_id_idx on public.trading_halts (bot_id, user_id);

create table public.account_limits (
  user_id uuid not null default auth.uid(),
  max_exposure numeric,
  max_symbol_exposure numeric,
  max_order_value numeric,
  daily_loss_cap numeric,
  max_open_orders integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint account_limits_pkey primary key (user_id),
  constraint account_limits_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint account_limits_values_check check (
    max_exposure > 0 and max_exposure <= 1e12 and max_symbol_exposure > 0 and max_symbol_exposure <= 1e12
    and max_order_value > 0 and max_order_value <= 1e12 and daily_loss_cap > 0 and daily_loss_cap <= 1e12
  ),
  constraint account_limits_max_open_orders_check check (max_open_orders between 1 and 10000)
);
comment on table public.account_limits is 'What all bots of a user of one mode may risk together; null is no bound. PAPER and LIVE are counted apart.';
comment on column public.account_limits.user_id is 'The user.';
comment on column public.account_limits.max_exposure is 'Greatest value of all positions and open orders, in the account''s currency; null for no such bound.';
comment on column public.account_limits.max_symbol_exposure is 'The same of one symbol.';
comment on column public.account_limits.max_order_value is 'Greatest value of one order.';
comment on column public.account_limits.daily_loss_cap is 'Loss of all bots in a day after which nothing more is opened.';
comment on column public.account_limits.max_open_orders is 'Most orders open at a time.';
comment on column public.account_limits.created_at is 'When the row was written.';
comment on column public.account_limits.updated_at is 'When the row last changed.';

alter table public.bot_leases enable row level security;
alter table public.trading_halts enable row level security;
alter table public.account_limits enable row level security;
revoke all on public.bot_leases, public.trading_halts, public.account_limits from anon, authenticated, service_role;
grant select on public.bot_leases, public.trading_halts, public.account_limits to authenticated, service_role, tradebase_admin, tradebase_worker;
grant update (max_exposure, max_symbol_exposure, max_order_value, daily_loss_cap, max_open_orders) on public.account_limits to authenticated;
create policy "Owners can read the leases of their bots" on public.bot_leases for select to authenticated
  using (user_id = (select private.tenant_id()));
comment on policy "Owners can read the leases of their bots" on public.bot_leases is 'A runner reads for its user. Functions of the runner protocol write them.';
create policy "Admins can read leases" on public.bot_leases for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read leases" on public.bot_leases is 'In an audited read only.';
create policy "Users can read what stops them" on public.trading_halts for select to authenticated
  using (user_id = (select private.tenant_id()) or scope = 'system');
comment on policy "Users can read what stops them" on public.trading_halts is 'Also stops of the whole system, which name no user.';
create policy "Admins can read halts" on public.trading_halts for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read halts" on public.trading_halts is 'In an audited read only.';
create policy "Owners can read their account limits" on public.account_limits for select to authenticated
  using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their account limits" on public.account_limits is 'A runner reads for its user.';
create policy "Owners can change their account limits" on public.account_limits for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their account limits" on public.account_limits is 'Not viewers, who change nothing.';
create policy "Admins can read account limits" on public.account_limits for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read account limits" on public.account_limits is 'In an audited read only.';
create trigger set_updated_at before update on public.bot_leases
  for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.account_limits
  for each row execute function private.set_updated_at();
create trigger audit_change after update on public.account_limits
  for each row execute function private.audit_change();
create trigger audit_change after insert or update or delete on public.trading_halts
  for each row execute function private.audit_change();

create or replace function private.create_account() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- Whoever signs up chooses the metadata: it may be anything.
  given constant jsonb := new.raw_user_meta_data;
  default_role constant text := private.config('accounts.default_role') #>> '{}';
begin
  insert into public.user_roles (user_id, role)
  values (new.id, case when default_role in ('trader', 'viewer') then default_role else 'viewer' end);
  insert into public.profiles (user_id, first_name, last_name, display_name, is_active)
  values (new.id, private.clean_name(given, 'first_name'), private.clean_name(given, 'last_name'),
          coalesce(private.clean_name(given, 'display_name'), private.clean_name(given, 'full_name')),
          coalesce(new.banned_until, '-infinity') <= now());
  insert into public.account_limits (user_id) values (new.id);
  return null;
end
$$;
insert into public.account_limits (user_id) select u.id from auth.users u;

create or replace function private.live_runner(out session_id uuid, out user_id uuid, out permissions text[])
language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := auth.jwt() -> 'app_metadata';
  found_session public.runner_sessions;
begin
  select * into found_session from public.runner_sessions s
  where s.id = auth.uid()
    and s.status = 'connected'
    and s.epoch::text = claims ->> 'epoch'
    and s.user_id::text = claims ->> 'user_id'
    and s.api_key_id::text = claims ->> 'api_key_id';
  permissions := private.active_permissions(found_session.api_key_id);
  if permissions is not null then
    session_id := found_session.id;
    user_id := found_session.user_id;
  end if;
end
$$;

create function private.require_runner(p_permission text, out session_id uuid, out user_id uuid, out permissions text[])
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  claimed_epoch constant integer := (auth.jwt() -> 'app_metadata' ->> 'epoch')::integer;
  found_session public.runner_sessions;
begin
  select r.session_id, r.user_id, r.permissions into require_runner.session_id, require_runner.user_id, require_runner.permissions
  from private.live_runner() r;
  if require_runner.session_id is null then
    select * into found_session from public.runner_sessions s where s.id = auth.uid() and private.is_runner();
    if found_session.id is null then
      perform private.raise_api_error(403, 'forbidden', 'only a runner may do this');
    end if;
    if found_session.epoch > claimed_epoch then
      perform private.raise_api_error(401, 'runner_superseded', 'the same machine has connected again with this key: this connection is over');
    end if;
    if found_session.status = 'revoked' or private.active_permissions(found_session.api_key_id) is null then
      perform private.raise_api_error(401, 'invalid_api_key', 'the API key is revoked or expired, or its owner may not sign in');
    end if;
    perform private.raise_api_error(401, 'runner_not_connected', format('the runner session is %s: authenticate again', found_session.status));
  end if;
  if not p_permission = any (require_runner.permissions) then
    perform private.raise_api_error(403, 'forbidden', format('the API key does not have the permission %s', p_permission));
  end if;
end
$$;
comment on function private.require_runner(text) is
  'The live runner that calls and its owner, provided that its key has a permission; else the error that says why not: runner_superseded, runner_not_connected, invalid_api_key or forbidden. Definer, to tell these apart.';

create function private.lock_lease(p_run_id uuid, p_fencing_token bigint) returns public.bot_leases
language plpgsql security definer set search_path = '' as $$
declare
  runner record;
  lease public.bot_leases;
begin
  select * into runner from private.require_runner('runner:execute');
  select * into lease from public.bot_leases l where l.run_id = p_run_id and l.user_id = runner.user_id for update;
  if lease.bot_id is null then
    if exists (select from public.trading_runs r where r.id = p_run_id and r.user_id = runner.user_id) then
      perform private.raise_api_error(409, 'stale_lease', 'the bot has been started anew in another run: stop this one');
    end if;
    perform private.raise_api_error(404, 'run_not_found', 'there is no such run');
  end if;
  if lease.runner_session_id <> runner.session_id or lease.fencing_token is distinct from p_fencing_token then
    perform private.raise_api_error(409, 'stale_lease', format('the bot has been taken over (fencing token %s): stop it here and write nothing more for it', lease.fencing_token));
  end if;
  if lease.released_at is not null then
    perform private.raise_api_error(409, 'stale_lease', 'the run is over: its bot has been given back');
  end if;
  return lease;
end
$$;
comment on function private.lock_lease(uuid, bigint) is
  'What every write of a runner for a run begins with: the lease of the run, locked until the end of the transaction, provided that the calling runner holds it with the latest fencing token. Errors: run_not_found, stale_lease and those of private.require_runner. Definer, because runners may not lock leases.';

create function private.hold_off_halts(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  -- Who waits for a stop of the user's own keeps no stop of the system waiting.
  perform pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('trading halts of ' || p_user_id::text, 0));
  perform pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('trading halts', 0));
end
$$;
comment on function private.hold_off_halts(uuid) is
  'Until the end of the transaction no emergency stop over the user is engaged: who engages one waits, and finds what was done. To be called before any row is locked, by functions with a short lock_timeout: nobody may hold off a stop of the system for long.';

create function private.command_runner(p_session_id uuid, p_type text, p_bot_id uuid, p_payload jsonb, p_expires_in interval default interval '10 minutes') returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  given_seq bigint;
begin
  -- By the clock, not the beginning of the transaction, which may have waited since: a stop is later than the start that it has seen.
  insert into public.runner_commands (runner_session_id, user_id, type, bot_id, payload, created_at, expires_at)
  select s.id, s.user_id, p_type, p_bot_id, p_payload, clock_timestamp(), clock_timestamp() + p_expires_in
  from public.runner_sessions s where s.id = p_session_id
  returning seq into given_seq;
  return given_seq;
end
$$;
comment on function private.command_runner(uuid, text, uuid, jsonb, interval) is
  'Gives a runner a command and returns its number. Definer, because owners may not write commands.';

revoke execute on function private.require_runner(text), private.lock_lease(uuid, bigint), private.hold_off_halts(uuid),
  private.command_runner(uuid, text, uuid, jsonb, interval) from public;
