-- Purpose: how workers open credentials and encrypt them anew, and how operators change the encryption key.
-- Objects: functions private.open_credential, private.record_credential_test, private.active_encryption_key,
--   private.credentials_to_reencrypt, private.store_reencrypted_credentials, private.retire_encryption_keys,
--   private.test_encryption, private.activate_encryption_key, private.destroy_encryption_key; queue reencrypt.
-- Risk: none on an empty database.

-- Each run goes on where the one before it ended.
select pgboss.create_queue('reencrypt', '{
  "policy": "standard", "retryLimit": 10, "retryDelay": 1, "retryBackoff": true, "retryDelayMax": 300,
  "expireInSeconds": 3600, "heartbeatSeconds": 10, "notify": true}');

create function private.open_credential(
  p_credential_id uuid, p_purpose text, p_opened_by text, p_job_id uuid default null, p_bot_id uuid default null, p_order_id uuid default null
) returns table (user_id uuid, exchange text, is_sandbox boolean, status text, ciphertext bytea, fingerprint text)
language plpgsql security definer set search_path = '' as $$
declare
  credential public.exchange_credentials;
begin
  update public.exchange_credentials c set last_used_at = now()
  where c.id = p_credential_id and c.status = 'active'
  returning * into credential;
  if credential.id is null then
    return query select c.user_id, c.exchange, c.is_sandbox, c.status, null::bytea, null::text
      from public.exchange_credentials c where c.id = p_credential_id;
    return;
  end if;
  insert into public.credential_access_log (credential_id, credential_name, user_id, opened_by, purpose, bot_id, order_id, job_id)
  values (credential.id, credential.name, credential.user_id, p_opened_by, p_purpose, p_bot_id, p_order_id, p_job_id);
  return query select credential.user_id, credential.exchange, credential.is_sandbox, credential.status, credential.ciphertext, k.fingerprint
    from private.encryption_keys k where k.id = credential.encryption_key_id;
end
$$;
comment on function private.open_credential(uuid, text, text, uuid, uuid, uuid) is
  'For workers: the ciphertext of a credential and the fingerprint of its key, with the row in credential_access_log that says so. No row for a credential that is not there; a disabled one comes without ciphertext. Definer, because nobody may select a ciphertext.';

