-- Purpose: exchange credentials that go in and never come out: encrypted to a public key whose private half the database
--   never sees, each opening a row of a log.
-- Objects: tables private.encryption_keys, exchange_credentials, credential_access_log (by month); functions
--   create_credential, update_credential, request_credential_test with their halves in private,
--   private.find_own_credential, private.checked_credential_name, private.guard_credential_access_log,
--   private.delete_credential_accesses; queues test-credential, test-credential-dead.
-- Risk: none on an empty database. Without an active encryption key (npm run keys -- generate) no credential is accepted.

create extension if not exists pgcrypto with schema extensions;

-- A test that dies with its worker is tried once more; then its dead letter marks it as failed.
select pgboss.create_queue('test-credential-dead', '{"policy": "standard", "retryLimit": 5, "retryDelay": 5, "notify": true}');
select pgboss.create_queue('test-credential', '{
  "policy": "standard", "retryLimit": 1, "retryDelay": 1, "expireInSeconds": 60, "heartbeatSeconds": 10,
  "deadLetter": "test-credential-dead", "notify": true}');

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.credential_access_log_days', '730', 30, 36500, 'Days for which openings of exchange credentials are kept; null keeps them for ever.');

create table private.encryption_keys (
  id uuid not null default gen_random_uuid(),
  fingerprint text not null,
  public_key text not null,
  status text not null default 'active',
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  destroyed_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint encryption_keys_pkey primary key (id),
  constraint encryption_keys_fingerprint_key unique (fingerprint),
  constraint encryption_keys_fingerprint_check check (fingerprint ~ '^[0-9A-F]{40}$'),
  constraint encryption_keys_public_key_check check (public_key like '-----BEGIN PGP PUBLIC KEY BLOCK-----%' and char_length(public_key) <= 16384),
  constraint encryption_keys_status_check check (status in ('active', 'retiring', 'retired', 'destroyed')),
  constraint encryption_keys_times_check check (
    (retired_at is not null) = (status in ('retired', 'destroyed')) and (destroyed_at is not null) = (status = 'destroyed')
  )
);
comment on table private.encryption_keys is 'The OpenPGP public keys to which exchange credentials are encrypted. Their private keys exist in the workers'' environment alone.';
comment on column private.encryption_keys.id is 'Identifies the key.';
comment on column private.encryption_keys.fingerprint is 'OpenPGP fingerprint, 40 hexadecimal digits; also the name of the private key''s file.';
comment on column private.encryption_keys.public_key is 'The public key, armored.';
comment on column private.encryption_keys.status is 'active: credentials are encrypted to it. retiring: some still are and are being encrypted anew. retired: none is. destroyed: its private key was deleted.';
comment on column private.encryption_keys.created_at is 'When it became active.';
comment on column private.encryption_keys.retired_at is 'When the last credential had left it.';
comment on column private.encryption_keys.destroyed_at is 'When it was destroyed.';
comment on column private.encryption_keys.updated_at is 'When the row last changed.';
create unique index encryption_keys_active_idx on private.encryption_keys (status) where status = 'active';
alter table private.encryption_keys enable row level security;
revoke all on private.encryption_keys from public;
create policy "No API role can reach encryption keys" on private.encryption_keys for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach encryption keys" on private.encryption_keys is 'Says outright what the missing grants mean.';
create trigger set_updated_at before update on private.encryption_keys
  for each row execute function private.set_updated_at();
create trigger check_status before update on private.encryption_keys
  for each row execute function private.check_status();
create trigger audit_change after insert or update or delete on private.encryption_keys
  for each row execute function private.audit_change('public_key');

