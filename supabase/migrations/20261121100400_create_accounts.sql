-- Purpose: what an account is: its plan and quotas, the profile of its user, and whether it is active.
-- Objects: tables plans, plan_quotas, profiles; functions private.quota, private.list_quotas, public.my_quotas,
--   private.clean_name, private.is_time_zone, private.create_account and private.caller_role (again).
-- Risk: none on an empty database. Existing users get a profile; users who are banned now write nothing more.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('accounts.default_role', '"trader"', null, null, 'Role of a user who signs up: trader or viewer; anything else counts as viewer.'),
  ('quota.backtests_per_hour', '10', 0, 1000000, 'Backtests a user may request in an hour, where the plan says nothing else; null for no limit.'),
  ('quota.calls_per_minute', '100', 0, 1000000, 'Requests a user may send to the functions in a minute, where the plan says nothing else; null for no limit.'),
  ('quota.open_backtests', '50', 0, 1000000, 'Backtests a user may have queued or running, where the plan says nothing else; null for no limit.'),
  ('quota.bots', '20', 0, 1000000, 'Bots a user may have, where the plan says nothing else; null for no limit.'),
  ('quota.credentials', '20', 0, 1000000, 'Exchange credentials a user may keep, where the plan says nothing else; null for no limit.'),
  ('quota.api_keys', '20', 0, 1000000, 'API keys a user may have, revoked ones not counted, where the plan says nothing else; null for no limit.');

create table public.plans (
  plan text not null,
  title text not null,
  description text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint plans_pkey primary key (plan),
  constraint plans_plan_check check (plan ~ '^[a-z][a-z0-9_]{0,31}$'),
  constraint plans_title_check check (char_length(title) between 1 and 100),
  constraint plans_description_check check (char_length(description) between 1 and 1000)
);
comment on table public.plans is 'Plans that a user can be on. Made by migrations and operators.';
comment on column public.plans.plan is 'Name of the plan, as in profiles.plan.';
comment on column public.plans.title is 'The plan''s name for people.';
comment on column public.plans.description is 'What the plan is for.';
comment on column public.plans.created_at is 'When the plan was added.';
comment on column public.plans.updated_at is 'When the row last changed.';

create table public.plan_quotas (
  plan text not null,
  quota text not null,
  value numeric,
  unit text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint plan_quotas_pkey primary key (plan, quota),
  constraint plan_quotas_plan_fkey foreign key (plan) references public.plans (plan) on update cascade on delete cascade,
  constraint plan_quotas_quota_check check (quota ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint plan_quotas_value_check check (value >= 0 and value <= 1e12),
  constraint plan_quotas_unit_check check (char_length(unit) between 1 and 100)
);
comment on table public.plan_quotas is 'Where a plan allows more or less than the default in system_config, quota.<name>.';
comment on column public.plan_quotas.plan is 'The plan.';
comment on column public.plan_quotas.quota is 'Name of the quota; a period is part of it: backtests_per_hour.';
comment on column public.plan_quotas.value is 'How much the plan allows; null for no limit.';
comment on column public.plan_quotas.unit is 'What is counted, and in which period.';
comment on column public.plan_quotas.created_at is 'When the quota was added.';
comment on column public.plan_quotas.updated_at is 'When the row last changed.';

create function private.is_time_zone(p_name text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- A name of the IANA database, not an abbreviation or a rule of its own with an offset, which Postgres would take too.
  if p_name !~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Z][A-Za-z]*(/[A-Z][A-Za-z_]*(-[A-Za-z_]+)*)+)$' or char_length(p_name) > 64 then
    return false;
  end if;
  perform timestamptz '2024-01-01Z' at time zone p_name;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function private.is_time_zone(text) is
  'For checks of tables: whether a time zone of the IANA database goes by this name, Europe/Berlin for instance. Immutable as far as that database is.';
revoke execute on function private.is_time_zone(text) from public;
-- A check of a table runs with the rights of whoever writes the row.
grant execute on function private.is_time_zone(text) to authenticated, service_role, tradebase_worker;

