-- Purpose: the roles a hosted Supabase project has, with the same powers, so that what hosted refuses fails here too.
-- Run once per cluster, as the superuser supabase_admin. Passwords are set by the program, never written here.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;

create role supabase_auth_admin login noinherit createrole;
create role supabase_realtime_admin login noinherit replication;
-- Realtime judges a token by becoming its role, so it may become what the Data API may become, and nothing else.
grant anon, authenticated, service_role, authenticator to supabase_realtime_admin with inherit false, set true;
create role supabase_storage_admin login noinherit;
create role dashboard_user nologin createrole createdb replication;

-- Powerful, but not a superuser: the role that migrations run as.
create role postgres login createrole createdb replication bypassrls;
grant anon, authenticated, service_role to postgres with admin option;
grant authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
-- On hosted, supautils lets postgres change these and some more.
grant set on parameter log_parameter_max_length, auto_explain.log_parameter_max_length, auto_explain.log_verbose to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = 'auth';
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role postgres set search_path = '$user', 'public', 'extensions';
alter role supabase_admin set search_path = '$user', 'public', 'auth', 'extensions';

-- Hosted lets postgres set what PostgREST reads from its role (pgrst.*), which Postgres leaves to superusers.
grant set on parameter pgrst.db_pre_request, pgrst.db_max_rows, pgrst.db_aggregates_enabled, pgrst.db_plan_enabled, pgrst.app_settings to postgres;
