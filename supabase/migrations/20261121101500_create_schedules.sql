-- Purpose: tasks that come round: what users want done when, and how each occurrence went.
-- Objects: tables schedules, schedule_runs; functions private.cron_field, private.is_cron, private.prune_schedule_runs and
--   the triggers' functions.
-- Risk: none on an empty database. No worker consumes schedules yet: next_run_at stays null and there are no runs until
--   the scheduler comes.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.schedules_per_user', '50', 0, 10000, 'Schedules that one user may have.'),
  ('retention.schedule_runs_days', '90', 1, 3650, 'Days for which the runs of schedules are kept once ended; null keeps them for ever.');

create function private.cron_field(p_field text, p_least integer, p_most integer, p_names text[] default '{}') returns integer[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  part text;
  matched text[];
  first_value integer;
  last_value integer;
  step integer;
  chosen integer[] := '{}';
begin
  for position in 1..cardinality(p_names) loop
    p_field := regexp_replace(p_field, '\m' || p_names[position] || '\M', (p_least + position - 1)::text, 'gi');
  end loop;
  foreach part in array string_to_array(p_field, ',') loop
    matched := regexp_match(part, '^(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?$');
    if matched is null then
      return null;
    end if;
    step := coalesce(matched[3]::integer, 1);
    first_value := coalesce(matched[1]::integer, p_least);
    last_value := coalesce(matched[2]::integer, case when matched[1] is null or matched[3] is not null then p_most else first_value end);
    if step = 0 or first_value < p_least or last_value > p_most or first_value > last_value then
      return null;
    end if;
    chosen := chosen || array(select generate_series(first_value, last_value, step));
  end loop;
  return array(select distinct value from unnest(chosen) value order by value);
end
$$;
comment on function private.cron_field(text, integer, integer, text[]) is 'The values that a field of a cron expression means, ascending; null where it means none. Takes *, a, a-b, */n, a/n and a-b/n, in lists, and names of months and days.';

create function private.is_cron(p_cron text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  fields text[];
begin
  if p_cron is null or char_length(p_cron) > 200 then
    return false;
  end if;
  fields := regexp_split_to_array(p_cron, '[ \t]+');
  return coalesce(
    cardinality(fields) = 5
      and private.cron_field(fields[1], 0, 59) <> '{}'
      and private.cron_field(fields[2], 0, 23) <> '{}'
      and private.cron_field(fields[3], 1, 31) <> '{}'
      and private.cron_field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}') <> '{}'
      -- Sunday is 0 and 7.
      and private.cron_field(fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}') <> '{}',
    false);
end
$$;
comment on function private.is_cron(text) is 'Whether a text is a cron expression: minute, hour, day of month, month, day of week.';
revoke execute on function private.cron_field(text, integer, integer, text[]), private.is_cron(text) from public;
-- A check of a table runs with the rights of whoever writes the row.
grant execute on function private.cron_field(text, integer, integer, text[]), private.is_cron(text) to authenticated, service_role, tradebase_worker;

create table public.schedules (
  id uuid not null default gen_random_uuid(),
  user_id uuid default auth.uid(),
  name text not null,
  job_type text not null,
  target text not null,
  task_params jsonb not null default '{}',
  cron text not null,
  timezone text not null default 'UTC',
  enabled boolean not null default true,
  next_run_at timestamptz,
  last_run_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schedules_pkey primary key (id),
  constraint schedules_id_user_id_key unique (id, user_id),
  constraint schedules_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint schedules_name_check check (char_length(name) between 1 and 100),
  constraint schedules_job_type_check check (job_type in ('report', 'screener', 'alert', 'notification', 'data_processing', 'backup')),
  constraint schedules_backup_check check (job_type <> 'backup' or user_id is null),
  constraint schedules_target_check check (char_length(target) between 1 and 200),
  constraint schedules_task_params_check check (jsonb_typeof(task_params) = 'object' and pg_column_size(task_params) <= 16384),
  constraint schedules_cron_check check (private.is_cron(cron)),
  constraint schedules_timezone_check check (private.is_time_zone(timezone))
);
comment on table public.schedules is 'What is to be done when. Users keep their own; a schedule without a user is the system''s and is kept by operators. No worker consumes them yet.';
comment on column public.schedules.id is 'Identifies the schedule.';
comment on column public.schedules.user_id is 'Owner; null for a schedule of the system.';
comment on column public.schedules.name is 'What its owner calls it.';
comment on column public.schedules.job_type is 'report, screener, alert, notification, data_processing, or backup, which only the system has.';
comment on column public.schedules.target is 'What the job is about, such as a report''s name.';
comment on column public.schedules.task_params is 'Parameters of the job.';
comment on column public.schedules.cron is 'When: five fields, minute, hour, day of month, month, day of week.';
comment on column public.schedules.timezone is 'Time zone in which the fields are read, by its name in the tz database.';
comment on column public.schedules.enabled is 'Whether it is due at all.';
comment on column public.schedules.next_run_at is 'The next occurrence; null until a scheduler has worked it out.';
comment on column public.schedules.last_run_at is 'The latest occurrence that was enqueued.';
comment on column public.schedules.created_at is 'When it was made.';
comment on column public.schedules.updated_at is 'When the row last changed.';
create index schedules_user_id_created_at_idx on public.schedules (user_id, created_at desc);
create index schedules_next_run_at_idx on public.schedules (next_run_at) where enabled;

create table public.schedule_runs (
  id uuid not null default gen_random_uuid(),
  schedule_id uuid not null,
  user_id uuid,
  job_type text not null,
  status text not null default 'pending',
  scheduled_for timestamptz not null,
  enqueued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  attempt integer not null default 0,
  job_snapshot jsonb not null default '{}',
  result jsonb,
  error text,
  worker_id text,
  created_at timestamptz not null default now(),
  constraint schedule_runs_pkey primary key (id),
  constraint schedule_runs_schedule_id_scheduled_for_key unique (schedule_id, scheduled_for),
  constraint schedule_runs_schedule_id_fkey foreign key (schedule_id) references public.schedules (id) on delete cascade,
  constraint schedule_runs_schedule_id_user_id_fkey foreign key (schedule_id, user_id) references public.schedules (id, user_id) on delete cascade,
  constraint schedule_runs_job_type_check check (job_type in ('report', 'screener', 'alert', 'notification', 'data_processing', 'backup')),
  constraint schedule_runs_status_check check (status in ('pending', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'skipped')),
  constraint schedule_runs_attempt_check check (attempt >= 0),
  constraint schedule_runs_job_snapshot_check check (jsonb_typeof(job_snapshot) = 'object' and pg_column_size(job_snapshot) <= 32768),
  constraint schedule_runs_result_check check (pg_column_size(result) <= 65536),
  constraint schedule_runs_error_check check (char_length(error) <= 4000 and (error is null or status <> 'completed')),
  constraint schedule_runs_worker_id_check check (char_length(worker_id) between 1 and 200)
);
comment on table public.schedule_runs is 'One row an occurrence of a schedule. Written by workers: the key makes an occurrence happen once. No worker writes them yet.';
comment on column public.schedule_runs.id is 'Identifies the run; its queue job has the same id.';
comment on column public.schedule_runs.schedule_id is 'The schedule.';
comment on column public.schedule_runs.user_id is 'Owner of the schedule; null for one of the system.';
comment on column public.schedule_runs.job_type is 'Kind of the job, as the schedule had it.';
comment on column public.schedule_runs.status is 'pending, enqueued, running, then completed, failed or cancelled; skipped where it was no longer wanted when its time came.';
comment on column public.schedule_runs.scheduled_for is 'The occurrence.';
comment on column public.schedule_runs.enqueued_at is 'When its job was put into the queue.';
comment on column public.schedule_runs.started_at is 'When a worker first took it up.';
comment on column public.schedule_runs.finished_at is 'When it was completed, failed, was cancelled or skipped.';
comment on column public.schedule_runs.attempt is 'How often a worker has taken it up.';
comment on column public.schedule_runs.job_snapshot is 'The schedule as it was: target, parameters, expression.';
comment on column public.schedule_runs.result is 'What came of it.';
comment on column public.schedule_runs.error is 'Why it failed.';
comment on column public.schedule_runs.worker_id is 'The worker that took it up last.';
comment on column public.schedule_runs.created_at is 'When the row was made.';
create index schedule_runs_user_id_scheduled_for_idx on public.schedule_runs (user_id, scheduled_for desc);
create index schedule_runs_schedule_id_user_id_idx on public.schedule_runs (schedule_id, user_id);
create index schedule_runs_finished_at_idx on public.schedule_runs (finished_at) where finished_at is not null;

alter table public.schedules enable row level security;
alter table public.schedule_runs enable row level security;
revoke all on public.schedules, public.schedule_runs from anon, authenticated, service_role;
grant select on public.schedules, public.schedule_runs to authenticated, service_role, tradebase_admin;
grant insert (name, job_type, target, task_params, cron, timezone, enabled), update (name, job_type, target, task_params, cron, timezone, enabled), delete
  on public.schedules to authenticated;
grant select, update (next_run_at, last_run_at) on public.schedules to tradebase_worker;
grant select, insert, update on public.schedule_runs to tradebase_worker;

create policy "Owners can read their schedules" on public.schedules for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their schedules" on public.schedules is 'A schedule belongs to one user, or to the system, which shows it to nobody.';
create policy "Traders can add schedules" on public.schedules for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Traders can add schedules" on public.schedules is 'For themselves, as many as the setting limits.schedules_per_user.';
create policy "Owners can change their schedules" on public.schedules for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()))
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their schedules" on public.schedules is 'Column grants leave next_run_at to the workers.';
create policy "Owners can delete their schedules" on public.schedules for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their schedules" on public.schedules is 'Its runs go with it.';
create policy "Admins can read schedules" on public.schedules for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read schedules" on public.schedules is 'In an audited read only.';
create policy "Owners can read runs of their schedules" on public.schedule_runs for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read runs of their schedules" on public.schedule_runs is 'A run belongs to the owner of its schedule.';
create policy "Admins can read schedule runs" on public.schedule_runs for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read schedule runs" on public.schedule_runs is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('schedule_runs', 'pending', 'enqueued'), ('schedule_runs', 'pending', 'cancelled'), ('schedule_runs', 'pending', 'skipped'),
  ('schedule_runs', 'pending', 'failed'),
  ('schedule_runs', 'enqueued', 'running'), ('schedule_runs', 'enqueued', 'cancelled'), ('schedule_runs', 'enqueued', 'failed'),
  ('schedule_runs', 'running', 'enqueued'), ('schedule_runs', 'running', 'completed'), ('schedule_runs', 'running', 'failed'),
  ('schedule_runs', 'running', 'cancelled');

