-- Purpose: what holds for a bot whoever writes it: what may change while it is held, that a stopped one holds nothing, and
--   that its owner and its runner hear of changes.
-- Objects: functions private.guard_bot_stop, private.announce_bot_status, private.send_bot_settings and their triggers on bots;
--   private.guard_bot_change from here on knows runs that go on.
-- Risk: none; nothing has started bots until now.

create or replace function private.guard_bot_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    -- Users who leave take everything with them.
    if old.status not in ('stopped', 'error') and exists (select from auth.users u where u.id = old.user_id) then
      perform private.raise_api_error(409, 'bot_not_stopped', format('the bot is %s: stop it before you delete it', old.status));
    end if;
    return old;
  end if;
  if (new.mode, new.credential_id, new.strategy_type, new.strategy_id, new.strategy_version, new.symbols, new.timeframe, new.parameters,
      new.settings, new.initial_balance)
    is not distinct from (old.mode, old.credential_id, old.strategy_type, old.strategy_id, old.strategy_version, old.symbols,
      old.timeframe, old.parameters, old.settings, old.initial_balance) then
    return new;
  end if;
  if old.status not in ('stopped', 'error')
    or exists (select from public.bot_leases l where l.bot_id = old.id and l.released_at is null) then
    perform private.raise_api_error(409, 'bot_not_stopped',
      format('the bot is %s: stop it before you change its mode, credential, strategy, parameters, symbols, timeframe, settings or initial balance',
        case old.status when 'error' then 'in a run that is not over' else old.status end));
  end if;
  return new;
end
$$;
comment on function private.guard_bot_change() is
  'Trigger: a bot that runs is not deleted, and what its run was started with stays: a runner reckons its state anew from that, from the start of the run. Definer, to see whether its user is being deleted.';

create function private.guard_bot_stop() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  still_open constant text := private.open_exposure(new.id);
begin
  if still_open is not null then
    perform private.raise_api_error(409, 'bot_has_open_positions', format('the bot has open %s: it is stopped when they are closed', still_open));
  end if;
  return new;
end
$$;
comment on function private.guard_bot_stop() is 'Trigger: a bot that is stopped holds nothing. Definer, so that it does not depend on who writes.';
create trigger guard_stop before update on public.bots
  for each row when (new.status = 'stopped' and old.status <> 'stopped') execute function private.guard_bot_stop();

create function private.announce_bot_status() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.emit_event(new.user_id, 'user:' || new.user_id::text, 'bot_status', jsonb_build_object(
    'bot_id', new.id,
    'run_id', (select l.run_id from public.bot_leases l where l.bot_id = new.id),
    'status', new.status,
    'error', case new.status when 'error' then new.last_error end,
    'at', clock_timestamp()));
  return null;
end
$$;
comment on function private.announce_bot_status() is 'Trigger: tells the owner of the new status of a bot. Whoever changes one does it last, because the number of the event is locked until the commit. Definer, because events are nobody''s to write.';
create trigger announce_status after update on public.bots
  for each row when (new.status <> old.status) execute function private.announce_bot_status();

create function private.send_bot_settings() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  lease public.bot_leases;
begin
  select l.* into lease from public.bot_leases l
  join public.runner_sessions s on s.id = l.runner_session_id and s.status = 'connected'
  where l.bot_id = new.id and l.released_at is null;
  if lease.bot_id is not null then
    -- The latest says it all.
    perform private.expire_commands(lease.runner_session_id, new.id, '{update_config}');
    perform private.command_runner(lease.runner_session_id, 'update_config', new.id,
      jsonb_build_object('run_id', lease.run_id, 'config', private.run_config(new.id)));
  end if;
  return null;
end
$$;
comment on function private.send_bot_settings() is
  'Trigger: tells the runner that holds a bot of settings that its owner has changed; trading_runs.config goes on saying what the run was started with. Definer, because owners may not write commands.';
create trigger send_settings after update of name, schedule_exchange, schedule_start_time, schedule_end_time, schedule_days, schedule_timezone,
  risk_per_trade, daily_risk_cap, max_order_value, max_symbol_exposure, max_open_positions, max_daily_trades, max_drawdown_pct on public.bots
  for each row when (
    new.status <> 'stopped'
    and (new.name, new.schedule_exchange, new.schedule_start_time, new.schedule_end_time, new.schedule_days, new.schedule_timezone,
      new.risk_per_trade, new.daily_risk_cap, new.max_order_value, new.max_symbol_exposure, new.max_open_positions, new.max_daily_trades,
      new.max_drawdown_pct)
    is distinct from (old.name, old.schedule_exchange, old.schedule_start_time, old.schedule_end_time, old.schedule_days, old.schedule_timezone,
      old.risk_per_trade, old.daily_risk_cap, old.max_order_value, old.max_symbol_exposure, old.max_open_positions, old.max_daily_trades,
      old.max_drawdown_pct)
  ) execute function private.send_bot_settings();

revoke execute on function private.guard_bot_stop(), private.announce_bot_status(), private.send_bot_settings() from public;