create table public.exchange_credentials (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  exchange text not null,
  name text not null,
  key_hint text not null,
  ciphertext bytea not null,
  encryption_key_id uuid not null,
  has_passphrase boolean not null,
  is_sandbox boolean not null default false,
  status text not null default 'active',
  test_status text,
  test_error text,
  test_requested_at timestamptz,
  last_tested_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint exchange_credentials_pkey primary key (id),
  constraint exchange_credentials_id_user_id_key unique (id, user_id),
  constraint exchange_credentials_user_id_name_key unique (user_id, name),
  constraint exchange_credentials_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint exchange_credentials_encryption_key_id_fkey foreign key (encryption_key_id) references private.encryption_keys (id),
  constraint exchange_credentials_exchange_check check (exchange ~ '^[a-z][a-z0-9_]{1,39}$'),
  -- Neither control characters nor those that turn the direction of text around.
  constraint exchange_credentials_name_check check (
    char_length(name) between 1 and 100 and name = btrim(name) and name is nfc normalized
    and name !~ '[\u0001-\u001F\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]'
  ),
  constraint exchange_credentials_key_hint_check check (char_length(key_hint) between 4 and 11),
  constraint exchange_credentials_ciphertext_check check (octet_length(ciphertext) between 1 and 16384),
  constraint exchange_credentials_status_check check (status in ('active', 'disabled')),
  constraint exchange_credentials_test_status_check check (test_status in ('pending', 'ok', 'failed')),
  constraint exchange_credentials_test_error_check check (
    (test_error is not null) = (coalesce(test_status, '') = 'failed') and test_error ~ '^[a-z][a-z_]{0,62}$'
  )
);
comment on table public.exchange_credentials is 'Keys to users'' accounts on exchanges. Made by create_credential; what is secret in them can be opened by a worker that holds the private key, and by nobody else.';
comment on column public.exchange_credentials.id is 'Identifies the credential.';
comment on column public.exchange_credentials.user_id is 'Owner.';
comment on column public.exchange_credentials.exchange is 'The exchange, as ccxt names it.';
comment on column public.exchange_credentials.name is 'What the owner calls it; once per owner.';
comment on column public.exchange_credentials.key_hint is 'First and last four characters of the key, to tell credentials apart; of a short key nothing.';
comment on column public.exchange_credentials.ciphertext is 'OpenPGP message: key, secret and passphrase with the ids of this row, as JSON. Granted to nobody.';
comment on column public.exchange_credentials.encryption_key_id is 'The key it is encrypted to.';
comment on column public.exchange_credentials.has_passphrase is 'Whether there is a passphrase beside key and secret.';
comment on column public.exchange_credentials.is_sandbox is 'Whether it belongs to the exchange''s test environment.';
comment on column public.exchange_credentials.status is 'active, or disabled by its owner: then it cannot be opened.';
comment on column public.exchange_credentials.test_status is 'Outcome of the last test at the exchange: pending, ok or failed; null before the first.';
comment on column public.exchange_credentials.test_error is 'Why the last test failed, as a code of contracts.CREDENTIAL_TEST_ERRORS.';
comment on column public.exchange_credentials.test_requested_at is 'When the last test was asked for.';
comment on column public.exchange_credentials.last_tested_at is 'When the last test ended.';
comment on column public.exchange_credentials.last_used_at is 'When a worker last opened it, but for encrypting it anew.';
comment on column public.exchange_credentials.created_at is 'When it was stored.';
comment on column public.exchange_credentials.updated_at is 'When the owner last changed it.';
create index exchange_credentials_user_id_created_at_idx on public.exchange_credentials (user_id, created_at desc, id desc);
create index exchange_credentials_encryption_key_id_idx on public.exchange_credentials (encryption_key_id, id);

