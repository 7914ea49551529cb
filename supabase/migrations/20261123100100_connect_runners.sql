-- Purpose: how a runner connects with an API key, stays connected, and learns what it holds.
-- Objects: functions count_runner_authentication, connect_runner, refresh_runner, runner_config and what they call in private;
--   a trigger on runner_sessions that tells of its status; the audit trigger of runner_sessions leaves heartbeats alone.
-- Risk: none; index runner_sessions_connected_idx is replaced, on a small table.

insert into public.system_config (key, value, min_value, max_value, is_optional, description) values
  ('limits.runner_authentications_per_address', '120', 1, 100000, true, 'Times a minute that runners may authenticate from one address, and at once; null for any number.'),
  ('limits.runner_authentications_per_key', '120', 1, 100000, true, 'Times a minute that the prefix of one API key may be tried, and at once; null for any number.');

-- A heartbeat changes one row in place: nothing that it changes is in an index.
drop index public.runner_sessions_connected_idx;
create index runner_sessions_connected_idx on public.runner_sessions (connected_at) where status = 'connected';
alter table public.runner_sessions set (fillfactor = 50);
alter table public.bots set (fillfactor = 70);

-- As before without the columns that heartbeats and commands change: the audit of a heartbeat would cost more than the heartbeat.
drop trigger audit_change on public.runner_sessions;
create trigger audit_change
  after insert or delete or update of user_id, api_key_id, machine_id, version, status, error, ip, connected_at, disconnected_at, epoch
  on public.runner_sessions
  for each row execute function private.audit_change('machine_info', 'active_bot_ids', 'last_command_seq', 'last_heartbeat_at');

create function private.announce_runner_status() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.emit_event(new.user_id, 'user:' || new.user_id::text, 'runner_status', jsonb_build_object(
    'session_id', new.id,
    'connected', new.status = 'connected',
    'status', new.status,
    'last_heartbeat', new.last_heartbeat_at,
    'machine_id', new.machine_id,
    'machine_info', new.machine_info,
    'version', new.version,
    'at', now()));
  return null;
end
$$;
comment on function private.announce_runner_status() is 'Trigger: tells the owner that a runner has connected, or is connected no more. Definer, because nobody may write events.';
create trigger announce_connection after insert on public.runner_sessions
  for each row execute function private.announce_runner_status();
create trigger announce_status after update on public.runner_sessions
  for each row when (new.status <> old.status or new.epoch <> old.epoch) execute function private.announce_runner_status();

create function private.raise_invalid_request(p_message text) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.raise_api_error(422, 'invalid_request', p_message);
end
$$;
comment on function private.raise_invalid_request(text) is 'Raises invalid_request, which PostgREST answers with 422.';

