-- Purpose: how much one caller may ask for: calls a minute, backtests an hour, backtests at a time; and how admins change
--   that while the system runs.
-- Objects: table private.rate_buckets; functions private.take_tokens, private.raise_rate_limited,
--   private.take_write_slot, private.prune_rate_buckets, private.check_request, public.take_call, public.set_system_config; private.prepare_backtest
--   takes its limits from the user's quotas.
-- Risk: PostgREST calls private.check_request before each request from here on, by a setting of the role authenticator,
--   which holds in every database of the server. Without that function the Data API refuses everything: drop the setting
--   first (alter role authenticator reset pgrst.db_pre_request; notify pgrst, 'reload config').

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.runner_calls_per_minute', '600', 1, 100000, 'Calls that one runner session may make in a minute, and at once; null for any number.'),
  ('limits.writes_at_once', '6', 1, 1000, 'Requests that write which one user, with their runners, may have in hand at a time: fewer than the Data API has connections; null for any number.'),
  ('limits.backtests_per_user', '2000', 1, 1000000, 'Backtests that one user may keep, ended ones included; null for any number.')
on conflict (key) do nothing;

-- Every setting is there by now. Who signed in and what happened to an account's security is not kept for ever.
update public.system_config c set is_optional = true
where c.key like any (array['quota.%', 'limits.%', 'retention.%'])
  and c.key <> all (array['retention.sign_in_attempts_days', 'retention.security_events_days']);

-- Unlogged: after a crash of the server everyone begins with a full bucket, and no write waits for the disk on its account.
create unlogged table private.rate_buckets (
  subject text not null,
  bucket text not null,
  tokens numeric not null,
  updated_at timestamptz not null,
  full_at timestamptz not null,
  constraint rate_buckets_pkey primary key (subject, bucket),
  constraint rate_buckets_subject_check check (char_length(subject) between 1 and 200),
  constraint rate_buckets_bucket_check check (bucket ~ '^[a-z][a-z_]{0,62}$'),
  constraint rate_buckets_tokens_check check (tokens >= 0)
) with (fillfactor = 50);
comment on table private.rate_buckets is 'Token buckets: what each subject may still ask for. A bucket that is not here is full.';
comment on column private.rate_buckets.subject is 'Who is limited: user:<id>, runner:<session id>, or what else a function limits by.';
comment on column private.rate_buckets.bucket is 'What is limited.';
comment on column private.rate_buckets.tokens is 'Tokens in the bucket at updated_at.';
comment on column private.rate_buckets.updated_at is 'When tokens were last taken.';
comment on column private.rate_buckets.full_at is 'When the bucket will be full again, and the row say nothing any more.';
alter table private.rate_buckets enable row level security;
revoke all on private.rate_buckets from public;
create policy "No API role can reach rate buckets" on private.rate_buckets for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach rate buckets" on private.rate_buckets is 'Says outright what the missing grants mean.';

create function private.take_tokens(p_subject text, p_bucket text, p_capacity numeric, p_refill_per_s numeric, p_cost numeric default 1)
returns numeric
language plpgsql security definer set search_path = '' as $$
declare
  available numeric;
begin
  if p_cost > p_capacity then
    return 'Infinity';
  end if;
  -- The clock, not now(): who waited for the row must not count from the time before.
  insert into private.rate_buckets as b (subject, bucket, tokens, updated_at, full_at)
  values (p_subject, p_bucket, p_capacity - p_cost, clock_timestamp(),
    case when p_refill_per_s > 0 then clock_timestamp() + least(p_cost / p_refill_per_s, 1e9)::double precision * interval '1 second' else 'infinity' end)
  on conflict (subject, bucket) do update
  set (tokens, updated_at, full_at) = (
    select filled.tokens - p_cost, filled.at,
      case when p_refill_per_s > 0
        then filled.at + least((p_capacity - filled.tokens + p_cost) / p_refill_per_s, 1e9)::double precision * interval '1 second'
        else 'infinity' end
    from (
      select clock.at, round(least(p_capacity, b.tokens + greatest(extract(epoch from clock.at - b.updated_at), 0) * p_refill_per_s), 6) as tokens
      from (select clock_timestamp() as at) clock
    ) filled
  )
  where b.tokens + greatest(extract(epoch from clock_timestamp() - b.updated_at), 0) * p_refill_per_s >= p_cost;
  if found then
    return 0;
  end if;
  -- The row is locked, though unchanged: it is what the insert saw.
  select b.tokens + greatest(extract(epoch from clock_timestamp() - b.updated_at), 0) * p_refill_per_s into available
  from private.rate_buckets b where b.subject = p_subject and b.bucket = p_bucket;
  return case when p_refill_per_s > 0 then greatest(p_cost - available, 0.001) / p_refill_per_s else 'Infinity' end;
end
$$;
comment on function private.take_tokens(text, text, numeric, numeric, numeric) is
  'Takes tokens from a bucket of the given capacity that fills at the given rate, or none: 0 when they are taken, else the seconds until they would be there, which is infinite when they never will. One upsert: of calls at the same time exactly as many succeed as there are tokens, and those of one bucket wait for each other until they commit. A transaction that is rolled back has taken none. Definer, because nobody may reach the buckets.';

