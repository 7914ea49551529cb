-- Purpose: emergency stops of a bot, a user or the whole system. The stop, the commands to the runners, and what becomes of
--   the bots commit together; nothing is opened under one.
-- Objects: functions public.engage_emergency_stop, public.release_emergency_stop, and in private what they need;
--   private.prepare_runner_command from here on takes a stop though a runner has much to do.
-- Risk: none.

create or replace function private.prepare_runner_command() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- What stops is not kept waiting by what starts.
  most_open constant integer := case when new.type in ('stop_bot', 'pause_bot', 'emergency_stop') then 1000 else 200 end;
begin
  if new.bot_id is null and new.type not in ('ping', 'emergency_stop') then
    raise exception 'the command % needs a bot', new.type using errcode = 'check_violation';
  end if;
  -- Locks the session: its commands get their numbers in the order of their commits.
  update public.runner_sessions s set last_command_seq = s.last_command_seq + 1
  where s.id = new.runner_session_id
  returning s.last_command_seq into new.seq;
  if (
    select count(*) from public.runner_commands c
    where c.runner_session_id = new.runner_session_id and c.status in ('queued', 'delivered')
  ) >= most_open then
    perform private.raise_api_error(409, 'quota_exceeded', format('the runner has %s commands to do: wait until it has done some', most_open));
  end if;
  return new;
end
$$;

create function private.command_halt(p_halt public.trading_halts) returns void
language plpgsql security definer set search_path = '' as $$
declare
  session_id uuid;
begin
  for session_id in
    select s.id from public.runner_sessions s
    where s.status = 'connected' and (p_halt.scope = 'system' or s.user_id = p_halt.user_id)
      and (p_halt.scope <> 'bot' or exists (
        select from public.bot_leases l where l.bot_id = p_halt.bot_id and l.runner_session_id = s.id and l.released_at is null))
    order by s.id
  loop
    perform private.command_runner(session_id, 'emergency_stop', p_halt.bot_id,
      jsonb_build_object('reason', p_halt.reason, 'close_positions', p_halt.close_positions), interval '1 day');
  end loop;
end
$$;
comment on function private.command_halt(public.trading_halts) is 'Tells every connected runner that an emergency stop concerns. Definer, because owners may not write commands.';

create function private.halt_bots(p_halt public.trading_halts) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held_bot_ids uuid[];
begin
  held_bot_ids := array(
    select l.bot_id from public.bot_leases l
    where l.released_at is null and (p_halt.scope = 'system' or l.user_id = p_halt.user_id) and l.bot_id = coalesce(p_halt.bot_id, l.bot_id)
    order by l.bot_id for update);
  perform from public.bots b where b.id = any (held_bot_ids) order by b.id for no key update;
  update public.bot_leases l
  set intent = case when p_halt.close_positions then 'stop' else 'pause' end
  -- What is being stopped already is not merely paused; what is held is closed only if that is asked for.
  where l.bot_id = any (held_bot_ids) and (p_halt.close_positions or l.intent = 'run');
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  select l.bot_id, l.user_id, l.run_id, 'emergency_stop', 'CRITICAL', p_halt.reason,
    jsonb_build_object('halt_id', p_halt.id, 'scope', p_halt.scope, 'close_positions', p_halt.close_positions)
  from public.bot_leases l where l.bot_id = any (held_bot_ids);
  perform private.command_halt(p_halt);
  -- A bot whose runner is offline waits in its status for the return: its lease says what is to be done then.
  update public.bots b
  set status = case when p_halt.close_positions then 'stopping' else 'paused' end
  from (
    select l.bot_id from public.bot_leases l
    join public.runner_sessions s on s.id = l.runner_session_id and s.status = 'connected'
    where l.bot_id = any (held_bot_ids)
  ) reached
  where b.id = reached.bot_id
    and case when p_halt.close_positions then b.status in ('starting', 'running', 'paused', 'error') else b.status = 'running' end;
end
$$;
comment on function private.halt_bots(public.trading_halts) is
  'What an emergency stop does to the bots in its scope: they are stopping, or paused, until their runners say that it is done. Definer, because owners may write neither leases nor the status.';

create function private.engage_halt(p_scope text, p_user_id uuid, p_bot_id uuid, p_reason text, p_close_positions boolean, p_engaged_by uuid)
returns public.trading_halts
language plpgsql security definer set search_path = '' as $$
declare
  halt public.trading_halts;
  affected record;
