-- Purpose: the Telegram bot's books: commands it got, broadcasts, feedback, settings.
-- Objects: tables telegram_command_audits (by month), telegram_broadcasts, telegram_feedback, telegram_settings; functions
--   private.redact_message, public.create_broadcast, public.set_feedback_status, public.set_telegram_setting and the
--   triggers' functions.
-- Risk: none on an empty database. Nothing sends broadcasts yet: they wait as pending.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.feedback_per_day', '20', 0, 10000, 'Pieces of feedback that one user may send in 24 hours.'),
  ('retention.telegram_command_audits_days', '90', 7, 3650, 'Days for which commands to the Telegram bot are kept; null keeps them for ever.');

create table public.telegram_command_audits (
  id bigint not null generated always as identity,
  telegram_user_id text,
  user_id uuid,
  command text not null,
  full_message text,
  is_registered_user boolean not null default false,
  success boolean not null default true,
  error_message text,
  response_time_ms integer,
  created_at timestamptz not null default now(),
  constraint telegram_command_audits_pkey primary key (id, created_at),
  constraint telegram_command_audits_telegram_user_id_check check (char_length(telegram_user_id) between 1 and 50),
  constraint telegram_command_audits_command_check check (char_length(command) between 1 and 100),
  constraint telegram_command_audits_full_message_check check (char_length(full_message) <= 4096),
  constraint telegram_command_audits_error_message_check check (char_length(error_message) <= 2000),
  constraint telegram_command_audits_response_time_ms_check check (response_time_ms >= 0)
) partition by range (created_at);
comment on table public.telegram_command_audits is 'Commands that the Telegram bot got and how it answered. Written by the bot''s server, redacted on the way in; a partition a month, dropped at the end of the retention.';
comment on column public.telegram_command_audits.id is 'Identifies the entry.';
comment on column public.telegram_command_audits.telegram_user_id is 'Who sent it, in Telegram; null once the account it was linked to is deleted.';
comment on column public.telegram_command_audits.user_id is 'The linked user, who stands for their address: it is in Auth and not repeated here. Null for none, and once the account is deleted.';
comment on column public.telegram_command_audits.command is 'The command, such as /status.';
comment on column public.telegram_command_audits.full_message is 'The message with codes, keys and tokens taken out, since verification codes come this way; null once the account is deleted.';
comment on column public.telegram_command_audits.is_registered_user is 'Whether the sender was linked to an account.';
comment on column public.telegram_command_audits.success is 'Whether it was done.';
comment on column public.telegram_command_audits.error_message is 'Why it was not.';
comment on column public.telegram_command_audits.response_time_ms is 'How long the answer took.';
comment on column public.telegram_command_audits.created_at is 'When it came.';
create index telegram_command_audits_user_id_created_at_idx on public.telegram_command_audits (user_id, created_at desc);
create index telegram_command_audits_telegram_user_id_idx on public.telegram_command_audits (telegram_user_id, created_at desc);
create index telegram_command_audits_failed_idx on public.telegram_command_audits (created_at desc) where not success;

create table public.telegram_broadcasts (
  id uuid not null default gen_random_uuid(),
  message text not null,
  sent_by uuid,
  status text not null default 'pending',
  success_count integer not null default 0,
  total_count integer not null default 0,
  error text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint telegram_broadcasts_pkey primary key (id),
  constraint telegram_broadcasts_message_check check (char_length(message) between 1 and 4096),
  constraint telegram_broadcasts_status_check check (status in ('pending', 'sending', 'completed', 'failed', 'cancelled')),
  constraint telegram_broadcasts_counts_check check (success_count >= 0 and success_count <= total_count),
  constraint telegram_broadcasts_error_check check (char_length(error) <= 2000)
);
comment on table public.telegram_broadcasts is 'Messages to everyone on Telegram. Made by admins through create_broadcast, sent by workers.';
comment on column public.telegram_broadcasts.id is 'Identifies the broadcast.';
comment on column public.telegram_broadcasts.message is 'The text.';
comment on column public.telegram_broadcasts.sent_by is 'The admin who made it; null once that account is deleted.';
comment on column public.telegram_broadcasts.status is 'pending, sending, then completed, failed or cancelled.';
comment on column public.telegram_broadcasts.success_count is 'Chats that got it.';
comment on column public.telegram_broadcasts.total_count is 'Chats it was meant for.';
comment on column public.telegram_broadcasts.error is 'Why it failed.';
comment on column public.telegram_broadcasts.created_at is 'When it was made.';
comment on column public.telegram_broadcasts.started_at is 'When sending began.';
comment on column public.telegram_broadcasts.finished_at is 'When it was completed, failed or was cancelled.';
comment on column public.telegram_broadcasts.updated_at is 'When the row last changed.';
create index telegram_broadcasts_created_at_idx on public.telegram_broadcasts (created_at desc);
create index telegram_broadcasts_sent_by_idx on public.telegram_broadcasts (sent_by);

