-- Purpose: let `postgres` manage policies, and drop triggers, on the platform's tables, and nothing else of them. On
-- hosted the extension supautils does this. Ownership is what these commands ask for, so here `postgres` is a member of
-- the owners for the length of one such command: the grant and its removal are part of the same transaction.
-- Run once per database, as supabase_admin, after the platform's own objects exist.

create schema if not exists platform authorization supabase_admin;
revoke all on schema platform from public;

create function platform.acting_role() returns text
language sql stable set search_path = '' as $$
  select case current_setting('role') when 'none' then session_user::text else current_setting('role') end
$$;

create function platform.lend_ownership() returns event_trigger
language plpgsql security definer set search_path = '' as $$
begin
  if platform.acting_role() = 'postgres' then
    grant supabase_auth_admin, supabase_realtime_admin, supabase_storage_admin to postgres with inherit true, set false;
  end if;
end
$$;

create function platform.take_ownership_back() returns event_trigger
language plpgsql security definer set search_path = '' as $$
begin
  if platform.acting_role() = 'postgres' then
    revoke supabase_auth_admin, supabase_realtime_admin, supabase_storage_admin from postgres;
  end if;
end
$$;

create event trigger lend_ownership on ddl_command_start
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
  execute function platform.lend_ownership();
create event trigger take_ownership_back on ddl_command_end
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER')
  execute function platform.take_ownership_back();

grant trigger, references on realtime.messages to postgres;
