-- Purpose: refuse what hosted refuses. There, supautils lets `postgres` manage policies and triggers on the platform's
-- tables and nothing else. Here `postgres` inherits from the owners of those tables, which would allow everything,
-- and these event triggers take the rest away again.
-- Run once per database, as supabase_admin, after the platform's own objects exist.

create schema if not exists platform_guard authorization supabase_admin;
revoke all on schema platform_guard from public;

create function platform_guard.is_platform_role() returns boolean
language sql stable set search_path = '' as $$
  select current_user in ('supabase_admin', 'supabase_auth_admin', 'supabase_realtime_admin', 'supabase_storage_admin')
$$;

create function platform_guard.refuse_platform_ddl() returns event_trigger
language plpgsql set search_path = '' as $$
declare
  command record;
begin
  if platform_guard.is_platform_role() then
    return;
  end if;
  for command in select * from pg_catalog.pg_event_trigger_ddl_commands() loop
    if command.schema_name in ('auth', 'realtime', 'storage')
       and command.command_tag not in ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER') then
      raise exception 'permission denied for schema %: % on %', command.schema_name, command.command_tag, command.object_identity
        using errcode = '42501',
              hint = 'Hosted Supabase owns this schema. A migration may only create policies and triggers on its tables.';
    end if;
    if command.command_tag = 'CREATE SUBSCRIPTION' then
      raise exception 'permission denied to create subscription' using errcode = '42501';
    end if;
  end loop;
end
$$;

create function platform_guard.refuse_platform_drop() returns event_trigger
language plpgsql set search_path = '' as $$
declare
  dropped record;
begin
  if platform_guard.is_platform_role() then
    return;
  end if;
  for dropped in select * from pg_catalog.pg_event_trigger_dropped_objects() loop
    if dropped.schema_name in ('auth', 'realtime', 'storage') and dropped.original
       and dropped.object_type not in ('policy', 'trigger') then
      raise exception 'permission denied: must be owner of % %', dropped.object_type, dropped.object_identity
        using errcode = '42501', hint = 'Hosted Supabase owns this schema.';
    end if;
  end loop;
end
$$;

-- Executable by everyone, because event triggers run as the role whose command they judge.
grant usage on schema platform_guard to public;

create event trigger platform_guard_ddl on ddl_command_end execute function platform_guard.refuse_platform_ddl();
create event trigger platform_guard_drop on sql_drop execute function platform_guard.refuse_platform_drop();

grant supabase_auth_admin to postgres with inherit true, set false, admin false;
grant supabase_realtime_admin to postgres with inherit true, set false, admin false;
