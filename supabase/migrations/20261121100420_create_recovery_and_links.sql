-- Purpose: the ways back into an account whose second factor is lost, and the accounts elsewhere (Telegram, Discord ...)
--   that belong to a user.
-- Objects: tables recovery_codes, linked_accounts, verification_codes; functions private.session_user_id,
--   private.answer_error, private.new_code, private.hash_code, private.generate_recovery_codes,
--   private.use_recovery_code, private.start_account_link, private.finish_account_link, private.note_account_link,
--   private.prune_accounts, and in public generate_recovery_codes, use_recovery_code, start_account_link,
--   finish_account_link, unlink_account.
-- Risk: none on an empty database. private.use_recovery_code deletes rows of auth.mfa_factors and auth.sessions,
--   private.prune_accounts rows of auth.audit_log_entries.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('accounts.recovery_code_days', '730', 1, 36500, 'Days for which a recovery code is good.'),
  ('accounts.link_code_s', '600', 60, 86400, 'Seconds for which the code that links an account elsewhere is good.');

create table public.recovery_codes (
  user_id uuid not null,
  seq integer not null,
  code_hash bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  constraint recovery_codes_pkey primary key (user_id, seq),
  constraint recovery_codes_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint recovery_codes_code_hash_key unique (user_id, code_hash),
  constraint recovery_codes_seq_check check (seq between 1 and 10)
);
comment on table public.recovery_codes is 'The ten codes that a user keeps for the day on which their second factor is lost. Each is good once.';
comment on column public.recovery_codes.user_id is 'The user.';
comment on column public.recovery_codes.seq is 'Number of the code, 1 to 10.';
comment on column public.recovery_codes.code_hash is 'SHA-256 over the user and the code, which has 80 bits of entropy.';
comment on column public.recovery_codes.expires_at is 'Until when it is good.';
comment on column public.recovery_codes.used_at is 'When it was used; null while it has not been.';
comment on column public.recovery_codes.created_at is 'When it was made.';

create table public.linked_accounts (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  provider text not null,
  external_id text not null,
  metadata jsonb not null default '{}',
  verified_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint linked_accounts_pkey primary key (id),
  constraint linked_accounts_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint linked_accounts_provider_external_id_key unique (provider, external_id),
  constraint linked_accounts_provider_check check (provider in ('telegram', 'discord', 'slack', 'sms', 'email')),
  constraint linked_accounts_external_id_check check (char_length(external_id) between 1 and 255),
  constraint linked_accounts_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 4096)
);
comment on table public.linked_accounts is 'Accounts elsewhere that a user has shown to be theirs, by handing a one-time code over from there. One account elsewhere belongs to one user.';
comment on column public.linked_accounts.id is 'Identifies the link.';
comment on column public.linked_accounts.user_id is 'The user.';
comment on column public.linked_accounts.provider is 'Where the account is: telegram, discord, slack, sms or email.';
comment on column public.linked_accounts.external_id is 'Its id there, such as the chat id of Telegram.';
comment on column public.linked_accounts.metadata is 'What the provider says of it, such as a user name.';
comment on column public.linked_accounts.verified_at is 'When it was last shown to be the user''s.';
comment on column public.linked_accounts.created_at is 'When it was linked.';
comment on column public.linked_accounts.updated_at is 'When the row last changed.';
create index linked_accounts_user_id_idx on public.linked_accounts (user_id);

create table public.verification_codes (
  user_id uuid not null,
  provider text not null,
  code_hash bytea not null,
  attempts integer not null default 0,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  constraint verification_codes_pkey primary key (user_id, provider),
  constraint verification_codes_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint verification_codes_code_hash_key unique (code_hash),
  constraint verification_codes_provider_check check (provider in ('telegram', 'discord', 'slack', 'sms', 'email')),
  constraint verification_codes_attempts_check check (attempts between 0 and 5)
);
comment on table public.verification_codes is 'The one-time code with which a user links an account elsewhere: one a provider, replaced by the next.';
comment on column public.verification_codes.user_id is 'The user.';
comment on column public.verification_codes.provider is 'Where the account to link is.';
comment on column public.verification_codes.code_hash is 'SHA-256 over the code, which has 80 bits of entropy.';
comment on column public.verification_codes.attempts is 'How often it was presented in vain, for the wrong provider for instance; after five times it is void.';
comment on column public.verification_codes.expires_at is 'Until when it is good.';
comment on column public.verification_codes.used_at is 'When it was used; null while it has not been.';
comment on column public.verification_codes.created_at is 'When it was made.';

