-- Purpose: who did what, to what, when and from where: append-only, and chained so that a removed or changed row shows.
-- Objects: table audit_log (by month); tables private.audit_chains, private.audit_pending, private.audit_checkpoints;
--   functions private.request_header, private.caller, private.write_audit, private.audit_change, private.seal_audit_entry,
--   private.audit_content, private.audit_hash, private.audit_content_hash, private.audit_origin_hash, private.is_gone,
--   private.lock_audit_chains, private.guard_audit_log, private.anonymise_audit_log,
--   private.before_partition_drop.
-- Risk: none on an empty database.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.audit_log_days', '2555', 30, 36500, 'Days for which the audit log is kept; null keeps it for ever. Seven years by default.');

create table public.audit_log (
  chain text not null,
  seq bigint not null,
  created_at timestamptz not null,
  user_id uuid,
  actor text not null,
  actor_id uuid,
  action text not null,
  resource_type text not null,
  resource_id text,
  before jsonb,
  after jsonb,
  details jsonb,
  ip inet,
  user_agent text,
  request_id text,
  content_hash bytea not null,
  origin_hash bytea not null,
  hash bytea not null,
  constraint audit_log_pkey primary key (chain, seq, created_at),
  constraint audit_log_actor_check check (actor in ('user', 'admin', 'runner', 'anonymous', 'worker', 'service', 'auth', 'operator')),
  constraint audit_log_action_check check (action ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$' and char_length(action) <= 100),
  constraint audit_log_size_check check (
    pg_column_size(before) <= 65536 and pg_column_size(after) <= 65536 and pg_column_size(details) <= 65536
  )
) partition by range (created_at);
comment on table public.audit_log is 'What was done, by whom, to what. Append-only, and a hash chain for each user: a row that is changed or missing shows. Written at commit by private.write_audit.';
comment on column public.audit_log.chain is 'The chain of hashes the entry belongs to: the id of the user it is about, or system.';
comment on column public.audit_log.seq is 'Number of the entry in its chain, from 1 without gaps.';
comment on column public.audit_log.created_at is 'When it was done: the time of the transaction that did it.';
comment on column public.audit_log.user_id is 'The user it is about, who may read it; null for what concerns no user.';
comment on column public.audit_log.actor is 'What kind of caller did it: user, admin, runner, anonymous (the Data API without a session), worker, service (a secret key), auth (Supabase Auth) or operator (a database login).';
comment on column public.audit_log.actor_id is 'The user or the runner session that did it, where there is one.';
comment on column public.audit_log.action is 'What was done, such as credential.created.';
comment on column public.audit_log.resource_type is 'Kind of thing it was done to, such as exchange_credentials.';
comment on column public.audit_log.resource_id is 'Which one: of a row its primary key, the columns of which are joined by slashes.';
comment on column public.audit_log.before is 'The changed columns before, without secrets.';
comment on column public.audit_log.after is 'The changed columns after, without secrets.';
comment on column public.audit_log.details is 'What else there is to say.';
comment on column public.audit_log.ip is 'Address the request came from, as the gateway reports it. Of a request through a function it is the function''s: the caller''s is in the function''s log, under request_id.';
comment on column public.audit_log.user_agent is 'Program the request came from, as it calls itself.';
comment on column public.audit_log.request_id is 'Id of the request, as in the log of the function.';
comment on column public.audit_log.content_hash is 'SHA-256 over before, after and details: these can be erased with the user they are about, and the chain still proves the entry.';
comment on column public.audit_log.origin_hash is 'SHA-256 over ip and user agent: these can be erased with the user they are about, and with the one whose they are.';
comment on column public.audit_log.hash is 'SHA-256 over the hash of the entry before and this entry''s other columns.';
create index audit_log_user_id_created_at_idx on public.audit_log (user_id, created_at desc);
-- What users did to others, for forgetting where they did it from.
create index audit_log_actor_id_idx on public.audit_log (actor_id) where actor_id is distinct from user_id;
create index audit_log_created_at_idx on public.audit_log (created_at desc);

create table private.audit_chains (
  chain text not null,
  last_seq bigint not null,
  last_hash bytea not null,
  constraint audit_chains_pkey primary key (chain)
);
comment on table private.audit_chains is 'The end of each chain of the audit log. Its row lock puts concurrent entries in the order of their commits.';
comment on column private.audit_chains.chain is 'The chain.';
comment on column private.audit_chains.last_seq is 'Number of the last entry.';
comment on column private.audit_chains.last_hash is 'Hash of the last entry.';

create table private.audit_checkpoints (
  chain text not null,
  seq bigint not null,
  hash bytea not null,
  created_at timestamptz not null default now(),
  constraint audit_checkpoints_pkey primary key (chain)
);
comment on table private.audit_checkpoints is 'Where a chain begins whose oldest entries were dropped at the end of their retention.';
comment on column private.audit_checkpoints.chain is 'The chain.';
comment on column private.audit_checkpoints.seq is 'Number of the last entry dropped.';
comment on column private.audit_checkpoints.hash is 'Its hash, with which the first entry kept goes on.';
comment on column private.audit_checkpoints.created_at is 'When it was last dropped.';

-- Unlogged: what a crash could lose of it belongs to transactions that the crash undoes.
create unlogged table private.audit_pending (
  id bigint generated always as identity,
  entry jsonb not null,
  constraint audit_pending_pkey primary key (id)
);
comment on table private.audit_pending is 'Entries of transactions that have not committed: chained at commit, so that the locks of chains are the last ones taken and cannot deadlock. Always empty to others: each transaction sees its own entries alone.';
comment on column private.audit_pending.id is 'Order within the transaction.';
comment on column private.audit_pending.entry is 'The entry, as a row of audit_log without seq and hashes.';

alter table public.audit_log enable row level security;
alter table private.audit_chains enable row level security;
alter table private.audit_checkpoints enable row level security;
alter table private.audit_pending enable row level security;
revoke all on public.audit_log from anon, authenticated, service_role;
revoke all on private.audit_chains, private.audit_checkpoints, private.audit_pending from public;
grant select on public.audit_log to authenticated, service_role, tradebase_admin;
create policy "Users can read the audit log about them" on public.audit_log for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read the audit log about them" on public.audit_log is 'Also what admins and workers did to what is theirs.';
create policy "Admins can read the audit log" on public.audit_log for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read the audit log" on public.audit_log is 'In an audited read only.';
create policy "No API role can reach audit chains" on private.audit_chains for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach audit chains" on private.audit_chains is 'Says outright what the missing grants mean.';
create policy "No API role can reach audit checkpoints" on private.audit_checkpoints for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach audit checkpoints" on private.audit_checkpoints is 'Says outright what the missing grants mean.';
create policy "No API role can reach pending audit entries" on private.audit_pending for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach pending audit entries" on private.audit_pending is 'Says outright what the missing grants mean.';

create function private.request_header(p_name text) returns text
language sql stable set search_path = '' as $$
  select nullif(current_setting('request.headers', true), '')::jsonb ->> p_name
$$;
comment on function private.request_header(text) is 'A header of the Data API''s request, by its name in lower case; null without one or outside of a request.';

create function private.caller(out actor text, out actor_id uuid)
language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := auth.jwt();
begin
  if claims ->> 'role' = 'service_role' then
    actor := 'service';
  elsif claims -> 'app_metadata' ? 'api_key_id' then
    actor := 'runner';
    actor_id := auth.uid();
  elsif claims ->> 'role' = 'authenticated' then
    actor := case when private.is_admin() then 'admin' else 'user' end;
    actor_id := auth.uid();
  else
    actor := case session_user
      when 'authenticator' then 'anonymous'
      when 'tradebase_worker' then 'worker'
      when 'supabase_auth_admin' then 'auth'
      else 'operator' end;
  end if;
end
$$;
comment on function private.caller() is 'Who the current statement is run for: the kind of caller, and the user or runner session where there is one. Definer, because is_admin reads Auth''s sessions.';

create function private.audit_content(p_content jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select case
    when p_content = 'null' then null
    when pg_column_size(p_content) > 32768 then jsonb_build_object('left_out',
      jsonb_build_object('bytes', octet_length(p_content::text), 'sha256', encode(sha256(convert_to(p_content::text, 'UTF8')), 'hex')))
    else p_content end
$$;
comment on function private.audit_content(jsonb) is
  'What an audit entry keeps of before, after or details: all of it, or where it is too large its size and SHA-256, so that no change fails for being too large to tell of.';

create function private.write_audit(
  p_action text,
  p_resource_type text,
  p_resource_id text,
  p_user_id uuid default null,
  p_before jsonb default null,
  p_after jsonb default null,
  p_details jsonb default null
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  who record;
  -- Hosted Supabase is behind Cloudflare, which writes the first header itself and appends to what the client put into the second.
  came_from constant text := coalesce(private.request_header('cf-connecting-ip'),
                                      trim(split_part(private.request_header('x-forwarded-for'), ',', 1)));
begin
  who := private.caller();
  insert into private.audit_pending (entry) values (jsonb_build_object(
    'chain', coalesce(p_user_id::text, 'system'),
    'created_at', now(),
    'user_id', p_user_id,
    'actor', who.actor,
    'actor_id', who.actor_id,
    'action', p_action,
    'resource_type', p_resource_type,
    'resource_id', left(p_resource_id, 256),
    'before', private.audit_content(p_before),
    'after', private.audit_content(p_after),
    'details', private.audit_content(p_details),
    'ip', case when pg_catalog.pg_input_is_valid(came_from, 'inet') then came_from end,
    'user_agent', left(private.request_header('user-agent'), 256),
    'request_id', left(private.request_header('x-request-id'), 64)
  ));
end
$$;
comment on function private.write_audit(text, text, text, uuid, jsonb, jsonb, jsonb) is
  'Adds an entry to the audit log, with who is calling and from where; it commits with what it tells of. Never pass a secret. Definer, because nobody may write the log otherwise.';

create function private.audit_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- Columns that no entry may show, and those that change with every write.
  left_out constant text[] := array['updated_at'] || tg_argv::text[];
  row_before constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  row_after constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  any_row constant jsonb := coalesce(row_after, row_before);
  changed_before jsonb := row_before - left_out;
  changed_after jsonb := row_after - left_out;
  row_key text;
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, changed_after -> b.key)
    into changed_before, changed_after
    from jsonb_each(changed_before) b
    where changed_after -> b.key is distinct from b.value;
    if changed_before is null then
      return null;
    end if;
  end if;
  select string_agg(any_row ->> a.attname, '/' order by k.position) into row_key
  from pg_catalog.pg_index i
  cross join unnest(i.indkey::smallint[]) with ordinality k (attnum, position)
  join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
  where i.indrelid = tg_relid and i.indisprimary;
  perform private.write_audit(
    tg_table_name || case tg_op when 'INSERT' then '.created' when 'UPDATE' then '.updated' else '.deleted' end,
    tg_table_name,
    row_key,
    (any_row ->> 'user_id')::uuid,
    changed_before,
    changed_after
  );
  return null;
end
$$;
comment on function private.audit_change() is
  'Trigger after insert, update or delete: an audit entry with the columns that changed. Its arguments name columns to leave out: every secret, hash and ciphertext. Definer, because nobody may write the log otherwise.';

create function private.audit_content_hash(p_before jsonb, p_after jsonb, p_details jsonb) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(convert_to(jsonb_build_array(p_before, p_after, p_details)::text, 'UTF8'))
$$;
comment on function private.audit_content_hash(jsonb, jsonb, jsonb) is 'Hash of what an audit entry says and may have to forget with the user it is about.';

create function private.audit_origin_hash(p_ip inet, p_user_agent text) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(convert_to(jsonb_build_array(host(p_ip), p_user_agent)::text, 'UTF8'))
$$;
comment on function private.audit_origin_hash(inet, text) is 'Hash of where what an audit entry tells of was done from, which it may have to forget with who did it.';

create function private.is_gone(p_actor text, p_actor_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_actor in ('user', 'admin') and p_actor_id is not null and not exists (select from auth.users u where u.id = p_actor_id)
$$;
comment on function private.is_gone(text, uuid) is 'Whether an actor of the audit log is a user who was deleted. Definer, to see whether there is such a user.';

create function private.audit_hash(
  p_previous bytea, p_chain text, p_seq bigint, p_created_at timestamptz, p_actor text, p_actor_id uuid, p_action text,
  p_resource_type text, p_resource_id text, p_request_id text, p_content_hash bytea, p_origin_hash bytea
) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(p_previous || convert_to(jsonb_build_array(
    p_chain, p_seq, extract(epoch from p_created_at), p_actor, p_actor_id, p_action, p_resource_type, p_resource_id, p_request_id,
    encode(p_content_hash, 'hex'), encode(p_origin_hash, 'hex'))::text, 'UTF8'))
$$;
comment on function private.audit_hash(bytea, text, bigint, timestamptz, text, uuid, text, text, text, text, bytea, bytea) is
  'Hash of an audit entry: over the hash of the entry before it, and over itself.';

create function private.lock_audit_chains(p_first bigint, p_also text default null) returns void
language sql set search_path = '' as $$
  insert into private.audit_chains as locked (chain, last_seq, last_hash)
  select involved.chain, 0, ''::bytea
  from (
    select p.entry ->> 'chain' as chain from private.audit_pending p where p.id >= p_first
    union select p.entry ->> 'actor_id' from private.audit_pending p where p.id >= p_first and p.entry ->> 'actor' in ('user', 'admin')
    union select p_also where p_also is not null
  ) involved
  order by involved.chain
  on conflict (chain) do update set last_seq = locked.last_seq
$$;
comment on function private.lock_audit_chains(bigint, text) is
  'Locks, in the one order that keeps from deadlocks, the chains of this transaction''s entries from one on, those of the users who did it, and one more.';

create function private.seal_audit_entry() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  pending record;
  sealed public.audit_log;
  head private.audit_chains;
begin
  if not exists (select from private.audit_pending p where p.id = new.id) then
    return null;
  end if;
  -- Who did something to others may be being deleted: their own chain is locked too, as it is by the deletion from its
  -- forgetting on.
  if exists (select from private.audit_pending p where p.id >= new.id and p.entry ->> 'actor' in ('user', 'admin') and p.entry ->> 'actor_id' <> p.entry ->> 'chain') then
    perform private.lock_audit_chains(new.id);
  end if;
  -- The first entry of a transaction seals all of them, chain by chain: so every transaction locks chains in the same order,
  -- and writes the end of a chain once. Theirs are the numbers from here on, so that the index leads past what others left.
  for pending in select p.id, p.entry from private.audit_pending p where p.id >= new.id order by p.entry ->> 'chain', p.id loop
    sealed := jsonb_populate_record(null::public.audit_log, pending.entry);
    if sealed.chain is distinct from head.chain then
      update private.audit_chains set last_seq = head.last_seq, last_hash = head.last_hash where chain = head.chain;
      insert into private.audit_chains as locked (chain, last_seq, last_hash) values (sealed.chain, 0, ''::bytea)
      on conflict (chain) do update set last_seq = locked.last_seq
      returning * into head;
    end if;
    -- Asked under the lock of the chain, which the deletion of a user holds from its forgetting on.
    if sealed.user_id is not null and not exists (select from auth.users u where u.id = sealed.user_id) then
      -- What the deletion of a user leaves to tell is told without them.
      sealed.user_id := null;
      sealed.before := null;
      sealed.after := null;
      sealed.details := null;
      sealed.ip := null;
      sealed.user_agent := null;
    elsif private.is_gone(sealed.actor, sealed.actor_id) then
      sealed.ip := null;
      sealed.user_agent := null;
    end if;
    sealed.seq := head.last_seq + 1;
    sealed.content_hash := private.audit_content_hash(sealed.before, sealed.after, sealed.details);
    sealed.origin_hash := private.audit_origin_hash(sealed.ip, sealed.user_agent);
    sealed.hash := private.audit_hash(head.last_hash, sealed.chain, sealed.seq, sealed.created_at, sealed.actor, sealed.actor_id, sealed.action,
      sealed.resource_type, sealed.resource_id, sealed.request_id, sealed.content_hash, sealed.origin_hash);
    insert into public.audit_log select sealed.*;
    delete from private.audit_pending where id = pending.id;
    head.last_seq := sealed.seq;
    head.last_hash := sealed.hash;
  end loop;
  update private.audit_chains set last_seq = head.last_seq, last_hash = head.last_hash where chain = head.chain;
  return null;
end
$$;
comment on function private.seal_audit_entry() is 'Trigger at commit: gives the pending entries of the transaction their numbers and hashes and moves them to the log. Definer, because nobody may write the log otherwise.';
create constraint trigger seal_audit_entry after insert on private.audit_pending
  deferrable initially deferred for each row execute function private.seal_audit_entry();

create function private.guard_audit_log() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  personal constant text[] := '{before,after,details,ip,user_agent,user_id}';
  origin constant text[] := '{ip,user_agent}';
begin
  if tg_op = 'UPDATE' then
    -- The two changes there are: a deleted user's entries forget what was personal, and what they did to others forgets
    -- where from.
    if (new.before, new.after, new.details, new.ip, new.user_agent, new.user_id) is not distinct from (null, null, null, null, null, null)
      and to_jsonb(new) - personal = to_jsonb(old) - personal
      and old.user_id is not null
      and not exists (select from auth.users u where u.id = old.user_id) then
      return new;
    end if;
    if (new.ip, new.user_agent) is not distinct from (null, null)
      and to_jsonb(new) - origin = to_jsonb(old) - origin
      and private.is_gone(old.actor, old.actor_id) then
      return new;
    end if;
  end if;
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end
$$;
comment on function private.guard_audit_log() is 'Trigger: refuses every change and deletion of an entry to every role, but for forgetting a deleted user. Not asked where a new partition takes rows over from the default one. Definer, to see whether there is such a user.';
create trigger guard before update or delete on public.audit_log
  for each row execute function private.guard_audit_log();
create trigger guard_truncate before truncate on public.audit_log
  for each statement execute function private.guard_audit_log();
select private.add_partitioned_table('audit_log', 'created_at', 'month', 3, 'retention.audit_log_days');

create function private.anonymise_audit_log() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Entries that are being sealed wait for this transaction, or this one for them: none is missed. Those of the deletion
  -- itself are sealed after this, and their chains locked now.
  perform private.lock_audit_chains(0, old.id::text);
  update public.audit_log set user_id = null, before = null, after = null, details = null, ip = null, user_agent = null
  where user_id = old.id;
  update public.audit_log set ip = null, user_agent = null
  where actor_id = old.id and actor_id is distinct from user_id and (ip is not null or user_agent is not null);
  return null;
end
$$;
comment on function private.anonymise_audit_log() is 'Trigger at commit: a deleted user''s entries keep who did what to which row, under ids that lead to nobody, and lose the rest; entries about others lose where the user did it from. Definer, because Auth deletes users.';
-- At commit, because it locks the user's chain: whoever holds that lock must wait for no other.
create constraint trigger tradebase_anonymise_audit_log after delete on auth.users
  deferrable initially deferred for each row execute function private.anonymise_audit_log();

create or replace function private.before_partition_drop(p_table text, p_partition text) returns void
language plpgsql set search_path = '' as $$
begin
  if p_table = 'audit_log' then
    execute format($sql$
      insert into private.audit_checkpoints as kept (chain, seq, hash)
      select distinct on (chain) chain, seq, hash from partitions.%I order by chain, seq desc
      on conflict (chain) do update set seq = excluded.seq, hash = excluded.hash, created_at = now() where kept.seq < excluded.seq
    $sql$, p_partition);
  end if;
end
$$;

revoke execute on function private.request_header(text), private.caller(), private.write_audit(text, text, text, uuid, jsonb, jsonb, jsonb),
  private.audit_change(), private.audit_content(jsonb), private.audit_content_hash(jsonb, jsonb, jsonb),
  private.audit_origin_hash(inet, text), private.is_gone(text, uuid), private.lock_audit_chains(bigint, text),
  private.audit_hash(bytea, text, bigint, timestamptz, text, uuid, text, text, text, text, bytea, bytea), private.seal_audit_entry(),
  private.guard_audit_log(), private.anonymise_audit_log() from public;
grant execute on function private.write_audit(text, text, text, uuid, jsonb, jsonb, jsonb) to tradebase_worker;

create trigger audit_change after insert or update or delete on public.user_roles
  for each row execute function private.audit_change();
create trigger audit_change after insert or update or delete on public.system_config
  for each row execute function private.audit_change();