create table public.telegram_feedback (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  type text not null,
  message text not null,
  status text not null default 'open',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint telegram_feedback_pkey primary key (id),
  constraint telegram_feedback_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint telegram_feedback_type_check check (type in ('bug', 'feature', 'question', 'other')),
  constraint telegram_feedback_message_check check (char_length(message) between 1 and 4096),
  constraint telegram_feedback_status_check check (status in ('open', 'in_progress', 'resolved', 'closed'))
);
comment on table public.telegram_feedback is 'What users said to us, by the bot or a frontend.';
comment on column public.telegram_feedback.id is 'Identifies it.';
comment on column public.telegram_feedback.user_id is 'Owner.';
comment on column public.telegram_feedback.type is 'bug, feature, question or other.';
comment on column public.telegram_feedback.message is 'The text.';
comment on column public.telegram_feedback.status is 'open, in_progress, resolved or closed; changed by admins.';
comment on column public.telegram_feedback.created_at is 'When it came.';
comment on column public.telegram_feedback.updated_at is 'When the row last changed.';
create index telegram_feedback_user_id_created_at_idx on public.telegram_feedback (user_id, created_at desc);
create index telegram_feedback_open_idx on public.telegram_feedback (created_at) where status in ('open', 'in_progress');

create table public.telegram_settings (
  key text not null,
  value text,
  description text,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint telegram_settings_pkey primary key (key),
  constraint telegram_settings_key_check check (key ~ '^[a-z][a-z0-9_.]{0,99}$' and key !~ 'secret|token|password|api_?key|credential'),
  -- What a bot's token looks like.
  constraint telegram_settings_value_check check (char_length(value) <= 4096 and value !~ '[0-9]{6,}:[A-Za-z0-9_-]{30,}'),
  constraint telegram_settings_description_check check (char_length(description) <= 1000)
);
comment on table public.telegram_settings is 'Settings of the Telegram bot. Changed by admins through set_telegram_setting. No tokens: those are in the environment of the bot''s server.';
comment on column public.telegram_settings.key is 'Name of the setting.';
comment on column public.telegram_settings.value is 'Value.';
comment on column public.telegram_settings.description is 'What it does.';
comment on column public.telegram_settings.updated_by is 'The admin who last changed it; null once that account is deleted.';
comment on column public.telegram_settings.created_at is 'When it was added.';
comment on column public.telegram_settings.updated_at is 'When the row last changed.';

alter table public.telegram_command_audits enable row level security;
alter table public.telegram_broadcasts enable row level security;
alter table public.telegram_feedback enable row level security;
alter table public.telegram_settings enable row level security;
revoke all on public.telegram_command_audits, public.telegram_broadcasts, public.telegram_feedback, public.telegram_settings
  from anon, authenticated, service_role;
-- The bot's server holds the secret key: it writes down commands, and feedback that came by the bot.
grant select, insert (telegram_user_id, user_id, command, full_message, is_registered_user, success, error_message, response_time_ms)
  on public.telegram_command_audits to service_role;
grant select on public.telegram_command_audits to authenticated, tradebase_admin;
grant select, insert on public.telegram_command_audits to tradebase_worker;
grant select on public.telegram_broadcasts to service_role, tradebase_admin;
grant select, update on public.telegram_broadcasts to tradebase_worker;
grant select, insert (type, message) on public.telegram_feedback to authenticated;
grant select, insert (user_id, type, message) on public.telegram_feedback to service_role;
grant select on public.telegram_feedback to tradebase_admin;
grant select on public.telegram_settings to service_role, tradebase_admin, tradebase_worker;