create table public.credential_access_log (
  id bigint generated always as identity,
  credential_id uuid,
  credential_name text not null,
  user_id uuid not null,
  opened_by text not null,
  opened_at timestamptz not null default now(),
  purpose text not null,
  bot_id uuid,
  order_id uuid,
  job_id uuid,
  constraint credential_access_log_pkey primary key (id, opened_at),
  constraint credential_access_log_credential_id_fkey foreign key (credential_id, user_id)
    references public.exchange_credentials (id, user_id) on delete set null (credential_id),
  constraint credential_access_log_opened_by_check check (char_length(opened_by) between 1 and 200),
  constraint credential_access_log_purpose_check check (purpose in ('test', 'balance', 'positions', 'order', 'market_data', 'reencrypt'))
) partition by range (opened_at);
comment on table public.credential_access_log is 'Each opening of an exchange credential, written before it is decrypted. Append-only. No foreign key to users: a trigger deletes a deleted user''s rows, because workers write here.';
comment on column public.credential_access_log.id is 'Number of the opening.';
comment on column public.credential_access_log.credential_id is 'The credential; null once it is deleted.';
comment on column public.credential_access_log.credential_name is 'What the credential was called then.';
comment on column public.credential_access_log.user_id is 'Owner of the credential.';
comment on column public.credential_access_log.opened_by is 'The worker process that opened it.';
comment on column public.credential_access_log.opened_at is 'When.';
comment on column public.credential_access_log.purpose is 'What for: test, balance, positions, order, market_data, or reencrypt for a change of the encryption key.';
comment on column public.credential_access_log.bot_id is 'The bot for which it was opened, if any.';
comment on column public.credential_access_log.order_id is 'The order for which it was opened, if any.';
comment on column public.credential_access_log.job_id is 'The queue''s job in which it was opened, if any.';
create index credential_access_log_credential_id_user_id_idx on public.credential_access_log (credential_id, user_id, id desc);
create index credential_access_log_user_id_opened_at_idx on public.credential_access_log (user_id, opened_at desc);

create function private.guard_credential_access_log() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    -- The foreign key lets go of a deleted credential.
    if new.credential_id is null and to_jsonb(new) - 'credential_id' = to_jsonb(old) - 'credential_id'
      and not exists (select from public.exchange_credentials c where c.id = old.credential_id) then
      return new;
    end if;
  elsif tg_op = 'DELETE' then
    if not exists (select from auth.users u where u.id = old.user_id) then
      return old;
    end if;
  end if;
  raise exception 'the log of credential openings is append-only' using errcode = 'insufficient_privilege';
end
$$;
comment on function private.guard_credential_access_log() is 'Trigger: refuses every change and deletion to every role, but for what deleting a credential or a user causes. Definer, to see whether they are deleted.';

create function private.delete_credential_accesses() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.credential_access_log l where l.user_id = old.id;
  return null;
end
$$;
comment on function private.delete_credential_accesses() is 'Trigger: does for the log of openings what a foreign key with ON DELETE CASCADE would. Definer, because Auth deletes users.';

revoke execute on function private.guard_credential_access_log(), private.delete_credential_accesses() from public;
create trigger guard before update or delete on public.credential_access_log
  for each row execute function private.guard_credential_access_log();
create trigger guard_truncate before truncate on public.credential_access_log
  for each statement execute function private.guard_credential_access_log();
-- Fires after the cascades of foreign keys, whose triggers sort before it.
create trigger tradebase_delete_credential_accesses after delete on auth.users
  for each row execute function private.delete_credential_accesses();
select private.add_partitioned_table('credential_access_log', 'opened_at', 'month', 3, 'retention.credential_access_log_days');

alter table public.exchange_credentials enable row level security;
alter table public.credential_access_log enable row level security;
revoke all on public.exchange_credentials, public.credential_access_log from anon, authenticated, service_role;
grant select (id, user_id, exchange, name, key_hint, has_passphrase, is_sandbox, status, test_status, test_error, test_requested_at, last_tested_at,
  last_used_at, created_at, updated_at) on public.exchange_credentials to authenticated, service_role, tradebase_admin, tradebase_worker;
grant delete on public.exchange_credentials to authenticated;
grant select on public.credential_access_log to authenticated, service_role, tradebase_admin;