create function private.finish_schedule_run() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.status in ('completed', 'failed', 'cancelled', 'skipped') then
    new.finished_at := coalesce(new.finished_at, now());
  end if;
  return new;
end
$$;
comment on function private.finish_schedule_run() is 'Trigger: stamps the end of a run.';

create function private.forget_next_run() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.next_run_at := null;
  return new;
end
$$;
comment on function private.forget_next_run() is 'Trigger: another expression has another next occurrence, which a scheduler works out.';

create function private.prune_schedule_runs() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  delete from public.schedule_runs r where r.id in (
    select old.id from public.schedule_runs old
    where old.finished_at < now() - private.config_number('retention.schedule_runs_days') * interval '1 day'
    order by old.finished_at limit 20000 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_schedule_runs() is 'Deletes runs that ended, at the end of their retention, 20,000 at most. Definer, because only the maintenance job deletes them.';
revoke execute on function private.finish_schedule_run(), private.forget_next_run(), private.prune_schedule_runs() from public;

create trigger set_updated_at before update on public.schedules for each row execute function private.set_updated_at();
create trigger forget_next_run before update on public.schedules
  for each row when (old.cron <> new.cron or old.timezone <> new.timezone or old.enabled <> new.enabled) execute function private.forget_next_run();
create trigger limit_rows before insert on public.schedules
  for each row execute function private.check_row_limit('limits.schedules_per_user');
create trigger audit_change after insert or update or delete on public.schedules
  for each row execute function private.audit_change('next_run_at', 'last_run_at');
create trigger check_status before update on public.schedule_runs for each row execute function private.check_status();
create trigger finish before insert or update on public.schedule_runs for each row execute function private.finish_schedule_run();