create policy "Users can read their own commands" on public.telegram_command_audits for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their own commands" on public.telegram_command_audits is 'What the bot keeps of them.';
create policy "Admins can read commands" on public.telegram_command_audits for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read commands" on public.telegram_command_audits is 'In an audited read only.';
create policy "Admins can read broadcasts" on public.telegram_broadcasts for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read broadcasts" on public.telegram_broadcasts is 'In an audited read only.';
create policy "Users can read their feedback" on public.telegram_feedback for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their feedback" on public.telegram_feedback is 'And how it fares.';
create policy "Traders can send feedback" on public.telegram_feedback for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Traders can send feedback" on public.telegram_feedback is 'As much a day as the setting limits.feedback_per_day; column grants leave the status to admins.';
create policy "Admins can read feedback" on public.telegram_feedback for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read feedback" on public.telegram_feedback is 'In an audited read only.';
create policy "Admins can read Telegram settings" on public.telegram_settings for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read Telegram settings" on public.telegram_settings is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('telegram_broadcasts', 'pending', 'sending'), ('telegram_broadcasts', 'pending', 'cancelled'), ('telegram_broadcasts', 'sending', 'completed'),
  ('telegram_broadcasts', 'sending', 'failed'), ('telegram_broadcasts', 'sending', 'cancelled'),
  ('telegram_feedback', 'open', 'in_progress'), ('telegram_feedback', 'open', 'resolved'), ('telegram_feedback', 'open', 'closed'),
  ('telegram_feedback', 'in_progress', 'resolved'), ('telegram_feedback', 'in_progress', 'closed'), ('telegram_feedback', 'resolved', 'closed'),
  ('telegram_feedback', 'resolved', 'open');

create function private.redact_message(p_command text, p_message text) returns text
language sql immutable set search_path = '' as $$
  select case
    -- What follows these is a code or a password.
    when lower(p_command) ~ '^/(start|verify|code|link|login|register|key|apikey|connect)' then split_part(p_message, ' ', 1) || case when p_message ~ ' ' then ' [redacted]' else '' end
    else regexp_replace(regexp_replace(p_message,
      -- Keys and tokens: long and without a space.
      '[A-Za-z0-9_:.+/=-]{24,}', '[redacted]', 'g'),
      -- Codes of six to eight digits.
      '(^|[^0-9.])[0-9]{6,8}(?![0-9.])', '\1[redacted]', 'g')
  end
$$;
comment on function private.redact_message(text, text) is 'A message to the bot without what may be a secret in it.';

create function private.redact_command_audit() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.full_message := left(private.redact_message(new.command, new.full_message), 4096);
  return new;
end
$$;
comment on function private.redact_command_audit() is 'Trigger: no secret is written down, whoever writes. Definer, so that the rule stays private.';

create function private.anonymise_telegram_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.telegram_command_audits a set user_id = null, telegram_user_id = null, full_message = null, error_message = null where a.user_id = old.id;
  update public.telegram_broadcasts b set sent_by = null where b.sent_by = old.id;
  return null;
end
$$;
comment on function private.anonymise_telegram_of_user() is 'Trigger: of a deleted user''s commands, how often and how fast they were answered is left. Definer, because Auth deletes users.';

create function private.create_broadcast(p_message text) returns public.telegram_broadcasts
language plpgsql security definer set search_path = '' as $$
declare
  made public.telegram_broadcasts;
begin
  perform private.require_admin();
  if p_message is null or char_length(p_message) not between 1 and 4096 then
    perform private.raise_api_error(422, 'invalid_request', 'a message has 1 to 4096 characters');
  end if;
  insert into public.telegram_broadcasts (message, sent_by) values (p_message, auth.uid()) returning * into made;
  return made;
end
$$;
comment on function private.create_broadcast(text) is 'Does what public.create_broadcast says. Definer, because nobody may write the table otherwise; checks that its caller is an admin.';

create function public.create_broadcast(p_message text) returns public.telegram_broadcasts
language sql security invoker set search_path = '' as $$
  select private.create_broadcast(p_message)
$$;
comment on function public.create_broadcast(text) is 'For admins: a message to everyone on Telegram. The trigger audits it. Errors: forbidden, invalid_request.';

create function private.set_feedback_status(p_feedback_id uuid, p_status text) returns public.telegram_feedback
language plpgsql security definer set search_path = '' as $$
declare
  changed public.telegram_feedback;
  status_before text;