alter table public.recovery_codes enable row level security;
alter table public.linked_accounts enable row level security;
alter table public.verification_codes enable row level security;
revoke all on public.recovery_codes, public.linked_accounts, public.verification_codes from anon, authenticated, service_role;
grant select (user_id, seq, expires_at, used_at, created_at) on public.recovery_codes to authenticated, service_role, tradebase_admin;
grant select on public.linked_accounts to authenticated, service_role, tradebase_admin, tradebase_worker;
grant delete on public.linked_accounts to authenticated;
grant select (user_id, provider, attempts, expires_at, used_at, created_at) on public.verification_codes to authenticated, service_role, tradebase_admin;

create policy "Users can see which recovery codes are left" on public.recovery_codes for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can see which recovery codes are left" on public.recovery_codes is 'The codes themselves are in no grant, and not in the table.';
create policy "Admins can read recovery codes" on public.recovery_codes for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read recovery codes" on public.recovery_codes is 'How many are left, in an audited read only.';
create policy "Users can read their linked accounts" on public.linked_accounts for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their linked accounts" on public.linked_accounts is 'A link belongs to one user.';
create policy "Users can unlink their accounts" on public.linked_accounts for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Users can unlink their accounts" on public.linked_accounts is 'Links are made by handing a code over, and taken away by their user.';
create policy "Admins can read linked accounts" on public.linked_accounts for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read linked accounts" on public.linked_accounts is 'In an audited read only.';
create policy "Users can follow their verification codes" on public.verification_codes for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can follow their verification codes" on public.verification_codes is 'Whether a code is still good; the code itself is not in the table.';
create policy "Admins can read verification codes" on public.verification_codes for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read verification codes" on public.verification_codes is 'In an audited read only.';

create function private.note_account_link() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  about constant public.linked_accounts := coalesce(new, old);
begin
  -- Not for links that go with their user.
  if exists (select from auth.users u where u.id = about.user_id) then
    perform private.note_security_event(about.user_id, case tg_op when 'DELETE' then 'account_unlinked' else 'account_linked' end,
      jsonb_build_object('provider', about.provider, 'external_id', about.external_id));
  end if;
  return null;
end
$$;
comment on function private.note_account_link() is 'Trigger: tells a user of accounts linked and unlinked. Definer, because nobody may write security events.';

create trigger set_updated_at before update on public.linked_accounts
  for each row execute function private.set_updated_at();
create trigger note_account_link after insert or delete on public.linked_accounts
  for each row execute function private.note_account_link();
create trigger audit_change after insert or update or delete on public.linked_accounts
  for each row execute function private.audit_change();

-- What the functions below share.

create function private.session_user_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  if private.caller_role() is null then
    perform private.raise_api_error(401, 'invalid_token', 'this needs a signed-in user whose session is alive');
  end if;
  return auth.uid();
end
$$;
comment on function private.session_user_id() is
  'The signed-in user, viewers too; an error for runners, for anyone whose session was ended and for banned users. Definer, because caller_role reads Auth''s tables.';

create function private.answer_error(p_status integer, p_code text, p_message text) returns jsonb
language plpgsql set search_path = '' as $$
begin
  perform set_config('response.status', p_status::text, true);
  return jsonb_build_object('code', p_code, 'message', p_message);
end
$$;
comment on function private.answer_error(integer, text, text) is
  'An error as the result of a function: PostgREST answers it like one that was raised, but what was written before stays, as the count of wrong codes must.';

create function private.new_code() returns text
language sql volatile set search_path = '' as $$
  -- Crockford's alphabet: no I, L, O and U. 16 characters of 5 bits.
  select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substring(r.bits from 5 * i + 1 for 5)::integer + 1, 1)
                    || case when i in (3, 7, 11) then '-' else '' end, '' order by i)
  from (select ('x' || encode(extensions.gen_random_bytes(10), 'hex'))::bit(80) as bits) r, generate_series(0, 15) i
