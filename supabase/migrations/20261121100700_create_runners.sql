-- Purpose: runners, the programs on users' machines that execute bots: their sessions, the commands to them, and what
--   the token of one may read.
-- Objects: tables runner_sessions, runner_commands; functions private.is_runner, private.live_runner,
--   private.runner_session_id, private.runner_can, private.prune_runner_sessions and the triggers'; private.tenant_id
--   from here on knows runners.
-- Risk: none on an empty database.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.runner_sessions_days', '90', 1, 3650, 'Days for which a runner session that has ended is kept, with its commands; null keeps it for ever.');

create table public.runner_sessions (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  api_key_id uuid not null,
  machine_id text not null,
  machine_info jsonb not null default '{}',
  version text not null default '',
  status text not null default 'connected',
  error jsonb,
  ip inet,
  active_bot_ids uuid[] not null default '{}',
  last_command_seq bigint not null default 0,
  connected_at timestamptz not null default now(),
  last_heartbeat_at timestamptz not null default now(),
  disconnected_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint runner_sessions_pkey primary key (id),
  constraint runner_sessions_id_user_id_key unique (id, user_id),
  constraint runner_sessions_api_key_id_fkey foreign key (api_key_id, user_id) references public.api_keys (id, user_id) on delete cascade,
  constraint runner_sessions_machine_id_check check (char_length(machine_id) between 1 and 255),
  constraint runner_sessions_machine_info_check check (jsonb_typeof(machine_info) = 'object' and pg_column_size(machine_info) <= 16384),
  constraint runner_sessions_version_check check (char_length(version) <= 50),
  constraint runner_sessions_status_check check (status in ('connected', 'disconnected', 'error', 'revoked')),
  constraint runner_sessions_error_check check ((error is not null) = (status = 'error') and pg_column_size(error) <= 8192),
  constraint runner_sessions_active_bot_ids_check check (cardinality(active_bot_ids) <= 1000 and array_position(active_bot_ids, null) is null),
  constraint runner_sessions_last_command_seq_check check (last_command_seq >= 0),
  constraint runner_sessions_disconnected_at_check check ((disconnected_at is null) = (status = 'connected'))
);
comment on table public.runner_sessions is 'One row a runner that has connected with an API key. Its id is the subject of the runner''s tokens, and they are good as long as it is connected. No foreign key to users: it goes with its key.';
comment on column public.runner_sessions.id is 'Identifies the session; the claim sub of its tokens.';
comment on column public.runner_sessions.user_id is 'Owner.';
comment on column public.runner_sessions.api_key_id is 'The key with which it connected.';
comment on column public.runner_sessions.machine_id is 'Which machine it runs on, as it names it: the same at every start.';
comment on column public.runner_sessions.machine_info is 'What it tells of the machine: system, cores, memory.';
comment on column public.runner_sessions.version is 'Version of the runner program; empty when it does not tell.';
comment on column public.runner_sessions.status is 'connected; disconnected (it left, or was not heard of); error (it gave up); revoked (its key was revoked: for good).';
comment on column public.runner_sessions.error is 'Why it gave up: {"code", "message"}; null unless the status is error.';
comment on column public.runner_sessions.ip is 'Address from which it connected.';
comment on column public.runner_sessions.active_bot_ids is 'The bots that it runs, as of its last heartbeat.';
comment on column public.runner_sessions.last_command_seq is 'Number of the latest command to it. Its row lock puts concurrent commands in the order of their commits.';
comment on column public.runner_sessions.connected_at is 'When it last connected.';
comment on column public.runner_sessions.last_heartbeat_at is 'When it was last heard of.';
comment on column public.runner_sessions.disconnected_at is 'When it stopped being connected; null while it is.';
comment on column public.runner_sessions.created_at is 'When it first connected.';
comment on column public.runner_sessions.updated_at is 'When the row last changed.';
create index runner_sessions_user_id_created_at_idx on public.runner_sessions (user_id, created_at desc);
create index runner_sessions_api_key_id_user_id_idx on public.runner_sessions (api_key_id, user_id);
create index runner_sessions_connected_idx on public.runner_sessions (last_heartbeat_at) where status = 'connected';

