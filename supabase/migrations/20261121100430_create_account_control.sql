-- Purpose: what users do with their sessions, and admins with the accounts of users.
-- Objects: functions private.list_sessions, private.revoke_session, private.revoke_other_sessions,
--   private.change_role, private.set_user_role, private.set_user_plan, private.set_user_active, private.grant_role, and in
--   public list_sessions, revoke_session, revoke_other_sessions, set_user_role, set_user_plan, set_user_active.
-- Risk: these delete rows of auth.sessions and set auth.users.banned_until.

-- Sessions.

create function private.list_sessions()
returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text, aal text, current boolean)
language sql stable security definer set search_path = '' as $$
  select s.id, s.created_at, greatest(s.created_at, s.refreshed_at at time zone 'UTC'), s.user_agent, host(s.ip), coalesce(s.aal::text, 'aal1'),
         s.id = (auth.jwt() ->> 'session_id')::uuid
  from auth.sessions s
  -- Asked once, however many sessions there are.
  where s.user_id = (select private.session_user_id()) and coalesce(s.not_after, 'infinity') > now()
  order by 3 desc, s.id
$$;
comment on function private.list_sessions() is 'The living sessions of the caller. Definer, because Auth''s tables are not readable by users.';

create function private.revoke_session(p_session_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := private.session_user_id();
  revoked auth.sessions;
begin
  delete from auth.sessions s where s.id = p_session_id and s.user_id = caller returning * into revoked;
  if revoked.id is null then
    perform private.raise_api_error(404, 'session_not_found', 'you have no such session');
  end if;
  perform private.note_security_event(caller, 'session_revoked',
    jsonb_build_object('session_id', revoked.id, 'user_agent', left(revoked.user_agent, 512), 'ip', host(revoked.ip)));
  perform private.write_audit('session.revoked', 'sessions', revoked.id::text, caller);
end
$$;
comment on function private.revoke_session(uuid) is 'Ends a session of the caller. Definer, because nobody may write Auth''s tables.';

create function private.revoke_other_sessions() returns integer
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := private.session_user_id();
  revoked uuid[];
begin
  with ended as (
    delete from auth.sessions s where s.user_id = caller and s.id <> (auth.jwt() ->> 'session_id')::uuid returning s.id
  )
  select coalesce(array_agg(e.id), '{}') into revoked from ended e;
  if cardinality(revoked) > 0 then
    perform private.note_security_event(caller, 'session_revoked', jsonb_build_object('count', cardinality(revoked)));
    perform private.write_audit('session.others_revoked', 'sessions', null, caller, null, null,
      jsonb_build_object('session_ids', to_jsonb(revoked[1:100]), 'count', cardinality(revoked)));
  end if;
  return cardinality(revoked);
end
$$;
comment on function private.revoke_other_sessions() is 'Ends all sessions of the caller but the one that calls. Definer, because nobody may write Auth''s tables.';

create function public.list_sessions()
returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text, aal text, current boolean)
language sql stable security invoker set search_path = '' as $$
  select * from private.list_sessions()
$$;
comment on function public.list_sessions() is
  'The living sessions of the caller, last used first: where each was opened, whether it has shown a second factor (aal2), and which one is calling. Errors: invalid_token.';

create function public.revoke_session(p_session_id uuid) returns void
language sql volatile security invoker set search_path = '' as $$
  select private.revoke_session(p_session_id)
$$;
comment on function public.revoke_session(uuid) is
  'Ends a session of the caller: it cannot be refreshed, and what its token may still do until it expires is to read. Errors: invalid_token, session_not_found.';

create function public.revoke_other_sessions() returns integer
language sql volatile security invoker set search_path = '' as $$
  select private.revoke_other_sessions()
$$;
comment on function public.revoke_other_sessions() is 'Ends all sessions of the caller but the one that calls; answers how many. Errors: invalid_token.';

-- Roles, plans, activity.

create function private.require_another_admin(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- One at a time, so that two admins cannot remove each other.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('tradebase admins', 0));
  if exists (select from public.user_roles r where r.user_id = p_user_id and r.role = 'admin') and not exists (
    select from public.user_roles r join auth.users u on u.id = r.user_id
    where r.role = 'admin' and r.user_id <> p_user_id and coalesce(u.banned_until, '-infinity') <= now()
  ) then
    perform private.raise_api_error(409, 'last_admin', 'this is the last admin: make another one first');
  end if;
end
$$;
comment on function private.require_another_admin(uuid) is 'An error if the user is the only admin who can sign in. Definer, because it reads Auth''s users.';

create function private.change_role(p_user_id uuid, p_role text, p_granted_by uuid) returns public.user_roles
language plpgsql security definer set search_path = '' as $$
declare
  changed public.user_roles;
begin
  if p_role is null or p_role not in ('admin', 'trader', 'viewer') then
    perform private.raise_api_error(422, 'invalid_request', 'the role must be admin, trader or viewer');
  end if;
  if p_role <> 'admin' then
    perform private.require_another_admin(p_user_id);
  end if;
  update public.user_roles r set role = p_role, granted_by = p_granted_by where r.user_id = p_user_id and r.role <> p_role;
  select * into changed from public.user_roles r where r.user_id = p_user_id;
  if changed.user_id is null then
    perform private.raise_api_error(404, 'user_not_found', 'there is no such user');
  end if;
  return changed;
end
$$;
comment on function private.change_role(uuid, text, uuid) is 'Gives a user a role; the last admin stays one. Triggers tell the user and the audit log. Definer, because nobody may write the table.';

create function private.set_user_role(p_user_id uuid, p_role text) returns public.user_roles
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_admin();
  return private.change_role(p_user_id, p_role, auth.uid());