create function private.raise_rate_limited(p_retry_after_s numeric, p_message text) returns void
language plpgsql set search_path = '' as $$
declare
  -- Null when waiting does not help.
  retry_after constant bigint := case when p_retry_after_s < 1e9 then greatest(ceil(p_retry_after_s), 1) end;
begin
  raise sqlstate 'PGRST' using
    message = json_build_object('code', 'rate_limited', 'message', p_message || coalesce(': try again in ' || retry_after || ' s', ''),
      'details', 'retry after ' || retry_after || ' s')::text,
    detail = json_build_object('status', 429,
      'headers', case when retry_after is null then '{}'::json else json_build_object('retry-after', retry_after::text) end)::text;
end
$$;
comment on function private.raise_rate_limited(numeric, text) is
  'Raises the error rate_limited, which PostgREST answers with 429 and the header retry-after; the details say it too, for clients that do not show headers.';

create function private.prune_rate_buckets() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  most_at_once constant integer := 100000;
  deleted bigint;
begin
  delete from private.rate_buckets b where (b.subject, b.bucket) in (
    select full_bucket.subject, full_bucket.bucket from private.rate_buckets full_bucket
    where full_bucket.full_at <= clock_timestamp()
    limit most_at_once
    for update skip locked
  );
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
comment on function private.prune_rate_buckets() is
  'Deletes the buckets that are full again, and says how many. Called by the maintenance job. Definer, because workers may not reach the buckets.';

create function private.delete_rate_buckets_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- What is in use is left to prune_rate_buckets: to wait for it could deadlock with a request that waits for this deletion.
  delete from private.rate_buckets b where (b.subject, b.bucket) in (
    select used.subject, used.bucket from private.rate_buckets used
    where used.subject = 'user:' || old.id::text
    for update skip locked
  );
  return null;
end
$$;
comment on function private.delete_rate_buckets_of_user() is 'Trigger: a deleted user leaves no bucket. Definer, because Auth deletes users and has no rights on buckets.';
create trigger tradebase_delete_rate_buckets after delete on auth.users
  for each row execute function private.delete_rate_buckets_of_user();

create function private.take_write_slot(p_user_id text, p_most numeric) returns boolean
language plpgsql set search_path = '' as $$
begin
  for slot in 1..p_most loop
    if pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(format('write %s of %s', slot, p_user_id), 0)) then
      return true;
    end if;
  end loop;
  return false;
end
$$;
comment on function private.take_write_slot(text, numeric) is
  'Takes one of so many places of a user until the end of the transaction, and says whether there was one. The writes of a user wait for each other with a connection in hand: without this, those of one user take all connections of the Data API from everyone.';

create function private.check_request() returns void
language plpgsql security definer set search_path = '' as $$
declare
  subject text;
  calls_per_minute numeric;
  retry_after_s numeric;
  at_once numeric;
begin
  -- What PostgREST runs read-only cannot be counted; service_role is not limited, and anon may write nothing.
  if current_setting('transaction_read_only') = 'on' or current_setting('role') <> 'authenticated' then
    return;
  end if;
  if private.is_runner() then
    subject := 'runner:' || auth.uid()::text;
    calls_per_minute := private.config_number('limits.runner_calls_per_minute');
  else
    subject := 'user:' || auth.uid()::text;
    calls_per_minute := private.quota(auth.uid(), 'calls_per_minute');
  end if;
  if subject is null then
    return;
  end if;
  -- Also of who may call without limit: the connections are everyone's.
  at_once := private.config_number('limits.writes_at_once');
  if at_once is not null and not private.take_write_slot(coalesce(auth.jwt() -> 'app_metadata' ->> 'user_id', auth.uid()::text), at_once) then
    perform private.raise_rate_limited(1, format('you may make %s requests at a time', at_once));
  end if;
  if calls_per_minute is not null then
    retry_after_s := private.take_tokens(subject, 'calls', calls_per_minute, calls_per_minute / 60);
    if retry_after_s > 0 then
      perform private.raise_rate_limited(retry_after_s, format('you may make %s calls a minute', calls_per_minute));
    end if;
  end if;
end
$$;
comment on function private.check_request() is
  'What PostgREST calls before each request: takes one call from the quota of the user, or of the runner session, if it has a limit, when the request may write, and refuses one beyond those that a user may have in hand, whatever the quota. Reads (GET, HEAD, and calls of functions that are not volatile) run in read-only transactions and are not counted; nor is a request that fails, whose transaction takes its count back. Definer, because nobody may reach the buckets.';

create function public.take_call() returns void
language plpgsql volatile security invoker set search_path = '' as $$
begin
  -- PostgREST has called private.check_request before: this is a request like any that may write.
  return;
end
$$;
comment on function public.take_call() is
  'Counts as one call of the caller and does nothing else: for functions that read on a user''s behalf. Errors: rate_limited.';