create policy "Owners can see their credentials" on public.exchange_credentials for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can see their credentials" on public.exchange_credentials is 'All but the ciphertext, which no grant has. Not runners: they trade with keys of their own machine.';
create policy "Owners can delete their credentials" on public.exchange_credentials for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their credentials" on public.exchange_credentials is 'Made and changed by functions, deleted directly.';
create policy "Admins can see credentials" on public.exchange_credentials for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can see credentials" on public.exchange_credentials is 'In an audited read only, and never the ciphertext.';
create policy "Owners can read who opened their credentials" on public.credential_access_log for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read who opened their credentials" on public.credential_access_log is 'Also of credentials that are deleted.';
create policy "Admins can read who opened credentials" on public.credential_access_log for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read who opened credentials" on public.credential_access_log is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('exchange_credentials', 'active', 'disabled'),
  ('exchange_credentials', 'disabled', 'active'),
  ('encryption_keys', 'active', 'retiring'),
  ('encryption_keys', 'retiring', 'retired'),
  ('encryption_keys', 'retired', 'destroyed');
create trigger set_updated_at before update of name, status on public.exchange_credentials
  for each row execute function private.set_updated_at();
create trigger check_status before update on public.exchange_credentials
  for each row execute function private.check_status();
create trigger audit_change after insert or update or delete on public.exchange_credentials
  for each row execute function private.audit_change('ciphertext', 'encryption_key_id', 'last_used_at', 'last_tested_at', 'test_requested_at', 'test_status', 'test_error');

create function private.checked_credential_name(p_name text) returns text
language plpgsql set search_path = '' as $$
declare
  name constant text := btrim(normalize(p_name));
begin
  if char_length(name) not between 1 and 100 or name ~ '[\u0001-\u001F\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]' then
    perform private.raise_api_error(422, 'invalid_request', 'name must have 1 to 100 characters, none of them a control character');
  end if;
  return name;
end
$$;
comment on function private.checked_credential_name(text) is 'The name of a credential as the table has it: trimmed, in one form of Unicode. Error: invalid_request.';