end
$$;
comment on function private.set_user_role(uuid, text) is 'For admins: gives a user a role. Definer, because nobody may write the table.';

create function private.set_user_plan(p_user_id uuid, p_plan text) returns public.profiles
language plpgsql security definer set search_path = '' as $$
declare
  changed public.profiles;
begin
  if auth.role() is distinct from 'service_role' then
    perform private.require_admin();
  end if;
  if not exists (select from public.plans p where p.plan = p_plan) then
    perform private.raise_api_error(422, 'unknown_plan', format('there is no plan %L', left(p_plan, 32)));
  end if;
  update public.profiles p set plan = p_plan where p.user_id = p_user_id and p.plan <> p_plan;
  select * into changed from public.profiles p where p.user_id = p_user_id;
  if changed.user_id is null then
    perform private.raise_api_error(404, 'user_not_found', 'there is no such user');
  end if;
  return changed;
end
$$;
comment on function private.set_user_plan(uuid, text) is 'For admins and the operator''s server: puts a user on a plan. Definer, because nobody may write that column.';

create function private.set_user_active(p_user_id uuid, p_active boolean) returns public.profiles
language plpgsql security definer set search_path = '' as $$
declare
  changed public.profiles;
begin
  perform private.require_admin();
  if p_active is null then
    perform private.raise_api_error(422, 'invalid_request', 'p_active must be true or false');
  end if;
  if not p_active then
    perform private.require_another_admin(p_user_id);
  end if;
  -- A ban is how Auth itself knows of it. A hundred years: Auth's own programs read the time, and not all read infinity.
  update auth.users u set banned_until = case when p_active then null else now() + interval '100 years' end, updated_at = now()
  where u.id = p_user_id and (coalesce(u.banned_until, '-infinity') <= now()) <> p_active;
  if found then
    delete from auth.sessions s where s.user_id = p_user_id and not p_active;
    perform private.write_audit(case when p_active then 'user.reactivated' else 'user.deactivated' end, 'users', p_user_id::text, p_user_id);
  end if;
  select * into changed from public.profiles p where p.user_id = p_user_id;
  if changed.user_id is null then
    perform private.raise_api_error(404, 'user_not_found', 'there is no such user');
  end if;
  return changed;
end
$$;
comment on function private.set_user_active(uuid, boolean) is
  'For admins: bans a user, which ends their sessions and refuses their writes at once, or lifts the ban. Definer, because nobody may write Auth''s tables.';

create function public.set_user_role(p_user_id uuid, p_role text) returns public.user_roles
language sql volatile security invoker set search_path = '' as $$
  select private.set_user_role(p_user_id, p_role)
$$;
comment on function public.set_user_role(uuid, text) is
  'For admins with a second factor: makes a user admin, trader or viewer. More rights come with the next refresh of the user''s session, fewer at once. Errors: forbidden, invalid_request, last_admin, user_not_found.';

create function public.set_user_plan(p_user_id uuid, p_plan text) returns public.profiles
language sql volatile security invoker set search_path = '' as $$
  select private.set_user_plan(p_user_id, p_plan)
$$;
comment on function public.set_user_plan(uuid, text) is
  'For admins with a second factor, and for the operator''s server, which hears of payments: puts a user on a plan. Errors: forbidden, unknown_plan, user_not_found.';

create function public.set_user_active(p_user_id uuid, p_active boolean) returns public.profiles
language sql volatile security invoker set search_path = '' as $$
  select private.set_user_active(p_user_id, p_active)
$$;
comment on function public.set_user_active(uuid, boolean) is
  'For admins with a second factor: deactivates a user, whose sessions end and who writes nothing more from that moment, or activates them again. Errors: forbidden, invalid_request, last_admin, user_not_found.';

create function private.grant_role(p_email text, p_role text) returns public.user_roles
language plpgsql security definer set search_path = '' as $$
declare
  found_id uuid;
begin
  select u.id into found_id from auth.users u where lower(u.email) = lower(btrim(p_email)) and not u.is_sso_user;
  if found_id is null then
    perform private.raise_api_error(404, 'user_not_found', 'nobody has signed up with this address');
  end if;
  return private.change_role(found_id, p_role, null);
end
$$;
comment on function private.grant_role(text, text) is
  'For operators with a database login, npm run admin: gives the user with an address a role; how the first admin is made. Definer, because it reads Auth''s users; granted to nobody.';

revoke execute on function private.list_sessions(), private.revoke_session(uuid), private.revoke_other_sessions(),
  private.require_another_admin(uuid), private.change_role(uuid, text, uuid), private.set_user_role(uuid, text), private.set_user_plan(uuid, text),
  private.set_user_active(uuid, boolean), private.grant_role(text, text) from public;
revoke execute on function public.list_sessions(), public.revoke_session(uuid), public.revoke_other_sessions(), public.set_user_role(uuid, text),
  public.set_user_plan(uuid, text), public.set_user_active(uuid, boolean) from public, anon, service_role;
grant execute on function private.list_sessions(), public.list_sessions(), private.revoke_session(uuid), public.revoke_session(uuid),
  private.revoke_other_sessions(), public.revoke_other_sessions(), private.set_user_role(uuid, text), public.set_user_role(uuid, text),
  private.set_user_plan(uuid, text), public.set_user_plan(uuid, text), private.set_user_active(uuid, boolean), public.set_user_active(uuid, boolean)
  to authenticated;
-- Billing runs on the operator's server, with a secret key.
grant execute on function private.set_user_plan(uuid, text), public.set_user_plan(uuid, text) to service_role;
