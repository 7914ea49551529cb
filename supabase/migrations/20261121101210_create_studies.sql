-- Purpose: studies: optimisation, walk-forward and Monte Carlo, and the trials they consist of.
-- Objects: tables studies, trials; function private.count_trials.
-- Risk: none on an empty database.
create table public.studies (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  kind text not null,
  strategy_version_id uuid,
  instrument_id integer not null,
  timeframe text not null,
  spec jsonb not null,
  search_space jsonb not null default '{}',
  objective text not null,
  direction text not null default 'maximise',
  planned_trials integer,
  trial_count integer not null default 0,
  best_trial integer,
  result jsonb,
  seed bigint not null default 1,
  engine_version text,
  data_version bigint,
  status text not null default 'queued',
  progress real not null default 0,
  attempt integer not null default 0,
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint studies_pkey primary key (id),
  constraint studies_id_user_id_key unique (id, user_id),
  constraint studies_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint studies_strategy_version_id_fkey foreign key (strategy_version_id, user_id) references public.strategy_versions (id, user_id) on delete set null (strategy_version_id),
  constraint studies_coverage_fkey foreign key (instrument_id, timeframe) references public.candle_coverage (instrument_id, timeframe),
  constraint studies_name_check check (char_length(name) between 1 and 100),
  constraint studies_kind_check check (kind in ('grid', 'random', 'bayesian', 'walk_forward', 'monte_carlo')),
  constraint studies_spec_check check (jsonb_typeof(spec) = 'object' and pg_column_size(spec) <= 65536),
  constraint studies_search_space_check check (jsonb_typeof(search_space) = 'object' and pg_column_size(search_space) <= 16384),
  constraint studies_objective_check check (objective ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint studies_direction_check check (direction in ('maximise', 'minimise')),
  constraint studies_trials_check check (planned_trials between 1 and 1000000 and trial_count >= 0 and best_trial >= 1),
  constraint studies_result_check check (jsonb_typeof(result) = 'object' and pg_column_size(result) <= 1048576),
  constraint studies_status_check check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  constraint studies_progress_check check (progress >= 0 and progress <= 1),
  constraint studies_error_check check ((error is not null) = (status = 'failed') and jsonb_typeof(error) = 'object' and pg_column_size(error) <= 16384),
  constraint studies_finished_at_check check ((finished_at is not null) = (status in ('completed', 'failed', 'cancelled')))
);
comment on table public.studies is 'Studies of a strategy: many backtests for one question, such as which parameters do best, or what luck could have done. Users will request them when there is a queue that takes them up: until then they may not insert any.';
comment on column public.studies.id is 'Identifies the study; its queue job has the same id.';
comment on column public.studies.user_id is 'Owner.';
comment on column public.studies.name is 'Name for people.';
comment on column public.studies.kind is 'grid, random or bayesian search; walk_forward; monte_carlo.';
comment on column public.studies.strategy_version_id is 'Version of a strategy of the owner that the specification was taken from; null if there is none.';
comment on column public.studies.instrument_id is 'The instrument whose candles are used.';
comment on column public.studies.timeframe is 'Length of the bars.';
comment on column public.studies.spec is 'What is repeated: the strategy, its costs, the range, and the settings of the kind of study.';
comment on column public.studies.search_space is 'Values or bounds of each parameter; empty where nothing is searched.';
comment on column public.studies.objective is 'Metric that decides, such as sharpe.';
comment on column public.studies.direction is 'maximise or minimise.';
comment on column public.studies.planned_trials is 'How many trials it is to make; null where that shows as it goes.';
comment on column public.studies.trial_count is 'How many trials were ever made, failed and deleted ones included: what the deflated Sharpe ratio needs. Only rises.';
comment on column public.studies.best_trial is 'Number of the best trial; null before the first that counts.';
comment on column public.studies.result is 'What it found: folds of a walk-forward, percentiles of a Monte Carlo, probability of overfitting.';
comment on column public.studies.seed is 'Seed of whatever in it is random.';
comment on column public.studies.engine_version is 'Version of the engine that ran it; null until one has.';
comment on column public.studies.data_version is 'candle_coverage.version of the candles it ran on; null until it has.';
comment on column public.studies.status is 'queued, running, then completed, failed or cancelled.';
comment on column public.studies.progress is 'Share done, 0 to 1.';
comment on column public.studies.attempt is 'How often a worker has taken it up. Only the latest attempt may write.';
comment on column public.studies.error is 'Why it failed: {"code", "message"}; null unless failed.';
comment on column public.studies.created_at is 'When it was requested.';
comment on column public.studies.started_at is 'When a worker first took it up.';
comment on column public.studies.finished_at is 'When it was completed, failed or was cancelled.';
comment on column public.studies.updated_at is 'When the row last changed.';
create index studies_user_id_created_at_idx on public.studies (user_id, created_at desc);
create index studies_strategy_version_id_user_id_idx on public.studies (strategy_version_id, user_id);
create index studies_instrument_id_timeframe_idx on public.studies (instrument_id, timeframe);

create table public.trials (
  study_id uuid not null,
  number integer not null,
  user_id uuid not null,
  params jsonb not null,
  metrics jsonb,
  objective_value double precision,
  status text not null default 'queued',
  error text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint trials_pkey primary key (study_id, number),
  constraint trials_study_id_fkey foreign key (user_id, study_id) references public.studies (user_id, id) on delete cascade,
  constraint trials_number_check check (number >= 1),
  constraint trials_params_check check (jsonb_typeof(params) = 'object' and pg_column_size(params) <= 16384),
  constraint trials_metrics_check check (jsonb_typeof(metrics) = 'object' and pg_column_size(metrics) <= 16384),
  constraint trials_status_check check (status in ('queued', 'running', 'completed', 'failed', 'pruned')),
  constraint trials_error_check check (char_length(error) <= 4000)
);
comment on table public.trials is 'Trials of a study: one set of parameters, and how it did. Written by workers. Failed ones stay: how many were tried is part of what the best one is worth.';
comment on column public.trials.study_id is 'The study.';
comment on column public.trials.number is 'Number of the trial in its study, from 1.';
comment on column public.trials.user_id is 'Owner of the study, repeated here so that the policy needs no join; goes with the study.';
comment on column public.trials.params is 'Parameters that were tried; of a Monte Carlo, the seed of the path.';
comment on column public.trials.metrics is 'How it did, by name; null until completed. A metric that is undefined is null.';
comment on column public.trials.objective_value is 'Value of the objective; null where it is undefined.';
comment on column public.trials.status is 'queued, running, then completed, failed or pruned (given up as hopeless).';
comment on column public.trials.error is 'Why it failed.';
comment on column public.trials.created_at is 'When the row was written.';
comment on column public.trials.started_at is 'When it began.';
comment on column public.trials.finished_at is 'When it ended.';
create index trials_user_id_study_id_idx on public.trials (user_id, study_id, objective_value desc nulls last);

alter table public.studies enable row level security;
alter table public.trials enable row level security;
revoke all on public.studies, public.trials from anon, authenticated, service_role;
grant select on public.studies, public.trials to authenticated, service_role, tradebase_admin;
grant select, update (
  status, progress, attempt, error, result, best_trial, planned_trials, engine_version, data_version, started_at, finished_at
) on public.studies to tradebase_worker;
grant select, insert, update (metrics, objective_value, status, error, started_at, finished_at) on public.trials to tradebase_worker;
create policy "Owners can read their studies" on public.studies for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their studies" on public.studies is 'A study belongs to one user; a runner reads for its user.';
create policy "Admins can read studies" on public.studies for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read studies" on public.studies is 'In an audited read only.';
create policy "Owners can read their trials" on public.trials for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their trials" on public.trials is 'A trial belongs to one user; a runner reads for its user.';
create policy "Admins can read trials" on public.trials for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read trials" on public.trials is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('studies', 'queued', 'running'), ('studies', 'queued', 'failed'), ('studies', 'queued', 'cancelled'),
  ('studies', 'running', 'completed'), ('studies', 'running', 'failed'), ('studies', 'running', 'cancelled');
insert into private.status_transitions (table_name, from_status, to_status) values
  ('trials', 'queued', 'running'), ('trials', 'queued', 'completed'), ('trials', 'queued', 'failed'),
  ('trials', 'queued', 'pruned'), ('trials', 'running', 'completed'), ('trials', 'running', 'failed'),
  ('trials', 'running', 'pruned');

create function private.count_trials() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.studies s set trial_count = s.trial_count + made.count
  from (select m.study_id, count(*)::integer as count from made m group by m.study_id) made
  where s.id = made.study_id;
  return null;
end
$$;
comment on function private.count_trials() is 'Trigger: counts trials when they are made, so that those deleted later still count. Definer, because nobody may write the number.';
revoke execute on function private.count_trials() from public;
create trigger count_trials after insert on public.trials
  referencing new table as made for each statement execute function private.count_trials();
create trigger check_status before update on public.studies
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.studies
  for each row execute function private.set_updated_at();
create trigger stamp_end before update on public.studies
  for each row execute function private.stamp_status_time('finished_at', 'completed', 'failed', 'cancelled');
create trigger check_status before update on public.trials
  for each row execute function private.check_status();
create trigger stamp_end before update on public.trials
  for each row execute function private.stamp_status_time('finished_at', 'completed', 'failed', 'pruned');
