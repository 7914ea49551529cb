-- Purpose: models that learn from candles, their training and what they predict.
-- Objects: tables models, training_runs, predictions, private.model_artifacts; foreign keys of signals and trades to models.
-- Risk: none on an empty database.
create table public.models (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  kind text not null,
  task text not null,
  instrument_id integer not null,
  timeframe text not null,
  horizon integer not null default 1,
  feature_spec jsonb not null,
  params jsonb not null default '{}',
  seed bigint not null default 1,
  status text not null default 'queued',
  version integer not null default 0,
  accuracy double precision,
  precision double precision,
  recall double precision,
  auc double precision,
  metrics jsonb not null default '{}',
  feature_importance jsonb,
  trained_from timestamptz,
  trained_to timestamptz,
  trained_at timestamptz,
  stale_at timestamptz,
  learning_version text,
  data_version bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint models_pkey primary key (id),
  constraint models_id_user_id_key unique (id, user_id),
  constraint models_user_id_name_key unique (user_id, name),
  constraint models_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint models_coverage_fkey foreign key (instrument_id, timeframe) references public.candle_coverage (instrument_id, timeframe),
  constraint models_name_check check (char_length(name) between 1 and 100),
  constraint models_kind_check check (kind ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and char_length(kind) <= 50),
  constraint models_task_check check (task in ('classification', 'regression')),
  constraint models_horizon_check check (horizon between 1 and 10000),
  constraint models_feature_spec_check check (jsonb_typeof(feature_spec) = 'object' and pg_column_size(feature_spec) <= 16384),
  constraint models_params_check check (jsonb_typeof(params) = 'object' and pg_column_size(params) <= 16384),
  constraint models_status_check check (status in ('queued', 'training', 'ready', 'failed', 'archived')),
  constraint models_version_check check (version >= 0 and (status <> 'ready' or version >= 1)),
  constraint models_scores_check check (accuracy between 0 and 1 and precision between 0 and 1 and recall between 0 and 1 and auc between 0 and 1),
  constraint models_metrics_check check (jsonb_typeof(metrics) = 'object' and pg_column_size(metrics) <= 16384),
  constraint models_feature_importance_check check (jsonb_typeof(feature_importance) = 'array' and pg_column_size(feature_importance) <= 65536),
  constraint models_trained_check check (trained_from <= trained_to and (version = 0) = (trained_at is null))
);
comment on table public.models is 'Models that learn from candles: what they are told, how they were trained and how well they do. Users will request them when there is a queue that takes them up: until then they may not insert any.';
comment on column public.models.id is 'Identifies the model.';
comment on column public.models.user_id is 'Owner.';
comment on column public.models.name is 'Name, unique among those of the owner.';
comment on column public.models.kind is 'How it learns: gradient-boosting, random-forest, logistic-regression and so on.';
comment on column public.models.task is 'classification (up or down) or regression (how much).';
comment on column public.models.instrument_id is 'The instrument it is trained on.';
comment on column public.models.timeframe is 'Length of the bars.';
comment on column public.models.horizon is 'How many bars ahead it predicts.';
comment on column public.models.feature_spec is 'What it is told of each bar, and what it is to predict.';
comment on column public.models.params is 'Settings of the learner.';
comment on column public.models.seed is 'Seed of whatever in it is random.';
comment on column public.models.status is 'queued, training, ready, failed or archived.';
comment on column public.models.version is 'Rises with each training that succeeded; predictions name it. 0 before the first.';
comment on column public.models.accuracy is 'Share of test cases that it had right, 0 to 1; null where it does not apply.';
comment on column public.models.precision is 'Share of its calls that were right, 0 to 1; null where it does not apply.';
comment on column public.models.recall is 'Share of cases that it called, 0 to 1; null where it does not apply.';
comment on column public.models.auc is 'Area under its ROC curve, 0 to 1; null where it does not apply.';
comment on column public.models.metrics is 'Other metrics, by name; all are out of sample.';
comment on column public.models.feature_importance is 'List of {"feature", "importance"}, the most important first.';
comment on column public.models.trained_from is 'Open time of the first bar it was trained on.';
comment on column public.models.trained_to is 'Open time of the last bar it was trained on.';
comment on column public.models.trained_at is 'When it was last trained.';
comment on column public.models.stale_at is 'From when on it is too old to go by, and is trained anew.';
comment on column public.models.learning_version is 'Version of the learning package that trained it.';
comment on column public.models.data_version is 'candle_coverage.version of the candles it was trained on.';
comment on column public.models.created_at is 'When it was requested.';
comment on column public.models.updated_at is 'When the row last changed.';
create index models_user_id_created_at_idx on public.models (user_id, created_at desc);
create index models_instrument_id_timeframe_idx on public.models (instrument_id, timeframe);