$$;
comment on function private.new_code() is 'A random code of 80 bits for people to copy: XXXX-XXXX-XXXX-XXXX.';

create function private.hash_code(p_salt text, p_code text) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(convert_to(p_salt || ':' || translate(regexp_replace(upper(left(coalesce(p_code, ''), 100)), '[^0-9A-Z]', '', 'g'), 'ILO', '110'), 'UTF8'))
$$;
comment on function private.hash_code(text, text) is 'What is stored of a code. Spaces, dashes and small letters are as good as what was shown. SHA-256 suffices: nobody guesses 80 bits.';

-- Recovery codes.

create function private.generate_recovery_codes() returns text[]
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := private.session_user_id();
  good_for constant interval := private.config_number('accounts.recovery_code_days')::double precision * interval '1 day';
  codes constant text[] := array(select private.new_code() from generate_series(1, 10));
begin
  -- One call of a user at a time, in the order in which everything about a user is locked: the user first.
  perform from auth.users u where u.id = caller for no key update;
  if not private.has_shown_factor()
    or not exists (select from auth.mfa_factors f where f.user_id = caller and f.status = 'verified') then
    perform private.raise_api_error(403, 'second_factor_required', 'enrol a second factor and show it in this session first');
  end if;
  delete from public.recovery_codes where user_id = caller;
  insert into public.recovery_codes (user_id, seq, code_hash, expires_at)
  select caller, c.seq, private.hash_code(caller::text, c.code), now() + good_for
  from unnest(codes) with ordinality c (code, seq);
  perform private.note_security_event(caller, 'recovery_codes_created');
  perform private.write_audit('recovery_codes.created', 'recovery_codes', caller::text, caller);
  return codes;
end
$$;
comment on function private.generate_recovery_codes() is
  'Ten new recovery codes for the caller, whose session must have shown a second factor; those before are void. Definer, because nobody may write the table or read Auth''s.';