create function private.create_credential(p_request json) returns uuid
language plpgsql security definer set search_path = '' as $$
-- p_request holds secrets. Whatever fails here must fail with a text of ours: what Postgres says of a value that it refuses
-- has the value in it. And no statement may have a secret among its parameters, because auto_explain logs those; conditions
-- and assignments are expressions, which it does not see.
declare
  owner_id constant uuid := auth.uid();
  credential_id constant uuid := gen_random_uuid();
  most_bytes constant integer := 4096;
  -- What the column takes of a ciphertext, less what encryption adds: of the longest RSA key there is, 2 kB.
  most_plaintext_bytes constant integer := 16384 - 2304;
  most_credentials constant numeric := private.quota(owner_id, 'credentials');
  request jsonb;
  problem text;
  exchange_id text;
  new_name text;
  hint text;
  with_passphrase boolean;
  sandbox boolean;
  encryption_key record;
  plaintext text;
  message bytea;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role may not store credentials');
  end if;

  if octet_length(p_request::text) > 4 * most_bytes then
    problem := format('the request may have %s bytes at most', 4 * most_bytes);
  elsif not pg_catalog.pg_input_is_valid(p_request::text, 'jsonb') then
    problem := 'the request has a character that text cannot have';
  else
    request := p_request::text::jsonb;
    problem := case
      when jsonb_typeof(request) <> 'object' then 'the request must be an object'
      when request - '{exchange,name,key,secret,passphrase,sandbox}'::text[] <> '{}' then 'the request may have exchange, name, key, secret, passphrase and sandbox, and nothing else'
      when coalesce(jsonb_typeof(request -> 'exchange'), '') <> 'string' or request ->> 'exchange' !~ '^[a-z][a-z0-9_]{1,39}$' then 'exchange must be the id of an exchange, such as kraken'
      when coalesce(jsonb_typeof(request -> 'name'), '') <> 'string' then 'name must be a text'
      when coalesce(jsonb_typeof(request -> 'key'), '') <> 'string' or octet_length(request ->> 'key') not between 1 and most_bytes then format('key must be a text of 1 to %s bytes', most_bytes)
      when coalesce(jsonb_typeof(request -> 'secret'), '') <> 'string' or octet_length(request ->> 'secret') not between 1 and most_bytes then format('secret must be a text of 1 to %s bytes', most_bytes)
      when coalesce(jsonb_typeof(request -> 'passphrase'), 'string') <> 'string' or octet_length(request ->> 'passphrase') not between 1 and most_bytes then format('passphrase must be a text of 1 to %s bytes', most_bytes)
      when coalesce(jsonb_typeof(request -> 'sandbox'), 'boolean') <> 'boolean' then 'sandbox must be true or false'
    end;
  end if;
  if problem is not null then
    perform private.raise_api_error(422, 'invalid_request', problem);
  end if;
  exchange_id := request ->> 'exchange';
  new_name := private.checked_credential_name(request ->> 'name');
  with_passphrase := request ? 'passphrase';
  sandbox := coalesce((request ->> 'sandbox')::boolean, false);
  -- Eight characters of a short key would be too much of it.
  hint := case when char_length(request ->> 'key') < 16 then '****' else left(request ->> 'key', 4) || '...' || right(request ->> 'key', 4) end;

  -- One request of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('credentials of ' || owner_id::text, 0));
  if (select count(*) from public.exchange_credentials c where c.user_id = owner_id) >= most_credentials then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s credentials, as many as you may: delete one first', most_credentials));
  end if;

  -- Locked, so that the key cannot begin to retire between here and the commit. Twice, because whoever waited for a rotation
  -- finds the old key no longer active, and the new one at the second look.
  for look in 1..2 loop
    select k.id, k.public_key into encryption_key from private.encryption_keys k where k.status = 'active' for share;
    exit when found;
  end loop;
  if encryption_key.id is null then
    perform private.raise_api_error(503, 'encryption_unavailable',
      'there is no encryption key yet: the operator makes one with "npm run keys -- generate"');
  end if;

  -- The ids go in as well: a ciphertext that is put into another row, or whose row is given another owner or exchange, is of
  -- no use.
  plaintext := jsonb_strip_nulls(jsonb_build_object(
    'credential_id', credential_id, 'user_id', owner_id, 'exchange', exchange_id,
    'key', request ->> 'key', 'secret', request ->> 'secret', 'passphrase', request ->> 'passphrase'))::text;
  -- JSON writes some characters as six.
  if octet_length(plaintext) > most_plaintext_bytes then
    perform private.raise_api_error(422, 'invalid_request',
      format('key, secret and passphrase, written as JSON, may have about %s bytes together', most_plaintext_bytes));
  end if;
  message := extensions.pgp_pub_encrypt(plaintext, extensions.dearmor(encryption_key.public_key), 'compress-algo=0, cipher-algo=aes256');
  begin
    insert into public.exchange_credentials (id, user_id, exchange, name, key_hint, ciphertext, encryption_key_id, has_passphrase, is_sandbox)
    values (credential_id, owner_id, exchange_id, new_name, hint, message, encryption_key.id, with_passphrase, sandbox);
  exception when unique_violation then
    perform private.raise_api_error(409, 'credential_name_taken', 'you have a credential with this name already');
  end;
  return credential_id;
end
$$;
comment on function private.create_credential(json) is 'Encrypts a credential of the caller and stores it. Definer, because users may neither write credentials nor see the encryption key.';

create function public.create_credential(json) returns uuid
language plpgsql security invoker set search_path = '' as $$
begin
  return private.create_credential($1);
end
$$;
comment on function public.create_credential(json) is
  'Stores a credential of the caller: {exchange, name, key, secret, passphrase?, sandbox?}; returns its id. Its one parameter has no name, so that the Data API passes the body as it is: taken apart by Postgres, a malformed one would be quoted in the log. Errors: invalid_request, credential_name_taken, quota_exceeded, encryption_unavailable, forbidden.';