-- What a model said and traded outlives it.
alter table public.signals
  add constraint signals_model_id_fkey foreign key (model_id, user_id) references public.models (id, user_id) on delete set null (model_id);
alter table public.trades
  add constraint trades_model_id_fkey foreign key (model_id, user_id) references public.models (id, user_id) on delete set null (model_id);

create table private.model_artifacts (
  model_id uuid not null,
  user_id uuid not null,
  version integer not null,
  format text not null,
  artifact bytea not null,
  sha256 bytea not null generated always as (sha256(artifact)) stored,
  created_at timestamptz not null default now(),
  constraint model_artifacts_pkey primary key (model_id),
  constraint model_artifacts_model_id_fkey foreign key (model_id, user_id) references public.models (id, user_id) on delete cascade,
  constraint model_artifacts_version_check check (version >= 1),
  constraint model_artifacts_format_check check (char_length(format) between 1 and 50),
  constraint model_artifacts_artifact_check check (octet_length(artifact) between 1 and 67108864)
);
comment on table private.model_artifacts is 'What training made of each model: the trees or weights, latest version. For workers alone.';
comment on column private.model_artifacts.model_id is 'The model.';
comment on column private.model_artifacts.user_id is 'Owner of the model; goes with it.';
comment on column private.model_artifacts.version is 'models.version that it is of.';
comment on column private.model_artifacts.format is 'How the bytes are to be read, with a version.';
comment on column private.model_artifacts.artifact is 'The bytes, at most 64 MiB.';
comment on column private.model_artifacts.sha256 is 'Hash of the bytes.';
comment on column private.model_artifacts.created_at is 'When it was written.';
create index model_artifacts_model_id_user_id_idx on private.model_artifacts (model_id, user_id);

create table public.training_runs (
  id uuid not null default gen_random_uuid(),
  model_id uuid not null,
  user_id uuid not null,
  status text not null default 'queued',
  progress real not null default 0,
  attempt integer not null default 0,
  params jsonb not null default '{}',
  metrics jsonb,
  model_version integer,
  learning_version text,
  data_version bigint,
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint training_runs_pkey primary key (id),
  constraint training_runs_id_user_id_key unique (id, user_id),
  constraint training_runs_model_id_fkey foreign key (model_id, user_id) references public.models (id, user_id) on delete cascade,
  constraint training_runs_params_check check (jsonb_typeof(params) = 'object' and pg_column_size(params) <= 16384),
  constraint training_runs_metrics_check check (jsonb_typeof(metrics) = 'object' and pg_column_size(metrics) <= 16384),
  constraint training_runs_status_check check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  constraint training_runs_progress_check check (progress >= 0 and progress <= 1),
  constraint training_runs_error_check check ((error is not null) = (status = 'failed') and jsonb_typeof(error) = 'object' and pg_column_size(error) <= 16384),
  constraint training_runs_finished_at_check check ((finished_at is not null) = (status in ('completed', 'failed', 'cancelled')))
);
comment on table public.training_runs is 'Trainings of models. Written by workers.';
comment on column public.training_runs.id is 'Identifies the training; its queue job has the same id.';
comment on column public.training_runs.model_id is 'The model.';
comment on column public.training_runs.user_id is 'Owner of the model, repeated here so that the policy needs no join; goes with the model.';
comment on column public.training_runs.status is 'queued, running, then completed, failed or cancelled.';
comment on column public.training_runs.progress is 'Share done, 0 to 1.';
comment on column public.training_runs.attempt is 'How often a worker has taken it up. Only the latest attempt may write.';
comment on column public.training_runs.params is 'Settings of the learner as they were.';
comment on column public.training_runs.metrics is 'How well the model did, by name and out of sample; null until completed.';
comment on column public.training_runs.model_version is 'models.version that came of it.';
comment on column public.training_runs.learning_version is 'Version of the learning package.';
comment on column public.training_runs.data_version is 'candle_coverage.version of the candles.';
comment on column public.training_runs.error is 'Why it failed: {"code", "message"}; null unless failed.';
comment on column public.training_runs.created_at is 'When it was requested.';
comment on column public.training_runs.started_at is 'When a worker first took it up.';
comment on column public.training_runs.finished_at is 'When it was completed, failed or was cancelled.';
comment on column public.training_runs.updated_at is 'When the row last changed.';
create index training_runs_model_id_user_id_idx on public.training_runs (model_id, user_id, created_at desc);
create index training_runs_user_id_created_at_idx on public.training_runs (user_id, created_at desc);