create table public.runner_commands (
  runner_session_id uuid not null,
  seq bigint not null,
  user_id uuid not null default auth.uid(),
  type text not null,
  bot_id uuid,
  payload jsonb not null default '{}',
  status text not null default 'queued',
  attempt integer not null default 0,
  error jsonb,
  expires_at timestamptz not null default now() + interval '10 minutes',
  delivered_at timestamptz,
  acknowledged_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint runner_commands_pkey primary key (runner_session_id, seq),
  constraint runner_commands_runner_session_id_fkey foreign key (runner_session_id, user_id)
    references public.runner_sessions (id, user_id) on delete cascade,
  constraint runner_commands_seq_check check (seq >= 1),
  constraint runner_commands_type_check check (
    type in ('start_bot', 'stop_bot', 'pause_bot', 'resume_bot', 'update_config', 'emergency_stop', 'ping')
  ),
  constraint runner_commands_payload_check check (jsonb_typeof(payload) = 'object' and pg_column_size(payload) <= 65536),
  constraint runner_commands_status_check check (status in ('queued', 'delivered', 'acknowledged', 'expired', 'failed')),
  constraint runner_commands_attempt_check check (attempt >= 0),
  constraint runner_commands_error_check check ((error is not null) = (status = 'failed') and pg_column_size(error) <= 8192)
);
comment on table public.runner_commands is 'What a runner is told to do, in order. Realtime only makes it fast: the rows are what a runner catches up from. Written by functions and workers.';
comment on column public.runner_commands.runner_session_id is 'The runner session that it is for.';
comment on column public.runner_commands.seq is 'Number of the command within its session, from 1 without gaps; given at insertion.';
comment on column public.runner_commands.user_id is 'Owner of the runner.';
comment on column public.runner_commands.type is 'start_bot, stop_bot, pause_bot, resume_bot, update_config, emergency_stop or ping.';
comment on column public.runner_commands.bot_id is 'The bot it is about; null for ping, for an emergency_stop of all, and once the bot is deleted.';
comment on column public.runner_commands.payload is 'What belongs to the command: the configuration of a bot, or the reason.';
comment on column public.runner_commands.status is 'queued, delivered, then acknowledged, expired or failed. A delivery that is not acknowledged is queued again.';
comment on column public.runner_commands.attempt is 'How often it has been delivered.';
comment on column public.runner_commands.error is 'Why it failed: {"code", "message"}; null unless failed.';
comment on column public.runner_commands.expires_at is 'Until when it is worth doing.';
comment on column public.runner_commands.delivered_at is 'When it was last delivered.';
comment on column public.runner_commands.acknowledged_at is 'When the runner said that it had done it.';
comment on column public.runner_commands.created_at is 'When it was given.';
comment on column public.runner_commands.updated_at is 'When the row last changed.';
create index runner_commands_user_id_created_at_idx on public.runner_commands (user_id, created_at desc);
create index runner_commands_session_user_idx on public.runner_commands (runner_session_id, user_id);
create index runner_commands_open_idx on public.runner_commands (expires_at) where status in ('queued', 'delivered');

insert into private.status_transitions (table_name, from_status, to_status) values
  ('runner_sessions', 'connected', 'disconnected'),
  ('runner_sessions', 'connected', 'error'),
  ('runner_sessions', 'connected', 'revoked'),
  ('runner_sessions', 'disconnected', 'connected'),
  ('runner_sessions', 'disconnected', 'revoked'),
  ('runner_sessions', 'error', 'connected'),
  ('runner_sessions', 'error', 'disconnected'),
  ('runner_sessions', 'error', 'revoked'),
  ('runner_commands', 'queued', 'delivered'),
  ('runner_commands', 'queued', 'expired'),
  ('runner_commands', 'queued', 'failed'),
  ('runner_commands', 'delivered', 'queued'),
  ('runner_commands', 'delivered', 'acknowledged'),
  ('runner_commands', 'delivered', 'expired'),
  ('runner_commands', 'delivered', 'failed');

