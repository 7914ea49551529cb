-- Purpose: owners start, pause, resume and stop their bots. What they ask for, the command to the runner, the audit entry
--   and the event commit together.
-- Objects: functions public.start_bot, public.stop_bot, public.pause_bot, public.resume_bot, and in private what they need.
-- Risk: none.

create function private.require_trader() returns uuid
language plpgsql stable set search_path = '' as $$
begin
  if private.can_trade() then
    return auth.uid();
  end if;
  if private.caller_role() in ('trader', 'admin') then
    perform private.raise_api_error(403, 'second_factor_required', 'show your second factor in this session first');
  end if;
  perform private.raise_api_error(403, 'forbidden', 'your role may read, and not change anything');
end
$$;
comment on function private.require_trader() is 'The caller, who may trade; an error for everyone else.';

create function private.has_recent_factor() returns boolean
language plpgsql stable set search_path = '' as $$
declare
  recent constant interval := interval '15 minutes';
  methods constant jsonb := auth.jwt() -> 'amr';
begin
  return private.has_shown_factor() and jsonb_typeof(methods) = 'array' and exists (
    select from jsonb_array_elements(methods) m
    where m ->> 'method' in ('totp', 'phone', 'webauthn', 'mfa/totp', 'mfa/phone', 'mfa/webauthn')
      and jsonb_typeof(m -> 'timestamp') = 'number'
      and to_timestamp((m ->> 'timestamp')::double precision) > now() - recent);
end
$$;
comment on function private.has_recent_factor() is
  'Whether the caller has shown a second factor in this session within the last 15 minutes. Auth says in the claim amr when, and a refresh of the token does not change it.';

create function private.require_live_caps(p_bot public.bots) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_bot.credential_id is null or p_bot.risk_per_trade is null or p_bot.daily_risk_cap is null then
    perform private.raise_api_error(422, 'live_caps_required', 'a LIVE bot needs a credential, risk_per_trade and daily_risk_cap');
  end if;
  if not exists (
    select from public.exchange_credentials c where c.id = p_bot.credential_id and c.user_id = p_bot.user_id and c.status = 'active'
  ) then
    perform private.raise_api_error(409, 'credential_disabled', 'the credential of the bot is disabled: enable it first');
  end if;
  if not exists (select from auth.mfa_factors f where f.user_id = p_bot.user_id and f.status = 'verified') then
    perform private.raise_api_error(403, 'second_factor_required', 'real money needs a second factor: enrol one, and show it');
  end if;
  if not private.has_recent_factor() then
    perform private.raise_api_error(403, 'recent_factor_required', 'show your second factor again: it must have been shown within the last 15 minutes');
  end if;
end
$$;
comment on function private.require_live_caps(public.bots) is
  'An error unless a LIVE bot has what real money needs: an enabled credential, caps, and an owner who has just shown a second factor. Definer, because Auth''s factors are not readable by users.';

create function private.require_no_halt(p_bot public.bots) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  halt public.trading_halts;
begin
  select * into halt from public.trading_halts h
  where h.released_at is null
    and (h.scope = 'system' or (h.user_id = p_bot.user_id and h.bot_id is null) or h.bot_id = p_bot.id)
  order by h.scope desc limit 1;
  if halt.id is not null then
    perform private.raise_api_error(409, 'trading_halted', format('an emergency stop of the %s is engaged: %s',
      case halt.scope when 'bot' then 'bot' when 'user' then 'account' else 'system' end, halt.reason));
  end if;
end
$$;
comment on function private.require_no_halt(public.bots) is
  'An error while an emergency stop is engaged over a bot that private.lock_own_bot has locked: none is engaged meanwhile. Definer, so that it sees them all.';

create function private.lock_own_bot(p_bot_id uuid, p_user_id uuid, out lease public.bot_leases, out bot public.bots)
language plpgsql security definer set search_path = '' as $$
begin
  perform private.hold_off_halts(p_user_id);
  -- There is no lease to wait for until a bot was first started: whoever asks for something then waits for the other here.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('control of ' || p_bot_id::text, 0));
  select * into lease from public.bot_leases l where l.bot_id = p_bot_id and l.user_id = p_user_id for update;
  select * into bot from public.bots b where b.id = p_bot_id and b.user_id = p_user_id for no key update;
  if bot.id is null then
    perform private.raise_api_error(404, 'bot_not_found', 'there is no such bot of yours');
  end if;
end
$$;
comment on function private.lock_own_bot(uuid, uuid) is
  'A bot of a user and its lease, locked in the order in which everybody locks them. The lease is null until the bot was first started. Errors: bot_not_found. Definer, because owners may not lock leases.';