create table public.profiles (
  user_id uuid not null,
  first_name text,
  last_name text,
  display_name text,
  plan text not null default 'free',
  timezone text not null default 'UTC',
  locale text not null default 'en',
  preferences jsonb not null default '{}',
  is_active boolean not null default true,
  last_sign_in_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint profiles_pkey primary key (user_id),
  constraint profiles_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint profiles_plan_fkey foreign key (plan) references public.plans (plan) on update cascade,
  constraint profiles_first_name_check check (char_length(first_name) between 1 and 100 and first_name !~ '[[:cntrl:]]'),
  constraint profiles_last_name_check check (char_length(last_name) between 1 and 100 and last_name !~ '[[:cntrl:]]'),
  constraint profiles_display_name_check check (char_length(display_name) between 1 and 100 and display_name !~ '[[:cntrl:]]'),
  constraint profiles_timezone_check check (private.is_time_zone(timezone)),
  constraint profiles_locale_check check (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and char_length(locale) <= 35),
  constraint profiles_preferences_check check (jsonb_typeof(preferences) = 'object' and pg_column_size(preferences) <= 16384)
);
comment on table public.profiles is 'One row a user, made at sign-up: who they are to others and to themselves, and what they pay for.';
comment on column public.profiles.user_id is 'The user.';
comment on column public.profiles.first_name is 'First name, as given at sign-up or since.';
comment on column public.profiles.last_name is 'Last name, as given at sign-up or since.';
comment on column public.profiles.display_name is 'Name to show; null shows first and last name.';
comment on column public.profiles.plan is 'The plan, which sets quotas. Changed by admins and by the operator''s server.';
comment on column public.profiles.timezone is 'Time zone in which times are shown and schedules are kept: a name of the IANA database, such as Europe/Berlin.';
comment on column public.profiles.locale is 'Language tag for texts and numbers: en, de-CH.';
comment on column public.profiles.preferences is 'Settings of the frontend, at most 16 KB: nothing here reads them.';
comment on column public.profiles.is_active is 'False while the user is banned: deactivated by an admin, or in Auth.';
comment on column public.profiles.last_sign_in_at is 'When the user last signed in; a refreshed session does not count.';
comment on column public.profiles.created_at is 'When the account was made.';
comment on column public.profiles.updated_at is 'When the row last changed.';
create index profiles_plan_idx on public.profiles (plan);

alter table public.plans enable row level security;
alter table public.plan_quotas enable row level security;
alter table public.profiles enable row level security;
revoke all on public.plans, public.plan_quotas, public.profiles from anon, authenticated, service_role;
grant select on public.plans, public.plan_quotas, public.profiles to authenticated, service_role, tradebase_admin, tradebase_worker;
grant update (first_name, last_name, display_name, timezone, locale, preferences) on public.profiles to authenticated;

create policy "Signed-in users can read plans" on public.plans for select to authenticated using (true);
comment on policy "Signed-in users can read plans" on public.plans is 'Reference data, the same for everyone with an account.';
create policy "Admins can read plans" on public.plans for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read plans" on public.plans is 'In an audited read only.';
create policy "Signed-in users can read plan quotas" on public.plan_quotas for select to authenticated using (true);
comment on policy "Signed-in users can read plan quotas" on public.plan_quotas is 'Reference data, the same for everyone with an account.';
create policy "Admins can read plan quotas" on public.plan_quotas for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read plan quotas" on public.plan_quotas is 'In an audited read only.';
create policy "Users can read their profile" on public.profiles for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their profile" on public.profiles is 'A profile is its user''s alone.';
create policy "Users can change their profile" on public.profiles for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()))
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Users can change their profile" on public.profiles is 'Column grants leave plan and activity to admins. Viewers change nothing.';
create policy "Admins can read profiles" on public.profiles for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read profiles" on public.profiles is 'In an audited read only.';

create trigger set_updated_at before update on public.plans
  for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.plan_quotas
  for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.profiles
  for each row execute function private.set_updated_at();
create trigger audit_change after insert or update or delete on public.plans
  for each row execute function private.audit_change();
create trigger audit_change after insert or update or delete on public.plan_quotas
  for each row execute function private.audit_change();
-- Not of its beginning: the role given at sign-up is in the log.
create trigger audit_change after update or delete on public.profiles
  for each row execute function private.audit_change('last_sign_in_at');

insert into public.plans (plan, title, description) values
  ('free', 'Free', 'To try things out: backtests and paper trading within the default limits.'),
  ('pro', 'Pro', 'For one person who trades every day: more backtests, bots and keys.'),
  ('institutional', 'Institutional', 'For desks and funds: limits that machines do not reach.');
insert into public.plan_quotas (plan, quota, value, unit) values
  ('pro', 'backtests_per_hour', 100, 'backtests requested in an hour'),
  ('pro', 'calls_per_minute', 600, 'requests in a minute'),
  ('pro', 'open_backtests', 200, 'backtests queued or running'),
  ('pro', 'bots', 100, 'bots'),
  ('pro', 'credentials', 50, 'exchange credentials'),
  ('pro', 'api_keys', 50, 'API keys'),
  ('institutional', 'backtests_per_hour', 1000, 'backtests requested in an hour'),
  ('institutional', 'calls_per_minute', 6000, 'requests in a minute'),
  ('institutional', 'open_backtests', 1000, 'backtests queued or running'),
  ('institutional', 'bots', 1000, 'bots'),
  ('institutional', 'credentials', 500, 'exchange credentials'),
  ('institutional', 'api_keys', 500, 'API keys');