-- In plpgsql, which plans once a session and not at each call: these are asked at each statement.
create function private.is_runner() returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(auth.jwt() -> 'app_metadata' ? 'api_key_id', false);
end
$$;
comment on function private.is_runner() is 'Whether the token is a runner''s, alive or not. Auth alone writes app_metadata, and never this.';

create function private.live_runner(out session_id uuid, out user_id uuid, out permissions text[])
language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := auth.jwt() -> 'app_metadata';
  found_session public.runner_sessions;
begin
  select * into found_session from public.runner_sessions s
  where s.id = auth.uid()
    and s.status = 'connected'
    and s.user_id::text = claims ->> 'user_id'
    and s.api_key_id::text = claims ->> 'api_key_id';
  permissions := private.active_permissions(found_session.api_key_id);
  if permissions is not null then
    session_id := found_session.id;
    user_id := found_session.user_id;
  end if;
end
$$;
comment on function private.live_runner() is
  'The runner that calls: its session, its owner, and what its key allows now; nulls when the session is not connected or not what the token says, or the key is no longer good. So revoking works at once, not when a token expires. Definer, because it is asked before it is known whose rows may be seen.';

create or replace function private.tenant_id() returns uuid
language plpgsql stable set search_path = '' as $$
declare
  -- Read once: most of what row level security costs a query is the parsing of the token.
  claims constant jsonb := auth.jwt();
begin
  -- As private.is_runner, which would read the token again.
  if claims -> 'app_metadata' ? 'api_key_id' then
    return (select r.user_id from private.live_runner() r where r.permissions && array['data:read', 'runner:execute']);
  end if;
  -- Of a user's token nothing is looked up.
  return (claims ->> 'sub')::uuid;
end
$$;
comment on function private.tenant_id() is
  'The user whose rows the caller may read: of a session, its user; of a live runner whose key has data:read or runner:execute, its owner; else null.';

create function private.runner_session_id() returns uuid
language plpgsql stable set search_path = '' as $$
begin
  if private.is_runner() then
    return (select r.session_id from private.live_runner() r);
  end if;
  return null;
end
$$;
comment on function private.runner_session_id() is 'The session of the live runner that calls, whatever its key allows; null for anyone else.';

create function private.runner_can(p_permission text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return private.is_runner() and coalesce((select p_permission = any (r.permissions) from private.live_runner() r), false);
end
$$;
comment on function private.runner_can(text) is 'Whether the caller is a live runner whose key has a permission.';

revoke execute on function private.is_runner(), private.live_runner(), private.runner_session_id(), private.runner_can(text) from public;
grant execute on function private.is_runner(), private.live_runner(), private.runner_session_id(), private.runner_can(text) to authenticated;

alter table public.runner_sessions enable row level security;
alter table public.runner_commands enable row level security;
revoke all on public.runner_sessions, public.runner_commands from anon, authenticated, service_role;
grant select on public.runner_sessions, public.runner_commands to authenticated, service_role, tradebase_admin, tradebase_worker;
grant update (status, error, disconnected_at) on public.runner_sessions to tradebase_worker;
grant insert (runner_session_id, user_id, type, bot_id, payload, expires_at), update (status, attempt, error, delivered_at, acknowledged_at)
  on public.runner_commands to tradebase_worker;

create policy "Owners and the runner itself can read a runner session" on public.runner_sessions for select to authenticated
  using (user_id = (select auth.uid()) or id = (select private.runner_session_id()));
comment on policy "Owners and the runner itself can read a runner session" on public.runner_sessions is 'A runner sees its own session and no other of its owner.';
create policy "Admins can read runner sessions" on public.runner_sessions for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read runner sessions" on public.runner_sessions is 'In an audited read only.';
create policy "Owners and the runner itself can read its commands" on public.runner_commands for select to authenticated
  using (user_id = (select auth.uid()) or runner_session_id = (select private.runner_session_id()));
comment on policy "Owners and the runner itself can read its commands" on public.runner_commands is 'A runner sees what it is told and no other.';
create policy "Admins can read runner commands" on public.runner_commands for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read runner commands" on public.runner_commands is 'In an audited read only.';

create function private.prepare_runner_session() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_connected constant integer := 50;
begin
  new.disconnected_at := case when new.status <> 'connected' then coalesce(new.disconnected_at, now()) end;
  if tg_op = 'UPDATE' and new.status = old.status then
    return new;
  end if;
  if new.status = 'connected' then
    -- One at a time of a user, so that the count is exact.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('runner sessions of ' || new.user_id::text, 0));
    if (select count(*) from public.runner_sessions s where s.user_id = new.user_id and s.status = 'connected') >= most_connected then
      perform private.raise_api_error(409, 'quota_exceeded', format('you have %s runners connected: disconnect one first', most_connected));
    end if;
    if tg_op = 'UPDATE' then
      new.connected_at := now();
    end if;
  end if;
  return new;
