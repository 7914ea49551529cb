-- Purpose: users request studies, which workers take up; checks of strategies for bias are studies, too; how often each
--   family of strategies was tried is kept for good.
-- Objects: columns symbol, family and requested_trials of studies; table strategy_trial_counts; functions private.prepare_study,
--   private.emit_study_event, private.enqueue_study, private.announce_study_change, private.count_trials (again),
--   private.family_trials, private.delete_trial_counts_of_user (trigger on auth.users), private.study_queue,
--   private.prune_backtests (again), public.create_study, public.cancel_study; queues optimise, optimise-dead, bias-check,
--   bias-check-dead; settings and quotas of studies.
-- Risk: workers of an older version do not know the new queues: studies wait until newer ones run.

insert into public.system_config (key, value, min_value, max_value, is_optional, description) values
  ('quota.open_studies', '5', 0, 1000000, true, 'Studies a user may have queued or running, where the plan says nothing else; null for no limit.'),
  ('quota.studies_per_hour', '20', 0, 1000000, true, 'Studies a user may request in an hour, where the plan says nothing else; null for no limit.'),
  ('quota.trials_per_study', '5000', 1, 1000000, true, 'Trials that one study may make, where the plan says nothing else; null for no limit but a million.'),
  ('limits.studies_per_user', '500', 1, 1000000, true, 'Studies that one user may keep, ended ones included; null for any number.'),
  ('retention.studies_days', 'null', 1, 36500, true, 'Days for which ended studies and their trials are kept; null keeps them for ever.');
insert into public.plan_quotas (plan, quota, value, unit) values
  ('pro', 'open_studies', 20, 'studies queued or running'),
  ('pro', 'studies_per_hour', 100, 'studies requested in an hour'),
  ('pro', 'trials_per_study', 50000, 'trials of one study'),
  ('institutional', 'open_studies', 100, 'studies queued or running'),
  ('institutional', 'studies_per_hour', 1000, 'studies requested in an hour'),
  ('institutional', 'trials_per_study', 1000000, 'trials of one study');

alter table public.studies
  add column symbol text,
  add column family text,
  add column requested_trials integer,
  alter column objective drop not null,
  drop constraint studies_kind_check,
  add constraint studies_kind_check check (kind in ('grid', 'random', 'bayesian', 'walk_forward', 'monte_carlo', 'bias_check')),
  -- A strategy alone may have 64 KiB.
  drop constraint studies_spec_check,
  add constraint studies_spec_check check (jsonb_typeof(spec) = 'object' and pg_column_size(spec) <= 131072),
  drop constraint studies_objective_check,
  add constraint studies_objective_check check (objective ~ '^[a-z][a-z0-9_]{0,62}$' and (objective is not null or kind = 'bias_check')),
  add constraint studies_symbol_check check (char_length(symbol) between 1 and 32),
  add constraint studies_family_check check (char_length(family) between 1 and 200),
  add constraint studies_seed_check check (seed between 0 and 9007199254740991);
comment on table public.studies is 'Studies of a strategy: many backtests for one question, such as which parameters do best, what luck could have done, or whether a strategy looks ahead. Owners insert requests, may cancel them, and may delete those that have ended; the rest is written by workers.';
comment on column public.studies.kind is 'grid, random or bayesian search; walk_forward; monte_carlo; bias_check.';
comment on column public.studies.symbol is 'Symbol of the instrument at the time of the request.';
comment on column public.studies.family is 'What its trials count for: strategy:<id> of a strategy of the owner, else name:<name>. Given by a trigger.';
comment on column public.studies.planned_trials is 'How many trials it comes to, as far as that is known: as requested, then as its worker has it.';
comment on column public.studies.requested_trials is 'planned_trials as it was requested, which a worker that goes on with the study begins from; null where that was left to the kind.';
comment on column public.studies.spec is 'What is repeated: the strategy, its costs, the range, and the settings of the kind of study: contracts.StudySpec; of a bias check contracts.BiasCheckSpec.';
comment on column public.studies.strategy_version_id is 'Version of a strategy of the owner; the specification is then taken from it, with the parameters of the request. Null if there is none.';
comment on column public.studies.objective is 'Metric that decides, such as sharpe; null of a bias check.';
create index studies_finished_at_idx on public.studies (finished_at) where finished_at is not null;