begin
  perform private.require_admin();
  select f.status into status_before from public.telegram_feedback f where f.id = p_feedback_id for update;
  update public.telegram_feedback f set status = p_status where f.id = p_feedback_id returning * into changed;
  if changed.id is null then
    perform private.raise_api_error(404, 'not_found', 'there is no such feedback');
  end if;
  perform private.write_audit('telegram_feedback.updated', 'telegram_feedback', p_feedback_id::text, changed.user_id,
    jsonb_build_object('status', status_before), jsonb_build_object('status', p_status));
  return changed;
end
$$;
comment on function private.set_feedback_status(uuid, text) is 'Does what public.set_feedback_status says. Definer, because nobody may change the table otherwise; checks that its caller is an admin.';

create function public.set_feedback_status(p_feedback_id uuid, p_status text) returns public.telegram_feedback
language sql security invoker set search_path = '' as $$
  select private.set_feedback_status(p_feedback_id, p_status)
$$;
comment on function public.set_feedback_status(uuid, text) is 'For admins: takes feedback on. Audited. Errors: forbidden, not_found, invalid_transition.';

create function private.set_telegram_setting(p_key text, p_value text, p_description text) returns public.telegram_settings
language plpgsql security definer set search_path = '' as $$
declare
  changed public.telegram_settings;
  refused_by text;
begin
  perform private.require_admin();
  begin
    insert into public.telegram_settings as setting (key, value, description, updated_by) values (p_key, p_value, p_description, auth.uid())
    on conflict (key) do update set value = excluded.value, description = coalesce(excluded.description, setting.description), updated_by = excluded.updated_by
    returning * into changed;
  exception when check_violation or not_null_violation then
    -- Its details show the row, and what was refused may be a secret: it must reach neither the answer nor the log.
    get stacked diagnostics refused_by = constraint_name;
    perform private.raise_api_error(422, 'invalid_request', format('the setting cannot be set so: see %s', coalesce(nullif(refused_by, ''), 'telegram_settings_key_check')));
  end;
  return changed;
end
$$;
comment on function private.set_telegram_setting(text, text, text) is 'Does what public.set_telegram_setting says. Definer, because nobody may write the table otherwise; checks that its caller is an admin.';

create function public.set_telegram_setting(p_key text, p_value text, p_description text default null) returns public.telegram_settings
language sql security invoker set search_path = '' as $$
  select private.set_telegram_setting(p_key, p_value, p_description)
$$;
comment on function public.set_telegram_setting(text, text, text) is 'For admins: adds or changes a setting of the bot. The trigger audits it. Errors: forbidden, invalid_request (what looks like a secret above all).';

revoke execute on function private.redact_message(text, text), private.redact_command_audit(), private.anonymise_telegram_of_user(),
  private.create_broadcast(text), private.set_feedback_status(uuid, text), private.set_telegram_setting(text, text, text) from public;
revoke execute on function public.create_broadcast(text), public.set_feedback_status(uuid, text), public.set_telegram_setting(text, text, text)
  from public, anon, service_role;
grant execute on function private.create_broadcast(text), private.set_feedback_status(uuid, text), private.set_telegram_setting(text, text, text),
  public.create_broadcast(text), public.set_feedback_status(uuid, text), public.set_telegram_setting(text, text, text) to authenticated;

create trigger redact before insert or update of full_message on public.telegram_command_audits
  for each row execute function private.redact_command_audit();
create trigger set_updated_at before update on public.telegram_broadcasts for each row execute function private.set_updated_at();
create trigger check_status before update on public.telegram_broadcasts for each row execute function private.check_status();
create trigger audit_change after insert or delete on public.telegram_broadcasts
  for each row execute function private.audit_change();
create trigger set_updated_at before update on public.telegram_feedback for each row execute function private.set_updated_at();
create trigger check_status before update on public.telegram_feedback for each row execute function private.check_status();
create trigger limit_rows before insert on public.telegram_feedback
  for each row execute function private.check_row_limit('limits.feedback_per_day', '24 hours');
create trigger set_updated_at before update on public.telegram_settings for each row execute function private.set_updated_at();
create trigger audit_change after insert or update or delete on public.telegram_settings
  for each row execute function private.audit_change();
create trigger tradebase_anonymise_telegram after delete on auth.users
  for each row execute function private.anonymise_telegram_of_user();
select private.add_partitioned_table('telegram_command_audits', 'created_at', 'month', 3, 'retention.telegram_command_audits_days');
