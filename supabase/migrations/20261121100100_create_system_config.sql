-- Purpose: the settings that admins change while the system runs, and the table of legal status changes.
-- Objects: tables system_config, private.status_transitions; functions private.config, private.config_number,
--   private.check_status.
-- Risk: none on an empty database.

create table public.system_config (
  key text not null,
  value jsonb not null,
  min_value numeric,
  max_value numeric,
  is_optional boolean not null default false,
  description text not null,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint system_config_pkey primary key (key),
  constraint system_config_key_check check (key ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$' and char_length(key) <= 100),
  constraint system_config_value_check check (pg_column_size(value) <= 16384),
  constraint system_config_range_check check (
    jsonb_typeof(value) <> 'number'
    or value::numeric between coalesce(min_value, '-infinity') and coalesce(max_value, 'infinity')
  ),
  constraint system_config_description_check check (char_length(description) between 1 and 1000)
);
comment on table public.system_config is 'Settings of the running system, by key. Migrations add keys; admins change values.';
comment on column public.system_config.key is 'Name of the setting, with dots: area.name, and its unit last.';
comment on column public.system_config.value is 'Value: always of the JSON type that it was made with, or null where is_optional says so.';
comment on column public.system_config.min_value is 'Least value of a number; null for none.';
comment on column public.system_config.max_value is 'Greatest value of a number; null for none.';
comment on column public.system_config.is_optional is 'Whether a number may be null: for no limit, or for keeping things for ever. Without this, null would switch off what depends on the number, or break it.';
comment on column public.system_config.description is 'What the setting does.';
comment on column public.system_config.updated_by is 'The admin who last changed it; null for its first value, and once that account is deleted.';
comment on column public.system_config.created_at is 'When the key was added.';
comment on column public.system_config.updated_at is 'When the row last changed.';
alter table public.system_config enable row level security;
revoke all on public.system_config from anon, authenticated, service_role;
grant select on public.system_config to service_role, tradebase_admin, tradebase_worker;
create policy "Admins can read the system config" on public.system_config for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read the system config" on public.system_config is 'Limits and retention are nobody else''s business.';
create trigger set_updated_at before update on public.system_config
  for each row execute function private.set_updated_at();

create function private.config(p_key text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  found_value jsonb;
begin
  select c.value into found_value from public.system_config c where c.key = p_key;
  if found_value is null then
    raise exception 'there is no setting %', p_key;
  end if;
  return found_value;
end
$$;
comment on function private.config(text) is 'Value of a setting; an unknown key is an error. Definer, because functions of users ask it.';

create function private.config_number(p_key text) returns numeric
language sql stable set search_path = '' as $$
  select nullif(private.config(p_key), 'null')::numeric
$$;
comment on function private.config_number(text) is 'Value of a setting that is a number; null where the setting is null.';
revoke execute on function private.config(text), private.config_number(text) from public;
grant execute on function private.config(text), private.config_number(text) to tradebase_worker;

create table private.status_transitions (
  table_name text not null,
  from_status text not null,
  to_status text not null,
  constraint status_transitions_pkey primary key (table_name, from_status, to_status),
  constraint status_transitions_change_check check (from_status <> to_status)
);
comment on table private.status_transitions is 'Which status may follow which, for every table with a status. What is not here is refused.';
comment on column private.status_transitions.table_name is 'Table in public whose column status changes.';
comment on column private.status_transitions.from_status is 'Status before.';
comment on column private.status_transitions.to_status is 'Status after.';
alter table private.status_transitions enable row level security;
revoke all on private.status_transitions from public;
create policy "No API role can reach status transitions" on private.status_transitions for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach status transitions" on private.status_transitions is 'Says outright what the missing grants mean.';

create function private.check_status() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.status is distinct from old.status and not exists (
    select from private.status_transitions t
    where t.from_status = old.status and t.to_status = new.status
      -- In a partition, the trigger is that of its table.
      and t.table_name = coalesce((select c.relname from pg_catalog.pg_class c where c.oid = pg_catalog.pg_partition_root(tg_relid)), tg_table_name)
  ) then
    perform private.raise_api_error(409, 'invalid_transition',
      format('the status is %s and cannot become %s', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.check_status() is 'Trigger before update: only the changes of status in private.status_transitions. Definer, so that the table stays private.';
revoke execute on function private.check_status() from public;
