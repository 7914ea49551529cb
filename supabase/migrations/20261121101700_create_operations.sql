-- Purpose: running the house: health, people who knock, long tasks at a glance, and the maintenance that keeps tables small.
-- Objects: tables system_health, waitlist, contact_messages, tasks, private.form_counts; functions private.report_health,
--   private.keep_task, private.run_maintenance and private.prune_*, public.join_waitlist, public.submit_contact_message,
--   public.invite_from_waitlist, public.answer_contact_message, public.set_contact_status, public.set_system_health and
--   the triggers' functions; indexes on events and backtests; queue maintenance and its hourly schedule.
-- Risk: from here on old rows are deleted every hour, as far as the settings retention.* say. Backtests are kept for ever
--   unless retention.backtests_days is set. Workers start pg-boss's scheduler for it.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.forms_per_address_per_hour', '10', 0, 100000, 'Entries to the waitlist and contact messages from one network address in an hour.'),
  ('limits.contact_messages_per_email_per_day', '5', 0, 100000, 'Contact messages that name one e-mail address in a day.'),
  ('limits.forms_per_hour', '500', 0, 1000000, 'Entries to the waitlist and contact messages in an hour, from everyone: what a crowd of addresses can fill.'),
  ('retention.events_days', '30', 1, 3650, 'Days for which events are kept; null keeps the last 1,000 of each topic for ever.'),
  ('retention.tasks_days', '30', 1, 3650, 'Days for which ended tasks are listed; null lists them for ever.'),
  ('retention.contact_messages_days', '730', 1, 3650, 'Days for which contact messages are kept; null keeps them for ever.'),
  ('retention.backtests_days', 'null', 1, 36500, 'Days for which ended backtests and their results are kept; null keeps them for ever.');