create table public.predictions (
  model_id uuid not null,
  user_id uuid not null,
  instrument_id integer not null,
  timeframe text not null,
  ts timestamptz not null,
  horizon integer not null,
  model_version integer not null,
  value double precision,
  probabilities jsonb,
  confidence double precision,
  created_at timestamptz not null default now(),
  constraint predictions_pkey primary key (model_id, user_id, instrument_id, timeframe, ts, horizon, model_version),
  constraint predictions_model_id_fkey foreign key (model_id, user_id) references public.models (id, user_id) on delete cascade,
  constraint predictions_instrument_id_fkey foreign key (instrument_id) references public.instruments (id) on delete cascade,
  constraint predictions_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint predictions_horizon_check check (horizon between 1 and 10000),
  constraint predictions_value_check check (value is not null or probabilities is not null),
  constraint predictions_probabilities_check check (jsonb_typeof(probabilities) = 'object' and pg_column_size(probabilities) <= 4096),
  constraint predictions_confidence_check check (confidence between 0 and 1)
);
comment on table public.predictions is 'What models say of the bars to come. Written by workers.';
comment on column public.predictions.model_id is 'The model.';
comment on column public.predictions.user_id is 'Owner of the model, repeated here so that the policy needs no join; goes with the model.';
comment on column public.predictions.instrument_id is 'The instrument.';
comment on column public.predictions.timeframe is 'Length of the bars.';
comment on column public.predictions.ts is 'Open time of the last bar that it knew.';
comment on column public.predictions.horizon is 'How many bars ahead it looks.';
comment on column public.predictions.model_version is 'models.version that said it.';
comment on column public.predictions.value is 'Of a regression, the return it expects; of a classification, the class.';
comment on column public.predictions.probabilities is 'Of a classification, the probability of each class.';
comment on column public.predictions.confidence is 'How sure it is, 0 to 1; null where it cannot say.';
comment on column public.predictions.created_at is 'When it was said.';
create index predictions_user_id_ts_idx on public.predictions (user_id, ts desc);
create index predictions_instrument_id_idx on public.predictions (instrument_id);

alter table public.models enable row level security;
alter table public.training_runs enable row level security;
alter table public.predictions enable row level security;
revoke all on public.models, public.training_runs, public.predictions from anon, authenticated, service_role;
alter table private.model_artifacts enable row level security;
revoke all on private.model_artifacts from public;
grant select on public.models, public.training_runs, public.predictions to authenticated, service_role, tradebase_admin;
grant select, update (
  status, version, accuracy, precision, recall, auc, metrics, feature_importance, trained_from, trained_to, trained_at, stale_at,
  learning_version, data_version
) on public.models to tradebase_worker;
grant select, insert, update (
  status, progress, attempt, metrics, model_version, learning_version, data_version, error, started_at, finished_at
) on public.training_runs to tradebase_worker;
grant select, insert, update on public.predictions to tradebase_worker;
grant select, insert, update on private.model_artifacts to tradebase_worker;
create policy "Owners can read their models" on public.models for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their models" on public.models is 'A model belongs to one user; a runner reads for its user.';
create policy "Admins can read models" on public.models for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read models" on public.models is 'In an audited read only.';
create policy "Owners can read their training runs" on public.training_runs for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their training runs" on public.training_runs is 'A training run belongs to one user; a runner reads for its user.';
create policy "Admins can read training runs" on public.training_runs for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read training runs" on public.training_runs is 'In an audited read only.';
create policy "Owners can read their predictions" on public.predictions for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their predictions" on public.predictions is 'A prediction belongs to one user; a runner reads for its user.';
create policy "Admins can read predictions" on public.predictions for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read predictions" on public.predictions is 'In an audited read only.';
create policy "No API role can reach model artifacts" on private.model_artifacts for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach model artifacts" on private.model_artifacts is 'Says outright what the missing grants mean.';
insert into private.status_transitions (table_name, from_status, to_status) values
  ('models', 'queued', 'training'), ('models', 'queued', 'failed'), ('models', 'queued', 'archived'),
  ('models', 'training', 'ready'), ('models', 'training', 'failed'), ('models', 'ready', 'queued'), ('models', 'ready', 'training'),
  ('models', 'ready', 'archived'), ('models', 'failed', 'queued'), ('models', 'failed', 'training'),
  ('models', 'failed', 'archived');
insert into private.status_transitions (table_name, from_status, to_status) values
  ('training_runs', 'queued', 'running'), ('training_runs', 'queued', 'failed'), ('training_runs', 'queued', 'cancelled'),
  ('training_runs', 'running', 'completed'), ('training_runs', 'running', 'failed'), ('training_runs', 'running', 'cancelled');

create trigger check_status before update on public.models
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.models
  for each row execute function private.set_updated_at();
create trigger check_status before update on public.training_runs
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.training_runs
  for each row execute function private.set_updated_at();
create trigger stamp_end before update on public.training_runs
  for each row execute function private.stamp_status_time('finished_at', 'completed', 'failed', 'cancelled');
