-- Purpose: emergency stops of a bot, a user or the whole system. Nothing is opened under one. Of a bot or a user, the stop, the
--   commands to the runners and what becomes of the bots commit together; of the system, the stop commits with what could be
--   done at once, and workers do the rest: no user can keep it from being engaged.
-- Objects: table private.halts_pending; functions public.engage_emergency_stop, public.release_emergency_stop,
--   private.carry_out_halts for workers, and in private what they need; private.prepare_runner_command from here on takes a stop
--   though a runner has much to do.
-- Risk: none.

create table private.halts_pending (
  halt_id uuid not null,
  user_id uuid not null,
  constraint halts_pending_pkey primary key (halt_id, user_id),
  constraint halts_pending_halt_id_fkey foreign key (halt_id) references public.trading_halts (id) on delete cascade
);
comment on table private.halts_pending is 'Users whose runners have not been told yet of an emergency stop of the system. It binds them all the same: the risk gate asks whether it is engaged.';
comment on column private.halts_pending.halt_id is 'The stop.';
comment on column private.halts_pending.user_id is 'The user. No foreign key: a stop waits for nobody who is being deleted.';
alter table private.halts_pending enable row level security;
revoke all on private.halts_pending from public;
create policy "No API role can reach pending halts" on private.halts_pending for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach pending halts" on private.halts_pending is 'Says outright what the missing grants mean.';

create or replace function private.prepare_runner_command() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- What stops is not kept waiting by what starts. An emergency stop replaces the one before it, and is always taken: one user's runner
  -- must not stand in the way of everyone's.
  most_open constant integer := case when new.type = 'emergency_stop' then null when new.type in ('stop_bot', 'pause_bot') then 1000 else 200 end;
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

create function private.command_halt(p_halt public.trading_halts, p_user_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  session_id uuid;
begin
  for session_id in
    select s.id from public.runner_sessions s
    where s.status = 'connected' and s.user_id = p_user_id
      and (p_halt.scope <> 'bot' or exists (
        select from public.bot_leases l where l.bot_id = p_halt.bot_id and l.runner_session_id = s.id and l.released_at is null))
    order by s.id
  loop
    -- The new one says it all. What is locked is being acknowledged.
    update public.runner_commands c set status = 'expired'
    from (
      select open_stop.seq from public.runner_commands open_stop
      where open_stop.runner_session_id = session_id and open_stop.type = 'emergency_stop' and open_stop.status in ('queued', 'delivered')
        and open_stop.bot_id is not distinct from p_halt.bot_id
        and open_stop.payload -> 'close_positions' = to_jsonb(p_halt.close_positions)
      for update skip locked
    ) replaced
    where c.runner_session_id = session_id and c.seq = replaced.seq;
    perform private.command_runner(session_id, 'emergency_stop', p_halt.bot_id,
      jsonb_build_object('reason', p_halt.reason, 'close_positions', p_halt.close_positions), interval '1 day');
  end loop;
end
$$;
comment on function private.command_halt(public.trading_halts, uuid) is 'Tells the connected runners of a user that an emergency stop concerns. Definer, because owners may not write commands.';

create function private.halt_bots(p_halt public.trading_halts, p_user_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  held_bot_ids uuid[];
begin
  held_bot_ids := array(
    select l.bot_id from public.bot_leases l
    where l.released_at is null and l.user_id = p_user_id and l.bot_id = coalesce(p_halt.bot_id, l.bot_id)
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
  perform private.command_halt(p_halt, p_user_id);
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
  if p_halt.scope <> 'system' or held_bot_ids <> '{}' then
    perform private.create_alert(p_user_id, 'risk', 'Emergency stop: ' || p_halt.reason, 'critical',
      jsonb_build_object('halt_id', p_halt.id, 'scope', p_halt.scope, 'close_positions', p_halt.close_positions), p_halt.bot_id);
  end if;
end
$$;
comment on function private.halt_bots(public.trading_halts, uuid) is
  'What an emergency stop does to the bots of a user in its scope: they are stopping, or paused, until their runners say that it is done; and their owner is told. Definer, because owners may write neither leases nor the status.';

create function private.carry_out_halts(p_for interval default '5 seconds') returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '100ms' as $$
declare
  most_at_once constant integer := 1000;
  enough_at constant timestamptz := clock_timestamp() + p_for;
  pending private.halts_pending;
  halt public.trading_halts;
  done integer := 0;
begin
  -- In any order: who cannot be treated is not in the way of the others.
  for pending in select * from private.halts_pending order by random() limit most_at_once loop
    exit when clock_timestamp() > enough_at;
    begin
      delete from private.halts_pending p where p.halt_id = pending.halt_id and p.user_id = pending.user_id;
      continue when not found;
      select * into halt from public.trading_halts h where h.id = pending.halt_id and h.released_at is null for share;
      if halt.id is not null and exists (select from auth.users u where u.id = pending.user_id) then
        perform private.halt_bots(halt, pending.user_id);
      end if;
      done := done + 1;
    exception
      when lock_not_available or deadlock_detected then
        -- Somebody is at work on one of the user's bots: at the next call.
        null;
      when others then
        raise warning 'the emergency stop % was not carried out for the user %: %', pending.halt_id, pending.user_id, sqlerrm;
    end;
  end loop;
  return done;
end
$$;
comment on function private.carry_out_halts(interval) is
  'Tells the users whom an emergency stop of the system concerns, and their runners, and says how many users: as many as can be in the time given, a moment for each; call it again until it says 0. Called when one is engaged, and by workers. Definer, because nobody may write leases.';

create function private.engage_halt(p_scope text, p_user_id uuid, p_bot_id uuid, p_reason text, p_close_positions boolean, p_engaged_by uuid)
returns public.trading_halts
language plpgsql security definer set search_path = '' as $$
declare
  halt public.trading_halts;
begin
  -- Exclusive: no opening that did not see the stop commits after it. A user's own keeps no other user waiting.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(
    case p_scope when 'system' then 'trading halts' else 'trading halts of ' || p_user_id::text end, 0));
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
  if p_scope <> 'system' then
    perform private.halt_bots(halt, p_user_id);
    return halt;
  end if;
  insert into private.halts_pending (halt_id, user_id)
  select halt.id, l.user_id from public.bot_leases l where l.released_at is null
  union select halt.id, s.user_id from public.runner_sessions s where s.status = 'connected'
  on conflict do nothing;
  perform private.carry_out_halts('2 seconds');
  return halt;
end
$$;
comment on function private.engage_halt(text, uuid, uuid, text, boolean, uuid) is
  'Engages an emergency stop; one that is engaged already is returned, or made to close positions if this one is to. Takes an exclusive lock of trading halts: call it with no other lock in hand. Definer, because nobody may write halts.';

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

revoke execute on function private.command_halt(public.trading_halts, uuid), private.halt_bots(public.trading_halts, uuid), private.carry_out_halts(interval),
  private.engage_halt(text, uuid, uuid, text, boolean, uuid), private.engage_emergency_stop(text, uuid, text, boolean),
  private.release_emergency_stop(uuid) from public;
revoke execute on function public.engage_emergency_stop(text, text, uuid, boolean), public.release_emergency_stop(uuid) from public, anon, service_role;
grant execute on function private.engage_emergency_stop(text, uuid, text, boolean), public.engage_emergency_stop(text, text, uuid, boolean),
  private.release_emergency_stop(uuid), public.release_emergency_stop(uuid) to authenticated;
grant execute on function private.carry_out_halts(interval) to tradebase_worker;
