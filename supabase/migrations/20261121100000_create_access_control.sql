-- Purpose: who a caller is: roles of users, the role in the token, and the helpers that policies ask.
-- Objects: role tradebase_admin; table user_roles; functions private.caller_role, private.has_shown_factor, private.owes_factor,
--   private.can_trade, private.is_admin, private.require_admin, private.tenant_id, private.create_account (trigger on
--   auth.users), private.custom_access_token.
-- Risk: from here on a user without a role may read and not write: existing users get the role trader.

do $$
begin
  -- A role belongs to the whole server, where another database may have made it already.
  if not exists (select from pg_catalog.pg_roles where rolname = 'tradebase_admin') then
    create role tradebase_admin nologin noinherit;
  end if;
end
$$;
comment on role tradebase_admin is 'What an admin''s audited read becomes for its length: selects under policies, and changes nothing. Apart from authenticated, so that the policies of users stay one comparison that an index answers.';
-- The Data API logs in as authenticator; only a role that it holds can be taken on in its sessions.
grant tradebase_admin to authenticator;
grant usage on schema public, private to tradebase_admin;

create table public.user_roles (
  user_id uuid not null,
  role text not null default 'trader',
  granted_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_roles_pkey primary key (user_id),
  constraint user_roles_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint user_roles_role_check check (role in ('admin', 'trader', 'viewer'))
);
comment on table public.user_roles is 'What each user may do: a viewer reads, a trader trades, an admin also reads others'' rows with a second factor. Changed by admins.';
comment on column public.user_roles.user_id is 'The user.';
comment on column public.user_roles.role is 'admin, trader or viewer.';
comment on column public.user_roles.granted_by is 'The admin who gave the role; null for the role given at sign-up or by an operator, and once that account is deleted.';
comment on column public.user_roles.created_at is 'When the user first got a role.';
comment on column public.user_roles.updated_at is 'When the row last changed.';

create function private.caller_role() returns text
-- plpgsql keeps its plans for the length of a connection: a tenth of the time of an SQL function.
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
  );
end
$$;
comment on function private.caller_role() is
  'The role of the signed-in caller: that of the token, as long as the table agrees, else viewer; null without a living session. So a new role counts from the next refresh, and a role taken away counts at once. Definer, because Auth''s sessions are not readable by users.';

create function private.has_shown_factor() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce(auth.jwt() ->> 'aal' = 'aal2', false)
    -- The session's own level, besides the token's: a factor may have been removed since the token was made.
    and exists (select from auth.sessions s where s.id = (auth.jwt() ->> 'session_id')::uuid and s.user_id = auth.uid() and s.aal = 'aal2');
end
$$;
comment on function private.has_shown_factor() is
  'Whether the caller has shown a second factor in this session, and still has it. Definer, because Auth''s sessions are not readable by users.';

create function private.owes_factor() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return not private.has_shown_factor()
    and exists (select from auth.mfa_factors f where f.user_id = auth.uid() and f.status = 'verified');
end
$$;
comment on function private.owes_factor() is
  'Whether the caller has a second factor and has not shown it in this session. Definer, because Auth''s factors are not readable by users.';

create function private.can_trade() returns boolean
language plpgsql stable set search_path = '' as $$
begin
  -- Else the password alone were enough to trade for a user who asked for more.
  return coalesce(private.caller_role() in ('trader', 'admin'), false) and not private.owes_factor();
end
$$;
comment on function private.can_trade() is 'Whether the caller may write rows of their own: traders and admins may, viewers and runners may not; nor may a user with a second factor who has not shown it in this session.';

create function private.is_admin() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce(private.caller_role() = 'admin', false) and private.has_shown_factor();
end
$$;
comment on function private.is_admin() is
  'Whether the caller is an admin who has shown a second factor in this session. Definer, because the role tradebase_admin has no rights on the schema auth.';

create function private.require_admin() returns void
language plpgsql stable set search_path = '' as $$
begin
  if private.is_admin() then
    return;
  end if;
  if private.caller_role() = 'admin' then
    perform private.raise_api_error(403, 'second_factor_required', 'show your second factor in this session first; enrol one if you have none');
  end if;
  perform private.raise_api_error(403, 'forbidden', 'only an admin who has shown a second factor may do this');
end
$$;
comment on function private.require_admin() is 'An error for everyone but admins who have shown a second factor in this session.';

create function private.tenant_id() returns uuid
language sql stable set search_path = '' as $$
  select auth.uid()
$$;
comment on function private.tenant_id() is 'The user whose rows the caller may read: of a session, its user.';

revoke execute on function private.caller_role(), private.has_shown_factor(), private.owes_factor(), private.can_trade(), private.is_admin(),
  private.require_admin(), private.tenant_id() from public;
grant execute on function private.caller_role(), private.has_shown_factor(), private.owes_factor(), private.can_trade(), private.is_admin(),
  private.require_admin(), private.tenant_id() to authenticated, tradebase_admin;

alter table public.user_roles enable row level security;
revoke all on public.user_roles from anon, authenticated, service_role;
grant select on public.user_roles to authenticated, service_role, tradebase_admin;
create policy "Users can read their role" on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their role" on public.user_roles is 'A frontend shows what one may do.';
create policy "Admins can read roles" on public.user_roles for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read roles" on public.user_roles is 'In an audited read only: no other way leads to the role tradebase_admin.';
create trigger set_updated_at before update on public.user_roles
  for each row execute function private.set_updated_at();

create function private.create_account() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.user_roles (user_id) values (new.id);
  return null;
end
$$;
comment on function private.create_account() is 'Trigger: gives a new user the rows that every user has. Definer, because Auth creates users.';
revoke execute on function private.create_account() from public;
create trigger tradebase_create_account after insert on auth.users
  for each row execute function private.create_account();
insert into public.user_roles (user_id) select u.id from auth.users u;

create function private.custom_access_token(event jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('claims', event -> 'claims' || jsonb_build_object('user_role', coalesce(
    (select r.role from public.user_roles r where r.user_id = (event ->> 'user_id')::uuid), 'viewer')))
$$;
comment on function private.custom_access_token(jsonb) is
  'Auth''s hook: puts the user''s role into each token as the claim user_role. Definer, so that Auth needs no rights on the table.';
revoke execute on function private.custom_access_token(jsonb) from public;
grant usage on schema private to supabase_auth_admin;
grant execute on function private.custom_access_token(jsonb) to supabase_auth_admin;
