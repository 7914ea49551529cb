-- Purpose: what the function admin asks of the database: users with their accounts, counts for pages, the state of the system.
-- Objects: functions private.list_users, private.system_report, and in public list_users,
--   change_user, admin_count, system_report.
-- Risk: none: they read, and what change_user changes goes through the functions of accounts.

create function private.list_users(
  p_user_id uuid, p_limit integer, p_offset integer, p_active boolean, p_role text, p_email text
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- A part of an address, with what LIKE would read as a pattern taken literally.
  email_pattern constant text := '%' || regexp_replace(lower(p_email), '([\\%_])', '\\\1', 'g') || '%';
  answer jsonb;
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 or p_offset is null or p_offset not between 0 and 1000000 then
    perform private.raise_api_error(422, 'invalid_request', 'p_limit must be from 1 to 200 and p_offset from 0 to 1000000');
  end if;
  perform private.write_audit('admin.users_listed', 'users', p_user_id::text, p_user_id, null, null, jsonb_strip_nulls(jsonb_build_object(
    'limit', p_limit, 'offset', p_offset, 'active', p_active, 'role', left(p_role, 20),
    -- Not the address: entries about nobody outlive the user whose it is.
    'by_email', case when p_email is not null then true end)));
  with matching as (
    select u.id, u.email, r.role, p.plan, p.is_active, p.first_name, p.last_name, u.email_confirmed_at, u.last_sign_in_at, u.created_at
    from auth.users u
    join public.user_roles r on r.user_id = u.id
    join public.profiles p on p.user_id = u.id
    where (p_user_id is null or u.id = p_user_id) and (p_active is null or p.is_active = p_active)
      and (p_role is null or r.role = p_role) and (p_email is null or lower(u.email) like email_pattern)
  ), page as (
    select m.*, exists (select from auth.mfa_factors f where f.user_id = m.id and f.status = 'verified') as second_factor
    from matching m order by m.created_at desc, m.id limit p_limit offset p_offset
  )
  select jsonb_build_object(
    'users', coalesce((select jsonb_agg(to_jsonb(page) order by page.created_at desc, page.id) from page), '[]'),
    'total_count', (select count(*) from matching))
  into answer;
  return answer;
end
$$;
comment on function private.list_users(uuid, integer, integer, boolean, text, text) is
  'For admins: users with role, plan and what Auth knows of them. Audited. Definer, because Auth''s tables are not readable by users.';

create function public.list_users(
  p_user_id uuid default null, p_limit integer default 50, p_offset integer default 0, p_active boolean default null,
  p_role text default null, p_email text default null
) returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.list_users(p_user_id, p_limit, p_offset, p_active, p_role, p_email)
$$;
comment on function public.list_users(uuid, integer, integer, boolean, text, text) is
  'For admins with a second factor: {"users", "total_count"}, newest first; one user by id, or those that are active, of a role, or whose address has a part. Errors: forbidden, second_factor_required, invalid_request.';

create function public.change_user(p_user_id uuid, p_role text default null, p_plan text default null, p_is_active boolean default null)
returns void
language plpgsql volatile security invoker set search_path = '' as $$
begin
  if p_role is not null then
    perform private.set_user_role(p_user_id, p_role);
  end if;
  if p_plan is not null then
    perform private.set_user_plan(p_user_id, p_plan);
  end if;
  if p_is_active is not null then
    perform private.set_user_active(p_user_id, p_is_active);
  end if;
end
$$;
comment on function public.change_user(uuid, text, text, boolean) is
  'For admins with a second factor: changes role, plan and activity of a user together or not at all; null leaves a thing as it is. Errors: forbidden, second_factor_required, invalid_request, last_admin, unknown_plan, user_not_found.';

create function public.admin_count(p_table text, p_status text default null) returns bigint
language plpgsql volatile security invoker set search_path = '' as $$
declare
  caller_role constant text := current_setting('role');
  counted bigint;
begin
  perform private.require_admin();
  if p_table is null or p_table not in ('waitlist', 'contact_messages') then
    perform private.raise_api_error(404, 'not_found', 'there is no such table to count: waitlist or contact_messages');
  end if;
  perform set_config('role', 'tradebase_admin', true);
  execute format('select count(*) from public.%I where $1 is null or status = $1', p_table) into counted using p_status;
  perform set_config('role', caller_role, true);
  return counted;
end
$$;
comment on function public.admin_count(text, text) is
  'For admins with a second factor: how many rows the waitlist or contact_messages have, with a status or in all. Errors: forbidden, second_factor_required, not_found.';

create function private.system_report() returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_admin();
  perform private.write_audit('admin.system_report_read', 'system_health', null);
  return jsonb_build_object(
    'database', jsonb_build_object(
      'size_bytes', pg_catalog.pg_database_size(current_database()),
      'connections', (select count(*) from pg_catalog.pg_stat_activity a where a.datname = current_database()),
      'max_connections', current_setting('max_connections')::integer,
      'oldest_transaction_s', (select coalesce(max(extract(epoch from now() - a.xact_start)), 0)::integer
                               from pg_catalog.pg_stat_activity a where a.datname = current_database())),
    'workers', jsonb_build_object(
      'connections', (select count(*) from pg_catalog.pg_stat_activity a where a.usename = 'tradebase_worker'),
      'queues', (select coalesce(jsonb_object_agg(q.name, jsonb_build_object('waiting', q.waiting, 'active', q.active)), '{}') from (
        select q.name, count(j.id) filter (where j.state in ('created', 'retry')) as waiting, count(j.id) filter (where j.state = 'active') as active
        from pgboss.queue q left join pgboss.job j on j.name = q.name and j.state in ('created', 'retry', 'active')
        group by q.name) q)),
    'realtime', jsonb_build_object(
      'events_last_minute', (select count(*) from public.events e where e.created_at > now() - interval '1 minute')),
    'runner_connections', (select count(*) from public.runner_sessions s where s.status = 'connected'),
    'components', (select coalesce(jsonb_agg(to_jsonb(h) - 'id' order by h.system, h.component), '[]') from public.system_health h)
  );
end
$$;
comment on function private.system_report() is 'For admins: how the parts are doing. Audited. Definer, because the queue and the list of connections are not readable by users.';

create function public.system_report() returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.system_report()
$$;
comment on function public.system_report() is
  'For admins with a second factor: database, workers and queues, Realtime, connected runners, and the health that components reported. Errors: forbidden, second_factor_required.';

revoke execute on function private.list_users(uuid, integer, integer, boolean, text, text), private.system_report() from public;
revoke execute on function public.list_users(uuid, integer, integer, boolean, text, text), public.change_user(uuid, text, text, boolean),
  public.admin_count(text, text), public.system_report() from public, anon, service_role;
grant execute on function private.list_users(uuid, integer, integer, boolean, text, text), private.system_report(),
  public.list_users(uuid, integer, integer, boolean, text, text), public.change_user(uuid, text, text, boolean),
  public.admin_count(text, text), public.system_report() to authenticated;
