-- Purpose: schemas, extensions and default privileges of a hosted Supabase database created after 2026-10-30:
-- a new table in public is granted to no API role until a migration says so.
-- Run once per database, as supabase_admin.

create schema if not exists extensions authorization supabase_admin;
grant usage on schema extensions to postgres, anon, authenticated, service_role, authenticator, dashboard_user;
grant create on schema extensions to postgres;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

alter schema public owner to postgres;
grant usage on schema public to postgres, anon, authenticated, service_role;

-- Tables and sequences are granted to nobody. A new function may be executed by everyone, as Postgres has it; hosted projects
-- may name the API roles as well, so that a migration which revokes from public alone has to fail our tests here, too.
alter default privileges for role postgres in schema public grant execute on functions to anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated, service_role;

create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists realtime authorization supabase_realtime_admin;
create schema if not exists storage authorization supabase_storage_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role, dashboard_user;
grant usage on schema realtime to postgres, anon, authenticated, service_role;
grant usage on schema storage to postgres, anon, authenticated, service_role;
