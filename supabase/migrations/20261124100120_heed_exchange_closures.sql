-- Purpose: a bot that follows the session of an exchange keeps its closures, and its runner is told of those to come.
-- Objects: functions private.is_closed, private.upcoming_days, private.upcoming_closures; private.in_schedule,
--   private.run_config and private.system_report from here on know of closures.
-- Risk: bots that follow an exchange open nothing any more while it is closed.

-- In plpgsql, which keeps its plans: it is asked for every order, and functions in SQL are planned each time.
create function private.is_closed(p_exchange text, p_start time, p_end time, p_timezone text, p_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  local constant timestamp := p_at at time zone p_timezone;
  -- A session over midnight ends on the next day while it is in its first part. Null for start and end is all day.
  last_day constant date := case when p_end <= p_start and local::time >= p_start then local::date + 1 else local::date end;
begin
  return exists (
    select from public.exchange_closures c
    where c.exchange = p_exchange and c.day = last_day and (c.closes_at is null or local >= c.day + c.closes_at));
end
$$;
comment on function private.is_closed(text, time, time, text, timestamptz) is
  'Whether an exchange with a session of those times is closed for the day, or has closed early, at a time at which its regular session is on. Definer, because the risk gate asks it.';

create or replace function private.in_schedule(p_bot public.bots, p_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  schedule constant jsonb := private.resolve_schedule(p_bot);
  start_time constant time := (schedule ->> 'start_time')::time;
  end_time constant time := (schedule ->> 'end_time')::time;
  timezone constant text := schedule ->> 'timezone';
begin
  return private.is_in_session(start_time, end_time, array(select d::smallint from jsonb_array_elements_text(schedule -> 'days') d), timezone, p_at)
    and (p_bot.schedule_exchange is null or not private.is_closed(p_bot.schedule_exchange, start_time, end_time, timezone, p_at));
end
$$;
comment on function private.in_schedule(public.bots, timestamptz) is
  'Whether a bot may trade at a time: within its hours, or within the session of its exchange, which closures end early or call off. Definer, because the risk gate asks it.';

create function private.upcoming_days() returns daterange
language sql stable set search_path = '' as $$
  -- From yesterday: somewhere it is still that day.
  select daterange(current_date - 1, current_date + 400, '[]')
$$;
comment on function private.upcoming_days() is 'The days of whose closures runners are told: a year ahead, and a month more.';

create function private.upcoming_closures(p_exchange text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most_closures constant integer := 32;
  days constant daterange := private.upcoming_days();
  closures jsonb;
  last_day date;
begin
  select coalesce(jsonb_agg(jsonb_build_object('day', n.day, 'closes_at', n.closes_at, 'name', n.name) order by n.day), '[]'),
    case when count(*) < most_closures then upper(days) - 1 else max(n.day) end
  into closures, last_day
  from (
    select c.day, c.closes_at, c.name from public.exchange_closures c
    where c.exchange = p_exchange and c.day <@ days
    order by c.day limit most_closures
  ) n;
  return jsonb_build_object('closures', closures,
    'closures_until', (select least(e.closures_until, last_day) from public.exchange_sessions e where e.exchange = p_exchange and e.closures_until is not null));
end
$$;
comment on function private.upcoming_closures(text) is
  'Closures of an exchange from now on, at most 32 of the next 400 days, and the last day for which they are complete, null where nobody keeps them; of no exchange, none. Definer, because triggers of users ask it.';

create or replace function private.run_config(p_bot_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  bot public.bots;
  spec jsonb;
begin
  select * into strict bot from public.bots b where b.id = p_bot_id;
  select v.spec into spec from public.strategy_versions v
  where v.strategy_id = bot.strategy_id and v.version = bot.strategy_version and v.user_id = bot.user_id;
  return jsonb_build_object(
    'name', bot.name,
    'mode', bot.mode,
    'strategy_type', bot.strategy_type,
    'strategy', spec,
    'parameters', bot.parameters,
    'symbols', to_jsonb(bot.symbols),
    'timeframe', bot.timeframe,
    'settings', bot.settings,
    'initial_balance', bot.initial_balance,
    'schedule', private.resolve_schedule(bot) || private.upcoming_closures(bot.schedule_exchange),
    'credential_id', bot.credential_id,
    'risk', jsonb_build_object(
      'risk_per_trade', bot.risk_per_trade,
      'daily_risk_cap', bot.daily_risk_cap,
      'max_order_value', bot.max_order_value,
      'max_symbol_exposure', bot.max_symbol_exposure,
      'max_open_positions', bot.max_open_positions,
      'max_daily_trades', bot.max_daily_trades,
      'max_drawdown_pct', bot.max_drawdown_pct));
end
$$;

create or replace function private.system_report() returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_admin();
  perform private.write_audit('admin.system_report_read', 'system_health', null);
  return jsonb_build_object(
    'database', jsonb_build_object(
      'size_bytes', pg_catalog.pg_database_size(current_database()),
      'connections', (select count(*) from pg_catalog.pg_stat_activity a where a.datname = current_database()),
      'max_connections', current_setting('max_connections')::integer,
      'oldest_transaction_s', (select coalesce(max(extract(epoch from now() - a.xact_start)), 0)::integer
                               from pg_catalog.pg_stat_activity a where a.datname = current_database())),
    'workers', jsonb_build_object(
      'connections', (select count(*) from pg_catalog.pg_stat_activity a where a.usename = 'tradebase_worker'),
      'queues', (select coalesce(jsonb_object_agg(q.name, jsonb_build_object('waiting', q.waiting, 'active', q.active)), '{}') from (
        select q.name, count(j.id) filter (where j.state in ('created', 'retry')) as waiting, count(j.id) filter (where j.state = 'active') as active
        from pgboss.queue q left join pgboss.job j on j.name = q.name and j.state in ('created', 'retry', 'active')
        group by q.name) q)),
    'realtime', jsonb_build_object(
      'events_last_minute', (select count(*) from public.events e where e.created_at > now() - interval '1 minute')),
    'runner_connections', (select count(*) from public.runner_sessions s where s.status = 'connected'),
    'closures_until', (select jsonb_object_agg(e.exchange, e.closures_until) from public.exchange_sessions e),
    'components', (select coalesce(jsonb_agg(to_jsonb(h) - 'id' order by h.system, h.component), '[]') from public.system_health h)
  );
end
$$;
comment on function public.system_report() is
  'For admins with a second factor: database, workers and queues, Realtime, connected runners, until when the closures of each exchange are known, and the health that components reported. Errors: forbidden, second_factor_required.';

revoke execute on function private.is_closed(text, time, time, text, timestamptz),
  private.upcoming_days(), private.upcoming_closures(text) from public;