create table public.strategy_trial_counts (
  user_id uuid not null,
  family text not null,
  trial_count bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint strategy_trial_counts_pkey primary key (user_id, family),
  constraint strategy_trial_counts_family_check check (char_length(family) between 1 and 200),
  constraint strategy_trial_counts_trial_count_check check (trial_count >= 0)
);
comment on table public.strategy_trial_counts is 'How many trials all studies of one family of strategies ever made: what the deflated Sharpe ratio of the best one needs. Deleting studies, trials or the strategy does not lower it.';
comment on column public.strategy_trial_counts.user_id is 'Owner. No foreign key to users: workers write here within their transactions; a trigger deletes a deleted user''s rows.';
comment on column public.strategy_trial_counts.family is 'strategy:<id> of a strategy of the owner, else name:<name>.';
comment on column public.strategy_trial_counts.trial_count is 'Trials ever made, failed and deleted ones included. Only rises.';
comment on column public.strategy_trial_counts.created_at is 'When the first study of the family was requested.';
comment on column public.strategy_trial_counts.updated_at is 'When the row last changed.';
alter table public.strategy_trial_counts enable row level security;
revoke all on public.strategy_trial_counts from anon, authenticated, service_role;
grant select on public.strategy_trial_counts to authenticated, service_role, tradebase_admin, tradebase_worker;
create policy "Owners can read their trial counts" on public.strategy_trial_counts for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their trial counts" on public.strategy_trial_counts is 'A count belongs to one user; a runner reads for its user.';
create policy "Admins can read trial counts" on public.strategy_trial_counts for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read trial counts" on public.strategy_trial_counts is 'In an audited read only.';
create trigger set_updated_at before update on public.strategy_trial_counts
  for each row execute function private.set_updated_at();

grant insert (name, kind, instrument_id, timeframe, spec, search_space, objective, direction, planned_trials, seed, strategy_version_id)
  on public.studies to authenticated;
grant update (status), delete on public.studies to authenticated;
create policy "Users can request studies for themselves" on public.studies for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Users can request studies for themselves" on public.studies is 'Column grants leave status, progress and results to the workers. Not viewers, who change nothing.';
create policy "Owners can cancel their studies" on public.studies for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()) and status = 'cancelled');
comment on policy "Owners can cancel their studies" on public.studies is 'The only change an owner may make is to the status, and only to cancelled.';
create policy "Owners can delete their finished studies" on public.studies for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()) and status in ('completed', 'failed', 'cancelled'));
comment on policy "Owners can delete their finished studies" on public.studies is 'One that waits or runs is cancelled first: a worker may be at it. Its trials go with it, and still count.';

-- A worker that dies is noticed by its missing heartbeat. A study goes on from its trials, so that one may outlive many
-- workers: a day for each try, and more tries than a backtest has.
select pgboss.create_queue('optimise-dead', '{"policy": "standard", "retryLimit": 5, "retryDelay": 5, "notify": true}');
select pgboss.create_queue('optimise', '{
  "policy": "standard", "retryLimit": 10, "retryDelay": 1, "retryBackoff": true, "retryDelayMax": 60,
  "expireInSeconds": 86399, "heartbeatSeconds": 10, "deadLetter": "optimise-dead", "notify": true}');
select pgboss.create_queue('bias-check-dead', '{"policy": "standard", "retryLimit": 5, "retryDelay": 5, "notify": true}');
select pgboss.create_queue('bias-check', '{
  "policy": "standard", "retryLimit": 3, "retryDelay": 1, "retryBackoff": true, "retryDelayMax": 60,
  "expireInSeconds": 3600, "heartbeatSeconds": 10, "deadLetter": "bias-check-dead", "notify": true}');

create function private.prepare_study() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_open constant numeric := private.quota(new.user_id, 'open_studies');
  most_kept constant numeric := private.config_number('limits.studies_per_user');
  most_trials constant numeric := private.quota(new.user_id, 'trials_per_study');
  per_hour constant numeric := private.quota(new.user_id, 'studies_per_hour');
  retry_after_s numeric;
  bound text;
begin
  -- One request of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('studies of ' || new.user_id::text, 0));
  if (select count(*) from public.studies s where s.user_id = new.user_id and s.status in ('queued', 'running')) >= most_open then
    perform private.raise_api_error(429, 'rate_limited', format('you have %s studies queued or running: wait for one to end, or cancel some', most_open));
  end if;
  if (select count(*) from public.studies s where s.user_id = new.user_id) >= most_kept then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s studies, which is the most: delete some that you no longer need', most_kept));
  end if;
  if new.planned_trials > most_trials then
    perform private.raise_api_error(409, 'quota_exceeded', format('a study of yours may make %s trials', most_trials));
  end if;
  new.requested_trials := new.planned_trials;
  foreach bound in array array['from', 'to'] loop
    if not coalesce(pg_catalog.pg_input_is_valid(new.spec ->> bound, 'timestamptz'), true) then
      perform private.raise_api_error(422, 'invalid_request', format('%s of the specification is no time', bound));
    end if;
  end loop;
  new.symbol := (private.check_market(array[new.instrument_id], new.timeframe, null, (new.spec ->> 'from')::timestamptz, (new.spec ->> 'to')::timestamptz))[1];
  if new.strategy_version_id is not null then
    new.spec := jsonb_set(new.spec, '{strategy}', private.versioned_strategy(new.user_id, new.strategy_version_id, new.spec -> 'strategy'));
    select 'strategy:' || v.strategy_id into new.family from public.strategy_versions v where v.id = new.strategy_version_id;
  else
    new.family := 'name:' || left(coalesce(new.spec -> 'strategy' ->> 'name', ''), 100);
  end if;
  if per_hour is not null then
    retry_after_s := private.take_tokens('user:' || new.user_id::text, 'studies', per_hour, per_hour / 3600);
    if retry_after_s > 0 then
      perform private.raise_rate_limited(retry_after_s, format('you may request %s studies an hour, and as many at once', per_hour));
    end if;
  end if;
  return new;