create function private.check_machine(p_machine_info jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  most_bytes constant integer := 16384;
begin
  if jsonb_typeof(p_machine_info) <> 'object' or pg_column_size(p_machine_info) > most_bytes or not private.has_plain_numbers(p_machine_info) then
    perform private.raise_invalid_request(format('machine_info must be an object of at most %s bytes, of numbers below 1e309', most_bytes));
  end if;
end
$$;
comment on function private.check_machine(jsonb) is 'Refuses what is not a small object; null is nothing told.';

create function private.count_runner_authentication(p_ip text, p_key_prefix text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  per_address constant numeric := private.config_number('limits.runner_authentications_per_address');
  per_key constant numeric := private.config_number('limits.runner_authentications_per_key');
  wait_s numeric := 0;
begin
  if per_address is not null then
    wait_s := private.take_tokens('address:' || left(coalesce(private.form_origin(p_ip), ''), 64), 'authentications', per_address, per_address / 60);
  end if;
  -- What is no prefix is nobody's key, and would fill the buckets with what callers make up.
  if wait_s = 0 and per_key is not null and p_key_prefix ~ '^[0-9a-z]{8}$' then
    wait_s := private.take_tokens('api_key:' || p_key_prefix, 'authentications', per_key, per_key / 60);
  end if;
  if wait_s > 0 then
    perform private.raise_rate_limited(wait_s, 'runners authenticate too often from this address, or with this key');
  end if;
end
$$;
comment on function private.count_runner_authentication(text, text) is
  'Does what public.count_runner_authentication says. Definer, because nobody may reach the buckets.';

create function public.count_runner_authentication(p_ip text, p_key_prefix text) returns void
language sql security invoker set search_path = '' as $$
  select private.count_runner_authentication(p_ip, p_key_prefix)
$$;
comment on function public.count_runner_authentication(text, text) is
  'For the function runner, before connect_runner: counts an attempt to authenticate, by the address it came from and by the prefix of the key. A call of its own, because what fails is rolled back with its count. Errors: rate_limited.';

create function private.describe_runner_session(p_session public.runner_sessions, p_permissions text[]) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'session_id', p_session.id,
    'user_id', p_session.user_id,
    'api_key_id', p_session.api_key_id,
    'epoch', p_session.epoch,
    'permissions', p_permissions,
    'heartbeat_interval_s', private.config_number('runner.heartbeat_interval_s'),
    'timeout_s', private.config_number('runner.timeout_s'),
    'server_time', clock_timestamp())
$$;
comment on function private.describe_runner_session(public.runner_sessions, text[]) is 'What the function runner needs to issue a token of a session.';

create function private.lock_session_leases(p_session_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.bot_leases l where l.runner_session_id = p_session_id order by l.bot_id for update;
end
$$;
comment on function private.lock_session_leases(uuid) is 'Locks what a session holds, in the order in which everyone does: before its bots and before the session.';

create function private.renew_leases(p_session_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  -- Those that were there when it began to connect are locked. One that came since has the connection for the first it has seen:
  -- who holds that one may wait for the session, which is locked.
  update public.bot_leases l set fencing_token = l.fencing_token + 1, reconciled = false
  from (
    select held.bot_id from public.bot_leases held
    where held.runner_session_id = p_session_id and held.released_at is null
    for update skip locked
  ) renewed
  where l.bot_id = renewed.bot_id;
  -- What was delivered to the connection before may be lost: it is delivered again at the next heartbeat. What somebody has
  -- in hand right now is being acknowledged, or expires.
  update public.runner_commands c
  set status = 'queued',
      payload = case when c.type = 'start_bot' and l.bot_id is not null then c.payload || jsonb_build_object('fencing_token', l.fencing_token) else c.payload end
  from (
    select open_command.runner_session_id, open_command.seq from public.runner_commands open_command
    where open_command.runner_session_id = p_session_id and open_command.status in ('queued', 'delivered')
    for update skip locked
  ) undone
  join public.runner_commands same using (runner_session_id, seq)
  left join public.bot_leases l on l.bot_id = same.bot_id and l.runner_session_id = p_session_id and l.released_at is null
    and l.run_id::text = same.payload ->> 'run_id'
  where c.runner_session_id = undone.runner_session_id and c.seq = undone.seq;
end
$$;
comment on function private.renew_leases(uuid) is
  'For a session that connects: what it holds gets new fencing tokens and has to be reconciled, and its open commands are to be delivered again, with those tokens.';

create function private.connect_runner(p_key text, p_ip text, p_machine_id text, p_machine_info jsonb, p_version text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  address constant inet := case when pg_catalog.pg_input_is_valid(p_ip, 'inet') then p_ip::inet end;
  most_kept constant integer := 500;
  verified record;
  connected public.runner_sessions;
begin
  if p_machine_id is null or char_length(p_machine_id) not between 1 and 255 then
    perform private.raise_invalid_request('machine_id must have 1 to 255 characters');
  end if;
  if char_length(p_version) > 50 then
    perform private.raise_invalid_request('version may have 50 characters at most');
  end if;
  perform private.check_machine(p_machine_info);
  select * into verified from private.verify_api_key(p_key, address, 'runner:connect');
  perform private.lock_session_leases(s.id) from public.runner_sessions s
  where s.api_key_id = verified.api_key_id and s.machine_id = p_machine_id;
  insert into public.runner_sessions as s (user_id, api_key_id, machine_id, machine_info, version, ip)
  values (verified.user_id, verified.api_key_id, p_machine_id, coalesce(p_machine_info, '{}'), coalesce(p_version, ''), address)
  on conflict (api_key_id, machine_id) do update
  set status = 'connected', error = null, epoch = s.epoch + 1, machine_info = excluded.machine_info, version = excluded.version,
      ip = excluded.ip, active_bot_ids = '{}', connected_at = now(), last_heartbeat_at = now()
  returning * into connected;
  if connected.epoch = 1 then
    -- Machines that give themselves a new name at each start: the latest of a user are kept, and what leases remember.
    delete from public.runner_sessions s where s.id in (
      select ended.id from public.runner_sessions ended
      where ended.user_id = verified.user_id and ended.status <> 'connected'
        and not exists (select from public.bot_leases l where l.runner_session_id = ended.id and l.user_id = ended.user_id)
      order by ended.created_at desc, ended.id
      offset most_kept
      for update skip locked);
  end if;
  perform private.renew_leases(connected.id);
  return private.describe_runner_session(connected, verified.permissions);
end
$$;
comment on function private.connect_runner(text, text, text, jsonb, text) is
  'Does what public.connect_runner says. Definer, because nobody else may write sessions.';

create function public.connect_runner(
  p_key text, p_ip text, p_machine_id text, p_machine_info jsonb default '{}', p_version text default ''
) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.connect_runner(p_key, p_ip, p_machine_id, p_machine_info, p_version)
$$;
comment on function public.connect_runner(text, text, text, jsonb, text) is
  'For the function runner, which holds the secret key of the project and knows the address: connects a machine with an API key, and says what its token is to say. A machine that has connected with the key before has the same session in a new epoch: the tokens of the one before are no good any more, what it holds has new fencing tokens and is to be reconciled. Errors: invalid_api_key, ip_not_allowed, invalid_request, quota_exceeded.';

create function private.refresh_runner(p_ip text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- As private.verify_api_key has it.
  given constant inet := case when pg_catalog.pg_input_is_valid(p_ip, 'inet') then p_ip::inet end;
  address constant inet := case when given <<= '::ffff:0:0/96' then substring(host(given) from '[0-9.]+$')::inet else given end;
  runner record;
  refreshed public.runner_sessions;
begin
  select * into runner from private.require_runner('runner:connect');
  select * into refreshed from public.runner_sessions s where s.id = runner.session_id;
  if exists (
    select from public.api_keys k
    where k.id = refreshed.api_key_id and cardinality(k.ip_allowlist) > 0
      and not exists (select from unnest(k.ip_allowlist) network where address <<= network)
  ) then
    perform private.raise_api_error(403, 'ip_not_allowed', 'the API key is not accepted from this address');
  end if;
  return private.describe_runner_session(refreshed, runner.permissions);
end
$$;
comment on function private.refresh_runner(text) is 'Does what public.refresh_runner says. Definer, because a runner sees neither its key nor its networks.';

create function public.refresh_runner(p_ip text) returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.refresh_runner(p_ip)
$$;
comment on function public.refresh_runner(text) is
  'For the function runner, with the token of a runner: what its next token is to say. Alone it gives nothing that the runner does not know. Errors: those of private.require_runner, ip_not_allowed.';

create function private.runner_config() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  runner record;
begin
  select * into runner from private.require_runner('runner:execute');
  return jsonb_build_object(
    'leases', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'bot_id', l.bot_id, 'run_id', l.run_id, 'fencing_token', l.fencing_token, 'intent', l.intent, 'reconciled', l.reconciled,
        'last_report_seq', r.last_report_seq, 'last_bar_at', r.last_bar_at, 'started_at', r.started_at, 'config', private.run_config(l.bot_id)
      ) order by l.acquired_at, l.bot_id), '[]')
      from public.bot_leases l
      join public.trading_runs r on r.id = l.run_id
      where l.runner_session_id = runner.session_id and l.user_id = runner.user_id and l.released_at is null
    ),
    'heartbeat_interval_s', private.config_number('runner.heartbeat_interval_s'),
    'timeout_s', private.config_number('runner.timeout_s'),
    'halts', (
      select coalesce(jsonb_agg(jsonb_build_object('scope', h.scope, 'bot_id', h.bot_id, 'reason', h.reason) order by h.engaged_at), '[]')
      from public.trading_halts h
      where h.released_at is null and (h.user_id = runner.user_id or h.scope = 'system')
    ),
    'account_limits', (
      select to_jsonb(a) - array['user_id', 'created_at', 'updated_at'] from public.account_limits a where a.user_id = runner.user_id
    ));
end
$$;
comment on function private.runner_config() is 'Does what public.runner_config says. Definer, so that it sees what the caller holds whatever its policies show.';

create function public.runner_config() returns jsonb
language sql stable security invoker set search_path = '' as $$
  select private.runner_config()
$$;
comment on function public.runner_config() is
  'For a runner: the bots that it holds, each with its settings as they are now, what stops trading, and the limits of its owner. Errors: those of private.require_runner.';

revoke execute on function private.announce_runner_status(), private.raise_invalid_request(text), private.check_machine(jsonb),
  private.count_runner_authentication(text, text), private.describe_runner_session(public.runner_sessions, text[]),
  private.lock_session_leases(uuid), private.renew_leases(uuid), private.connect_runner(text, text, text, jsonb, text),
  private.refresh_runner(text), private.runner_config() from public;
revoke execute on function public.count_runner_authentication(text, text), public.connect_runner(text, text, text, jsonb, text) from public, anon, authenticated;
revoke execute on function public.refresh_runner(text), public.runner_config() from public, anon, service_role;
grant execute on function private.count_runner_authentication(text, text), public.count_runner_authentication(text, text),
  private.connect_runner(text, text, text, jsonb, text), public.connect_runner(text, text, text, jsonb, text) to service_role;
grant execute on function private.refresh_runner(text), public.refresh_runner(text), private.runner_config(), public.runner_config() to authenticated;
