-- Purpose: API keys, with which a runner on a user's machine shows whose it is.
-- Objects: table api_keys; functions create_api_key, revoke_api_key, authenticate_api_key and what they call in private.
-- Risk: none on an empty database.

create table public.api_keys (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  permissions text[] not null,
  expires_at timestamptz,
  ip_allowlist cidr[] not null default '{}',
  last_used_at timestamptz,
  last_used_ip inet,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint api_keys_pkey primary key (id),
  constraint api_keys_id_user_id_key unique (id, user_id),
  constraint api_keys_prefix_key unique (prefix),
  constraint api_keys_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint api_keys_name_check check (char_length(name) between 1 and 100),
  -- Digits and small letters without i, l, o and u, which are misread.
  constraint api_keys_prefix_check check (prefix ~ '^[0-9a-hjkmnp-tv-z]{8}$'),
  constraint api_keys_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint api_keys_permissions_check check (
    permissions <@ array['runner:connect', 'runner:execute', 'data:read'] and cardinality(permissions) between 1 and 3
  ),
  constraint api_keys_ip_allowlist_check check (cardinality(ip_allowlist) <= 20 and array_position(ip_allowlist, null) is null)
);
comment on table public.api_keys is 'Keys tb_<prefix>_<secret>, with which runners show whose they are. The secret is shown once, when the key is made, and never stored.';
comment on column public.api_keys.id is 'Identifies the key.';
comment on column public.api_keys.user_id is 'Owner.';
comment on column public.api_keys.name is 'What the owner calls it.';
comment on column public.api_keys.prefix is 'The part of the key that is no secret, by which it is known.';
comment on column public.api_keys.secret_hash is 'SHA-256 of the secret, which has 256 bits of chance. Granted to nobody.';
comment on column public.api_keys.permissions is 'What its holder may do: runner:connect, runner:execute (run bots), data:read (read the owner''s rows).';
comment on column public.api_keys.expires_at is 'From when on it is refused; null for never.';
comment on column public.api_keys.ip_allowlist is 'Networks from which it is accepted; empty for all.';
comment on column public.api_keys.last_used_at is 'When it was last accepted, to the minute.';
comment on column public.api_keys.last_used_ip is 'Address from which it was last accepted, as noted with last_used_at.';
comment on column public.api_keys.revoked_at is 'When it was revoked, for good; null while it is not.';
comment on column public.api_keys.created_at is 'When it was made.';
comment on column public.api_keys.updated_at is 'When the row last changed.';
create index api_keys_user_id_created_at_idx on public.api_keys (user_id, created_at desc, id desc);

alter table public.api_keys enable row level security;
revoke all on public.api_keys from anon, authenticated, service_role;
grant select (id, user_id, name, prefix, permissions, expires_at, ip_allowlist, last_used_at, last_used_ip, revoked_at, created_at, updated_at)
  on public.api_keys to authenticated, service_role, tradebase_admin, tradebase_worker;
create policy "Owners can read their API keys" on public.api_keys for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their API keys" on public.api_keys is 'Not the runners that hold one. Keys are made and revoked by functions alone.';
create policy "Admins can read API keys" on public.api_keys for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read API keys" on public.api_keys is 'In an audited read only, and never the hash.';

create function private.limit_api_keys() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_keys constant numeric := private.quota(new.user_id, 'api_keys');
  kept_revoked constant integer := 100;
begin
  -- One new key of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('API keys of ' || new.user_id::text, 0));
  if (select count(*) from public.api_keys k where k.user_id = new.user_id and k.revoked_at is null) >= most_keys then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s API keys: revoke one first', most_keys));
  end if;
  delete from public.api_keys k where k.id in (
    select old_key.id from public.api_keys old_key
    where old_key.user_id = new.user_id and old_key.revoked_at is not null
    order by old_key.revoked_at desc, old_key.id
    offset kept_revoked
  );
  return new;
end
$$;
comment on function private.limit_api_keys() is 'Trigger: bounds the keys of a user, and forgets all but the latest 100 revoked ones. Definer, because owners may not delete.';
create trigger limit_rows before insert on public.api_keys
  for each row execute function private.limit_api_keys();
create trigger set_updated_at before update on public.api_keys
  for each row execute function private.set_updated_at();