create function private.record_credential_test(p_credential_id uuid, p_error text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  owner_id uuid;
  outcome constant text := case when p_error is null then 'ok' else 'failed' end;
begin
  update public.exchange_credentials c set test_status = outcome, test_error = p_error, last_tested_at = now()
  where c.id = p_credential_id
  returning c.user_id into owner_id;
  if owner_id is not null then
    perform private.emit_event(owner_id, 'user:' || owner_id::text, 'credential_tested', jsonb_build_object(
      'kind', 'credential', 'id', p_credential_id, 'test_status', outcome, 'test_error', p_error, 'at', now()));
  end if;
end
$$;
comment on function private.record_credential_test(uuid, text) is
  'For workers: writes how a test ended, null for well or a code of contracts.CREDENTIAL_TEST_ERRORS, and tells the owner. Definer, because it emits an event.';

create function private.active_encryption_key() returns table (id uuid, fingerprint text)
language sql stable security definer set search_path = '' as $$
  select k.id, k.fingerprint from private.encryption_keys k where k.status = 'active'
$$;
comment on function private.active_encryption_key() is 'For workers: which key to encrypt to; they have it themselves. Definer, so that workers need no rights on the table.';

create function private.credentials_to_reencrypt(p_after uuid, p_limit integer, p_opened_by text, p_job_id uuid)
returns table (id uuid, encryption_key_id uuid, fingerprint text, ciphertext bytea)
language sql security definer set search_path = '' as $$
  with batch as (
    select c.id, c.user_id, c.name, c.encryption_key_id, k.fingerprint, c.ciphertext
    from public.exchange_credentials c
    join private.encryption_keys k on k.id = c.encryption_key_id
    where k.status = 'retiring' and c.id > p_after
    order by c.id
    limit p_limit
    for key share of c
  ), logged as (
    insert into public.credential_access_log (credential_id, credential_name, user_id, opened_by, purpose, job_id)
    select b.id, b.name, b.user_id, p_opened_by, 'reencrypt', p_job_id from batch b
  )
  select b.id, b.encryption_key_id, b.fingerprint, b.ciphertext from batch b order by b.id
$$;
comment on function private.credentials_to_reencrypt(uuid, integer, text, uuid) is
  'For workers: the next credentials, by id, that are encrypted to a retiring key, each with its row in credential_access_log. Definer, because nobody may select a ciphertext.';

create function private.store_reencrypted_credentials(p_new_key_id uuid, p_ids uuid[], p_old_key_ids uuid[], p_ciphertexts bytea[]) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  changed integer;
begin
  perform from private.encryption_keys k where k.id = p_new_key_id and k.status = 'active' for share;
  if not found then
    raise exception 'the key that credentials were encrypted to is not active any more';
  end if;
  with new as (
    select * from unnest(p_ids, p_old_key_ids, p_ciphertexts) as n (id, old_key_id, ciphertext)
  ), free as (
    -- What someone else holds is left for the next pass: waiting for it could deadlock with the deletion of a user.
    select c.id from public.exchange_credentials c
    join new n on n.id = c.id and n.old_key_id = c.encryption_key_id
    for update of c skip locked
  )
  update public.exchange_credentials c set ciphertext = n.ciphertext, encryption_key_id = p_new_key_id
  from free f join new n on n.id = f.id
  where c.id = f.id;
  get diagnostics changed = row_count;
  return changed;
end
$$;
comment on function private.store_reencrypted_credentials(uuid, uuid[], uuid[], bytea[]) is
  'For workers: replaces ciphertexts by those for the active key, of credentials that are still on the key they were read with. Returns how many. Definer, because nobody may update a ciphertext.';

create function private.retire_encryption_keys() returns table (fingerprint text, credentials_left bigint)
language plpgsql security definer set search_path = '' as $$
begin
  -- No credential can come to a retiring key, so a count of none stays none.
  update private.encryption_keys k set status = 'retired', retired_at = now()
  where k.status = 'retiring' and not exists (select from public.exchange_credentials c where c.encryption_key_id = k.id);
  return query select k.fingerprint, (select count(*) from public.exchange_credentials c where c.encryption_key_id = k.id)
    from private.encryption_keys k where k.status = 'retiring';
end
$$;
comment on function private.retire_encryption_keys() is
  'For workers: retires the retiring keys that no credential is encrypted to any more, and returns those that still have some. Definer, so that workers need no rights on the table.';

create function private.test_encryption(p_public_key text, p_key_id text, p_text text) returns bytea
language plpgsql set search_path = '' as $$
begin
  if extensions.pgp_key_id(extensions.dearmor(p_public_key)) is distinct from upper(p_key_id) then
    raise exception 'Postgres would encrypt to another part of the key than %', p_key_id using errcode = 'invalid_parameter_value';
  end if;
  return extensions.pgp_pub_encrypt(p_text, extensions.dearmor(p_public_key), 'compress-algo=0, cipher-algo=aes256');
exception when external_routine_invocation_exception then
  raise exception 'Postgres cannot encrypt to this key (%): make an RSA key with "npm run keys"', sqlerrm using errcode = 'invalid_parameter_value';
end
$$;
comment on function private.test_encryption(text, text, text) is
  'Encrypts a text as credentials are, to see that the key works; p_key_id is the OpenPGP id of the part of the key that has to be used.';

create function private.activate_encryption_key(p_fingerprint text, p_key_id text, p_public_key text, p_replace boolean) returns uuid
language plpgsql set search_path = '' as $$
declare
  active_fingerprint text;
  new_id uuid;
begin
  -- Two operators at a time take turns.
  lock table private.encryption_keys in share row exclusive mode;
  perform private.test_encryption(p_public_key, p_key_id, 'test');
  select k.fingerprint into active_fingerprint from private.encryption_keys k where k.status = 'active';
  if exists (select from private.encryption_keys k where k.fingerprint = p_fingerprint) then
    raise exception 'the key % has been in use here before: use a new one', p_fingerprint using errcode = 'invalid_parameter_value';
  elsif p_replace and active_fingerprint is null then
    raise exception 'there is no active key to rotate: use "generate"' using errcode = 'invalid_parameter_value';
  elsif not p_replace and active_fingerprint is not null then
    raise exception 'there is an active key, %: use "rotate" to replace it', active_fingerprint using errcode = 'invalid_parameter_value';
  end if;
  update private.encryption_keys k set status = 'retiring' where k.status = 'active';
  insert into private.encryption_keys (fingerprint, public_key) values (p_fingerprint, p_public_key) returning id into new_id;
  if p_replace then
    perform private.enqueue_job('reencrypt', gen_random_uuid(), '{"version": 1}', null);
  end if;
  return new_id;
end
$$;
comment on function private.activate_encryption_key(text, text, text, boolean) is
  'For operators, by "npm run keys": makes a key the active one. With p_replace the one before it begins to retire, and the job that encrypts its credentials anew is enqueued.';

create function private.destroy_encryption_key(p_fingerprint text) returns void
language plpgsql set search_path = '' as $$
declare
  key private.encryption_keys;
  credentials_left bigint;
begin
  lock table private.encryption_keys in share row exclusive mode;
  select * into key from private.encryption_keys k where k.fingerprint = p_fingerprint;
  if key.id is null then
    raise exception 'there is no key %', p_fingerprint using errcode = 'invalid_parameter_value';
  elsif key.status = 'active' then
    raise exception 'the key % is active: rotate first', p_fingerprint using errcode = 'invalid_parameter_value';
  end if;
  select count(*) into credentials_left from public.exchange_credentials c where c.encryption_key_id = key.id;
  if credentials_left > 0 then
    raise exception 'the key % is still needed by % credentials: a worker has to encrypt them anew first', p_fingerprint, credentials_left
      using errcode = 'invalid_parameter_value';
  end if;
  if key.status = 'retiring' then
    update private.encryption_keys k set status = 'retired', retired_at = now() where k.id = key.id;
  end if;
  update private.encryption_keys k set status = 'destroyed', destroyed_at = now() where k.id = key.id and k.status = 'retired';
end
$$;
comment on function private.destroy_encryption_key(text) is
  'For operators, by "npm run keys", which deletes the private key then: marks a key that no credential needs as destroyed. Doing it again changes nothing.';

revoke execute on function private.open_credential(uuid, text, text, uuid, uuid, uuid), private.record_credential_test(uuid, text),
  private.active_encryption_key(), private.credentials_to_reencrypt(uuid, integer, text, uuid),
  private.store_reencrypted_credentials(uuid, uuid[], uuid[], bytea[]), private.retire_encryption_keys(),
  private.test_encryption(text, text, text), private.activate_encryption_key(text, text, text, boolean),
  private.destroy_encryption_key(text) from public;
grant execute on function private.open_credential(uuid, text, text, uuid, uuid, uuid), private.record_credential_test(uuid, text),
  private.active_encryption_key(), private.credentials_to_reencrypt(uuid, integer, text, uuid),
  private.store_reencrypted_credentials(uuid, uuid[], uuid[], bytea[]), private.retire_encryption_keys() to tradebase_worker;