end
$$;
comment on function private.prepare_runner_session() is 'Trigger: stamps when a session ends or connects again, and bounds how many a user has connected. Definer, so that the count sees them all.';

create function private.end_runner_commands() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.runner_commands c set status = 'expired'
  where c.runner_session_id = new.id and c.status in ('queued', 'delivered');
  return null;
end
$$;
comment on function private.end_runner_commands() is 'Trigger: what a revoked runner was still to do is not to be done. Definer, because owners may not change commands.';

create function private.end_sessions_of_revoked_key() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.runner_sessions s set status = 'revoked', error = null
  where s.api_key_id = new.id and s.status <> 'revoked';
  return null;
end
$$;
comment on function private.end_sessions_of_revoked_key() is 'Trigger: the sessions of a revoked key are over. Definer, because owners may not change sessions.';

create function private.prepare_runner_command() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_open constant integer := 200;
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
comment on function private.prepare_runner_command() is 'Trigger: numbers a command within its session, and bounds those not done. Definer, because workers that give commands may not count sessions on.';

create trigger check_status before update on public.runner_sessions
  for each row execute function private.check_status();
create trigger prepare before insert or update on public.runner_sessions
  for each row execute function private.prepare_runner_session();
create trigger set_updated_at before update on public.runner_sessions
  for each row execute function private.set_updated_at();
create trigger end_commands after update on public.runner_sessions
  for each row when (new.status = 'revoked' and old.status <> 'revoked') execute function private.end_runner_commands();
create trigger audit_change after insert or update or delete on public.runner_sessions
  for each row execute function private.audit_change('machine_info', 'active_bot_ids', 'last_command_seq', 'last_heartbeat_at');
create trigger end_sessions after update on public.api_keys
  for each row when (new.revoked_at is not null and old.revoked_at is null) execute function private.end_sessions_of_revoked_key();
create trigger check_status before update on public.runner_commands
  for each row execute function private.check_status();
create trigger prepare before insert on public.runner_commands
  for each row execute function private.prepare_runner_command();
create trigger set_updated_at before update on public.runner_commands
  for each row execute function private.set_updated_at();

create function private.prune_runner_sessions() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  most_at_once constant integer := 10000;
  deleted bigint;
begin
  delete from public.runner_sessions s where s.id in (
    select old_session.id from public.runner_sessions old_session
    where old_session.status <> 'connected'
      and old_session.disconnected_at < now() - private.config_number('retention.runner_sessions_days') * interval '1 day'
    limit most_at_once
    for update skip locked
  );
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
comment on function private.prune_runner_sessions() is
  'Deletes sessions that ended longer ago than they are kept, with their commands, and says how many. Called by the maintenance job. Definer, because workers may not delete sessions.';

revoke execute on function private.prepare_runner_session(), private.end_runner_commands(), private.end_sessions_of_revoked_key(),
  private.prepare_runner_command(), private.prune_runner_sessions() from public;
grant execute on function private.prune_runner_sessions() to tradebase_worker;