create trigger audit_change after insert or update or delete on public.api_keys
  for each row execute function private.audit_change('secret_hash', 'last_used_at', 'last_used_ip');

create function private.create_api_key(
  inout name text,
  inout permissions text[],
  inout expires_at timestamptz,
  p_ip_allowlist inet[],
  out id uuid,
  out key text,
  out prefix text,
  out ip_allowlist cidr[],
  out created_at timestamptz
)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  alphabet constant text := '0123456789abcdefghjkmnpqrstvwxyz';
  secret text;
begin
  if private.caller_role() is not null and private.owes_factor() then
    perform private.raise_api_error(403, 'second_factor_required', 'show your second factor before you make an API key');
  end if;
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role does not make API keys');
  end if;
  if create_api_key.expires_at <= now() then
    perform private.raise_api_error(422, 'invalid_request', 'expires_at must lie in the future');
  end if;
  -- 256 bits, as 43 characters that need no quoting in a shell or a URL.
  secret := rtrim(translate(encode(extensions.gen_random_bytes(32), 'base64'), E'+/\n', '-_'), '=');
  loop
    select string_agg(substr(alphabet, (get_byte(random.bytes, n) & 31) + 1, 1), '') into create_api_key.prefix
    from (select extensions.gen_random_bytes(8) as bytes) random, generate_series(0, 7) n;
    insert into public.api_keys as k (user_id, name, prefix, secret_hash, permissions, expires_at, ip_allowlist)
    values (
      auth.uid(),
      create_api_key.name,
      create_api_key.prefix,
      sha256(convert_to(secret, 'UTF8')),
      array(select distinct p from unnest(create_api_key.permissions) p order by p),
      create_api_key.expires_at,
      -- As a network: 10.1.2.3/8 is 10.0.0.0/8.
      array(select distinct a::cidr as network from unnest(p_ip_allowlist) a order by network)
    )
    on conflict (prefix) do nothing
    returning k.id, k.permissions, k.ip_allowlist, k.created_at
    into create_api_key.id, create_api_key.permissions, create_api_key.ip_allowlist, create_api_key.created_at;
    exit when found;
  end loop;
  create_api_key.key := 'tb_' || create_api_key.prefix || '_' || secret;
end
$$;
comment on function private.create_api_key(text, text[], timestamptz, inet[]) is
  'Makes an API key for the caller. The secret is made here, and not by who asks: so it is always one of chance, no statement or parameter that a log could keep has it in it, and it leaves in the result alone. Definer, because nobody may insert keys.';

create function public.create_api_key(
  p_name text,
  p_permissions text[],
  p_expires_at timestamptz default null,
  p_ip_allowlist inet[] default '{}',
  out id uuid,
  out key text,
  out name text,
  out prefix text,
  out permissions text[],
  out expires_at timestamptz,
  out ip_allowlist cidr[],
  out created_at timestamptz
)
language sql security invoker set search_path = '' as $$
  select made.id, made.key, made.name, made.prefix, made.permissions, made.expires_at, made.ip_allowlist, made.created_at
  from private.create_api_key(p_name, p_permissions, p_expires_at, p_ip_allowlist) made
$$;
comment on function public.create_api_key(text, text[], timestamptz, inet[]) is
  'Makes an API key for the caller, and shows it this once. Needs the second factor of a user who has one. Errors: forbidden, second_factor_required, invalid_request, quota_exceeded.';

create function private.revoke_api_key(p_api_key_id uuid) returns timestamptz
language plpgsql security definer set search_path = '' as $$
declare
  revoked timestamptz;
begin
  -- Of whatever role: who may no longer trade may still take a key away.
  if private.caller_role() is null then
    perform private.raise_api_error(403, 'forbidden', 'sign in again: this session has ended');
  end if;
  update public.api_keys k set revoked_at = now()
  where k.id = p_api_key_id and k.user_id = auth.uid() and k.revoked_at is null;
  select k.revoked_at into revoked from public.api_keys k where k.id = p_api_key_id and k.user_id = auth.uid();
  if revoked is null then
    perform private.raise_api_error(404, 'api_key_not_found', 'there is no such API key');
  end if;
  return revoked;
end
$$;
comment on function private.revoke_api_key(uuid) is 'Revokes a key of the caller. Definer, because nobody may update keys.';

create function public.revoke_api_key(p_api_key_id uuid) returns timestamptz
language sql security invoker set search_path = '' as $$
  select private.revoke_api_key(p_api_key_id)
