-- Purpose: commands reach runners: at once by Realtime, and for certain by heartbeats, until they are acknowledged or expire.
-- Objects: functions runner_heartbeat, acknowledge_command and what they call in private, private.expire_runner_commands; a
--   trigger on runner_commands that sends them; private.prune_runner_sessions prunes commands too, and no lease with a session;
--   nor does private.limit_api_keys.
-- Risk: none; an index on runner_commands.

insert into public.system_config (key, value, min_value, max_value, is_optional, description) values
  ('retention.runner_commands_days', '30', 1, 3650, true, 'Days for which a command that is done, failed or expired is kept while its session lasts; null keeps it as long as the session.');

create index runner_commands_undone_idx on public.runner_commands (runner_session_id, seq) where status in ('queued', 'delivered');

create function private.describe_command(p_command public.runner_commands) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'seq', p_command.seq,
    'attempt', p_command.attempt,
    'expires_at', p_command.expires_at,
    'type', p_command.type,
    'bot_id', p_command.bot_id,
    'payload', p_command.payload)
$$;
comment on function private.describe_command(public.runner_commands) is 'A command as a runner gets it, by Realtime or with a heartbeat.';

create function private.send_runner_commands() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.send(private.describe_command(c), c.type, 'runner:' || c.runner_session_id::text, true)
  from given g
  join public.runner_commands c using (runner_session_id, seq)
  -- Who was revoked, or has left, may listen until its token expires.
  join public.runner_sessions s on s.id = c.runner_session_id and s.status = 'connected'
  order by c.runner_session_id, c.seq;
  return null;
end
$$;
comment on function private.send_runner_commands() is
  'Trigger: sends new commands on the topic of their runner. That is no delivery: whether the runner heard them, only it can say. Definer, because who gives commands may not send.';
create trigger send_commands after insert on public.runner_commands
  referencing new table as given
  for each statement execute function private.send_runner_commands();

create function private.expire_runner_commands() returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
  most_at_once constant integer := 100;
  overdue record;
  expired public.runner_commands;
  expired_count integer := 0;
begin
  -- One command of a user at a time: events of the first are numbered when the lease of the next would be waited for. Any:
  -- one that cannot be ended is not in the way of the others.
  for overdue in
    select distinct on (c.user_id) c.runner_session_id, c.seq, c.bot_id from public.runner_commands c
    where c.status in ('queued', 'delivered') and c.expires_at <= now()
    order by c.user_id, random()
    limit most_at_once
  loop
    begin
      perform from public.bot_leases l where l.bot_id = overdue.bot_id for update;
      update public.runner_commands c set status = 'expired'
      where c.runner_session_id = overdue.runner_session_id and c.seq = overdue.seq and c.status in ('queued', 'delivered')
      returning * into expired;
      if found then
        -- As if the runner had failed: a bot that was to start, or to stop, would do so for ever.
        perform private.apply_acknowledgement(expired, jsonb_build_object(
          'code', 'command_expired', 'message', format('The runner did not carry out %s in time', expired.type)));
        expired_count := expired_count + 1;
      end if;
    exception
      when lock_not_available or deadlock_detected then
        -- Somebody is at work on the bot: at the next call.
        -- What was done before holds the numbers of events of its user, for whom an emergency stop of all may wait.
        exit when expired_count > 0;
      when others then
        raise warning 'command % of the runner session % did not expire: %', overdue.seq, overdue.runner_session_id, sqlerrm;
    end;
  end loop;
  return expired_count;
end
$$;
comment on function private.expire_runner_commands() is
  'Ends the commands whose time is over, and says how many: one of a user, and 100 in all, at most; call it again until it says 0. What they were to do has failed: a bot that was not started in time gets an error. Called by workers. Definer, because workers may not change leases.';

