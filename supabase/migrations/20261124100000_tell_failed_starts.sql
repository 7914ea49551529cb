-- Purpose: a start that comes to nothing is told in one way, whether the runner refused it, did not do it in time, or was gone: the bot
--   has the status error with its last_error, an event start_failed with the cause, and its owner an alert. A bot that is stopped
--   because its runner is gone says so.
-- Objects: functions private.alert_failure, private.fail_bot_of, private.fail_start, private.describe_absence; private.fail_bot,
--   private.apply_acknowledgement and private.apply_offline from here on use them.
-- Risk: none. A bot whose runner goes away before it was started is in the status error now, and was stopped before.

create function private.alert_failure(p_bot public.bots, p_run_id uuid, p_failure jsonb) returns void
language sql security definer set search_path = '' as $$
  select private.create_alert(p_bot.user_id, 'error',
    left(format('The bot %s is in the status error: %s', p_bot.name, p_failure ->> 'message'), 4000), 'critical', p_failure - 'message', p_bot.id, p_run_id)
$$;
comment on function private.alert_failure(public.bots, uuid, jsonb) is
  'Alerts the owner of a bot that has failed: {"code", "message"}, and the cause where another code says more. Definer, because nobody may write alerts.';

create function private.fail_bot_of(p_run_id uuid, p_failures jsonb[]) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
begin
  held := private.lock_run(p_run_id);
  if (held.run).status is distinct from 'running' or cardinality(p_failures) = 0 then
    return;
  end if;
  update public.bot_leases l set intent = 'hold' where l.bot_id = (held.bot).id and l.intent <> 'hold';
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  select (held.bot).id, (held.bot).user_id, p_run_id, f.failure ->> 'code', 'ERROR', left(f.failure ->> 'message', 4000), f.failure - '{code,message}'::text[]
  from unnest(p_failures) with ordinality f (failure, n) order by f.n;
  update public.bots b
  set status = 'error', last_error = left(p_failures[cardinality(p_failures)] ->> 'message', 4000), error_count = b.error_count + cardinality(p_failures)
  where b.id = (held.bot).id;
  if (held.bot).status <> 'error' then
    perform private.alert_failure(held.bot, p_run_id, p_failures[1]);
  end if;
end
$$;
comment on function private.fail_bot_of(uuid, jsonb[]) is
  'Puts a bot into the status error and holds what it has, for one failure or several, in their order: {"code", "message"}, and the cause where another code says more. All are counted and noted as events; the last is last_error, and of the first its owner is alerted. The run goes on, so that it can be continued or stopped. Definer, because runners may not write bots.';

create or replace function private.fail_bot(p_run_id uuid, p_code text, p_message text) returns void
language sql security definer set search_path = '' as $$
  select private.fail_bot_of(p_run_id, array[jsonb_build_object('code', p_code, 'message', p_message)])
$$;
comment on function private.fail_bot(uuid, text, text) is 'The same as private.fail_bot_of for one failure. Definer, because runners may not write bots.';

create function private.fail_start(p_run_id uuid, p_cause text, p_message text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.fail_bot_of(p_run_id, array[jsonb_build_object('code', 'start_failed', 'message', p_message, 'cause', p_cause)]);
  perform private.end_run(p_run_id, 'error', p_message);
end
$$;
comment on function private.fail_start(uuid, text, text) is
  'What follows when the start of a bot comes to nothing: it has failed, and its run ends, unless something is open in it. The cause is the code of the runner, or command_expired, or runner_offline. Definer, because runners may not write bots.';

create or replace function private.apply_acknowledgement(p_command public.runner_commands, p_error jsonb) returns void
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
      perform private.fail_start(lease.run_id, p_error ->> 'code', message);
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

create function private.describe_absence(p_session_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  select 'The runner is offline: ' || case
    when s.status = 'revoked' then 'its API key was revoked'
    when s.status = 'connected' and s.last_heartbeat_at < now() - private.config_number('runner.timeout_s') * interval '1 second'
      then format('it has not been heard of for %s s', round(extract(epoch from now() - s.last_heartbeat_at)))
    else 'it has left' end
  from public.runner_sessions s where s.id = p_session_id
$$;
comment on function private.describe_absence(uuid) is 'Why a runner session does nothing more, for the owner of its bots. Definer, because triggers and workers ask it.';

create or replace function private.apply_offline(p_lease public.bot_leases) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held record;
  lease public.bot_leases;
  policy text;
  absence constant text := private.describe_absence(p_lease.runner_session_id);
  status_before text;
begin
  held := private.lock_run(p_lease.run_id);
  lease := held.lease;
  policy := (held.bot).offline_policy;
  status_before := (held.bot).status;
  if (held.run).status is distinct from 'running' or lease.released_at is not null or lease.runner_session_id <> p_lease.runner_session_id then
    return;
  end if;
  perform private.expire_commands(lease.runner_session_id, lease.bot_id, '{start_bot,stop_bot,pause_bot,resume_bot,update_config}');
  if private.open_exposure(lease.bot_id) is null and (policy <> 'resume' or lease.intent in ('stop', 'hold')) then
    if status_before = 'starting' and lease.intent <> 'stop' then
      perform private.fail_start(lease.run_id, 'runner_offline', absence || '. Start the bot again when a runner is connected');
    elsif status_before = 'error' then
      perform private.end_run(lease.run_id, 'error', (held.bot).last_error);
    elsif lease.intent = 'stop' then
      perform private.end_run(lease.run_id, 'stopped');
    else
      perform private.note_bot_event(lease, 'runner_offline', 'WARN', absence || '. The bot holds nothing, and is stopped');
      update public.bots b set last_error = absence where b.id = lease.bot_id;
      perform private.end_run(lease.run_id, 'stopped', absence);
    end if;
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
  perform private.note_bot_event(lease, 'runner_offline', 'ERROR', absence, jsonb_build_object('intent', lease.intent));
  update public.bots b set status = 'error', last_error = case b.status when 'error' then b.last_error else absence end
  where b.id = lease.bot_id;
  if status_before = 'starting' then
    perform private.alert_failure(held.bot, lease.run_id, jsonb_build_object('code', 'runner_offline', 'message', absence));
  end if;
end
$$;
comment on function private.apply_offline(public.bot_leases) is
  'What becomes of a bot whose runner was not heard of: one that holds nothing is stopped, unless it is to be resumed, and if it was not started yet its start has failed; any other waits in the status error for what its lease intends on the return. Definer, because it writes runs and leases.';

revoke execute on function private.alert_failure(public.bots, uuid, jsonb), private.fail_bot_of(uuid, jsonb[]), private.fail_start(uuid, text, text),
  private.describe_absence(uuid) from public;