$$;
comment on function public.revoke_api_key(uuid) is
  'Revokes an API key of the caller, for good and at once, and says when; revoking it again changes nothing. Errors: forbidden, api_key_not_found.';

create function private.active_permissions(p_api_key_id uuid) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case when r.role in ('trader', 'admin') then k.permissions
      else array(select p from unnest(k.permissions) p where p = 'data:read') end
    from public.api_keys k
    join auth.users u on u.id = k.user_id
    join public.user_roles r on r.user_id = k.user_id
    where k.id = p_api_key_id
      and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now())
      and u.deleted_at is null
      and (u.banned_until is null or u.banned_until <= now())
  );
end
$$;
comment on function private.active_permissions(uuid) is
  'What an API key allows now: null once it is revoked or expired or its owner is banned, and reading alone once its owner may only read. Definer, because runners may see neither keys nor users.';

create function private.verify_api_key(
  p_key text,
  p_ip inet,
  p_permission text,
  out api_key_id uuid,
  out user_id uuid,
  out permissions text[]
)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  parts constant text[] := regexp_match(left(p_key, 100), '^tb_([0-9a-z]{8})_([A-Za-z0-9_-]{43})$');
  given_hash constant bytea := sha256(convert_to(coalesce(parts[2], ''), 'UTF8'));
  -- An IPv4 address that came through an IPv6 socket is that address.
  address constant inet := case when p_ip <<= '::ffff:0:0/96' then substring(host(p_ip) from '[0-9.]+$')::inet else p_ip end;
  found_key public.api_keys;
begin
  select * into found_key from public.api_keys k where k.prefix = coalesce(parts[1], '');
  -- The same steps whether there is such a prefix or not. Comparing the hashes of secrets tells nothing of the secrets.
  verify_api_key.permissions := private.active_permissions(found_key.id);
  if coalesce(found_key.secret_hash, '\x00') <> given_hash or not coalesce(p_permission = any (verify_api_key.permissions), false) then
    perform private.raise_api_error(401, 'invalid_api_key', 'the API key is unknown, revoked or expired, or does not allow this');
  end if;
  -- Told apart from the rest, to help: who comes this far holds the key.
  if cardinality(found_key.ip_allowlist) > 0
    and not exists (select from unnest(found_key.ip_allowlist) network where address <<= network) then
    perform private.raise_api_error(403, 'ip_not_allowed', 'the API key is not accepted from this address');
  end if;
  update public.api_keys k set last_used_at = now(), last_used_ip = address
  where k.id = found_key.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  verify_api_key.api_key_id := found_key.id;
  verify_api_key.user_id := found_key.user_id;
end
$$;
comment on function private.verify_api_key(text, inet, text) is
  'Whose an API key is and what it allows, provided that it allows the given permission from the given address; else an error. Definer, because the hash is granted to nobody.';

create function public.authenticate_api_key(
  p_key text,
  p_ip inet,
  p_permission text default 'runner:connect',
  out api_key_id uuid,
  out user_id uuid,
  out permissions text[]
)
language sql security invoker set search_path = '' as $$
  select verified.api_key_id, verified.user_id, verified.permissions
  from private.verify_api_key(p_key, p_ip, p_permission) verified
$$;
comment on function public.authenticate_api_key(text, inet, text) is
  'For the function runner, which holds the secret key of the project: whose an API key is and what it allows. Errors: invalid_api_key for all that is wrong with a key, ip_not_allowed.';

revoke execute on function private.limit_api_keys(), private.create_api_key(text, text[], timestamptz, inet[]), private.revoke_api_key(uuid),
  private.active_permissions(uuid), private.verify_api_key(text, inet, text) from public;
revoke execute on function public.create_api_key(text, text[], timestamptz, inet[]), public.revoke_api_key(uuid) from public, anon, service_role;
revoke execute on function public.authenticate_api_key(text, inet, text) from public, anon, authenticated;
grant execute on function private.create_api_key(text, text[], timestamptz, inet[]), public.create_api_key(text, text[], timestamptz, inet[]),
  private.revoke_api_key(uuid), public.revoke_api_key(uuid) to authenticated;
grant execute on function private.verify_api_key(text, inet, text), public.authenticate_api_key(text, inet, text) to service_role;