end
$$;
comment on function private.prepare_study() is 'Trigger: refuses a study without candles or beyond the user''s quotas, copies the symbol, takes the strategy from its version where one is named, and says which family its trials count for. Definer, so that the answer does not depend on who asks.';

create function private.emit_study_event(p_study public.studies, p_event text) returns void
language sql security definer set search_path = '' as $$
  select private.emit_event(
    p_study.user_id,
    'user:' || p_study.user_id::text,
    p_event,
    jsonb_build_object('kind', 'study', 'id', p_study.id, 'status', p_study.status,
                       'progress', p_study.progress, 'error', p_study.error, 'at', now())
  )
$$;
comment on function private.emit_study_event(public.studies, text) is 'Sends the state of a study to its owner. Definer, because triggers of users'' statements call it.';

create function private.study_queue(p_kind text) returns text
language sql immutable set search_path = '' as $$
  select case p_kind when 'bias_check' then 'bias-check' else 'optimise' end
$$;
comment on function private.study_queue(text) is 'Queue of a kind of study. Checks of bias have their own: they are short, and searches are not.';

create function private.enqueue_study() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Here and not with the trials: a worker's transaction must not meet the deletion of a user at a row that is not there.
  insert into public.strategy_trial_counts (user_id, family) values (new.user_id, new.family) on conflict do nothing;
  perform private.enqueue_job(
    private.study_queue(new.kind),
    new.id,
    jsonb_build_object('version', 1, 'study_id', new.id,
                       'request_id', nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id'),
    new.user_id::text,
    -- The more a user has waiting, the later the next one comes: a backlog does not keep the others waiting.
    -(select count(*)::integer from public.studies s where s.user_id = new.user_id and s.status in ('queued', 'running'))
  );
  perform private.emit_study_event(new, 'task_queued');
  return null;
end
$$;
comment on function private.enqueue_study() is 'Trigger: the job and the event commit with the row or not at all. Definer, because owners have no rights on the queue.';

create function private.announce_study_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.status = 'running' and old.status = 'running' and new.attempt = old.attempt then
    perform private.emit_study_event(new, 'task_progress');
    return null;
  end if;
  perform private.emit_study_event(new, case new.status
    when 'queued' then 'task_queued'
    when 'running' then 'task_running'
    when 'completed' then 'task_completed'
    else 'task_failed' end);
  if new.status = 'cancelled' then
    update pgboss.job set state = 'cancelled', completed_on = now()
    where name = private.study_queue(new.kind) and id = new.id and state < 'active';
  end if;
  return null;
end
$$;
comment on function private.announce_study_change() is 'Trigger: tells the owner, and on cancellation takes a waiting job from the queue; a worker that runs it sees the status at its next report of progress. Definer, because owners have no rights on either.';

create or replace function private.count_trials() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.studies s set trial_count = s.trial_count + made.count
  from (select m.study_id, count(*)::integer as count from made m group by m.study_id) made
  where s.id = made.study_id;
  update public.strategy_trial_counts c set trial_count = c.trial_count + made.count
  from (
    select s.user_id, s.family, count(*) as count
    from made m join public.studies s on s.id = m.study_id group by s.user_id, s.family
  ) made
  where c.user_id = made.user_id and c.family = made.family;
  return null;
end
$$;
comment on function private.count_trials() is 'Trigger: counts trials when they are made, in their study and for the family of its strategy, so that those deleted later still count. Definer, because nobody may write the numbers.';

create function private.family_trials(p_study_id uuid) returns bigint
language sql stable security definer set search_path = '' as $$
  select c.trial_count
  from public.studies s join public.strategy_trial_counts c on c.user_id = s.user_id and c.family = s.family
  where s.id = p_study_id
$$;
comment on function private.family_trials(uuid) is 'Trials ever made of the family of a study''s strategy, over all studies, deleted ones included. Definer, so that a worker needs to know no more.';

create function private.delete_trial_counts_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.strategy_trial_counts c where c.user_id = old.id;
  return null;
end
$$;
comment on function private.delete_trial_counts_of_user() is 'Trigger: does what a foreign key to users with ON DELETE CASCADE would, after the studies are gone, whose workers'' transactions it would deadlock with. Definer, because Auth deletes users.';
-- Sorts after the cascades of foreign keys.
create trigger tradebase_delete_trial_counts after delete on auth.users
  for each row execute function private.delete_trial_counts_of_user();

create or replace function private.prune_backtests() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
  pruned_studies bigint;
begin
  -- A backtest takes its result and its trades with it: fewer at a time. A study takes its trials.
  delete from public.backtests b where b.id in (
    select old.id from public.backtests old
    where old.finished_at < now() - private.config_number('retention.backtests_days') * interval '1 day'
    order by old.finished_at limit 500 for update skip locked);
  get diagnostics pruned = row_count;
  delete from public.studies s where s.id in (
    select old.id from public.studies old
    where old.finished_at < now() - private.config_number('retention.studies_days') * interval '1 day'
    order by old.finished_at limit 50 for update skip locked);
  get diagnostics pruned_studies = row_count;
  return pruned + pruned_studies;
end
$$;
comment on function private.prune_backtests() is 'Deletes ended backtests and studies at the end of their retention, 500 and 50 at most; without one, none. Definer, because only the maintenance job deletes them.';

create trigger prepare before insert on public.studies
  for each row execute function private.prepare_study();
create trigger enqueue after insert on public.studies
  for each row execute function private.enqueue_study();
create trigger announce_change after update on public.studies
  for each row when (old.status is distinct from new.status or old.progress is distinct from new.progress or old.attempt is distinct from new.attempt)
  execute function private.announce_study_change();

create function public.create_study(
  p_name text,
  p_kind text,
  p_symbol text,
  p_timeframe text,
  p_spec jsonb,
  p_search_space jsonb default '{}',
  p_objective text default null,
  p_direction text default 'maximise',
  p_planned_trials integer default null,
  p_seed bigint default 1,
  p_strategy_version_id uuid default null
) returns public.studies
language plpgsql security invoker set search_path = '' as $$
declare
  v_study public.studies;
begin
  insert into public.studies (
    name, kind, instrument_id, timeframe, spec, search_space, objective, direction, planned_trials, seed, strategy_version_id
  ) values (
    p_name, p_kind, (private.find_instruments(array[p_symbol]))[1], p_timeframe, p_spec, coalesce(p_search_space, '{}'), p_objective,
    coalesce(p_direction, 'maximise'), p_planned_trials, coalesce(p_seed, 1), p_strategy_version_id
  )
  returning * into v_study;
  return v_study;
end
$$;
comment on function public.create_study(text, text, text, text, jsonb, jsonb, text, text, integer, bigint, uuid) is
  'Requests a study for the caller: a search, a walk-forward, a Monte Carlo or a bias check; its queue job and its event commit with it. Errors: unknown_symbol, empty_range, strategy_not_found, invalid_request, quota_exceeded, rate_limited.';

create function public.cancel_study(p_study_id uuid) returns public.studies
language plpgsql security invoker set search_path = '' as $$
declare
  v_study public.studies;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role may read, and not change anything');
  end if;
  update public.studies s set status = 'cancelled'
  where s.id = p_study_id and s.status in ('queued', 'running')
  returning * into v_study;
  if v_study.id is null then
    select * into v_study from public.studies s where s.id = p_study_id;
    if v_study.id is null then
      perform private.raise_api_error(404, 'study_not_found', 'there is no such study');
    end if;
    if v_study.status <> 'cancelled' then
      perform private.raise_api_error(409, 'study_not_cancellable', format('the study is already %s', v_study.status));
    end if;
  end if;
  return v_study;
end
$$;
comment on function public.cancel_study(uuid) is
  'Cancels a queued or running study of the caller; the trials that were made stay. Cancelling it again changes nothing. Errors: forbidden, study_not_found, study_not_cancellable.';

revoke execute on function private.prepare_study(), private.emit_study_event(public.studies, text), private.study_queue(text), private.enqueue_study(),
  private.announce_study_change(), private.family_trials(uuid), private.delete_trial_counts_of_user() from public;
revoke execute on function public.create_study(text, text, text, text, jsonb, jsonb, text, text, integer, bigint, uuid), public.cancel_study(uuid)
  from public, anon, service_role;
grant execute on function public.create_study(text, text, text, text, jsonb, jsonb, text, text, integer, bigint, uuid), public.cancel_study(uuid)
  to authenticated;
grant execute on function private.family_trials(uuid), private.quota(uuid, text) to tradebase_worker;