create function private.use_recovery_code(p_code text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := private.session_user_id();
  session_id constant uuid := auth.jwt() ->> 'session_id';
  presented constant bytea := private.hash_code(caller::text, p_code);
  good_seq integer;
  counted record;
  removed integer;
  ended integer;
begin
  -- One call of a user at a time: of two with one code, the second finds it used.
  perform from auth.users u where u.id = caller for no key update;
  if exists (select from auth.sessions s where s.id = session_id and s.aal <> 'aal1') then
    perform private.raise_api_error(409, 'recovery_not_needed', 'this session has shown its second factor: remove the factor with mfa.unenroll');
  end if;
  if not exists (select from auth.mfa_factors f where f.user_id = caller and f.status = 'verified') then
    perform private.raise_api_error(409, 'recovery_not_needed', 'there is no second factor to recover from');
  end if;

  select r.seq into good_seq from public.recovery_codes r
  where r.user_id = caller and r.code_hash = presented and r.used_at is null and r.expires_at > now();
  counted := private.count_attempt(caller, 'recovery_code', found, 0);
  perform private.record_attempt(caller, 'recovery_code', 0, counted.attempt, counted.outcome);
  if counted.just_locked then
    perform private.note_lockout(caller, 'recovery_code', counted.locked_until);
  end if;
  if counted.outcome = 'locked' then
    return private.answer_error(429, 'rate_limited', 'too many wrong recovery codes: wait before you try again');
  elsif counted.outcome = 'failed' then
    return private.answer_error(422, 'invalid_recovery_code', 'this recovery code is wrong, used or expired');
  end if;

  update public.recovery_codes set used_at = now() where user_id = caller and seq = good_seq;
  delete from auth.mfa_factors f where f.user_id = caller;
  get diagnostics removed = row_count;
  delete from auth.sessions s where s.user_id = caller and s.id <> session_id;
  get diagnostics ended = row_count;
  -- A lock on the lost factor must not meet the next one; and that it is gone is told below.
  delete from private.attempt_counters where subject = caller and kind = 'second_factor';
  delete from private.known_factors where user_id = caller;
  perform private.note_security_event(caller, 'recovery_code_used', jsonb_build_object('factors_removed', removed, 'sessions_ended', ended));
  perform private.write_audit('recovery_codes.used', 'recovery_codes', good_seq::text, caller, null, null,
    jsonb_build_object('factors_removed', removed, 'sessions_ended', ended));
  return jsonb_build_object('factors_removed', removed, 'sessions_ended', ended, 'codes_left',
    (select count(*) from public.recovery_codes r where r.user_id = caller and r.used_at is null and r.expires_at > now()));
end
$$;
comment on function private.use_recovery_code(text) is
  'With a good recovery code, removes the caller''s second factors and ends their other sessions. A wrong one is counted, and the fifth locks. Definer, because nobody may write Auth''s tables or the counters.';

create function public.generate_recovery_codes() returns text[]
language sql volatile security invoker set search_path = '' as $$
  select private.generate_recovery_codes()
$$;
comment on function public.generate_recovery_codes() is
  'Ten recovery codes, shown this once; those from before are void. Errors: invalid_token, second_factor_required.';

create function public.use_recovery_code(p_code text) returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.use_recovery_code(p_code)
$$;
comment on function public.use_recovery_code(text) is
  'For whoever has signed in with the password and lost the second factor: removes the factors and ends all other sessions, so that a new factor can be enrolled. Answers {"factors_removed", "sessions_ended", "codes_left"}. Errors: invalid_token, recovery_not_needed, invalid_recovery_code, rate_limited.';

-- Linked accounts.

create function private.start_account_link(p_provider text) returns table (code text, expires_at timestamptz)
language plpgsql security definer set search_path = '' as $$
declare
  caller constant uuid := private.session_user_id();
  new_code constant text := private.new_code();
  good_until constant timestamptz := now() + private.config_number('accounts.link_code_s')::double precision * interval '1 second';
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'viewers cannot link accounts');
  end if;
  if p_provider is null or p_provider not in ('telegram', 'discord', 'slack', 'sms', 'email') then
    perform private.raise_api_error(422, 'invalid_request', 'p_provider must be telegram, discord, slack, sms or email');
  end if;
  perform from auth.users u where u.id = caller for key share;
  insert into public.verification_codes (user_id, provider, code_hash, expires_at)
  values (caller, p_provider, private.hash_code('link', new_code), good_until)
  on conflict (user_id, provider) do update
  set code_hash = excluded.code_hash, expires_at = excluded.expires_at, attempts = 0, used_at = null, created_at = now();
  return query select new_code, good_until;
end
$$;
comment on function private.start_account_link(text) is 'A new code for the caller with which to link an account elsewhere. Definer, because nobody may write the table.';

create function private.finish_account_link(p_provider text, p_external_id text, p_code text, p_metadata jsonb default '{}') returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  most_links constant integer := 10;
  presented constant bytea := private.hash_code('link', p_code);
  code_owner uuid;
  is_good boolean;
  counted record;
  linked_to uuid;
  link_id uuid;