begin
  -- Exclusive: no opening that did not see the stop commits after it.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('trading halts', 0));
  select * into halt from public.trading_halts h
  where h.released_at is null and h.scope = p_scope and h.user_id is not distinct from p_user_id and h.bot_id is not distinct from p_bot_id
  for update;
  if halt.id is not null and (halt.close_positions or not p_close_positions) then
    return halt;
  end if;
  if halt.id is not null then
    update public.trading_halts h set close_positions = true, reason = p_reason where h.id = halt.id returning * into halt;
  else
    insert into public.trading_halts (scope, user_id, bot_id, reason, close_positions, engaged_by)
    values (p_scope, p_user_id, p_bot_id, p_reason, p_close_positions, p_engaged_by)
    returning * into halt;
  end if;
  perform private.halt_bots(halt);
  for affected in
    select distinct u.user_id from (
      select halt.user_id as user_id
      union all select l.user_id from public.bot_leases l where halt.scope = 'system' and l.released_at is null
    ) u where u.user_id is not null order by u.user_id
  loop
    perform private.create_alert(affected.user_id, 'risk', 'Emergency stop: ' || halt.reason, 'critical',
      jsonb_build_object('halt_id', halt.id, 'scope', halt.scope, 'close_positions', halt.close_positions), halt.bot_id);
  end loop;
  return halt;
end
$$;
comment on function private.engage_halt(text, uuid, uuid, text, boolean, uuid) is
  'Engages an emergency stop; one that is engaged already is returned, or made to close positions if this one is to. Takes the exclusive lock of trading halts: call it with no other lock in hand. Definer, because nobody may write halts.';

create function private.engage_emergency_stop(p_scope text, p_bot_id uuid, p_reason text, p_close_positions boolean) returns public.trading_halts
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := auth.uid();
  reason constant text := private.require_reason(p_reason);
begin
  -- Of whatever role: who may no longer trade may still stop what trades.
  if private.caller_role() is null then
    perform private.raise_api_error(403, 'forbidden', 'sign in again: this session has ended');
  end if;
  if p_scope is null or p_scope not in ('bot', 'user', 'system') or (p_bot_id is not null) <> (p_scope = 'bot') or p_close_positions is null then
    perform private.raise_api_error(422, 'invalid_request', 'the scope must be bot, with the id of one, or user, or system');
  end if;
  if p_scope = 'system' then
    perform private.require_admin();
  elsif p_scope = 'bot' and not exists (select from public.bots b where b.id = p_bot_id and b.user_id = caller) then
    perform private.raise_api_error(404, 'bot_not_found', 'there is no such bot of yours');
  end if;
  return private.engage_halt(p_scope, case when p_scope <> 'system' then caller end, p_bot_id, reason, p_close_positions, caller);
end
$$;
comment on function private.engage_emergency_stop(text, uuid, text, boolean) is 'Engages an emergency stop for the caller. Definer, because nobody may write halts.';

create function private.release_emergency_stop(p_halt_id uuid) returns public.trading_halts
language plpgsql security definer set search_path = '' as $$
declare
  halt public.trading_halts;
begin
  select * into halt from public.trading_halts h where h.id = p_halt_id and (h.user_id = auth.uid() or h.scope = 'system') for update;
  if halt.id is null or private.caller_role() is null then
    perform private.raise_api_error(404, 'halt_not_found', 'there is no such emergency stop');
  end if;
  if halt.scope = 'system' then
    perform private.require_admin();
  else
    perform private.require_trader();
  end if;
  if halt.released_at is null then
    update public.trading_halts h set released_at = now(), released_by = auth.uid() where h.id = halt.id returning * into halt;
  end if;
  return halt;
end
$$;
comment on function private.release_emergency_stop(uuid) is 'Releases an emergency stop for the caller. Definer, because nobody may write halts.';

create function public.engage_emergency_stop(p_scope text, p_reason text, p_bot_id uuid default null, p_close_positions boolean default false)
returns public.trading_halts
language sql security invoker set search_path = '' as $$
  select private.engage_emergency_stop(p_scope, p_bot_id, p_reason, p_close_positions)
$$;
comment on function public.engage_emergency_stop(text, text, uuid, boolean) is
  'Stops a bot of the caller, all of the caller''s (user), or, for an admin with a second factor, the whole system, from opening anything, at once, and tells the runners: they cancel what is open and, if asked for, close positions. Whoever owns a bot may stop it, whatever the role. Engaging it again changes nothing, unless positions are to be closed now. Errors: forbidden, second_factor_required, invalid_request, bot_not_found.';

create function public.release_emergency_stop(p_halt_id uuid) returns public.trading_halts
language sql security invoker set search_path = '' as $$
  select private.release_emergency_stop(p_halt_id)
$$;
comment on function public.release_emergency_stop(uuid) is
  'Releases an emergency stop of the caller, or, for an admin with a second factor, of the system. Bots stay as they are until they are resumed or started; releasing it again changes nothing. Errors: forbidden, second_factor_required, halt_not_found.';

revoke execute on function private.command_halt(public.trading_halts), private.halt_bots(public.trading_halts),
  private.engage_halt(text, uuid, uuid, text, boolean, uuid), private.engage_emergency_stop(text, uuid, text, boolean),
  private.release_emergency_stop(uuid) from public;
revoke execute on function public.engage_emergency_stop(text, text, uuid, boolean), public.release_emergency_stop(uuid) from public, anon, service_role;
grant execute on function private.engage_emergency_stop(text, uuid, text, boolean), public.engage_emergency_stop(text, text, uuid, boolean),
  private.release_emergency_stop(uuid), public.release_emergency_stop(uuid) to authenticated;
