-- Purpose: the schema for what no API client may touch, and the role of the workers.
-- Objects: schema private, role tradebase_worker, functions private.set_updated_at and private.raise_api_error.
-- Risk: none on an empty database. The role has no password: an operator sets one (see workers/README.md).

create schema private;
comment on schema private is 'Helpers and internal tables. Not exposed by the Data API; of its functions, users may execute those granted by name.';
revoke all on schema private from public;

do $$
begin
  -- A role belongs to the whole server, where another database may have made it already.
  if not exists (select from pg_catalog.pg_roles where rolname = 'tradebase_worker') then
    create role tradebase_worker nologin noinherit bypassrls;
  end if;
end
$$;
comment on role tradebase_worker is 'Workers log in as this: bypasses RLS, and holds grants on what they use and nothing else.';
grant usage on schema public, private to tradebase_worker;
-- Policies and functions of users call helpers there; each is granted by name.
grant usage on schema private to authenticated;

create function private.set_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.set_updated_at() is 'Trigger: stamps updated_at with the time of the transaction.';
revoke execute on function private.set_updated_at() from public;

create function private.raise_api_error(p_status integer, p_code text, p_message text) returns void
language plpgsql set search_path = '' as $$
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', p_code, 'message', p_message)::text,
    detail = json_build_object('status', p_status, 'headers', json_build_object())::text;
end
$$;
comment on function private.raise_api_error(integer, text, text) is
  'Raises an error that PostgREST answers with the given HTTP status, code and message.';
revoke execute on function private.raise_api_error(integer, text, text) from public;
grant execute on function private.raise_api_error(integer, text, text) to authenticated;