create function private.quota(p_user_id uuid, p_quota text) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  planned numeric;
begin
  select q.value into planned
  from public.profiles p join public.plan_quotas q on q.plan = p.plan and q.quota = p_quota
  where p.user_id = p_user_id;
  if found then
    return planned;
  end if;
  return private.config_number('quota.' || p_quota);
end
$$;
comment on function private.quota(uuid, text) is
  'How much a user may have: what the plan says, else the setting quota.<name>; null for no limit. An unknown quota is an error. Definer, because functions of users ask it and settings are not theirs to read.';

create function private.list_quotas() returns table (quota text, value numeric)
language sql stable security definer set search_path = '' as $$
  select d.quota, private.quota(auth.uid(), d.quota)
  from (select substring(c.key from 7) as quota from public.system_config c where c.key like 'quota.%') d
  where auth.uid() is not null
  order by d.quota
$$;
comment on function private.list_quotas() is 'All quotas of the caller. Definer, because settings are not readable by users.';

create function public.my_quotas() returns table (quota text, value numeric)
language sql stable security invoker set search_path = '' as $$
  select * from private.list_quotas()
$$;
comment on function public.my_quotas() is 'The quotas of the caller by their plan: name, and value or null for no limit.';
revoke execute on function private.quota(uuid, text), private.list_quotas() from public;
revoke execute on function public.my_quotas() from public, anon, service_role;
grant execute on function private.quota(uuid, text) to tradebase_worker;
grant execute on function private.list_quotas(), public.my_quotas() to authenticated;

create function private.clean_name(p_metadata jsonb, p_key text) returns text
language sql immutable set search_path = '' as $$
  select nullif(btrim(left(btrim(regexp_replace(p_metadata ->> p_key, '[[:cntrl:]]', '', 'g')), 100)), '')
  where jsonb_typeof(p_metadata -> p_key) = 'string'
$$;
comment on function private.clean_name(jsonb, text) is 'A name from the metadata that came with a sign-up, made fit for a profile: at most 100 characters, no control characters; null where there is none.';
revoke execute on function private.clean_name(jsonb, text) from public;

create or replace function private.create_account() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- Whoever signs up chooses the metadata: it may be anything.
  given constant jsonb := new.raw_user_meta_data;
  default_role constant text := private.config('accounts.default_role') #>> '{}';
begin
  insert into public.user_roles (user_id, role)
  values (new.id, case when default_role in ('trader', 'viewer') then default_role else 'viewer' end);
  insert into public.profiles (user_id, first_name, last_name, display_name, is_active)
  values (new.id, private.clean_name(given, 'first_name'), private.clean_name(given, 'last_name'),
          coalesce(private.clean_name(given, 'display_name'), private.clean_name(given, 'full_name')),
          coalesce(new.banned_until, '-infinity') <= now());
  return null;
end
$$;
insert into public.profiles (user_id, first_name, last_name, display_name, is_active, last_sign_in_at, created_at)
select u.id, private.clean_name(u.raw_user_meta_data, 'first_name'), private.clean_name(u.raw_user_meta_data, 'last_name'),
       coalesce(private.clean_name(u.raw_user_meta_data, 'display_name'), private.clean_name(u.raw_user_meta_data, 'full_name')),
       coalesce(u.banned_until, '-infinity') <= now(), u.last_sign_in_at, coalesce(u.created_at, now())
from auth.users u;

create or replace function private.caller_role() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case when r.role = auth.jwt() ->> 'user_role' then r.role else 'viewer' end
    from public.user_roles r
    where r.user_id = auth.uid()
      -- A session that was revoked writes nothing more, though its token lives on.
      and exists (
        select from auth.sessions s
        where s.id = (auth.jwt() ->> 'session_id')::uuid and s.user_id = r.user_id and coalesce(s.not_after, 'infinity') > now()
      )
      -- Auth looks for a ban before it opens a session, so one may be opened a moment after the ban.
      and exists (select from auth.users u where u.id = r.user_id and coalesce(u.banned_until, '-infinity') <= now())
  );
end
$$;
comment on function private.caller_role() is
  'The role of the signed-in caller: that of the token, as long as the table agrees, else viewer; null without a living session, and for a banned user. So a new role counts from the next refresh, and a role taken away counts at once. Definer, because Auth''s sessions are not readable by users.';