begin
  if p_provider is null or p_provider not in ('telegram', 'discord', 'slack', 'sms', 'email')
    or coalesce(char_length(p_external_id), 0) not between 1 and 255
    or coalesce(jsonb_typeof(p_metadata), '') <> 'object' or pg_column_size(p_metadata) > 4096 then
    return private.answer_error(422, 'invalid_request', 'p_provider must be a known provider, p_external_id its id of 1 to 255 characters, p_metadata an object of at most 4 KB');
  end if;
  select c.user_id into code_owner from public.verification_codes c where c.code_hash = presented;
  -- The user before their code, as everywhere.
  perform from auth.users u where u.id = code_owner for no key update;
  select c.provider = p_provider and c.used_at is null and c.expires_at > now() and c.attempts < 5
      and exists (select from auth.users u where u.id = c.user_id and coalesce(u.banned_until, '-infinity') <= now())
  into is_good
  from public.verification_codes c where c.user_id = code_owner and c.code_hash = presented for update;
  counted := private.count_attempt(md5(p_provider || ':' || p_external_id)::uuid, 'link_code', coalesce(is_good, false), 0);
  if counted.outcome = 'locked' then
    return private.answer_error(429, 'rate_limited', 'too many wrong codes from this account: wait before you try again');
  elsif counted.outcome = 'failed' then
    update public.verification_codes c set attempts = c.attempts + 1 where c.code_hash = presented and c.attempts < 5;
    return private.answer_error(422, 'invalid_link_code', 'this code is wrong, used or expired: ask for a new one');
  end if;

  if (select count(*) from public.linked_accounts l where l.user_id = code_owner and (l.provider, l.external_id) <> (p_provider, p_external_id)) >= most_links then
    return private.answer_error(429, 'rate_limited', format('you have linked %s accounts: unlink one first', most_links));
  end if;
  insert into public.linked_accounts as l (user_id, provider, external_id, metadata)
  values (code_owner, p_provider, p_external_id, p_metadata)
  on conflict (provider, external_id) do update set metadata = excluded.metadata, verified_at = now()
  where l.user_id = excluded.user_id
  returning l.id, l.user_id into link_id, linked_to;
  if link_id is null then
    return private.answer_error(409, 'account_already_linked', 'this account is linked to another user: unlink it there first');
  end if;
  update public.verification_codes c set used_at = now() where c.code_hash = presented;
  return jsonb_build_object('linked_account_id', link_id, 'user_id', linked_to);
end
$$;
comment on function private.finish_account_link(text, text, text, jsonb) is
  'Links an account elsewhere to the user whose code was handed over from it. Wrong codes are counted for the account elsewhere, and the fifth locks. Answers {"linked_account_id", "user_id"}, or {"code", "message"} of an error. Definer, because nobody may write the tables.';

create function public.start_account_link(p_provider text) returns table (code text, expires_at timestamptz)
language sql volatile security invoker set search_path = '' as $$
  select * from private.start_account_link(p_provider)
$$;
comment on function public.start_account_link(text) is
  'A one-time code, shown this once, to hand over from the account to link, for instance to the bot on Telegram; the code before it is void. Errors: invalid_token, forbidden, invalid_request.';

create function public.finish_account_link(p_provider text, p_external_id text, p_code text, p_metadata jsonb default '{}') returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.finish_account_link(p_provider, p_external_id, p_code, p_metadata)
$$;
comment on function public.finish_account_link(text, text, text, jsonb) is
  'For the operator''s server that hears from the account elsewhere, with a secret key: links it to the user whose code it handed over. Answers {"linked_account_id", "user_id"}. Errors: invalid_request, invalid_link_code, rate_limited, account_already_linked.';

create function public.unlink_account(p_linked_account_id uuid) returns public.linked_accounts
language plpgsql security invoker set search_path = '' as $$
declare
  unlinked public.linked_accounts;
begin
  delete from public.linked_accounts l where l.id = p_linked_account_id returning * into unlinked;
  if unlinked.id is null then
    perform private.raise_api_error(404, 'not_found', 'you have no such linked account');
  end if;
  return unlinked;
end
$$;
comment on function public.unlink_account(uuid) is 'Unlinks an account of the caller. Errors: not_found.';

revoke execute on function private.note_account_link(), private.session_user_id(), private.answer_error(integer, text, text), private.new_code(),
  private.hash_code(text, text), private.generate_recovery_codes(), private.use_recovery_code(text), private.start_account_link(text),
  private.finish_account_link(text, text, text, jsonb) from public;
revoke execute on function public.generate_recovery_codes(), public.use_recovery_code(text), public.start_account_link(text),
  public.unlink_account(uuid) from public, anon, service_role;
revoke execute on function public.finish_account_link(text, text, text, jsonb) from public, anon, authenticated;
grant execute on function private.generate_recovery_codes(), public.generate_recovery_codes(), private.use_recovery_code(text),
  public.use_recovery_code(text), private.start_account_link(text), public.start_account_link(text), public.unlink_account(uuid) to authenticated;