create function private.find_own_credential(p_credential_id uuid) returns public.exchange_credentials
language plpgsql security definer set search_path = '' as $$
declare
  credential public.exchange_credentials;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role may not change credentials');
  end if;
  select * into credential from public.exchange_credentials c
  where c.id = p_credential_id and c.user_id = auth.uid()
  for no key update;
  if credential.id is null then
    perform private.raise_api_error(404, 'credential_not_found', 'there is no such credential');
  end if;
  return credential;
end
$$;
comment on function private.find_own_credential(uuid) is 'Locks a credential that the caller may change. Errors: forbidden, credential_not_found. Definer, to lock a row of a table that users may not update.';

create function private.update_credential(p_credential_id uuid, p_name text, p_enabled boolean) returns void
language plpgsql security definer set search_path = '' as $$
declare
  credential constant public.exchange_credentials := private.find_own_credential(p_credential_id);
begin
  update public.exchange_credentials c set
    name = case when p_name is null then c.name else private.checked_credential_name(p_name) end,
    status = case p_enabled when true then 'active' when false then 'disabled' else c.status end
  where c.id = credential.id;
exception when unique_violation then
  perform private.raise_api_error(409, 'credential_name_taken', 'you have a credential with this name already');
end
$$;
comment on function private.update_credential(uuid, text, boolean) is 'Renames, disables or enables a credential of the caller. Definer, because users may not update the table.';

create function public.update_credential(p_credential_id uuid, p_name text default null, p_enabled boolean default null) returns void
language sql security invoker set search_path = '' as $$
  select private.update_credential(p_credential_id, p_name, p_enabled)
$$;
comment on function public.update_credential(uuid, text, boolean) is
  'Renames, disables or enables a credential of the caller; null leaves as it is. A disabled one cannot be opened. Errors: credential_not_found, credential_name_taken, invalid_request, forbidden.';

create function private.request_credential_test(p_credential_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  credential constant public.exchange_credentials := private.find_own_credential(p_credential_id);
begin
  if credential.status = 'disabled' then
    perform private.raise_api_error(409, 'credential_disabled', 'the credential is disabled: enable it first');
  end if;
  -- After a while the job is taken for lost.
  if credential.test_status is distinct from 'pending' or credential.test_requested_at <= now() - interval '10 minutes' then
    update public.exchange_credentials c set test_status = 'pending', test_error = null, test_requested_at = now() where c.id = credential.id;
    perform private.enqueue_job(
      'test-credential',
      gen_random_uuid(),
      jsonb_build_object('version', 1, 'credential_id', credential.id, 'request_id', private.request_header('x-request-id')),
      credential.user_id::text
    );
  end if;
end
$$;
comment on function private.request_credential_test(uuid) is 'Marks a credential of the caller as being tested, and enqueues the test with it. Definer, because users have no rights on either.';

create function public.request_credential_test(p_credential_id uuid) returns void
language sql security invoker set search_path = '' as $$
  select private.request_credential_test(p_credential_id)
$$;
comment on function public.request_credential_test(uuid) is
  'Has a worker ask the exchange whether a credential of the caller is good; while one test is pending, asking again changes nothing for ten minutes. Errors: credential_not_found, credential_disabled, forbidden.';

revoke execute on function private.checked_credential_name(text), private.create_credential(json), private.find_own_credential(uuid),
  private.update_credential(uuid, text, boolean), private.request_credential_test(uuid) from public;
grant execute on function private.create_credential(json), private.update_credential(uuid, text, boolean),
  private.request_credential_test(uuid) to authenticated;
revoke execute on function public.create_credential(json), public.update_credential(uuid, text, boolean),
  public.request_credential_test(uuid) from public, anon, service_role;
grant execute on function public.create_credential(json), public.update_credential(uuid, text, boolean),
  public.request_credential_test(uuid) to authenticated;
