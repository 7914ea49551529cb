-- Purpose: performance, alerts and tasks hang on the bots, runs and studies they are about.
-- Objects: foreign keys of daily_performance, performance_snapshots, performance_metrics, alert_rules and alert_history to
--   bots and trading_runs; triggers on studies and training_runs that keep their tasks.
-- Risk: rows that name a bot which is not there make it fail; nothing has written any.

alter table public.daily_performance
  add constraint daily_performance_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade;
alter table public.performance_snapshots
  add constraint performance_snapshots_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade;
alter table public.performance_metrics
  add constraint performance_metrics_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade;
-- A rule about one bot would, without it, be about all of them: it goes along.
alter table public.alert_rules
  add constraint alert_rules_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade;
-- What a user was told stays.
alter table public.alert_history
  add constraint alert_history_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete set null (bot_id),
  add constraint alert_history_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete set null (run_id);

create trigger keep_task after insert or delete or update of status, progress, error, started_at, finished_at on public.studies
  for each row execute function private.keep_task('study');
create trigger keep_task after insert or delete or update of status, progress, error, started_at, finished_at on public.training_runs
  for each row execute function private.keep_task('training');