create table public.system_health (
  id bigint not null generated always as identity,
  system text not null,
  component text,
  status text not null,
  last_success timestamptz,
  last_failure timestamptz,
  failure_count integer not null default 0,
  avg_response_time_ms integer,
  error_message text,
  metadata jsonb not null default '{}',
  checked_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint system_health_pkey primary key (id),
  constraint system_health_system_component_key unique nulls not distinct (system, component),
  constraint system_health_system_check check (system ~ '^[a-z][a-z0-9_]{0,49}$'),
  constraint system_health_component_check check (char_length(component) between 1 and 100),
  constraint system_health_status_check check (status in ('HEALTHY', 'DEGRADED', 'DOWN', 'UNKNOWN')),
  constraint system_health_failure_count_check check (failure_count >= 0),
  constraint system_health_avg_response_time_ms_check check (avg_response_time_ms >= 0),
  constraint system_health_error_message_check check (char_length(error_message) <= 4000),
  constraint system_health_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.system_health is 'The latest state of each system and component. Written by private.report_health.';
comment on column public.system_health.id is 'Identifies the row.';
comment on column public.system_health.system is 'The system, such as maintenance, notification, telegram_bot or database.';
comment on column public.system_health.component is 'Part of it, such as email; null for the whole.';
comment on column public.system_health.status is 'HEALTHY, DEGRADED, DOWN or UNKNOWN.';
comment on column public.system_health.last_success is 'When it was last seen to be healthy.';
comment on column public.system_health.last_failure is 'When it was last seen to be degraded or down.';
comment on column public.system_health.failure_count is 'Checks in a row that found it degraded or down.';
comment on column public.system_health.avg_response_time_ms is 'Moving average of the response time: a fifth of it is the latest.';
comment on column public.system_health.error_message is 'What was wrong at the latest check; null for nothing.';
comment on column public.system_health.metadata is 'What else the latest check found.';
comment on column public.system_health.checked_at is 'When it was last checked.';
comment on column public.system_health.created_at is 'When it was first checked.';

create table public.waitlist (
  id uuid not null default gen_random_uuid(),
  email text not null,
  status text not null default 'pending',
  source text,
  metadata jsonb not null default '{}',
  invited_at timestamptz,
  invited_by uuid,
  converted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint waitlist_pkey primary key (id),
  constraint waitlist_email_check check (char_length(email) <= 254 and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  constraint waitlist_status_check check (status in ('pending', 'invited', 'converted')),
  constraint waitlist_source_check check (char_length(source) between 1 and 50),
  constraint waitlist_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 4096)
);
comment on table public.waitlist is 'Who wants to be let in. Filled by the function public, invited by admins, converted by signing up.';
comment on column public.waitlist.id is 'Identifies the entry.';
comment on column public.waitlist.email is 'Address, once whatever its case.';
comment on column public.waitlist.status is 'pending, invited or converted.';
comment on column public.waitlist.source is 'Where they came from, such as website or referral.';
comment on column public.waitlist.metadata is 'What else there is to know.';
comment on column public.waitlist.invited_at is 'When they were invited.';
comment on column public.waitlist.invited_by is 'The admin who invited them; null once that account is deleted.';
comment on column public.waitlist.converted_at is 'When they signed up.';
comment on column public.waitlist.created_at is 'When they asked.';
comment on column public.waitlist.updated_at is 'When the row last changed.';
create unique index waitlist_email_key on public.waitlist (lower(email));
create index waitlist_status_created_at_idx on public.waitlist (status, created_at);

create table public.contact_messages (
  id uuid not null default gen_random_uuid(),
  name text not null,
  email text not null,
  message text not null,
  status text not null default 'new',
  response text,
  responded_at timestamptz,
  responded_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contact_messages_pkey primary key (id),
  constraint contact_messages_name_check check (char_length(name) between 1 and 255),
  constraint contact_messages_email_check check (char_length(email) <= 254 and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  constraint contact_messages_message_check check (char_length(message) between 1 and 5000),
  constraint contact_messages_status_check check (status in ('new', 'read', 'responded', 'closed')),
  constraint contact_messages_response_check check (char_length(response) between 1 and 10000 and (status <> 'responded' or response is not null)),
  constraint contact_messages_responded_at_check check ((responded_at is null) = (response is null))
);
comment on table public.contact_messages is 'What people wrote to us, and what we answered. Filled by the function public, answered by admins.';
comment on column public.contact_messages.id is 'Identifies the message.';
comment on column public.contact_messages.name is 'Who they say they are.';
comment on column public.contact_messages.email is 'Address to answer to; nobody has verified it.';
comment on column public.contact_messages.message is 'The text.';
comment on column public.contact_messages.status is 'new, read, responded or closed.';
comment on column public.contact_messages.response is 'Our answer.';
comment on column public.contact_messages.responded_at is 'When we answered.';
comment on column public.contact_messages.responded_by is 'The admin who answered; null once that account is deleted.';
comment on column public.contact_messages.created_at is 'When it came.';
comment on column public.contact_messages.updated_at is 'When the row last changed.';
create index contact_messages_status_created_at_idx on public.contact_messages (status, created_at);
create index contact_messages_created_at_idx on public.contact_messages (created_at);
create index contact_messages_email_idx on public.contact_messages (lower(email));

create table private.form_counts (
  key text not null,
  window_started_at timestamptz not null,
  used_count integer not null default 1,
  constraint form_counts_pkey primary key (key, window_started_at)
);
comment on table private.form_counts is 'How often the public forms were used, by network address, by e-mail address and in all. Pruned after two days.';
comment on column private.form_counts.key is 'What is counted; an address as its SHA-256, so that the table is no list of them.';
comment on column private.form_counts.window_started_at is 'Beginning of the hour or day.';
comment on column private.form_counts.used_count is 'How often.';

create table public.tasks (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  kind text not null,
  subject_id uuid not null,
  title text not null,
  status text not null default 'queued',
  progress real not null default 0,
  queue_position integer,
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint tasks_pkey primary key (id),
  constraint tasks_kind_subject_id_key unique (kind, subject_id),
  constraint tasks_kind_check check (kind in ('backtest', 'optimisation', 'study', 'training', 'prediction', 'import', 'report')),
  constraint tasks_title_check check (char_length(title) between 1 and 200),
  constraint tasks_status_check check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  constraint tasks_progress_check check (progress >= 0 and progress <= 1),
  constraint tasks_queue_position_check check (queue_position >= 1 and (queue_position is null or status = 'queued'))
);
comment on table public.tasks is 'The status centre: one row a long task of a user, whatever its kind. Kept by the trigger private.keep_task on each kind''s table, and gone with its row there.';
comment on column public.tasks.id is 'Identifies the task.';
comment on column public.tasks.user_id is 'Owner. No foreign key to users: workers write here within their transactions; the task goes with what it is about.';
comment on column public.tasks.kind is 'backtest, optimisation, study, training, prediction, import or report.';
comment on column public.tasks.subject_id is 'Id of the row that the task is about, in the table of its kind.';
comment on column public.tasks.title is 'What to call it in a list.';
comment on column public.tasks.status is 'queued, running, then completed, failed or cancelled.';
comment on column public.tasks.progress is 'Share done, 0 to 1.';
comment on column public.tasks.queue_position is 'Its place among the waiting tasks of its kind when it was queued; null once it runs.';
comment on column public.tasks.error is 'Why it failed: {"code", "message"}.';
comment on column public.tasks.created_at is 'When it was requested.';
comment on column public.tasks.started_at is 'When a worker first took it up.';
comment on column public.tasks.finished_at is 'When it was completed, failed or was cancelled.';
comment on column public.tasks.updated_at is 'When the row last changed.';
create index tasks_user_id_created_at_idx on public.tasks (user_id, created_at desc);
create index tasks_user_id_open_idx on public.tasks (user_id) where status in ('queued', 'running');
create index tasks_queued_idx on public.tasks (kind) where status = 'queued';
create index tasks_finished_at_idx on public.tasks (finished_at) where finished_at is not null;

-- What the prunes look for.
create index events_created_at_idx on public.events (created_at);
create index backtests_finished_at_idx on public.backtests (finished_at) where finished_at is not null;

alter table public.system_health enable row level security;
alter table public.waitlist enable row level security;
alter table public.contact_messages enable row level security;
alter table private.form_counts enable row level security;
alter table public.tasks enable row level security;
revoke all on public.system_health, public.waitlist, public.contact_messages, public.tasks from anon, authenticated, service_role;
revoke all on private.form_counts from public;
grant select on public.system_health, public.waitlist, public.contact_messages to service_role, tradebase_admin;
grant select on public.system_health to tradebase_worker;
grant select on public.tasks to authenticated, service_role, tradebase_admin, tradebase_worker;
grant update (queue_position) on public.tasks to tradebase_worker;

create policy "Admins can read system health" on public.system_health for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read system health" on public.system_health is 'In an audited read only.';
create policy "Admins can read the waitlist" on public.waitlist for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read the waitlist" on public.waitlist is 'In an audited read only.';
create policy "Admins can read contact messages" on public.contact_messages for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read contact messages" on public.contact_messages is 'In an audited read only.';
create policy "No API role can reach form counts" on private.form_counts for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach form counts" on private.form_counts is 'Says outright what the missing grants mean.';
create policy "Owners can read their tasks" on public.tasks for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their tasks" on public.tasks is 'A task belongs to one user.';
create policy "Admins can read tasks" on public.tasks for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read tasks" on public.tasks is 'In an audited read only.';

-- Health may turn into any other; a task that ended may be queued again, as its kind has it.
insert into private.status_transitions (table_name, from_status, to_status)
select 'system_health', old_status, new_status
from unnest('{HEALTHY,DEGRADED,DOWN,UNKNOWN}'::text[]) old_status, unnest('{HEALTHY,DEGRADED,DOWN,UNKNOWN}'::text[]) new_status
where old_status <> new_status
union all
values
  ('waitlist', 'pending', 'invited'), ('waitlist', 'pending', 'converted'), ('waitlist', 'invited', 'converted'),
  ('contact_messages', 'new', 'read'), ('contact_messages', 'new', 'responded'), ('contact_messages', 'new', 'closed'),
  ('contact_messages', 'read', 'responded'), ('contact_messages', 'read', 'closed'), ('contact_messages', 'responded', 'closed'),
  ('tasks', 'queued', 'running'), ('tasks', 'queued', 'completed'), ('tasks', 'queued', 'failed'), ('tasks', 'queued', 'cancelled'),
  ('tasks', 'running', 'queued'), ('tasks', 'running', 'completed'), ('tasks', 'running', 'failed'), ('tasks', 'running', 'cancelled'),
  ('tasks', 'completed', 'queued'), ('tasks', 'failed', 'queued'), ('tasks', 'cancelled', 'queued');

create trigger check_status before update on public.system_health for each row execute function private.check_status();
create trigger set_updated_at before update on public.waitlist for each row execute function private.set_updated_at();
create trigger check_status before update on public.waitlist for each row execute function private.check_status();
create trigger set_updated_at before update on public.contact_messages for each row execute function private.set_updated_at();
create trigger check_status before update on public.contact_messages for each row execute function private.check_status();
create trigger set_updated_at before update on public.tasks for each row execute function private.set_updated_at();
create trigger check_status before update on public.tasks for each row execute function private.check_status();

-- Tasks.

create function private.keep_task() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  task_kind constant text := tg_argv[0];
  subject constant jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
begin
  if tg_op = 'DELETE' then
    delete from public.tasks t where t.kind = task_kind and t.subject_id = (subject ->> 'id')::uuid;
    return null;
  end if;
  insert into public.tasks as task (user_id, kind, subject_id, title, status, progress, queue_position, error, created_at, started_at, finished_at)
  values (
    (subject ->> 'user_id')::uuid, task_kind, (subject ->> 'id')::uuid,
    left(coalesce(subject ->> 'name', subject ->> 'title',
                  nullif(concat_ws(' ', subject -> 'strategy' ->> 'name', subject ->> 'symbol', subject ->> 'timeframe'), ''), task_kind), 200),
    subject ->> 'status',
    coalesce((subject ->> 'progress')::real, 0),
    case when subject ->> 'status' = 'queued' then (select count(*) + 1 from public.tasks t where t.kind = task_kind and t.status = 'queued') end,
    nullif(subject -> 'error', 'null'),
    coalesce((subject ->> 'created_at')::timestamptz, now()),
    (subject ->> 'started_at')::timestamptz,
    (subject ->> 'finished_at')::timestamptz
  )
  on conflict (kind, subject_id) do update
  set status = excluded.status, progress = excluded.progress, error = excluded.error, started_at = excluded.started_at, finished_at = excluded.finished_at,
      queue_position = case when excluded.status = 'queued' then coalesce(task.queue_position, excluded.queue_position) end;
  return null;
end
$$;
comment on function private.keep_task() is
  'Trigger after insert, update or delete: keeps the task of a row that has id, user_id and status, and perhaps name, progress, error and times. Its argument is the kind. Definer, because users'' statements fire it.';
create trigger keep_task after insert or delete or update of status, progress, error, started_at, finished_at on public.backtests
  for each row execute function private.keep_task('backtest');
insert into public.tasks (user_id, kind, subject_id, title, status, progress, error, created_at, started_at, finished_at)
select b.user_id, 'backtest', b.id, left(concat_ws(' ', b.strategy ->> 'name', b.symbol, b.timeframe), 200), b.status, b.progress, b.error,
       b.created_at, b.started_at, b.finished_at
from public.backtests b;

-- Health.

create function private.report_health(
  p_system text, p_component text, p_status text, p_response_time_ms integer default null, p_error_message text default null, p_metadata jsonb default '{}'
) returns public.system_health
language plpgsql security definer set search_path = '' as $$
declare
  good constant boolean := p_status = 'HEALTHY';
  bad constant boolean := p_status in ('DEGRADED', 'DOWN');
  reported public.system_health;
begin
  insert into public.system_health as health (system, component, status, last_success, last_failure, failure_count, avg_response_time_ms, error_message, metadata)
  values (p_system, p_component, p_status, case when good then now() end, case when bad then now() end, bad::integer, p_response_time_ms,
          left(p_error_message, 4000), p_metadata)
  on conflict (system, component) do update
  set status = excluded.status,
      last_success = coalesce(excluded.last_success, health.last_success),
      last_failure = coalesce(excluded.last_failure, health.last_failure),
      failure_count = case when good then 0 else health.failure_count + excluded.failure_count end,
      avg_response_time_ms = coalesce(round(health.avg_response_time_ms * 0.8 + excluded.avg_response_time_ms * 0.2), excluded.avg_response_time_ms,
                                      health.avg_response_time_ms),
      error_message = excluded.error_message,
      metadata = excluded.metadata,
      checked_at = now()
  returning * into reported;
  return reported;
end
$$;
comment on function private.report_health(text, text, text, integer, text, jsonb) is 'Writes down how a system or one of its components is. Definer, because nobody may write the table otherwise.';

create function private.set_system_health(p_system text, p_component text, p_status text, p_error_message text) returns public.system_health
language plpgsql security definer set search_path = '' as $$
declare
  who record;
  reported public.system_health;
begin
  who := private.caller();
  if who.actor not in ('admin', 'service') then
    perform private.raise_api_error(403, 'forbidden', 'only an admin with a second factor may do this');
  end if;
  reported := private.report_health(p_system, p_component, p_status, null, p_error_message);
  -- A server reports all the time; what a person says is worth an entry.
  if who.actor = 'admin' then
    perform private.write_audit('system_health.updated', 'system_health', reported.id::text, null, null,
      jsonb_build_object('system', p_system, 'component', p_component, 'status', p_status));
  end if;
  return reported;
end
$$;
comment on function private.set_system_health(text, text, text, text) is 'Does what public.set_system_health says. Definer, because nobody may write the table otherwise; checks that its caller is an admin or the operator''s server.';

create function public.set_system_health(p_system text, p_component text, p_status text, p_error_message text default null) returns public.system_health
language sql security invoker set search_path = '' as $$
  select private.set_system_health(p_system, p_component, p_status, p_error_message)
$$;
comment on function public.set_system_health(text, text, text, text) is 'For admins, audited, and for the operator''s servers: says how a system is. Errors: forbidden.';

-- The public forms.

create function private.count_form(p_key text, p_window text, p_most numeric) returns void
language plpgsql set search_path = '' as $$
declare
  used integer;
begin
  insert into private.form_counts as counted (key, window_started_at) values (p_key, date_trunc(p_window, now(), 'UTC'))
  on conflict (key, window_started_at) do update set used_count = counted.used_count + 1
  returning used_count into used;
  if used > p_most then
    perform private.raise_api_error(429, 'rate_limited', 'too many requests: try again later');
  end if;
end
$$;
comment on function private.count_form(text, text, numeric) is 'Counts a use of a public form in the hour or day; more than the most is refused.';

create function private.form_origin(p_ip text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  address inet;
begin
  if not pg_catalog.pg_input_is_valid(p_ip, 'inet') then
    return p_ip;
  end if;
  address := p_ip::inet;
  -- Who has one IPv6 address has the 2^64 of its network. An IPv4 address that came through an IPv6 socket is that address.
  return case
    when family(address) = 4 then host(address)
    when address <<= '::ffff:0:0/96' then substring(host(address) from '[0-9.]+$')
    else network(set_masklen(address, 64))::text end;
end
$$;
comment on function private.form_origin(text) is 'Whom an address counts for in the limits of the public forms: itself, or its network of IPv6.';

create function private.count_form_from(p_ip text) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.count_form('ip:' || encode(sha256(convert_to(coalesce(private.form_origin(p_ip), ''), 'UTF8')), 'hex'), 'hour',
    private.config_number('limits.forms_per_address_per_hour'));
  perform private.count_form('all', 'hour', private.config_number('limits.forms_per_hour'));
end
$$;
comment on function private.count_form_from(text) is 'Counts a use of a public form by where it came from, and in all.';

create function private.join_waitlist(p_email text, p_source text, p_ip text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.count_form_from(p_ip);
  insert into public.waitlist (email, source) values (p_email, p_source) on conflict do nothing;
end
$$;
comment on function private.join_waitlist(text, text, text) is 'Does what public.join_waitlist says. Definer, because nobody may write the table otherwise.';

create function public.join_waitlist(p_email text, p_source text, p_ip text) returns void
language sql security invoker set search_path = '' as $$
  select private.join_waitlist(p_email, p_source, p_ip)
$$;
comment on function public.join_waitlist(text, text, text) is 'For the function public alone, which has checked the fields and knows the address: adds an e-mail address to the waitlist. Nobody learns whether it was there. Errors: rate_limited.';

create function private.submit_contact_message(p_name text, p_email text, p_message text, p_ip text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.count_form_from(p_ip);
  perform private.count_form('email:' || encode(sha256(convert_to(lower(p_email), 'UTF8')), 'hex'), 'day',
    private.config_number('limits.contact_messages_per_email_per_day'));
  insert into public.contact_messages (name, email, message) values (p_name, p_email, p_message);
end
$$;
comment on function private.submit_contact_message(text, text, text, text) is 'Does what public.submit_contact_message says. Definer, because nobody may write the table otherwise.';

create function public.submit_contact_message(p_name text, p_email text, p_message text, p_ip text) returns void
language sql security invoker set search_path = '' as $$
  select private.submit_contact_message(p_name, p_email, p_message, p_ip)
$$;
comment on function public.submit_contact_message(text, text, text, text) is 'For the function public alone, which has checked the fields and knows the address: keeps a message for the admins. Errors: rate_limited.';

create function private.convert_waitlist() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.waitlist w set status = 'converted', converted_at = now() where lower(w.email) = lower(new.email) and w.status <> 'converted';
  return null;
end
$$;
comment on function private.convert_waitlist() is 'Trigger: whoever signed up and showed that the address is theirs waits no longer. Definer, because Auth changes users.';
create trigger tradebase_convert_waitlist after insert or update of email_confirmed_at on auth.users
  for each row when (new.email_confirmed_at is not null) execute function private.convert_waitlist();

create function private.delete_operations_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.tasks t where t.user_id = old.id;
  -- An address that nobody confirmed may be another's.
  if old.email_confirmed_at is not null then
    delete from public.waitlist w where lower(w.email) = lower(old.email);
    delete from public.contact_messages c where lower(c.email) = lower(old.email);
    delete from public.messages m where lower(m.recipient) = lower(old.email) and m.user_id is null;
  end if;
  return null;
end
$$;
comment on function private.delete_operations_of_user() is 'Trigger: deletes a deleted user''s tasks, and what was kept under their address. Definer, because Auth deletes users.';
create trigger tradebase_delete_operations after delete on auth.users
  for each row execute function private.delete_operations_of_user();

-- What admins do about them.

create function private.invite_from_waitlist(p_waitlist_id uuid) returns public.waitlist
language plpgsql security definer set search_path = '' as $$
declare
  invited public.waitlist;
begin
  perform private.require_admin();
  select * into invited from public.waitlist w where w.id = p_waitlist_id for update;
  if invited.id is null then
    perform private.raise_api_error(404, 'not_found', 'there is no such entry');
  end if;
  if invited.status = 'invited' then
    return invited;
  end if;
  update public.waitlist w set status = 'invited', invited_at = now(), invited_by = auth.uid() where w.id = p_waitlist_id returning * into invited;
  insert into public.messages (message_type, channels, recipient, template) values ('waitlist_invitation', '{email}', invited.email, 'waitlist_invitation');
  perform private.write_audit('waitlist.invited', 'waitlist', p_waitlist_id::text);
  return invited;
end
$$;
comment on function private.invite_from_waitlist(uuid) is 'Does what public.invite_from_waitlist says. Definer, because nobody may change the table otherwise; checks that its caller is an admin.';

create function public.invite_from_waitlist(p_waitlist_id uuid) returns public.waitlist
language sql security invoker set search_path = '' as $$
  select private.invite_from_waitlist(p_waitlist_id)
$$;
comment on function public.invite_from_waitlist(uuid) is 'For admins: invites someone; the message to them waits with it. Inviting again changes nothing. Audited. Errors: forbidden, not_found, invalid_transition.';

create function private.answer_contact_message(p_contact_message_id uuid, p_status text, p_response text) returns public.contact_messages
language plpgsql security definer set search_path = '' as $$
declare
  changed public.contact_messages;
begin
  perform private.require_admin();
  if char_length(p_response) not between 1 and 10000 then
    perform private.raise_api_error(422, 'invalid_request', 'the response must have 1 to 10,000 characters');
  end if;
  if p_status = 'responded' and p_response is null
    and exists (select from public.contact_messages c where c.id = p_contact_message_id and c.response is null) then
    perform private.raise_api_error(422, 'invalid_request', 'a message is responded with a response: answer_contact_message takes it');
  end if;
  update public.contact_messages c
  set status = p_status,
      response = coalesce(p_response, c.response),
      responded_at = case when p_response is null then c.responded_at else now() end,
      responded_by = case when p_response is null then c.responded_by else auth.uid() end
  where c.id = p_contact_message_id
  returning * into changed;
  if changed.id is null then
    perform private.raise_api_error(404, 'not_found', 'there is no such message');
  end if;
  if p_response is not null then
    insert into public.messages (message_type, channels, recipient, subject, body)
    values ('contact_response', '{email}', changed.email, 'Your message to us', p_response);
  end if;
  perform private.write_audit('contact_messages.' || p_status, 'contact_messages', p_contact_message_id::text);
  return changed;
end
$$;
comment on function private.answer_contact_message(uuid, text, text) is 'Does what public.answer_contact_message and public.set_contact_status say. Definer, because nobody may change the table otherwise; checks that its caller is an admin.';

create function public.answer_contact_message(p_contact_message_id uuid, p_response text) returns public.contact_messages
language sql security invoker set search_path = '' as $$
  select private.answer_contact_message(p_contact_message_id, 'responded', p_response)
$$;
comment on function public.answer_contact_message(uuid, text) is 'For admins: answers someone; the message to them waits with it. Audited, without the text. Errors: forbidden, not_found, invalid_request, invalid_transition.';

create function public.set_contact_status(p_contact_message_id uuid, p_status text) returns public.contact_messages
language sql security invoker set search_path = '' as $$
  select private.answer_contact_message(p_contact_message_id, p_status, null)
$$;
comment on function public.set_contact_status(uuid, text) is 'For admins: a message was read, or is closed. Audited. Errors: forbidden, not_found, invalid_request for responded without a response, invalid_transition.';

-- Maintenance. What someone holds is left for the next run: one that waited, with the rows of others in its hands, would
-- deadlock with the deletion of a user.

create function private.prune_events() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  delete from public.events e where (e.topic, e.seq) in (
    select old.topic, old.seq from public.events old
    where old.created_at < now() - private.config_number('retention.events_days') * interval '1 day'
    order by old.created_at limit 20000 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_events() is 'Deletes events at the end of their retention, 20,000 at most; their topics go on counting where they were. Definer, because only the maintenance job deletes them.';

create function private.prune_tasks() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  delete from public.tasks t where t.id in (
    select old.id from public.tasks old
    where old.finished_at < now() - private.config_number('retention.tasks_days') * interval '1 day'
    order by old.finished_at limit 20000 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_tasks() is 'Takes tasks that ended off the list at the end of their retention, 20,000 at most; what they were about stays. Definer, because only the maintenance job deletes them.';

create function private.prune_backtests() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  -- A backtest takes its result and its trades with it: fewer at a time.
  delete from public.backtests b where b.id in (
    select old.id from public.backtests old
    where old.finished_at < now() - private.config_number('retention.backtests_days') * interval '1 day'
    order by old.finished_at limit 500 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_backtests() is 'Deletes ended backtests at the end of their retention, 500 at most; without one, none. Definer, because only the maintenance job deletes them.';

create function private.prune_forms() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  delete from private.form_counts c where (c.key, c.window_started_at) in (
    select old.key, old.window_started_at from private.form_counts old
    where old.window_started_at < now() - interval '2 days'
    limit 20000 for update skip locked);
  delete from public.contact_messages m where m.id in (
    select old.id from public.contact_messages old
    where old.created_at < now() - private.config_number('retention.contact_messages_days') * interval '1 day'
    limit 20000 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_forms() is 'Deletes counts of the public forms that no limit asks for any more, and contact messages at the end of their retention, 20,000 of each at most. Definer, because only the maintenance job deletes them.';

create function private.prune_orphans() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  most_rows constant integer := 20000;
  pruned bigint := 0;
  pruned_here bigint;
  orphaned text;
  gone uuid[];
begin
  -- Tables without a foreign key to users. A worker may have written to one while its user was being deleted.
  foreach orphaned in array array['performance_snapshots', 'alert_history', 'messages', 'alert_limits', 'tasks', 'events'] loop
    execute format($sql$
      with recursive owners as (
        -- Walks the index from owner to owner rather than over all rows.
        (select user_id from public.%1$I where user_id is not null order by user_id limit 1)
        union all
        select (select user_id from public.%1$I where user_id > owners.user_id order by user_id limit 1) from owners where owners.user_id is not null
      )
      select array_agg(o.user_id) from owners o
      where o.user_id is not null and not exists (select from auth.users u where u.id = o.user_id)
    $sql$, orphaned) into gone;
    continue when gone is null;
    -- In partitions a place is one only together with the partition.
    execute format($sql$
      delete from public.%1$I where user_id = any ($1) and (tableoid, ctid) in (
        select o.tableoid, o.ctid from public.%1$I o where o.user_id = any ($1) limit $2 for update skip locked)
    $sql$, orphaned) using gone, most_rows;
    get diagnostics pruned_here = row_count;
    pruned := pruned + pruned_here;
  end loop;
  return pruned;
end
$$;
comment on function private.prune_orphans() is 'Deletes rows of users who are gone, where no foreign key does, 20,000 of each table at most. Definer, because only the maintenance job deletes them.';

create function private.run_maintenance() returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- Each is a function of private without arguments that says what it deleted. Some come with later migrations.
  prunes constant text[] := array[
    'prune_events',
    'prune_tasks',
    'prune_messages',
    'prune_schedule_runs',
    'prune_backtests',
    'prune_forms',
    'prune_accounts',
    'prune_runner_sessions',
    'prune_rate_buckets',
    'prune_orphans'
  ];
  started_at constant timestamptz := clock_timestamp();
  prune text;
  pruned jsonb;
  partitions jsonb;
  done jsonb := '{}';
  failed jsonb := '{}';
begin
  foreach prune in array prunes loop
    -- One that fails leaves the others to be done.
    begin
      execute format('select to_jsonb(private.%I())', prune) into pruned;
      if jsonb_typeof(pruned) = 'object' then
        -- One that went on after a part that failed.
        failed := failed || coalesce(pruned -> 'failed', '{}');
        pruned := pruned - 'failed';
      end if;
      done := done || jsonb_build_object(prune, pruned);
    exception when others then
      failed := failed || jsonb_build_object(prune, sqlerrm);
    end;
  end loop;
  -- Last, because its locks are held to the end.
  begin
    select coalesce(jsonb_agg(p.partition_name || ': ' || p.action), '[]') into partitions from private.maintain_partitions() p;
    done := done || jsonb_build_object('maintain_partitions', partitions);
  exception when others then
    failed := failed || jsonb_build_object('maintain_partitions', sqlerrm);
  end;
  perform private.report_health(
    'maintenance', null, case when failed = '{}' then 'HEALTHY' else 'DEGRADED' end,
    (extract(epoch from clock_timestamp() - started_at) * 1000)::integer,
    (select string_agg(f.key || ': ' || f.value, '; ') from jsonb_each_text(failed) f),
    jsonb_build_object('done', done));
  return jsonb_build_object('done', done, 'failed', failed);
end
$$;
comment on function private.run_maintenance() is
  'Deletes what is past its retention, makes partitions ahead and drops old ones, and writes down in system_health how it went. As often as one likes; the maintenance job calls it every hour. Definer, because workers may not delete.';

revoke execute on function private.keep_task(), private.report_health(text, text, text, integer, text, jsonb), private.set_system_health(text, text, text, text),
  private.count_form(text, text, numeric), private.form_origin(text), private.count_form_from(text), private.join_waitlist(text, text, text),
  private.submit_contact_message(text, text, text, text), private.convert_waitlist(), private.delete_operations_of_user(),
  private.invite_from_waitlist(uuid), private.answer_contact_message(uuid, text, text), private.prune_events(), private.prune_tasks(),
  private.prune_backtests(), private.prune_forms(), private.prune_orphans(), private.run_maintenance() from public;
revoke execute on function public.set_system_health(text, text, text, text), public.join_waitlist(text, text, text),
  public.submit_contact_message(text, text, text, text), public.invite_from_waitlist(uuid), public.answer_contact_message(uuid, text),
  public.set_contact_status(uuid, text) from public, anon, authenticated, service_role;
grant execute on function private.set_system_health(text, text, text, text), private.invite_from_waitlist(uuid),
  private.answer_contact_message(uuid, text, text), public.set_system_health(text, text, text, text), public.invite_from_waitlist(uuid),
  public.answer_contact_message(uuid, text), public.set_contact_status(uuid, text) to authenticated;
grant execute on function private.set_system_health(text, text, text, text), public.set_system_health(text, text, text, text),
  private.join_waitlist(text, text, text), public.join_waitlist(text, text, text),
  private.submit_contact_message(text, text, text, text), public.submit_contact_message(text, text, text, text) to service_role;
grant execute on function private.report_health(text, text, text, integer, text, jsonb), private.run_maintenance() to tradebase_worker;

-- One job at a time, however many workers and schedules there are.
select pgboss.create_queue('maintenance', '{"policy": "exclusive", "retryLimit": 1, "retryDelay": 60, "expireInSeconds": 900, "heartbeatSeconds": 60, "notify": true}');
-- One worker's pass over this table sends each occurrence once. An occurrence that nobody was up for is made up for.
insert into pgboss.schedule (name, cron, timezone, data, options) values ('maintenance', '17 * * * *', 'UTC', '{"version": 1}', '{"missed": "once"}');