create function private.choose_runner(p_user_id uuid, p_named uuid, p_holder uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  heard_of_since constant timestamptz := now() - private.config_number('runner.timeout_s')::double precision * interval '1 second';
  chosen uuid;
begin
  if p_named is not null and not exists (select from public.runner_sessions s where s.id = p_named and s.user_id = p_user_id) then
    perform private.raise_api_error(404, 'runner_not_found', 'you have no such runner');
  end if;
  select s.id into chosen from public.runner_sessions s
  where s.user_id = p_user_id and s.id = coalesce(p_named, s.id) and s.status = 'connected' and s.last_heartbeat_at > heard_of_since
    and 'runner:execute' = any (private.active_permissions(s.api_key_id))
  order by (s.id is not distinct from p_holder) desc,
    (select count(*) from public.bot_leases l where l.runner_session_id = s.id and l.user_id = s.user_id and l.released_at is null),
    s.connected_at, s.id
  limit 1;
  if chosen is null then
    perform private.raise_api_error(409, 'no_runner_connected', case
      when p_named is null then 'no runner is connected: start one with an API key that has runner:execute'
      else 'the runner is not connected, or its API key does not have runner:execute' end);
  end if;
  return chosen;
end
$$;
comment on function private.choose_runner(uuid, uuid, uuid) is
  'The connected runner that is to execute a bot: the one that is named; else the one that holds it; else the one with the fewest bots. Errors: runner_not_found, no_runner_connected. Definer, because keys are not readable.';

create function private.bot_control(p_bot_id uuid, p_command_seq bigint default null, p_message text default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('bot_id', b.id, 'status', b.status, 'run_id', l.run_id, 'runner_session_id', l.runner_session_id,
    'command_seq', p_command_seq, 'message', p_message)
  from public.bots b left join public.bot_leases l on l.bot_id = b.id
  where b.id = p_bot_id
$$;
comment on function private.bot_control(uuid, bigint, text) is 'What the functions that control a bot answer: BotControl of the contracts. Definer, because they are.';

create function private.take_lease(p_lease public.bot_leases, p_bot public.bots, p_run_id uuid, p_session_id uuid, p_resumes boolean) returns public.bot_leases
language plpgsql security definer set search_path = '' as $$
declare
  taken public.bot_leases;
begin
  if p_lease.bot_id is not null then
    perform private.expire_commands(p_lease.runner_session_id, p_bot.id, '{start_bot,stop_bot,pause_bot,resume_bot,update_config}');
  end if;
  insert into public.bot_leases as held (bot_id, user_id, run_id, runner_session_id, fencing_token, intent, reconciled, acquired_at)
  values (p_bot.id, p_bot.user_id, p_run_id, p_session_id, 1, 'run', not p_resumes, clock_timestamp())
  on conflict (bot_id) do update
  set run_id = excluded.run_id, runner_session_id = excluded.runner_session_id, fencing_token = held.fencing_token + 1, intent = 'run',
      reconciled = excluded.reconciled, acquired_at = excluded.acquired_at, released_at = null
  returning * into taken;
  return taken;
end
$$;
comment on function private.take_lease(public.bot_leases, public.bots, uuid, uuid, boolean) is
  'Gives a bot to a runner session: whoever held it has an old fencing token from then on, and nothing more to do for it. Definer, because owners may not write leases.';

create function private.start_bot(p_bot_id uuid, p_runner_session_id uuid) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  caller constant uuid := private.require_trader();
  held record;
  session_id uuid;
  config jsonb;
  run_id uuid;
  resumes boolean;
  lease public.bot_leases;
  command_seq bigint;
begin
  held := private.lock_own_bot(p_bot_id, caller);
  if (held.bot).status not in ('stopped', 'error') then
    perform private.raise_api_error(409, 'bot_not_startable', format('the bot is %s: only a stopped bot, or one with an error, can be started', (held.bot).status));
  end if;
  perform private.require_no_halt(held.bot);
  if (held.bot).mode = 'LIVE' then
    perform private.require_live_caps(held.bot);
  end if;
  config := private.run_config(p_bot_id);
  if (held.bot).strategy_type = 'rules' and config -> 'strategy' = 'null' then
    perform private.raise_api_error(409, 'strategy_not_found', 'the bot has no strategy whose rules it could follow: give it one');
  end if;
  session_id := private.choose_runner(caller, p_runner_session_id, (held.lease).runner_session_id);

  select r.id into run_id from public.trading_runs r where r.bot_id = p_bot_id and r.status = 'running' for no key update;
  resumes := found;
  if not resumes then
    insert into public.trading_runs (bot_id, user_id, mode, config) values (p_bot_id, caller, (held.bot).mode, config) returning id into run_id;
  end if;
  if resumes and (held.lease).runner_session_id <> session_id then
    -- The next runner's numbers lie beyond all that the last one may have sent, and nobody took: should that one come back, it
    -- sees that it was overtaken, and sends nothing of its own in the middle of the other's.
    update public.trading_runs r set last_report_seq = r.last_report_seq + 1000000000 where r.id = run_id;
  end if;
  lease := private.take_lease(held.lease, held.bot, run_id, session_id, resumes);
  command_seq := private.command_start(lease, resumes);
  -- Asked again, with its row locked by the command: it may have gone since.
  if not exists (select from public.runner_sessions s where s.id = session_id and s.status = 'connected') then
    perform private.raise_api_error(409, 'no_runner_connected', 'the runner has just disconnected: try again');
  end if;
  perform private.note_bot_event(lease, 'start_requested', 'INFO', case when resumes then 'Its owner lets it go on' else 'Its owner starts it' end);
  perform private.write_audit('bots.start_requested', 'bots', p_bot_id::text, caller, p_details => jsonb_build_object('run_id', run_id, 'runner_session_id', session_id));
  update public.bots b set status = 'starting', started_at = now(), error_count = 0, last_error = null where b.id = p_bot_id;
  return private.bot_control(p_bot_id, command_seq);
end
$$;
comment on function private.start_bot(uuid, uuid) is 'Starts a bot of the caller. Definer, because owners may write neither runs, leases, commands nor the status.';

create function private.require_reason(p_reason text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if p_reason is null or char_length(btrim(p_reason)) not between 1 and 500 then
    perform private.raise_api_error(422, 'invalid_request', 'the reason must have 1 to 500 characters');
  end if;
  return btrim(p_reason);
end
$$;
comment on function private.require_reason(text) is 'A reason, without spaces around it; an error for none, or one that is too long.';

create function private.stop_bot(p_bot_id uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  caller constant uuid := private.require_trader();
  reason constant text := private.require_reason(p_reason);
  held record;
  lease public.bot_leases;
  command_seq bigint;
begin
  held := private.lock_own_bot(p_bot_id, caller);
  lease := held.lease;
  if (held.bot).status = 'stopped' then
    return private.bot_control(p_bot_id);
  end if;
  perform private.write_audit('bots.stop_requested', 'bots', p_bot_id::text, caller, p_details => jsonb_build_object('run_id', lease.run_id, 'reason', reason));
  if lease.bot_id is null or lease.released_at is not null then
    -- Its run has ended with an error.
    update public.bots b set status = 'stopped' where b.id = p_bot_id;
    return private.bot_control(p_bot_id);
  end if;
  perform private.note_bot_event(lease, 'stop_requested', 'INFO', reason);
  update public.bot_leases l set intent = 'stop' where l.bot_id = p_bot_id returning * into lease;
  if exists (select from public.runner_sessions s where s.id = lease.runner_session_id and s.status = 'connected') then
    command_seq := private.command_stop(lease, reason);
    update public.bots b set status = 'stopping' where b.id = p_bot_id and b.status <> 'stopping';
    return private.bot_control(p_bot_id, command_seq);
  end if;
  if private.open_exposure(p_bot_id) is null then
    perform private.expire_commands(lease.runner_session_id, p_bot_id, '{start_bot,stop_bot,pause_bot,resume_bot,update_config}');
    perform private.end_run(lease.run_id, 'stopped');
    return private.bot_control(p_bot_id);
  end if;
  if (held.bot).status <> 'error' then
    update public.bots b set status = 'error', last_error = 'The runner is offline' where b.id = p_bot_id;
  end if;
  return private.bot_control(p_bot_id, null, 'the runner is offline: what the bot holds is closed, and the bot stopped, when it is back');
end
$$;
comment on function private.stop_bot(uuid, text) is 'Stops a bot of the caller. Definer, because owners may write neither leases, commands nor the status.';

create function private.set_pause(p_bot_id uuid, p_paused boolean) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  caller constant uuid := private.require_trader();
  wanted constant text := case when p_paused then 'pause' else 'run' end;
  held record;
  lease public.bot_leases;
  command_seq bigint;
begin
  held := private.lock_own_bot(p_bot_id, caller);
  lease := held.lease;
  if (held.bot).status not in ('starting', 'running', 'paused') then
    perform private.raise_api_error(409, 'bot_not_running', format('the bot is %s: it can be %s when it runs', (held.bot).status,
      case when p_paused then 'paused' else 'resumed' end));
  end if;
  if lease.intent = wanted then
    return private.bot_control(p_bot_id);
  end if;
  if not p_paused then
    perform private.require_no_halt(held.bot);
  end if;
  perform private.write_audit(format('bots.%s_requested', case when p_paused then 'pause' else 'resume' end), 'bots', p_bot_id::text, caller,
    p_details => jsonb_build_object('run_id', lease.run_id));
  update public.bot_leases l set intent = wanted where l.bot_id = p_bot_id returning * into lease;
  command_seq := private.command_runner(lease.runner_session_id, case when p_paused then 'pause_bot' else 'resume_bot' end, p_bot_id,
    jsonb_build_object('run_id', lease.run_id));
  perform private.note_bot_event(lease, case when p_paused then 'pause_requested' else 'resume_requested' end, 'INFO',
    case when p_paused then 'Its owner pauses it' else 'Its owner resumes it' end);
  -- One that is starting becomes the one or the other when its runner has started it.
  update public.bots b set status = case when p_paused then 'paused' else 'running' end
  where b.id = p_bot_id and b.status in ('running', 'paused');
  return private.bot_control(p_bot_id, command_seq);
end
$$;
comment on function private.set_pause(uuid, boolean) is
  'Pauses or resumes a bot of the caller. It holds at once, for the risk gate asks the status; the command tells the runner. Definer, because owners may write neither leases, commands nor the status.';

create function public.start_bot(p_bot_id uuid, p_runner_session_id uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.start_bot(p_bot_id, p_runner_session_id)
$$;
comment on function public.start_bot(uuid, uuid) is
  'Starts a stopped bot of the caller in a new run, or lets one with an error go on in the run that is not over, on the runner that is named, or one that is connected. A LIVE one needs caps, a credential, and a second factor shown within 15 minutes. Answers BotControl of the contracts. Errors: forbidden, second_factor_required, recent_factor_required, bot_not_found, bot_not_startable, trading_halted, live_caps_required, credential_disabled, strategy_not_found, runner_not_found, no_runner_connected.';

create function public.stop_bot(p_bot_id uuid, p_reason text default 'stopped by its owner') returns jsonb
language sql security invoker set search_path = '' as $$
  select private.stop_bot(p_bot_id, p_reason)
$$;
comment on function public.stop_bot(uuid, text) is
  'Closes what a bot of the caller holds, and stops it; stopping it again changes nothing. Where its runner is offline, one that holds nothing is stopped at once, and any other when the runner is back, as the message says. Answers BotControl of the contracts. Errors: forbidden, second_factor_required, bot_not_found, invalid_request.';

create function public.pause_bot(p_bot_id uuid) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.set_pause(p_bot_id, true)
$$;
comment on function public.pause_bot(uuid) is
  'Lets a bot of the caller keep what it holds and open nothing more, at once; pausing it again changes nothing. Answers BotControl of the contracts. Errors: forbidden, second_factor_required, bot_not_found, bot_not_running.';

create function public.resume_bot(p_bot_id uuid) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.set_pause(p_bot_id, false)
$$;
comment on function public.resume_bot(uuid) is
  'Lets a paused bot of the caller open positions again; resuming it again changes nothing. Answers BotControl of the contracts. Errors: forbidden, second_factor_required, bot_not_found, bot_not_running, trading_halted.';

revoke execute on function private.require_trader(), private.has_recent_factor(), private.require_live_caps(public.bots), private.require_no_halt(public.bots),
  private.lock_own_bot(uuid, uuid), private.choose_runner(uuid, uuid, uuid), private.bot_control(uuid, bigint, text),
  private.take_lease(public.bot_leases, public.bots, uuid, uuid, boolean), private.start_bot(uuid, uuid), private.require_reason(text),
  private.stop_bot(uuid, text), private.set_pause(uuid, boolean) from public;
revoke execute on function public.start_bot(uuid, uuid), public.stop_bot(uuid, text), public.pause_bot(uuid), public.resume_bot(uuid)
  from public, anon, service_role;
grant execute on function private.start_bot(uuid, uuid), private.stop_bot(uuid, text), private.set_pause(uuid, boolean), public.start_bot(uuid, uuid),
  public.stop_bot(uuid, text), public.pause_bot(uuid), public.resume_bot(uuid) to authenticated;