-- The server that hears from Telegram holds a secret key and no user's session. In the schema, service_role may execute what
-- is granted to it by name, here and in later migrations: the halves of exposed functions.
grant usage on schema private to service_role;
grant execute on function private.finish_account_link(text, text, text, jsonb), public.finish_account_link(text, text, text, jsonb) to service_role;

-- What grows old.

create function private.prune_accounts() returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- A run that finds more leaves it to the next.
  most_rows constant integer := 10000;
  most_events constant integer := 1000;
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  keep_attempts_from constant timestamptz := now() - private.config_number('retention.sign_in_attempts_days')::double precision * interval '1 day';
  keep_events_from constant timestamptz := now() - private.config_number('retention.security_events_days')::double precision * interval '1 day';
  attempts integer;
  events integer;
  crowded uuid;
  dropped integer;
  counters integer;
  codes integer;
  reactivated integer;
  entries integer := 0;
  failed jsonb;
begin
  -- Besides what is old, what a hook wrote while its user was being deleted.
  delete from public.sign_in_attempts where ctid = any (array(
    select a.ctid from public.sign_in_attempts a
    where a.created_at < keep_attempts_from
      or (a.user_id <> nobody and not exists (select from auth.users u where u.id = a.user_id))
    limit most_rows));
  get diagnostics attempts = row_count;
  delete from public.security_events where ctid = any (array(
    select e.ctid from public.security_events e
    where e.created_at < keep_events_from or not exists (select from auth.users u where u.id = e.user_id)
    limit most_rows));
  get diagnostics events = row_count;
  for crowded in select e.user_id from public.security_events e group by e.user_id having count(*) > most_events loop
    delete from public.security_events where ctid = any (array(
      select e.ctid from public.security_events e where e.user_id = crowded order by e.created_at desc offset most_events limit most_rows));
    get diagnostics dropped = row_count;
    events := events + dropped;
  end loop;
  -- Not while somebody counts in it: that one would count from the start.
  delete from private.attempt_counters where ctid = any (array(
    select c.ctid from private.attempt_counters c
    where coalesce(c.locked_until, '-infinity') < now() - interval '1 day' and c.window_started_at < now() - interval '1 day'
      and (c.kind = 'link_code' or not exists (select from auth.users u where u.id = c.subject))
    limit most_rows for update skip locked));
  get diagnostics counters = row_count;
  delete from public.verification_codes where ctid = any (array(
    select v.ctid from public.verification_codes v where v.expires_at < now() - interval '1 day' limit most_rows for update skip locked));
  get diagnostics codes = row_count;
  -- Auth's own log keeps the addresses of users who are gone; who deleted them is in ours. The log is Auth's: where it may
  -- not be touched, the rest is done all the same.
  begin
    delete from auth.audit_log_entries where ctid = any (array(
      select logged.ctid
      from (
        select e.ctid, coalesce(e.payload -> 'traits' ->> 'user_id', e.payload ->> 'actor_id') as about from auth.audit_log_entries e
      ) logged
      where logged.about <> nobody::text and not exists (select from auth.users u where u.id::text = logged.about)
      limit most_rows));
    get diagnostics entries = row_count;
  exception when others then
    failed := jsonb_build_object('auth_log_entries', sqlerrm);
  end;
  -- Bans that ended by themselves.
  update public.profiles p set is_active = true
  from auth.users u
  where u.id = p.user_id and not p.is_active and coalesce(u.banned_until, '-infinity') <= now();
  get diagnostics reactivated = row_count;
  return jsonb_build_object('sign_in_attempts', attempts, 'security_events', events, 'attempt_counters', counters,
                            'verification_codes', codes, 'auth_log_entries', entries, 'reactivated', reactivated)
    || case when failed is null then '{}' else jsonb_build_object('failed', failed) end;
end
$$;
comment on function private.prune_accounts() is
  'Deletes attempts, events, counters and codes that have grown old, of each user all but the newest 1,000 events, and what Auth''s log says of users who are gone; says how many, and in failed why Auth''s log could not be pruned. Called by the maintenance job, as often as one likes. Definer, because workers may delete none of it otherwise.';
revoke execute on function private.prune_accounts() from public;
grant execute on function private.prune_accounts() to tradebase_worker;