create function private.set_system_config(p_key text, p_value jsonb) returns public.system_config
language plpgsql security definer set search_path = '' as $$
declare
  -- The Data API hands a JSON null over as an SQL null.
  new_value constant jsonb := coalesce(p_value, 'null');
  setting public.system_config;
  wanted_type text;
begin
  perform private.require_admin();
  select * into setting from public.system_config c where c.key = p_key for update;
  if setting.key is null then
    perform private.raise_api_error(404, 'not_found', format('there is no setting %L', left(p_key, 100)));
  end if;
  -- The type of a number is known by its bounds: its value may be null.
  wanted_type := case when setting.min_value is not null or setting.max_value is not null then 'number' else jsonb_typeof(setting.value) end;
  if jsonb_typeof(new_value) <> wanted_type and not (setting.is_optional and jsonb_typeof(new_value) = 'null') then
    perform private.raise_api_error(422, 'invalid_request', format('%s must be of the type %s', p_key,
      wanted_type || case when setting.is_optional then ', or null' else '' end));
  end if;
  if jsonb_typeof(new_value) = 'number'
    and not new_value::numeric between coalesce(setting.min_value, '-infinity') and coalesce(setting.max_value, 'infinity') then
    perform private.raise_api_error(422, 'invalid_request', format('%s must be from %s to %s', p_key,
      coalesce(setting.min_value, '-infinity'), coalesce(setting.max_value, 'infinity')));
  end if;
  update public.system_config c set value = new_value, updated_by = auth.uid() where c.key = p_key returning * into setting;
  return setting;
end
$$;
comment on function private.set_system_config(text, jsonb) is 'Changes a setting for an admin. Definer, because nobody may write settings.';

create function public.set_system_config(p_key text, p_value jsonb) returns public.system_config
language sql security invoker set search_path = '' as $$
  select private.set_system_config(p_key, p_value)
$$;
comment on function public.set_system_config(text, jsonb) is
  'For admins with a second factor: changes the value of a setting; the change is in the audit log. A value keeps its type and bounds; null is for settings that are optional. Errors: forbidden, not_found, invalid_request.';

create or replace function private.prepare_backtest() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_open constant numeric := private.quota(new.user_id, 'open_backtests');
  most_kept constant numeric := private.config_number('limits.backtests_per_user');
  per_hour constant numeric := private.quota(new.user_id, 'backtests_per_hour');
  retry_after_s numeric;
begin
  -- One request of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('backtests of ' || new.user_id::text, 0));
  if (select count(*) from public.backtests b where b.user_id = new.user_id and b.status in ('queued', 'running')) >= most_open then
    perform private.raise_api_error(429, 'rate_limited', format('you have %s backtests queued or running: wait for one to end, or cancel some', most_open));
  end if;
  -- A result may take some megabytes.
  if (select count(*) from public.backtests b where b.user_id = new.user_id) >= most_kept then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s backtests, which is the most: delete some that you no longer need', most_kept));
  end if;
  select i.symbol into new.symbol from public.instruments i where i.id = new.instrument_id;
  if new.symbol is null then
    perform private.raise_api_error(422, 'unknown_symbol', format('there is no instrument %s', new.instrument_id));
  end if;
  if not exists (
    select from public.candles c
    where c.instrument_id = new.instrument_id and c.timeframe = new.timeframe
      and c.ts >= coalesce(new.range_start, '-infinity') and c.ts < coalesce(new.range_end, 'infinity')
  ) then
    perform private.raise_api_error(422, 'empty_range', format('there are no %s candles of %s in the range; candle_coverage says what there is',
                                                               new.timeframe, new.symbol));
  end if;
  if per_hour is not null then
    retry_after_s := private.take_tokens('user:' || new.user_id::text, 'backtests', per_hour, per_hour / 3600);
    if retry_after_s > 0 then
      perform private.raise_rate_limited(retry_after_s, format('you may request %s backtests an hour, and as many at once', per_hour));
    end if;
  end if;
  return new;
end
$$;
comment on function private.prepare_backtest() is 'Trigger: refuses a backtest without candles or beyond the user''s quotas, each row of a batch counting as one, and copies the symbol. Definer, so that the answer does not depend on who asks.';

-- PostgREST's roles all have to call it. It is all that anon may do in the schema.
grant usage on schema private to anon;
revoke execute on function private.take_write_slot(text, numeric), private.take_tokens(text, text, numeric, numeric, numeric), private.raise_rate_limited(numeric, text),
  private.prune_rate_buckets(), private.delete_rate_buckets_of_user(), private.check_request(), private.set_system_config(text, jsonb) from public;
revoke execute on function public.take_call(), public.set_system_config(text, jsonb) from public, anon, service_role;
grant execute on function private.prune_rate_buckets() to tradebase_worker;
grant execute on function private.check_request() to anon, authenticated, service_role;
grant execute on function private.set_system_config(text, jsonb), public.set_system_config(text, jsonb), public.take_call() to authenticated;

alter role authenticator set pgrst.db_pre_request = 'private.check_request';
notify pgrst, 'reload config';
