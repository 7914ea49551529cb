-- Purpose: what becomes of a bot: how runs end, and what acknowledgements, silence and reconciliation of its runner lead to.
-- Objects: transitions of bots; functions private.open_exposure, private.run_config, private.expire_commands,
--   private.note_bot_event, private.lock_run, private.end_run, private.fail_bot, private.command_stop, private.command_start,
--   private.finish_or_fail, private.apply_acknowledgement, private.acknowledge_emergency_stop, private.apply_offline,
--   private.apply_reconciliation.
-- Risk: none; nothing has started bots until now.

comment on table public.bots is 'Bots: what trades, with what, when and within which bounds. Owners write the settings. The status is not theirs to write: start_bot, pause_bot, resume_bot and stop_bot change it, and what happens to the bot at its runner.';
comment on table public.trading_runs is 'One row for each time that a bot runs, from its start to its stop: made by start_bot, and written by what its runner reports.';

insert into private.status_transitions (table_name, from_status, to_status) values
  -- Started with the order to open nothing.
  ('bots', 'starting', 'paused'),
  -- A replay that has reached its end, or a runner that went away and held nothing.
  ('bots', 'running', 'stopped'), ('bots', 'paused', 'stopped'),
  ('bots', 'error', 'stopping');

create function private.open_exposure(p_bot_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return case
    when exists (select from public.positions p where p.bot_id = p_bot_id and p.status = 'open') then 'positions'
    when exists (
      select from public.orders o
      where o.bot_id = p_bot_id and o.status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')
    ) then 'orders'
    when exists (select from public.trades t where t.bot_id = p_bot_id and t.status = 'open') then 'trades'
  end;
end
$$;
comment on function private.open_exposure(uuid) is 'What a bot has open: positions, orders or trades; null when it holds nothing. Definer, because triggers of users'' statements ask it.';

create function private.run_config(p_bot_id uuid) returns jsonb
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
    'schedule', private.resolve_schedule(bot),
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
comment on function private.run_config(uuid) is 'The settings of a bot as a runner gets them: RunConfig of the contracts. Definer, because runners get it for their commands.';

create function private.expire_commands(p_session_id uuid, p_bot_id uuid, p_types text[]) returns void
language sql security definer set search_path = '' as $$
  update public.runner_commands c set status = 'expired'
  where c.runner_session_id = p_session_id and c.bot_id = p_bot_id and c.type = any (p_types) and c.status in ('queued', 'delivered')
$$;
comment on function private.expire_commands(uuid, uuid, text[]) is 'What a runner was still to do for a bot is not to be done any more. Definer, because owners may not change commands.';

create function private.note_bot_event(p_lease public.bot_leases, p_type text, p_severity text, p_message text, p_metadata jsonb default '{}') returns void
language sql security definer set search_path = '' as $$
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  values (p_lease.bot_id, p_lease.user_id, p_lease.run_id, p_type, p_severity, left(p_message, 4000), p_metadata)
$$;
comment on function private.note_bot_event(public.bot_leases, text, text, text, jsonb) is 'Writes down what happened to a bot that is held. Definer, because nobody may write events.';

create function private.lock_run(p_run_id uuid, out lease public.bot_leases, out bot public.bots, out run public.trading_runs)
language plpgsql security definer set search_path = '' as $$
begin
  select * into lease from public.bot_leases l where l.run_id = p_run_id for update;
  select * into bot from public.bots b where b.id = lease.bot_id for no key update;
  select * into run from public.trading_runs r where r.id = lease.run_id for no key update;
end
$$;
comment on function private.lock_run(uuid) is
  'Lease, bot and run, locked in the order in which everybody locks them; nulls where the bot has been started anew in another run. Definer, because owners may not lock leases.';

create function private.end_run(p_run_id uuid, p_status text, p_error text default null) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
  still_open text;
begin
  held := private.lock_run(p_run_id);
  if (held.run).status is distinct from 'running' then
    return;
  end if;
  still_open := private.open_exposure((held.bot).id);
  if still_open is not null and p_status <> 'error' then
    perform private.raise_api_error(409, 'bot_has_open_positions', format('the bot has open %s: its run ends when they are closed', still_open));
  end if;
  if still_open is null then
    -- Who ends it may have begun before it was started, and waited for that.
    update public.trading_runs r set status = p_status, error = left(p_error, 4000), ended_at = greatest(now(), r.started_at) where r.id = p_run_id;
    update public.bot_leases l set released_at = now() where l.bot_id = (held.bot).id;
    -- Stops are left: who has reported the end acknowledges them next.
    perform private.expire_commands((held.lease).runner_session_id, (held.bot).id, '{start_bot,pause_bot,resume_bot,update_config}');
  else
    update public.bot_leases l set intent = 'hold' where l.bot_id = (held.bot).id;
  end if;
  perform private.note_bot_event(held.lease, case p_status when 'error' then 'failed' else p_status end,
    case p_status when 'error' then 'ERROR' else 'INFO' end,
    case p_status when 'completed' then 'The run has come to its end' when 'stopped' then 'The bot has stopped' else coalesce(p_error, 'The run failed') end);
  update public.bots b
  set status = case p_status when 'error' then 'error' else 'stopped' end,
      last_error = case p_status when 'error' then left(coalesce(p_error, 'The run failed'), 4000) else b.last_error end
  where b.id = (held.bot).id;
end
$$;
comment on function private.end_run(uuid, text, text) is
  'Ends a run: completed or stopped, which gives the bot back and is refused (bot_has_open_positions) while something is open; or error, which ends the run when nothing is open, and else leaves it to be continued. Ending it again changes nothing. Definer, because runners may not write runs.';

create function private.fail_bot(p_run_id uuid, p_code text, p_message text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
begin
  held := private.lock_run(p_run_id);
  if (held.run).status is distinct from 'running' then
    return;
  end if;
  update public.bot_leases l set intent = 'hold' where l.bot_id = (held.bot).id and l.intent <> 'hold';
  perform private.note_bot_event(held.lease, p_code, 'ERROR', p_message);
  update public.bots b set status = 'error', last_error = left(p_message, 4000), error_count = b.error_count + 1 where b.id = (held.bot).id;
  if (held.bot).status <> 'error' then
    perform private.create_alert((held.bot).user_id, 'error', left(format('The bot %s is in the status error: %s', (held.bot).name, p_message), 4000),
      'critical', jsonb_build_object('code', p_code), (held.bot).id, p_run_id);
  end if;
end
$$;
comment on function private.fail_bot(uuid, text, text) is
  'Puts a bot into the status error and holds what it has; the error is counted, and its owner told. The run goes on, so that it can be continued or stopped. Definer, because runners may not write bots.';

create function private.command_stop(p_lease public.bot_leases, p_reason text) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  open_seq bigint;
begin
  select c.seq into open_seq from public.runner_commands c
  where c.runner_session_id = p_lease.runner_session_id and c.bot_id = p_lease.bot_id and c.type = 'stop_bot'
    and c.payload ->> 'run_id' = p_lease.run_id::text and c.status in ('queued', 'delivered') and c.expires_at > now();
  return coalesce(open_seq, private.command_runner(p_lease.runner_session_id, 'stop_bot', p_lease.bot_id,
    jsonb_build_object('run_id', p_lease.run_id, 'reason', p_reason), interval '1 day'));
end
$$;
comment on function private.command_stop(public.bot_leases, text) is
  'Tells the runner that holds a bot to close all and stop, unless it has been told so already; returns the number of the command. It is worth doing for a day. Definer, because owners may not write commands.';

create function private.command_start(p_lease public.bot_leases, p_resumes boolean) returns bigint
language sql security definer set search_path = '' as $$
  select private.command_runner(p_lease.runner_session_id, 'start_bot', p_lease.bot_id, jsonb_build_object(
    'run_id', p_lease.run_id, 'fencing_token', p_lease.fencing_token, 'resumes', p_resumes,
    'paused', p_lease.intent = 'pause', 'config', private.run_config(p_lease.bot_id)))
$$;
comment on function private.command_start(public.bot_leases, boolean) is
  'Tells the runner that holds a bot to execute its run; returns the number of the command. Definer, because owners may not write commands.';

create function private.finish_or_fail(p_lease public.bot_leases) returns void
language plpgsql security definer set search_path = '' as $$
declare
  still_open constant text := private.open_exposure(p_lease.bot_id);
begin
  if still_open is null then
    perform private.end_run(p_lease.run_id, 'stopped');
  else
    perform private.fail_bot(p_lease.run_id, 'stop_incomplete', format('The runner has stopped the bot, and left %s open', still_open));
  end if;
end
$$;
comment on function private.finish_or_fail(public.bot_leases) is 'What follows when a runner says that a bot is stopped: the run ends, or, when something is still open, the bot fails. Definer, because runners may not write bots.';

create function private.acknowledge_emergency_stop(p_command public.runner_commands, p_error jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  stopped_bot_ids uuid[];
  lease public.bot_leases;
  bot_status text;
begin
  -- All of them first: the event of the first bot is numbered, and its number locked, before the second is looked at.
  stopped_bot_ids := array(
    select l.bot_id from public.bot_leases l
    where l.runner_session_id = p_command.runner_session_id and l.released_at is null
      and l.bot_id = coalesce(p_command.bot_id, l.bot_id)
      -- What was started since is not what was stopped.
      and l.acquired_at <= p_command.created_at
    order by l.bot_id for update);
  perform from public.bots b where b.id = any (stopped_bot_ids) order by b.id for no key update;
  for lease in select * from public.bot_leases l where l.bot_id = any (stopped_bot_ids) order by l.bot_id loop
    select b.status into bot_status from public.bots b where b.id = lease.bot_id;
    if p_error is not null and bot_status in ('stopping', 'paused') then
      perform private.fail_bot(lease.run_id, 'emergency_stop_failed', coalesce(p_error ->> 'message', 'The runner could not carry out the emergency stop'));
    elsif lease.intent = 'stop' and bot_status = 'stopping' and (p_command.payload ->> 'close_positions')::boolean then
      perform private.finish_or_fail(lease);
    elsif lease.intent = 'pause' and bot_status = 'paused' and private.open_exposure(lease.bot_id) is null then
      perform private.end_run(lease.run_id, 'stopped');
    end if;
  end loop;
end
$$;
comment on function private.acknowledge_emergency_stop(public.runner_commands, jsonb) is
  'What follows when a runner has carried out an emergency stop: its bots in the scope that hold nothing are stopped; those that should and do not have failed. Definer, because runners may not write bots.';

create function private.apply_acknowledgement(p_command public.runner_commands, p_error jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
  lease public.bot_leases;
  message constant text := coalesce(p_error ->> 'message', 'The runner did not say why');
begin
  if p_command.type = 'ping' then
    return;
  end if;
  if p_command.type = 'emergency_stop' then
    perform private.acknowledge_emergency_stop(p_command, p_error);
    return;
  end if;
  if p_command.type in ('pause_bot', 'update_config') then
    -- Without the lock of the bot, which whoever changes its settings holds when such commands are expired.
    select * into lease from public.bot_leases l where l.run_id = (p_command.payload ->> 'run_id')::uuid and l.released_at is null;
    if p_error is not null and lease.runner_session_id = p_command.runner_session_id then
      perform private.note_bot_event(lease, case p_command.type when 'pause_bot' then 'pause_failed' else 'update_failed' end, 'ERROR', message);
    end if;
    return;
  end if;
  held := private.lock_run((p_command.payload ->> 'run_id')::uuid);
  lease := held.lease;
  -- What a runner says of a run that is over, or that another has taken over, says nothing of what is now.
  if (held.run).status is distinct from 'running' or lease.runner_session_id <> p_command.runner_session_id then
    return;
  end if;
  if p_command.type = 'start_bot' and (held.bot).status = 'starting' then
    if p_error is null then
      update public.bots b set status = case lease.intent when 'pause' then 'paused' else 'running' end where b.id = lease.bot_id;
    else
      perform private.fail_bot(lease.run_id, 'start_failed', message);
      perform private.end_run(lease.run_id, 'error', message);
    end if;
  elsif p_command.type = 'stop_bot' and (held.bot).status = 'stopping' then
    if p_error is null then
      perform private.finish_or_fail(lease);
    else
      perform private.fail_bot(lease.run_id, 'stop_failed', message);
    end if;
  elsif p_command.type = 'resume_bot' and p_error is not null and (held.bot).status = 'running' then
    update public.bot_leases l set intent = 'pause' where l.bot_id = lease.bot_id;
    perform private.note_bot_event(lease, 'resume_failed', 'ERROR', message);
    update public.bots b set status = 'paused' where b.id = lease.bot_id;
  end if;
end
$$;
comment on function private.apply_acknowledgement(public.runner_commands, jsonb) is
  'What follows when a runner has done a command, or has failed to (the error {"code", "message"}); a command that nobody did in time counts as failed. Effects apply only to the run and the status that the command was about. Pausing needs none: it holds from the moment that the owner asks. Definer, because runners may not write bots.';

create function private.apply_offline(p_lease public.bot_leases) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
  lease public.bot_leases;
  policy text;
  message constant text := 'The runner is offline';
begin
  held := private.lock_run(p_lease.run_id);
  lease := held.lease;
  policy := (held.bot).offline_policy;
  if (held.run).status is distinct from 'running' or lease.released_at is not null or lease.runner_session_id <> p_lease.runner_session_id then
    return;
  end if;
  perform private.expire_commands(lease.runner_session_id, lease.bot_id, '{start_bot,stop_bot,pause_bot,resume_bot,update_config}');
  if private.open_exposure(lease.bot_id) is null and (policy <> 'resume' or lease.intent in ('stop', 'hold')) then
    perform private.end_run(lease.run_id, case (held.bot).status when 'error' then 'error' else 'stopped' end, (held.bot).last_error);
    return;
  end if;
  update public.bot_leases l
  set reconciled = false,
      intent = case
        -- What was asked for before is still wanted.
        when l.intent in ('stop', 'hold') then l.intent
        when policy = 'resume' then l.intent
        when policy = 'flatten' then 'stop'
        else 'hold' end
  where l.bot_id = lease.bot_id
  returning * into lease;
  perform private.note_bot_event(lease, 'runner_offline', 'ERROR', message, jsonb_build_object('intent', lease.intent));
  update public.bots b set status = 'error', last_error = case b.status when 'error' then b.last_error else message end
  where b.id = lease.bot_id;
end
$$;
comment on function private.apply_offline(public.bot_leases) is
  'What becomes of a bot whose runner was not heard of: one that holds nothing is stopped, unless it is to be resumed; any other waits in the status error for what its lease intends on the return. Definer, because it writes runs and leases.';

create function private.apply_reconciliation(p_lease public.bot_leases, p_matched boolean, p_differences jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
  lease public.bot_leases;
begin
  held := private.lock_run(p_lease.run_id);
  if (held.run).status is distinct from 'running' then
    return;
  end if;
  if not p_matched then
    perform private.note_bot_event(held.lease, 'reconciliation_differs', 'CRITICAL', 'The runner holds something else than the ledger says',
      case when pg_column_size(p_differences) <= 8192 then jsonb_build_object('differences', p_differences) else '{}' end);
    perform private.fail_bot(p_lease.run_id, 'reconciliation_failed', 'The runner holds something else than the ledger says: see what differs, and stop the bot or close it by hand');
    return;
  end if;
  update public.bot_leases l set reconciled = true where l.bot_id = p_lease.bot_id returning * into lease;
  if lease.intent = 'stop' then
    perform private.command_stop(lease, 'the runner is back');
    update public.bots b set status = 'stopping' where b.id = lease.bot_id and b.status <> 'stopping';
  elsif (held.bot).status = 'error' and lease.intent in ('run', 'pause') then
    perform private.command_start(lease, true);
    perform private.note_bot_event(lease, 'runner_back', 'INFO', 'The runner is back, and the bot goes on');
    update public.bots b set status = 'starting', last_error = null where b.id = lease.bot_id;
  end if;
end
$$;
comment on function private.apply_reconciliation(public.bot_leases, boolean, jsonb) is
  'What follows when a runner that has connected again has shown what it holds: the bot may open again, and goes on or is stopped as its lease intends; or, where runner and ledger differ, it has failed. Definer, because it writes bots.';

revoke execute on function private.open_exposure(uuid), private.run_config(uuid), private.expire_commands(uuid, uuid, text[]),
  private.note_bot_event(public.bot_leases, text, text, text, jsonb), private.lock_run(uuid), private.end_run(uuid, text, text),
  private.fail_bot(uuid, text, text), private.command_stop(public.bot_leases, text), private.command_start(public.bot_leases, boolean),
  private.finish_or_fail(public.bot_leases), private.acknowledge_emergency_stop(public.runner_commands, jsonb),
  private.apply_acknowledgement(public.runner_commands, jsonb), private.apply_offline(public.bot_leases),
  private.apply_reconciliation(public.bot_leases, boolean, jsonb) from public;