create function private.take_commands(p_session_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  most_at_once constant integer := 50;
  redelivery constant interval := private.config_number('runner.redelivery_s') * interval '1 second';
  taken jsonb;
begin
  -- What is locked is being acknowledged.
  with due as (
    select c.seq from public.runner_commands c
    where c.runner_session_id = p_session_id and c.status in ('queued', 'delivered') and c.expires_at > now()
      and (c.status = 'queued' or c.delivered_at <= now() - redelivery)
    order by c.seq
    limit most_at_once
    for update skip locked
  ), delivered as (
    update public.runner_commands c set status = 'delivered', attempt = c.attempt + 1, delivered_at = now()
    from due where c.runner_session_id = p_session_id and c.seq = due.seq
    returning private.describe_command(c) as command, c.seq
  )
  select coalesce(jsonb_agg(d.command order by d.seq), '[]') into taken from delivered d;
  return taken;
end
$$;
comment on function private.take_commands(uuid) is
  'The commands that a session is to be told of now, 50 at most, in their order, and counts their delivery: those that were never delivered, whatever Realtime did, and those whose delivery nobody acknowledged in time.';

create function private.runner_heartbeat(p_machine_info jsonb, p_active_bot_ids uuid[], p_sent_at timestamptz) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  most_bots constant integer := 1000;
  runner record;
  skew_s numeric;
begin
  select * into runner from private.require_runner('runner:connect');
  if p_sent_at is null or not isfinite(p_sent_at) then
    perform private.raise_invalid_request('sent_at must be the time of the runner''s clock');
  end if;
  skew_s := round(extract(epoch from p_sent_at - clock_timestamp()), 1);
  if abs(skew_s) > private.config_number('runner.clock_skew_s') then
    perform private.raise_api_error(422, 'clock_skew', format('the runner''s clock is %s s %s the server''s: set it right',
      abs(skew_s), case when skew_s > 0 then 'ahead of' else 'behind' end));
  end if;
  if cardinality(p_active_bot_ids) > most_bots then
    perform private.raise_invalid_request(format('a runner may execute %s bots at most', most_bots));
  end if;
  perform private.check_machine(p_machine_info);
  -- A bot that somebody is at work on gets its stamp at the next heartbeat.
  update public.bots b set last_heartbeat_at = now()
  where b.id in (
    select held.id from public.bots held
    join public.bot_leases l on l.bot_id = held.id
    where l.runner_session_id = runner.session_id and l.released_at is null
    for no key update of held skip locked
  );
  update public.runner_sessions s
  set last_heartbeat_at = now(),
      machine_info = coalesce(p_machine_info, s.machine_info),
      active_bot_ids = array(select b.id from public.bots b where b.id = any (p_active_bot_ids) and b.user_id = runner.user_id order by b.id)
  where s.id = runner.session_id;
  return jsonb_build_object(
    'server_time', clock_timestamp(),
    'heartbeat_interval_s', private.config_number('runner.heartbeat_interval_s'),
    'timeout_s', private.config_number('runner.timeout_s'),
    'commands', private.take_commands(runner.session_id));
end
$$;
comment on function private.runner_heartbeat(jsonb, uuid[], timestamptz) is 'Does what public.runner_heartbeat says. Definer, because runners may write neither sessions nor commands.';

create function public.runner_heartbeat(p_machine_info jsonb, p_active_bot_ids uuid[], p_sent_at timestamptz) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.runner_heartbeat(p_machine_info, p_active_bot_ids, p_sent_at)
$$;
comment on function public.runner_heartbeat(jsonb, uuid[], timestamptz) is
  'For a runner: says that it is alive and which bots it executes (those that are not its owner''s are left out), and answers with the commands that it is still to do. Null for machine_info leaves it as it was. Errors: clock_skew, invalid_request and those of private.require_runner.';

create function private.read_command_error(p_error jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  if p_error is null or jsonb_typeof(p_error) = 'null' then
    return null;
  end if;
  if jsonb_typeof(p_error) <> 'object' or jsonb_typeof(p_error -> 'code') is distinct from 'string'
    or jsonb_typeof(p_error -> 'message') is distinct from 'string' or p_error ->> 'code' !~ '^[a-z][a-z0-9_]{0,62}$' then
    perform private.raise_invalid_request('error must be {"code", "message"}, the code of small letters, digits and _');
  end if;
  return jsonb_build_object('code', p_error ->> 'code', 'message', left(p_error ->> 'message', 1000));
end
$$;
comment on function private.read_command_error(jsonb) is 'Why a command failed, as it is kept; null where it did not. Refuses anything else.';

create function private.acknowledge_command(p_seq bigint, p_error jsonb) returns text
language plpgsql security definer set search_path = '' as $$
declare
  runner record;
  reason constant jsonb := private.read_command_error(p_error);
  command public.runner_commands;
begin
  select * into runner from private.require_runner('runner:execute');
  select * into command from public.runner_commands c where c.runner_session_id = runner.session_id and c.seq = p_seq;
  if command.seq is null then
    perform private.raise_api_error(404, 'command_not_found', format('there is no command %s', p_seq));
  end if;
  perform from public.bot_leases l where l.bot_id = command.bot_id for update;
  select * into command from public.runner_commands c where c.runner_session_id = runner.session_id and c.seq = p_seq for update;
  if command.status not in ('queued', 'delivered') then
    return command.status;
  end if;
  -- Only Realtime had told the runner of it: it has been delivered all the same.
  if command.status = 'queued' then
    update public.runner_commands c set status = 'delivered', attempt = c.attempt + 1, delivered_at = now()
    where c.runner_session_id = command.runner_session_id and c.seq = command.seq;
  end if;
  update public.runner_commands c
  set status = case when reason is null then 'acknowledged' else 'failed' end, error = reason, acknowledged_at = now()
  where c.runner_session_id = command.runner_session_id and c.seq = command.seq
  returning * into command;
  perform private.apply_acknowledgement(command, reason);
  return command.status;
end
$$;
comment on function private.acknowledge_command(bigint, jsonb) is 'Does what public.acknowledge_command says. Definer, because runners may not write commands.';

create function public.acknowledge_command(p_seq bigint, p_error jsonb default null) returns text
language sql security invoker set search_path = '' as $$
  select private.acknowledge_command(p_seq, p_error)
$$;
comment on function public.acknowledge_command(bigint, jsonb) is
  'For a runner: says that it has done a command, or that it could not, and why; answers with what the command is then: acknowledged, failed, or expired where it came too late. Saying it again changes nothing, and the order does not matter. Errors: command_not_found, invalid_request and those of private.require_runner.';

create or replace function private.limit_api_keys() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_keys constant numeric := private.quota(new.user_id, 'api_keys');
  kept_revoked constant integer := 100;
begin
  -- One new key of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('API keys of ' || new.user_id::text, 0));
  if (select count(*) from public.api_keys k where k.user_id = new.user_id and k.revoked_at is null) >= most_keys then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s API keys: revoke one first', most_keys));
  end if;
  -- Not one whose sessions a lease remembers: with them would go the lease, and its bot could be neither started nor stopped.
  delete from public.api_keys k where k.id in (
    select old_key.id from public.api_keys old_key
    where old_key.user_id = new.user_id and old_key.revoked_at is not null
      and not exists (
        select from public.runner_sessions s join public.bot_leases l on l.runner_session_id = s.id and l.user_id = s.user_id
        where s.api_key_id = old_key.id)
    order by old_key.revoked_at desc, old_key.id
    offset kept_revoked
  );
  return new;
end
$$;

create or replace function private.prune_runner_sessions() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  most_at_once constant integer := 10000;
  deleted_sessions bigint;
  deleted_commands bigint;
begin
  -- Not what a lease remembers: with the session would go the fencing token, which only grows.
  delete from public.runner_sessions s where s.id in (
    select old_session.id from public.runner_sessions old_session
    where old_session.status <> 'connected'
      and old_session.disconnected_at < now() - private.config_number('retention.runner_sessions_days') * interval '1 day'
      and not exists (select from public.bot_leases l where l.runner_session_id = old_session.id)
    limit most_at_once
    for update skip locked
  );
  get diagnostics deleted_sessions = row_count;
  delete from public.runner_commands c where (c.runner_session_id, c.seq) in (
    select old_command.runner_session_id, old_command.seq from public.runner_commands old_command
    where old_command.status in ('acknowledged', 'expired', 'failed')
      and old_command.created_at < now() - private.config_number('retention.runner_commands_days') * interval '1 day'
    limit most_at_once
    for update skip locked
  );
  get diagnostics deleted_commands = row_count;
  return deleted_sessions + deleted_commands;
end
$$;
comment on function private.prune_runner_sessions() is
  'Deletes sessions that ended longer ago than they are kept, with their commands, and old commands of the others, and says how many. Called by the maintenance job. Definer, because workers may not delete sessions.';

revoke execute on function private.describe_command(public.runner_commands), private.send_runner_commands(), private.expire_runner_commands(),
  private.take_commands(uuid), private.runner_heartbeat(jsonb, uuid[], timestamptz), private.read_command_error(jsonb),
  private.acknowledge_command(bigint, jsonb) from public;
revoke execute on function public.runner_heartbeat(jsonb, uuid[], timestamptz), public.acknowledge_command(bigint, jsonb) from public, anon, service_role;
grant execute on function private.runner_heartbeat(jsonb, uuid[], timestamptz), public.runner_heartbeat(jsonb, uuid[], timestamptz),
  private.acknowledge_command(bigint, jsonb), public.acknowledge_command(bigint, jsonb) to authenticated;
grant execute on function private.expire_runner_commands() to tradebase_worker;
