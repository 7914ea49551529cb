-- Purpose: what happens around signing in: wrong passwords and codes are counted and lock, new devices are noticed, and
--   what concerns a user's security is told to them.
-- Objects: tables security_events, sign_in_attempts, known_devices, private.attempt_counters, private.known_factors;
--   functions private.note_security_event, private.count_attempt, private.record_attempt, private.note_lockout,
--   private.password_verification_attempt and private.mfa_verification_attempt (Auth's hooks),
--   private.custom_access_token (again), private.note_factors, private.note_device, private.note_sign_in,
--   private.note_password_change, private.note_email_change, private.follow_ban,
--   private.clear_account (triggers on auth.users), private.note_role, private.note_plan (triggers on user_roles, profiles).
-- Risk: triggers on auth.users run in Auth's own transactions: an alert or a note that fails there is left out, so that
--   it keeps nobody from signing in.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('lockout.max_attempts', '5', 1, 1000, 'Wrong passwords, second-factor codes, recovery codes or link codes after which further ones are refused.'),
  ('lockout.window_s', '900', 1, 86400, 'Seconds within which wrong attempts add up.'),
  ('lockout.duration_s', '900', 1, 86400, 'Seconds for which attempts are refused.'),
  ('retention.sign_in_attempts_days', '90', 1, 3650, 'Days for which attempts to sign in are kept; of each user and kind the last 50 at most.'),
  ('retention.security_events_days', '730', 1, 36500, 'Days for which security events are kept.');

create table public.security_events (
  id bigint generated always as identity,
  user_id uuid not null,
  kind text not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint security_events_pkey primary key (id),
  constraint security_events_kind_check check (kind in (
    'new_device', 'lockout', 'password_changed', 'email_changed', 'factor_added', 'factor_removed', 'recovery_codes_created',
    'recovery_code_used', 'role_changed', 'plan_changed', 'session_revoked', 'account_linked', 'account_unlinked', 'account_deactivated',
    'account_reactivated')),
  constraint security_events_details_check check (jsonb_typeof(details) = 'object' and pg_column_size(details) <= 4096)
);
comment on table public.security_events is 'What happened to the security of an account. Each is also an event alert on the topic of the user. No foreign key to users: hooks of Auth write here, and a key''s lock on the user would deadlock with deleting them; a trigger deletes instead.';
comment on column public.security_events.id is 'Identifies the event.';
comment on column public.security_events.user_id is 'The user it is about, who may read it.';
comment on column public.security_events.kind is 'What happened.';
comment on column public.security_events.details is 'What else there is to say, such as the device or the session. Never a secret.';
comment on column public.security_events.created_at is 'When it happened.';
create index security_events_user_id_created_at_idx on public.security_events (user_id, created_at desc);
create index security_events_created_at_idx on public.security_events (created_at);

create table public.sign_in_attempts (
  user_id uuid not null,
  kind text not null,
  slot integer not null,
  outcome text not null,
  ip inet,
  user_agent text,
  created_at timestamptz not null,
  constraint sign_in_attempts_pkey primary key (user_id, kind, slot),
  constraint sign_in_attempts_kind_check check (kind in ('password', 'second_factor', 'recovery_code', 'sign_in')),
  constraint sign_in_attempts_slot_check check (slot >= 0),
  constraint sign_in_attempts_outcome_check check (outcome in ('succeeded', 'failed', 'locked')),
  constraint sign_in_attempts_user_agent_check check (char_length(user_agent) <= 512)
);
comment on table public.sign_in_attempts is 'The last attempts of each kind to get into an account: a ring, in which the newest takes the place of the oldest. The user 00000000-... stands for addresses that nobody has: local Auth asks the hook about it for the time that this takes and rolls back what it wrote, hosted Auth does not ask, so that no row of it stays. No foreign key to users, as in security_events.';
comment on column public.sign_in_attempts.user_id is 'The user whose account it was.';
comment on column public.sign_in_attempts.kind is 'What was tried: password, second_factor, recovery_code, or sign_in for a session that was opened, by whatever means.';
comment on column public.sign_in_attempts.slot is 'Place in the ring.';
comment on column public.sign_in_attempts.outcome is 'succeeded, failed, or locked: refused unseen, after too many that failed.';
comment on column public.sign_in_attempts.ip is 'Address it came from; null where Auth does not tell, as with passwords and codes.';
comment on column public.sign_in_attempts.user_agent is 'Program it came from, as it calls itself; null where Auth does not tell.';
comment on column public.sign_in_attempts.created_at is 'When it was made.';
create index sign_in_attempts_user_id_created_at_idx on public.sign_in_attempts (user_id, created_at desc);
create index sign_in_attempts_created_at_idx on public.sign_in_attempts (created_at);

create table public.known_devices (
  user_id uuid not null,
  device_hash bytea not null,
  user_agent text,
  network cidr,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  constraint known_devices_pkey primary key (user_id, device_hash),
  constraint known_devices_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint known_devices_user_agent_check check (char_length(user_agent) <= 512)
);
comment on table public.known_devices is 'Where a user has signed in from before: a program in a network. At most 50 a user; the one unused for longest is forgotten.';
comment on column public.known_devices.user_id is 'The user.';
comment on column public.known_devices.device_hash is 'SHA-256 over the program without its version numbers, and the network.';
comment on column public.known_devices.user_agent is 'Program, as it called itself when it was last used.';
comment on column public.known_devices.network is 'Network of the address: 24 bits of an IPv4 address, 48 of an IPv6 one; null where the address is not known.';
comment on column public.known_devices.first_seen_at is 'When the user first signed in from there.';
comment on column public.known_devices.last_seen_at is 'When the user last signed in from there.';

create table private.attempt_counters (
  subject uuid not null,
  kind text not null,
  shard integer not null,
  attempts bigint not null,
  failures integer not null,
  window_started_at timestamptz not null,
  locked_until timestamptz,
  constraint attempt_counters_pkey primary key (subject, kind, shard),
  constraint attempt_counters_kind_check check (kind in ('password', 'second_factor', 'recovery_code', 'link_code', 'sign_in'))
);
comment on table private.attempt_counters is 'How often somebody has tried something in vain. Its row lock puts concurrent attempts one after another.';
comment on column private.attempt_counters.subject is 'The user; for link codes, a hash of the external account that presents them.';
comment on column private.attempt_counters.kind is 'What was tried.';
comment on column private.attempt_counters.shard is '0; for addresses that nobody has one of 64, so that they do not wait for each other longer than attempts on different accounts do: local Auth holds such a row until it rolls it back, hosted Auth never asks about them.';
comment on column private.attempt_counters.attempts is 'All attempts so far.';
comment on column private.attempt_counters.failures is 'Those that failed in the current window.';
comment on column private.attempt_counters.window_started_at is 'When the first of these was made.';
comment on column private.attempt_counters.locked_until is 'Until when further ones are refused; null without a lock.';

create table private.known_factors (
  user_id uuid not null,
  factor_id uuid not null,
  created_at timestamptz not null default now(),
  constraint known_factors_pkey primary key (user_id, factor_id)
);
comment on table private.known_factors is 'Second factors that the user has been told of: Auth tells nobody when one comes or goes, so each token made is an occasion to compare.';
comment on column private.known_factors.user_id is 'The user.';
comment on column private.known_factors.factor_id is 'The factor, in auth.mfa_factors.';
comment on column private.known_factors.created_at is 'When it was noticed.';

alter table public.security_events enable row level security;
alter table public.sign_in_attempts enable row level security;
alter table public.known_devices enable row level security;
alter table private.attempt_counters enable row level security;
alter table private.known_factors enable row level security;
revoke all on public.security_events, public.sign_in_attempts, public.known_devices from anon, authenticated, service_role;
revoke all on private.attempt_counters, private.known_factors from public;
grant select on public.security_events, public.sign_in_attempts to authenticated, service_role, tradebase_admin;
grant select on public.security_events to tradebase_worker;
grant select (user_id, user_agent, network, first_seen_at, last_seen_at) on public.known_devices to authenticated, service_role, tradebase_admin;

create policy "Users can read their security events" on public.security_events for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their security events" on public.security_events is 'Whoever''s account it is learns what happened to it.';
create policy "Admins can read security events" on public.security_events for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read security events" on public.security_events is 'In an audited read only.';
create policy "Users can read attempts on their account" on public.sign_in_attempts for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read attempts on their account" on public.sign_in_attempts is 'Whoever''s account it is learns who tried to get in.';
create policy "Admins can read sign-in attempts" on public.sign_in_attempts for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read sign-in attempts" on public.sign_in_attempts is 'In an audited read only.';
create policy "Users can read their devices" on public.known_devices for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their devices" on public.known_devices is 'A user sees where they have signed in from.';
create policy "Admins can read known devices" on public.known_devices for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read known devices" on public.known_devices is 'In an audited read only.';
create policy "No API role can reach attempt counters" on private.attempt_counters for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach attempt counters" on private.attempt_counters is 'Says outright what the missing grants mean.';
create policy "No API role can reach known factors" on private.known_factors for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach known factors" on private.known_factors is 'Says outright what the missing grants mean.';

-- Telling the user.

create function private.note_security_event(p_user_id uuid, p_kind text, p_details jsonb default '{}') returns void
language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
  noted public.security_events;
begin
  insert into public.security_events (user_id, kind, details) values (p_user_id, p_kind, coalesce(p_details, '{}')) returning * into noted;
  begin
    perform private.emit_event(p_user_id, 'user:' || p_user_id::text, 'alert', jsonb_build_object(
      'kind', 'security', 'id', noted.id, 'what', noted.kind, 'details', noted.details, 'at', noted.created_at));
  exception when others then
    -- A worker may hold the topic for as long as its transaction lasts: the row is there to read, and nobody is kept out.
    raise warning 'no alert for security event %: %', noted.id, sqlerrm;
  end;
end
$$;
comment on function private.note_security_event(uuid, text, jsonb) is
  'Writes a security event of a user and sends it as an alert on their topic; an alert that cannot be sent at once is left out. Definer, because hooks and triggers of Auth call it.';

-- Counting attempts.

create function private.count_attempt(
  p_subject uuid, p_kind text, p_valid boolean, p_shard integer,
  out outcome text, out attempt bigint, out locked_until timestamptz, out just_locked boolean
)
language plpgsql security definer set search_path = '' as $$
declare
  most_failures constant integer := private.config_number('lockout.max_attempts');
  window_length constant interval := private.config_number('lockout.window_s')::double precision * interval '1 second';
  lock_length constant interval := private.config_number('lockout.duration_s')::double precision * interval '1 second';
  counter private.attempt_counters;
  -- Not now(): an attempt that waited for others comes after them.
  at_time timestamptz;
begin
  insert into private.attempt_counters as c (subject, kind, shard, attempts, failures, window_started_at)
  values (p_subject, p_kind, p_shard, 1, 0, clock_timestamp())
  on conflict (subject, kind, shard) do update set attempts = c.attempts + 1
  returning c.* into counter;
  at_time := clock_timestamp();

  just_locked := false;
  if counter.locked_until > at_time then
    outcome := 'locked';
  elsif p_valid then
    outcome := 'succeeded';
    counter.failures := 0;
    counter.locked_until := null;
  else
    outcome := 'failed';
    if counter.failures = 0 or counter.locked_until is not null or counter.window_started_at + window_length <= at_time then
      counter.failures := 0;
      counter.window_started_at := at_time;
      counter.locked_until := null;
    end if;
    counter.failures := counter.failures + 1;
    if counter.failures >= most_failures then
      counter.locked_until := at_time + lock_length;
      just_locked := true;
    end if;
  end if;
  -- Written in every case, so that the cases take the same time.
  update private.attempt_counters c
  set failures = counter.failures, window_started_at = counter.window_started_at, locked_until = counter.locked_until
  where c.subject = p_subject and c.kind = p_kind and c.shard = p_shard;
  attempt := counter.attempts;
  locked_until := counter.locked_until;
end
$$;
comment on function private.count_attempt(uuid, text, boolean, integer) is
  'Counts an attempt: the one that fails for the last time allowed locks, then even a valid one is refused until the lock ends; one that succeeds starts anew. Concurrent attempts are counted one after another.';

create function private.record_attempt(
  p_user_id uuid, p_kind text, p_shard integer, p_attempt bigint, p_outcome text, p_ip inet default null, p_user_agent text default null
) returns void
language sql security definer set search_path = '' as $$
  insert into public.sign_in_attempts as a (user_id, kind, slot, outcome, ip, user_agent, created_at)
  -- 50: how many are kept.
  values (p_user_id, p_kind, p_shard * 50 + p_attempt % 50, p_outcome, p_ip, left(p_user_agent, 512), clock_timestamp())
  on conflict (user_id, kind, slot) do update
  set outcome = excluded.outcome, ip = excluded.ip, user_agent = excluded.user_agent, created_at = excluded.created_at
$$;
comment on function private.record_attempt(uuid, text, integer, bigint, text, inet, text) is
  'Notes an attempt in the ring of its user and kind, by its number.';

create function private.note_lockout(p_user_id uuid, p_kind text, p_locked_until timestamptz) returns void
language sql security definer set search_path = '' as $$
  select private.note_security_event(p_user_id, 'lockout', jsonb_build_object('attempts_at', p_kind, 'until', p_locked_until))
$$;
comment on function private.note_lockout(uuid, text, timestamptz) is 'Tells a user that attempts on their account have been locked.';

create function private.password_verification_attempt(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- Stands for an address that nobody has. Local Auth asks about it and rolls back, so that the same work is done and the
  -- answer is the same; hosted Auth does not ask.
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  attempted constant uuid := event ->> 'user_id';
  shard constant integer := case when attempted = nobody then floor(random() * 64)::integer else 0 end;
  counted record;
begin
  counted := private.count_attempt(attempted, 'password', coalesce((event ->> 'valid')::boolean, false), shard);
  perform private.record_attempt(attempted, 'password', shard, counted.attempt, counted.outcome);
  if counted.just_locked and attempted <> nobody then
    perform private.note_lockout(attempted, 'password', counted.locked_until);
  end if;
  if counted.outcome = 'locked' and attempted <> nobody then
    -- Auth's own words for a wrong password: the answer tells neither of the lock, nor of the password, nor of the account.
    return '{"decision": "reject", "message": "Invalid login credentials", "should_logout_user": false}';
  end if;
  return '{"decision": "continue"}';
end
$$;
comment on function private.password_verification_attempt(jsonb) is
  'Auth''s hook, asked at each sign-in by password: after lockout.max_attempts wrong ones it refuses all, right or wrong, for lockout.duration_s. Definer, so that Auth needs no rights on the tables.';

create function private.mfa_verification_attempt(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  attempted constant uuid := event ->> 'user_id';
  counted record;
begin
  counted := private.count_attempt(attempted, 'second_factor', coalesce((event ->> 'valid')::boolean, false), 0);
  perform private.record_attempt(attempted, 'second_factor', 0, counted.attempt, counted.outcome);
  if counted.just_locked then
    perform private.note_lockout(attempted, 'second_factor', counted.locked_until);
  end if;
  if counted.outcome = 'locked' then
    -- An error rather than the decision "reject", upon which Auth ends all sessions of the user: whoever has the
    -- password alone could throw its owner out.
    return '{"error": {"http_code": 429, "message": "Too many wrong codes: wait before you try again"}}';
  end if;
  return '{"decision": "continue"}';
end
$$;
comment on function private.mfa_verification_attempt(jsonb) is
  'Auth''s hook, asked at each code of a second factor: after lockout.max_attempts wrong ones it refuses all, right or wrong, for lockout.duration_s. Definer, so that Auth needs no rights on the tables.';

-- Second factors.

create function private.note_factors(p_user_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  changed uuid;
begin
  for changed in
    insert into private.known_factors (user_id, factor_id)
    select f.user_id, f.id from auth.mfa_factors f
    where f.user_id = p_user_id and f.status = 'verified'
      and not exists (select from private.known_factors k where k.user_id = f.user_id and k.factor_id = f.id)
    on conflict do nothing
    returning factor_id
  loop
    perform private.note_security_event(p_user_id, 'factor_added', jsonb_build_object('factor_id', changed));
  end loop;
  for changed in
    delete from private.known_factors k
    where k.user_id = p_user_id
      and not exists (select from auth.mfa_factors f where f.user_id = k.user_id and f.id = k.factor_id and f.status = 'verified')
    returning k.factor_id
  loop
    perform private.note_security_event(p_user_id, 'factor_removed', jsonb_build_object('factor_id', changed));
  end loop;
end
$$;
comment on function private.note_factors(uuid) is 'Tells a user of second factors that have come or gone since they were last told. Definer, because Auth calls it.';

create or replace function private.custom_access_token(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  signed_in constant uuid := event ->> 'user_id';
begin
  begin
    perform private.note_factors(signed_in);
  exception when others then
    raise warning 'second factors of % not noted: %', signed_in, sqlerrm;
  end;
  return jsonb_build_object('claims', event -> 'claims' || jsonb_build_object('user_role', coalesce(
    (select r.role from public.user_roles r where r.user_id = signed_in), 'viewer')));
end
$$;
comment on function private.custom_access_token(jsonb) is
  'Auth''s hook: puts the user''s role into each token as the claim user_role, and notices second factors that have come or gone. Definer, so that Auth needs no rights on the tables.';

-- Sign-ins and devices.

create function private.note_device(p_user_id uuid, p_user_agent text, p_ip inet, p_at timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
declare
  most_devices constant integer := 50;
  seen_from constant cidr := network(set_masklen(p_ip, case family(p_ip) when 4 then 24 else 48 end));
  -- Without version numbers: an update does not make a new device.
  device constant bytea := sha256(convert_to(
    coalesce(regexp_replace(p_user_agent, '[0-9][0-9._]*', '', 'g'), '') || ' ' || coalesce(seen_from::text, ''), 'UTF8'));
  is_first constant boolean := not exists (select from public.known_devices d where d.user_id = p_user_id);
begin
  update public.known_devices d set last_seen_at = p_at, user_agent = left(p_user_agent, 512)
  where d.user_id = p_user_id and d.device_hash = device;
  if found then
    return;
  end if;
  insert into public.known_devices (user_id, device_hash, user_agent, network, first_seen_at, last_seen_at)
  values (p_user_id, device, left(p_user_agent, 512), seen_from, p_at, p_at);
  delete from public.known_devices d
  where d.user_id = p_user_id and d.device_hash in (
    select o.device_hash from public.known_devices o where o.user_id = p_user_id order by o.last_seen_at desc offset most_devices);
  if not is_first then
    perform private.note_security_event(p_user_id, 'new_device',
      jsonb_build_object('user_agent', left(p_user_agent, 512), 'ip', host(p_ip), 'network', seen_from));
  end if;
end
$$;
comment on function private.note_device(uuid, text, inet, timestamptz) is
  'Remembers where a user signed in from, and tells them when it is new; the first one ever is not. Definer, because Auth calls it.';

create function private.note_sign_in() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
  opened record;
  counted record;
begin
  update public.profiles
  set last_sign_in_at = new.last_sign_in_at, is_active = coalesce(new.banned_until, '-infinity') <= now()
  where user_id = new.id;
  -- Auth opens the session before it stamps the user, in the same transaction.
  select s.user_agent, s.ip into opened
  from auth.sessions s where s.user_id = new.id order by s.created_at desc limit 1;
  if found then
    perform private.note_device(new.id, opened.user_agent, opened.ip, new.last_sign_in_at);
    counted := private.count_attempt(new.id, 'sign_in', true, 0);
    perform private.record_attempt(new.id, 'sign_in', 0, counted.attempt, 'succeeded', opened.ip, opened.user_agent);
  end if;
  return null;
exception when others then
  -- Nobody is kept out because a note could not be taken.
  raise warning 'sign-in of % not noted: %', new.id, sqlerrm;
  return null;
end
$$;
comment on function private.note_sign_in() is 'Trigger: notes a sign-in and its device. Definer, because Auth changes users and has no rights on our tables.';

create function private.note_password_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Whoever has set a new password, by e-mail for instance, need not wait for the end of a lock on the old one.
  update private.attempt_counters set failures = 0, locked_until = null where subject = new.id and kind = 'password';
  if old.encrypted_password <> '' then
    perform private.note_security_event(new.id, 'password_changed');
  end if;
  return null;
end
$$;
comment on function private.note_password_change() is 'Trigger: tells a user of a new password, and lifts a lock. Definer, because Auth changes users.';

create function private.note_email_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.note_security_event(new.id, 'email_changed', jsonb_build_object('from', old.email, 'to', new.email));
  return null;
end
$$;
comment on function private.note_email_change() is 'Trigger: tells a user of a new address. Definer, because Auth changes users.';

create function private.follow_ban() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  active constant boolean := coalesce(new.banned_until, '-infinity') <= now();
begin
  update public.profiles set is_active = active where user_id = new.id and is_active <> active;
  if not active then
    perform private.note_security_event(new.id, 'account_deactivated', jsonb_build_object('until', new.banned_until));
  elsif old.banned_until > now() then
    perform private.note_security_event(new.id, 'account_reactivated');
  end if;
  return null;
end
$$;
comment on function private.follow_ban() is 'Trigger: a ban shows in the profile, and is told to the user. Definer, because Auth changes users and has no rights on our tables.';

create function private.note_role() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.note_security_event(new.user_id, 'role_changed', jsonb_build_object('from', old.role, 'to', new.role));
  return null;
end
$$;
comment on function private.note_role() is 'Trigger: tells a user of their new role. Definer, because nobody may write security events.';

create function private.note_plan() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.note_security_event(new.user_id, 'plan_changed', jsonb_build_object('from', old.plan, 'to', new.plan));
  return null;
end
$$;
comment on function private.note_plan() is 'Trigger: tells a user of their new plan. Definer, because nobody may write security events.';

create function private.clear_account() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.attempt_counters where subject = old.id;
  delete from public.sign_in_attempts where user_id = old.id;
  delete from private.known_factors where user_id = old.id;
  delete from public.security_events where user_id = old.id;
  return null;
end
$$;
comment on function private.clear_account() is 'Trigger: does what foreign keys with ON DELETE CASCADE would, for tables that hooks of Auth write. Definer, because Auth deletes users.';

revoke execute on function private.note_security_event(uuid, text, jsonb), private.count_attempt(uuid, text, boolean, integer),
  private.record_attempt(uuid, text, integer, bigint, text, inet, text), private.note_lockout(uuid, text, timestamptz),
  private.password_verification_attempt(jsonb), private.mfa_verification_attempt(jsonb), private.note_factors(uuid),
  private.note_device(uuid, text, inet, timestamptz), private.note_sign_in(), private.note_password_change(), private.note_email_change(),
  private.follow_ban(), private.note_role(), private.note_plan(), private.clear_account() from public;
grant execute on function private.password_verification_attempt(jsonb), private.mfa_verification_attempt(jsonb) to supabase_auth_admin;

create trigger tradebase_note_sign_in after update on auth.users
  for each row when (old.last_sign_in_at is distinct from new.last_sign_in_at) execute function private.note_sign_in();
create trigger tradebase_note_password_change after update on auth.users
  for each row when (old.encrypted_password is distinct from new.encrypted_password) execute function private.note_password_change();
create trigger tradebase_note_email_change after update on auth.users
  for each row when (old.email <> '' and old.email is distinct from new.email) execute function private.note_email_change();
create trigger tradebase_follow_ban after update on auth.users
  for each row when (old.banned_until is distinct from new.banned_until) execute function private.follow_ban();
create trigger note_role after update on public.user_roles
  for each row when (old.role is distinct from new.role) execute function private.note_role();
create trigger note_plan after update on public.profiles
  for each row when (old.plan is distinct from new.plan) execute function private.note_plan();
-- Before tradebase_delete_events, by name: hooks lock in the same order, counters and then events.
create trigger tradebase_clear_account after delete on auth.users
  for each row execute function private.clear_account();
-- Factors that are there already are no news.
insert into private.known_factors (user_id, factor_id) select f.user_id, f.id from auth.mfa_factors f where f.status = 'verified';
