-- Purpose: what users want to hear of, what they were told, and the messages on their way to them.
-- Objects: private.note_security_event is replaced by one that raises alerts; tables alert_preferences (a trigger on linked_accounts keeps its Telegram chat), alert_rules, alert_history (by month), messages, message_deliveries, channel_configs,
--   alert_limits; functions private.after_quiet_hours, private.take_alert_allowance, private.create_alert,
--   public.mark_alerts_read, public.set_channel_config and the triggers' functions.
-- Risk: every user gets a row in alert_preferences. The keys to bots come with 20261121101800_link_platform.sql. No worker
--   delivers messages yet: they wait as pending.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.alert_rules_per_user', '100', 0, 10000, 'Alert rules that one user may have.'),
  ('limits.alerts_read_at_once', '1000', 1, 10000, 'Alerts that one call of mark_alerts_read takes by their ids.'),
  ('retention.alert_history_days', '365', 7, 36500, 'Days for which alerts are kept; null keeps them for ever.'),
  ('retention.messages_days', '30', 1, 3650, 'Days for which messages are kept once delivered, failed or cancelled; null keeps them for ever.');

create table public.channel_configs (
  channel text not null,
  enabled boolean not null default true,
  provider text,
  settings jsonb not null default '{}',
  messages_per_window integer not null default 60,
  window_seconds integer not null default 3600,
  max_attempts integer not null default 3,
  retry_delay_seconds integer not null default 30,
  timeout_ms integer not null default 10000,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint channel_configs_pkey primary key (channel),
  constraint channel_configs_channel_check check (channel in ('email', 'telegram', 'discord', 'push', 'slack', 'sms')),
  constraint channel_configs_provider_check check (char_length(provider) between 1 and 100),
  constraint channel_configs_settings_check check (
    jsonb_typeof(settings) = 'object' and pg_column_size(settings) <= 8192
    and not jsonb_path_exists(settings, '$.** ? (@.type() == "object").keyvalue() ? (@.key like_regex "secret|token|password|api_?key|credential" flag "i")')
  ),
  constraint channel_configs_limits_check check (
    messages_per_window between 0 and 100000 and window_seconds between 1 and 86400 and max_attempts between 1 and 20
    and retry_delay_seconds between 0 and 86400 and timeout_ms between 100 and 120000
  )
);
comment on table public.channel_configs is 'The channels of the system, one row each. No secrets: those are in the environment of what sends. Changed by admins.';
comment on column public.channel_configs.channel is 'email, telegram, discord, push, slack or sms.';
comment on column public.channel_configs.enabled is 'Whether messages go out by it at all.';
comment on column public.channel_configs.provider is 'Service that delivers, such as a mail provider.';
comment on column public.channel_configs.settings is 'Further settings, such as a sender''s name. Keys that sound like secrets are refused.';
comment on column public.channel_configs.messages_per_window is 'Messages that one user gets by it in a window, unless alert_limits says otherwise.';
comment on column public.channel_configs.window_seconds is 'Length of that window.';
comment on column public.channel_configs.max_attempts is 'Tries before a delivery has failed.';
comment on column public.channel_configs.retry_delay_seconds is 'Wait before the second try.';
comment on column public.channel_configs.timeout_ms is 'How long one try may take.';
comment on column public.channel_configs.updated_by is 'The admin who last changed it; null for its first state, and once that account is deleted.';
comment on column public.channel_configs.created_at is 'When the row was made.';
comment on column public.channel_configs.updated_at is 'When the row last changed.';
insert into public.channel_configs (channel, enabled) values
  ('email', true), ('telegram', true), ('discord', true), ('push', false), ('slack', false), ('sms', false);

create table public.alert_preferences (
  user_id uuid not null default auth.uid(),
  email_enabled boolean not null default true,
  telegram_enabled boolean not null default false,
  discord_enabled boolean not null default false,
  push_enabled boolean not null default false,
  telegram_chat_id text,
  discord_webhook_url text,
  discord_webhook_hint text generated always as (substring(discord_webhook_url from 'webhooks/([0-9]+)/')) stored,
  alert_types text[] not null default '{entry,exit,risk,error}',
  quiet_hours_start time,
  quiet_hours_end time,
  quiet_hours_timezone text not null default 'UTC',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint alert_preferences_pkey primary key (user_id),
  constraint alert_preferences_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint alert_preferences_telegram_chat_id_check check (telegram_chat_id ~ '^-?[0-9]{1,20}$'),
  constraint alert_preferences_discord_webhook_url_check check (discord_webhook_url ~ '^https://discord\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,100}$'),
  constraint alert_preferences_alert_types_check check (
    alert_types <@ array['entry', 'exit', 'risk', 'error', 'price', 'performance', 'bot_status', 'system'] and cardinality(alert_types) <= 8
  ),
  constraint alert_preferences_quiet_hours_check check (
    (quiet_hours_start is null) = (quiet_hours_end is null) and quiet_hours_start <> quiet_hours_end
  ),
  constraint alert_preferences_quiet_hours_timezone_check check (private.is_time_zone(quiet_hours_timezone))
);
comment on table public.alert_preferences is 'What each user wants to hear of, and by which channels. Made at sign-up; users change theirs.';
comment on column public.alert_preferences.user_id is 'Owner.';
comment on column public.alert_preferences.email_enabled is 'Whether alerts go out by e-mail.';
comment on column public.alert_preferences.telegram_enabled is 'Whether alerts go to the linked Telegram chat.';
comment on column public.alert_preferences.discord_enabled is 'Whether alerts go to the Discord webhook.';
comment on column public.alert_preferences.push_enabled is 'Whether alerts go out as push messages.';
comment on column public.alert_preferences.telegram_chat_id is 'The chat of the Telegram account that was linked or verified last; null without one. Kept by a trigger on linked_accounts. Users cannot set it: it could be somebody else''s.';
comment on column public.alert_preferences.discord_webhook_url is 'Discord webhook. Whoever knows it can post to the channel: users set it, and no API role can read it again.';
comment on column public.alert_preferences.discord_webhook_hint is 'Number of the webhook, which tells its owner which one is set; null without one.';
comment on column public.alert_preferences.alert_types is 'Kinds of alert that go out by the channels. Security alerts always do, as many as the channel lets through.';
comment on column public.alert_preferences.quiet_hours_start is 'Local time from which only security, risk and critical alerts go out; null for no quiet hours.';
comment on column public.alert_preferences.quiet_hours_end is 'Local time at which the others follow.';
comment on column public.alert_preferences.quiet_hours_timezone is 'Time zone of the quiet hours, by its name in the tz database.';
comment on column public.alert_preferences.created_at is 'When the row was made.';
comment on column public.alert_preferences.updated_at is 'When the row last changed.';

create table public.alert_rules (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  alert_type text not null default 'price',
  condition jsonb not null,
  symbol text,
  bot_id uuid,
  channels text[] not null default '{email}',
  cooldown_seconds integer not null default 300,
  enabled boolean not null default true,
  last_triggered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint alert_rules_pkey primary key (id),
  constraint alert_rules_id_user_id_key unique (id, user_id),
  constraint alert_rules_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint alert_rules_name_check check (char_length(name) between 1 and 100),
  constraint alert_rules_alert_type_check check (alert_type in ('entry', 'exit', 'risk', 'error', 'price', 'performance', 'bot_status')),
  constraint alert_rules_condition_check check (
    jsonb_typeof(condition) = 'object' and coalesce(jsonb_typeof(condition -> 'type'), '') = 'string' and pg_column_size(condition) <= 8192
  ),
  constraint alert_rules_symbol_check check (char_length(symbol) between 1 and 32),
  constraint alert_rules_channels_check check (
    channels <@ array['email', 'telegram', 'discord', 'push', 'slack', 'sms'] and cardinality(channels) <= 6
  ),
  constraint alert_rules_cooldown_seconds_check check (cooldown_seconds between 0 and 604800)
);
comment on table public.alert_rules is 'Conditions that users want to be told of. Nothing evaluates them yet.';
comment on column public.alert_rules.id is 'Identifies the rule.';
comment on column public.alert_rules.user_id is 'Owner.';
comment on column public.alert_rules.name is 'What its owner calls it.';
comment on column public.alert_rules.alert_type is 'Kind of the alerts it raises.';
comment on column public.alert_rules.condition is 'The condition: {"type", ...}.';
comment on column public.alert_rules.symbol is 'Symbol it watches; null for any.';
comment on column public.alert_rules.bot_id is 'Bot it watches; null for any. The rule goes with its bot: without it, it would mean something else.';
comment on column public.alert_rules.channels is 'Channels to use, of those that the preferences have switched on.';
comment on column public.alert_rules.cooldown_seconds is 'Least time between two alerts of the rule.';
comment on column public.alert_rules.enabled is 'Whether it is watched.';
comment on column public.alert_rules.last_triggered_at is 'When it last raised an alert.';
comment on column public.alert_rules.created_at is 'When it was made.';
comment on column public.alert_rules.updated_at is 'When the row last changed.';
create index alert_rules_user_id_created_at_idx on public.alert_rules (user_id, created_at desc);
create index alert_rules_bot_id_user_id_idx on public.alert_rules (bot_id, user_id);

create table public.alert_history (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  rule_id uuid,
  bot_id uuid,
  run_id uuid,
  alert_type text not null,
  severity text not null default 'info',
  message text not null,
  channels text[] not null default '{}',
  status text not null default 'pending',
  sent_at timestamptz,
  error text,
  metadata jsonb not null default '{}',
  read_at timestamptz,
  created_at timestamptz not null default now(),
  constraint alert_history_pkey primary key (id, created_at),
  constraint alert_history_rule_id_fkey foreign key (rule_id, user_id) references public.alert_rules (id, user_id) on delete set null (rule_id),
  constraint alert_history_alert_type_check check (
    alert_type in ('entry', 'exit', 'risk', 'error', 'security', 'price', 'performance', 'bot_status', 'system')
  ),
  constraint alert_history_severity_check check (severity in ('info', 'warning', 'critical')),
  constraint alert_history_message_check check (char_length(message) between 1 and 4000),
  constraint alert_history_channels_check check (
    channels <@ array['email', 'telegram', 'discord', 'push', 'slack', 'sms'] and cardinality(channels) <= 6
  ),
  constraint alert_history_status_check check (status in ('pending', 'sent', 'failed')),
  constraint alert_history_sent_at_check check (status <> 'sent' or sent_at is not null),
  constraint alert_history_error_check check (char_length(error) <= 2000),
  constraint alert_history_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
) partition by range (created_at);
comment on table public.alert_history is 'What users were told. Written by private.create_alert; owners read it and mark it as read. A partition a month, dropped at the end of the retention.';
comment on column public.alert_history.id is 'Identifies the alert.';
comment on column public.alert_history.user_id is 'Owner.';
comment on column public.alert_history.rule_id is 'The rule that raised it; null for an alert of the system, or once the rule is gone.';
comment on column public.alert_history.bot_id is 'The bot it is about; null for none.';
comment on column public.alert_history.run_id is 'The trading run it is about; null for none.';
comment on column public.alert_history.alert_type is 'entry, exit, risk, error, security, price, performance, bot_status or system.';
comment on column public.alert_history.severity is 'info, warning or critical.';
comment on column public.alert_history.message is 'What happened, in a sentence.';
comment on column public.alert_history.channels is 'Channels it went out by; empty for an alert that is only shown.';
comment on column public.alert_history.status is 'pending, then sent or failed; failed may be tried again.';
comment on column public.alert_history.sent_at is 'When it had gone out.';
comment on column public.alert_history.error is 'Why it could not be sent.';
comment on column public.alert_history.metadata is 'What else there is to know, for programs.';
comment on column public.alert_history.read_at is 'When its owner read it; null for unread.';
comment on column public.alert_history.created_at is 'When it was raised.';
create index alert_history_user_id_created_at_idx on public.alert_history (user_id, created_at desc);
create index alert_history_user_id_unread_idx on public.alert_history (user_id) where read_at is null;
create index alert_history_rule_id_user_id_idx on public.alert_history (rule_id, user_id);
create index alert_history_bot_id_user_id_idx on public.alert_history (bot_id, user_id);
create index alert_history_run_id_user_id_idx on public.alert_history (run_id, user_id);

create table public.messages (
  id uuid not null default gen_random_uuid(),
  user_id uuid,
  alert_id uuid,
  message_type text not null,
  priority text not null default 'normal',
  channels text[] not null,
  recipient text,
  template text,
  template_data jsonb not null default '{}',
  subject text,
  body text,
  metadata jsonb not null default '{}',
  status text not null default 'pending',
  scheduled_for timestamptz not null default now(),
  attempts integer not null default 0,
  max_attempts integer not null default 3,
  last_error text,
  processed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint messages_pkey primary key (id),
  constraint messages_id_user_id_key unique (id, user_id),
  constraint messages_message_type_check check (message_type ~ '^[a-z][a-z_]{0,49}$'),
  constraint messages_priority_check check (priority in ('low', 'normal', 'high', 'critical')),
  constraint messages_channels_check check (
    channels <@ array['email', 'telegram', 'discord', 'push', 'slack', 'sms'] and cardinality(channels) between 1 and 6
  ),
  constraint messages_recipient_check check (char_length(recipient) between 1 and 320 and (user_id is not null or recipient is not null)),
  constraint messages_content_check check (
    (template is not null or body is not null) and char_length(template) between 1 and 100 and char_length(subject) <= 200 and char_length(body) <= 20000
  ),
  constraint messages_template_data_check check (jsonb_typeof(template_data) = 'object' and pg_column_size(template_data) <= 16384),
  constraint messages_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384),
  constraint messages_status_check check (status in ('pending', 'processing', 'delivered', 'failed', 'cancelled')),
  constraint messages_attempts_check check (attempts >= 0 and max_attempts between 1 and 20),
  constraint messages_last_error_check check (char_length(last_error) <= 2000)
);
comment on table public.messages is 'Messages to send: to users by the channels of their preferences, or to an address. Written with what causes them, delivered by workers. No foreign keys to users and alerts: a trigger deletes a deleted user''s messages, and alerts are dropped by the month.';
comment on column public.messages.id is 'Identifies the message.';
comment on column public.messages.user_id is 'The user it is for; null for a message to an address without an account.';
comment on column public.messages.alert_id is 'The alert it tells of.';
comment on column public.messages.message_type is 'What it is for, such as alert or waitlist_invitation.';
comment on column public.messages.priority is 'low, normal, high or critical: the order in which messages go out.';
comment on column public.messages.channels is 'Channels to send it by.';
comment on column public.messages.recipient is 'Address to send it to; null to look the user''s address up when it is sent.';
comment on column public.messages.template is 'Name of a template; null for a ready body.';
comment on column public.messages.template_data is 'What the template is filled with.';
comment on column public.messages.subject is 'Subject, where the channel has one.';
comment on column public.messages.body is 'Text, ready to send.';
comment on column public.messages.metadata is 'What else there is to know, for programs.';
comment on column public.messages.status is 'pending, processing, then delivered, failed or cancelled; processing goes back to pending for another try.';
comment on column public.messages.scheduled_for is 'When it may go out at the earliest.';
comment on column public.messages.attempts is 'How often it was taken up.';
comment on column public.messages.max_attempts is 'Tries before it has failed.';
comment on column public.messages.last_error is 'Why the last try failed.';
comment on column public.messages.processed_at is 'When it was delivered, had failed or was cancelled.';
comment on column public.messages.created_at is 'When it was written.';
comment on column public.messages.updated_at is 'When the row last changed.';
create index messages_user_id_created_at_idx on public.messages (user_id, created_at desc);
create index messages_recipient_idx on public.messages (lower(recipient)) where user_id is null;
create index messages_due_idx on public.messages (scheduled_for) where status = 'pending';
create index messages_created_at_idx on public.messages (created_at) where status in ('delivered', 'failed', 'cancelled');

create table public.message_deliveries (
  message_id uuid not null,
  channel text not null,
  user_id uuid,
  status text not null default 'pending',
  external_id text,
  error text,
  attempts integer not null default 0,
  response_time_ms integer,
  sent_at timestamptz,
  delivered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_deliveries_pkey primary key (message_id, channel),
  constraint message_deliveries_message_id_fkey foreign key (message_id) references public.messages (id) on delete cascade,
  constraint message_deliveries_message_id_user_id_fkey foreign key (message_id, user_id) references public.messages (id, user_id) on delete cascade,
  constraint message_deliveries_channel_fkey foreign key (channel) references public.channel_configs (channel),
  constraint message_deliveries_status_check check (status in ('pending', 'sent', 'delivered', 'failed')),
  constraint message_deliveries_external_id_check check (char_length(external_id) <= 200),
  constraint message_deliveries_error_check check (char_length(error) <= 2000),
  constraint message_deliveries_attempts_check check (attempts >= 0),
  constraint message_deliveries_response_time_ms_check check (response_time_ms >= 0)
);
comment on table public.message_deliveries is 'How each message fares by each of its channels. Made with the message, kept by workers.';
comment on column public.message_deliveries.message_id is 'The message.';
comment on column public.message_deliveries.channel is 'The channel.';
comment on column public.message_deliveries.user_id is 'The message''s user, repeated here so that the policy needs no join; null for a message to an address.';
comment on column public.message_deliveries.status is 'pending, sent (the channel took it), delivered (it said so), or failed; failed may be tried again.';
comment on column public.message_deliveries.external_id is 'Id that the channel''s provider gave it.';
comment on column public.message_deliveries.error is 'Why the last try failed.';
comment on column public.message_deliveries.attempts is 'How often it was tried.';
comment on column public.message_deliveries.response_time_ms is 'How long the provider took to answer the last try.';
comment on column public.message_deliveries.sent_at is 'When the channel took it.';
comment on column public.message_deliveries.delivered_at is 'When the channel reported it as delivered; null where it does not report.';
comment on column public.message_deliveries.created_at is 'When the row was made.';
comment on column public.message_deliveries.updated_at is 'When the row last changed.';
create index message_deliveries_user_id_created_at_idx on public.message_deliveries (user_id, created_at desc);
create index message_deliveries_message_id_user_id_idx on public.message_deliveries (message_id, user_id);
create index message_deliveries_channel_idx on public.message_deliveries (channel, status);

create table public.alert_limits (
  user_id uuid not null,
  channel text not null,
  messages_per_window integer,
  window_seconds integer,
  window_started_at timestamptz not null default now(),
  used_count integer not null default 0,
  refused_count integer not null default 0,
  updated_at timestamptz not null default now(),
  constraint alert_limits_pkey primary key (user_id, channel),
  constraint alert_limits_channel_fkey foreign key (channel) references public.channel_configs (channel),
  constraint alert_limits_limits_check check (messages_per_window between 0 and 100000 and window_seconds between 1 and 86400),
  constraint alert_limits_counts_check check (used_count >= 0 and refused_count >= 0)
);
comment on table public.alert_limits is 'How many messages each user had by each channel in the current window. Written by private.take_alert_allowance.';
comment on column public.alert_limits.user_id is 'The user.';
comment on column public.alert_limits.channel is 'The channel.';
comment on column public.alert_limits.messages_per_window is 'Limit of this user; null for that of the channel.';
comment on column public.alert_limits.window_seconds is 'Length of this user''s window; null for that of the channel.';
comment on column public.alert_limits.window_started_at is 'When the current window began.';
comment on column public.alert_limits.used_count is 'Messages in the current window.';
comment on column public.alert_limits.refused_count is 'Messages over the limit, ever.';
comment on column public.alert_limits.updated_at is 'When the row last changed.';
create index alert_limits_channel_idx on public.alert_limits (channel);

alter table public.channel_configs enable row level security;
alter table public.alert_preferences enable row level security;
alter table public.alert_rules enable row level security;
alter table public.alert_history enable row level security;
alter table public.messages enable row level security;
alter table public.message_deliveries enable row level security;
alter table public.alert_limits enable row level security;
revoke all on public.channel_configs, public.alert_preferences, public.alert_rules, public.alert_history, public.messages,
  public.message_deliveries, public.alert_limits from anon, authenticated, service_role;

grant select on public.channel_configs to service_role, tradebase_admin, tradebase_worker;
create policy "Admins can read channel configs" on public.channel_configs for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read channel configs" on public.channel_configs is 'In an audited read only.';

-- All but the webhook, which no API role can read.
grant select (user_id, email_enabled, telegram_enabled, discord_enabled, push_enabled, telegram_chat_id, discord_webhook_hint, alert_types,
  quiet_hours_start, quiet_hours_end, quiet_hours_timezone, created_at, updated_at) on public.alert_preferences to authenticated, service_role, tradebase_admin;
grant update (email_enabled, telegram_enabled, discord_enabled, push_enabled, discord_webhook_url, alert_types, quiet_hours_start, quiet_hours_end,
  quiet_hours_timezone) on public.alert_preferences to authenticated;
grant select, update on public.alert_preferences to tradebase_worker;
create policy "Owners can read their alert preferences" on public.alert_preferences for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their alert preferences" on public.alert_preferences is 'Column grants leave the webhook out.';
create policy "Owners can change their alert preferences" on public.alert_preferences for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()))
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their alert preferences" on public.alert_preferences is 'Column grants leave the Telegram chat to what verifies it.';
create policy "Admins can read alert preferences" on public.alert_preferences for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read alert preferences" on public.alert_preferences is 'In an audited read only.';

grant select on public.alert_rules to authenticated, service_role, tradebase_admin, tradebase_worker;
grant insert (name, alert_type, condition, symbol, bot_id, channels, cooldown_seconds, enabled),
  update (name, alert_type, condition, symbol, bot_id, channels, cooldown_seconds, enabled), delete on public.alert_rules to authenticated;
grant update (last_triggered_at) on public.alert_rules to tradebase_worker;
create policy "Owners can read their alert rules" on public.alert_rules for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their alert rules" on public.alert_rules is 'A rule belongs to one user.';
create policy "Traders can add alert rules" on public.alert_rules for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Traders can add alert rules" on public.alert_rules is 'For themselves, as many as the setting limits.alert_rules_per_user.';
create policy "Owners can change their alert rules" on public.alert_rules for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()))
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their alert rules" on public.alert_rules is 'Column grants leave last_triggered_at to the workers.';
create policy "Owners can delete their alert rules" on public.alert_rules for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their alert rules" on public.alert_rules is 'Alerts that it raised stay.';
create policy "Admins can read alert rules" on public.alert_rules for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read alert rules" on public.alert_rules is 'In an audited read only.';

grant select on public.alert_history to authenticated, service_role, tradebase_admin;
grant select, insert, update (status, sent_at, error) on public.alert_history to tradebase_worker;
create policy "Owners can read their alerts" on public.alert_history for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their alerts" on public.alert_history is 'An alert belongs to one user.';
create policy "Admins can read alerts" on public.alert_history for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read alerts" on public.alert_history is 'In an audited read only.';

grant select on public.messages to authenticated, service_role;
-- An admin sees how a message fares, not what it says.
grant select (id, user_id, alert_id, message_type, priority, channels, status, scheduled_for, attempts, max_attempts, last_error, processed_at,
  created_at, updated_at) on public.messages to tradebase_admin;
grant select, insert, update on public.messages to tradebase_worker;
create policy "Users can read messages to them" on public.messages for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read messages to them" on public.messages is 'A message to an address alone is nobody''s to read.';
create policy "Admins can read messages" on public.messages for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read messages" on public.messages is 'In an audited read only; column grants leave out what they say.';

grant select on public.message_deliveries to authenticated, service_role, tradebase_admin;
grant select, insert, update on public.message_deliveries to tradebase_worker;
create policy "Users can read deliveries to them" on public.message_deliveries for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read deliveries to them" on public.message_deliveries is 'With the message.';
create policy "Admins can read deliveries" on public.message_deliveries for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read deliveries" on public.message_deliveries is 'In an audited read only.';

grant select on public.alert_limits to authenticated, service_role, tradebase_admin;
grant select, insert, update on public.alert_limits to tradebase_worker;
create policy "Users can read their alert limits" on public.alert_limits for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Users can read their alert limits" on public.alert_limits is 'Says why a message did not come.';
create policy "Admins can read alert limits" on public.alert_limits for select to tradebase_admin
  using ((select private.is_admin()));
comment on policy "Admins can read alert limits" on public.alert_limits is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('alert_history', 'pending', 'sent'), ('alert_history', 'pending', 'failed'), ('alert_history', 'failed', 'pending'),
  ('alert_history', 'failed', 'sent'),
  ('messages', 'pending', 'processing'), ('messages', 'pending', 'failed'), ('messages', 'pending', 'cancelled'),
  ('messages', 'processing', 'pending'), ('messages', 'processing', 'delivered'), ('messages', 'processing', 'failed'),
  ('message_deliveries', 'pending', 'sent'), ('message_deliveries', 'pending', 'delivered'), ('message_deliveries', 'pending', 'failed'),
  ('message_deliveries', 'sent', 'delivered'), ('message_deliveries', 'sent', 'failed'), ('message_deliveries', 'failed', 'pending');

create trigger set_updated_at before update on public.channel_configs for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.alert_preferences for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.alert_rules for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.messages for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.message_deliveries for each row execute function private.set_updated_at();
create trigger set_updated_at before update on public.alert_limits for each row execute function private.set_updated_at();
create trigger check_status before update on public.alert_history for each row execute function private.check_status();
create trigger check_status before update on public.messages for each row execute function private.check_status();
create trigger check_status before update on public.message_deliveries for each row execute function private.check_status();
create trigger limit_rows before insert on public.alert_rules
  for each row execute function private.check_row_limit('limits.alert_rules_per_user');
create trigger audit_change after insert or update or delete on public.alert_rules
  for each row execute function private.audit_change('last_triggered_at');
create trigger audit_change after update on public.alert_preferences
  for each row execute function private.audit_change('discord_webhook_url');
create trigger audit_change after insert or update or delete on public.channel_configs
  for each row execute function private.audit_change();
select private.add_partitioned_table('alert_history', 'created_at', 'month', 3, 'retention.alert_history_days');

create function private.create_alert_preferences() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.alert_preferences (user_id) values (new.id);
  return null;
end
$$;
comment on function private.create_alert_preferences() is 'Trigger: gives a new user preferences, so that changing them is one update. Definer, because Auth creates users.';
create trigger tradebase_create_alert_preferences after insert on auth.users
  for each row execute function private.create_alert_preferences();
insert into public.alert_preferences (user_id) select u.id from auth.users u;

create function private.keep_telegram_chat() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  owner constant uuid := (case tg_op when 'DELETE' then old else new end).user_id;
begin
  -- One after the other: the links are read when whoever else changes them has committed.
  perform from public.alert_preferences p where p.user_id = owner for no key update;
  update public.alert_preferences p set telegram_chat_id = chat.id
  from (
    select (
      select l.external_id from public.linked_accounts l
      where l.user_id = owner and l.provider = 'telegram' and l.external_id ~ '^-?[0-9]{1,20}$'
      order by l.verified_at desc, l.id
      limit 1
    ) as id
  ) chat
  where p.user_id = owner and p.telegram_chat_id is distinct from chat.id;
  return null;
end
$$;
comment on function private.keep_telegram_chat() is 'Trigger: alerts go to the Telegram chat that was linked or verified last, and to none once all are unlinked. Definer, because users may not set the chat.';
-- A link never passes to another user.
create trigger keep_telegram_chat after insert or update or delete on public.linked_accounts
  for each row execute function private.keep_telegram_chat();

create function private.delete_alerts_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.alert_history h where h.user_id = old.id;
  delete from public.messages m where m.user_id = old.id;
  delete from public.alert_limits l where l.user_id = old.id;
  return null;
end
$$;
comment on function private.delete_alerts_of_user() is 'Trigger: does what foreign keys to users with ON DELETE CASCADE would, without their lock. Definer, because Auth deletes users.';
create trigger tradebase_delete_alerts after delete on auth.users
  for each row execute function private.delete_alerts_of_user();

create function private.add_message_deliveries() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.message_deliveries (message_id, channel, user_id)
  select distinct new.id, channel, new.user_id from unnest(new.channels) channel;
  return null;
end
$$;
comment on function private.add_message_deliveries() is 'Trigger: one delivery for each channel of a new message. Definer, because Auth''s hooks and functions of admins write messages.';
create trigger add_deliveries after insert on public.messages
  for each row execute function private.add_message_deliveries();

create function private.finish_message() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.status in ('delivered', 'failed', 'cancelled') and old.status not in ('delivered', 'failed', 'cancelled') then
    new.processed_at := coalesce(new.processed_at, now());
    if new.alert_id is not null and new.status <> 'cancelled' then
      update public.alert_history h
      set status = case new.status when 'delivered' then 'sent' else 'failed' end,
          sent_at = case new.status when 'delivered' then new.processed_at end,
          error = case new.status when 'failed' then new.last_error end
      where h.id = new.alert_id and h.user_id = new.user_id and h.status <> 'sent';
    end if;
  end if;
  return new;
end
$$;
comment on function private.finish_message() is 'Trigger: stamps the end of a message, and gives the alert it tells of the same end. Definer, so that it does not depend on who delivers.';
create trigger finish before update on public.messages
  for each row execute function private.finish_message();

create function private.announce_alert() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.emit_event(new.user_id, 'user:' || new.user_id::text, 'alert', jsonb_build_object(
    'id', new.id, 'alert_type', new.alert_type, 'severity', new.severity, 'message', new.message, 'bot_id', new.bot_id,
    'run_id', new.run_id, 'at', new.created_at));
  return null;
end
$$;
comment on function private.announce_alert() is 'Trigger: shows a new alert to its owner at once. Definer, because Auth raises alerts, too.';
-- Alerts of security events are told of by private.note_security_event, with one event for both.
create trigger announce after insert on public.alert_history
  for each row when (not new.metadata ? 'security_event_id') execute function private.announce_alert();

create function private.after_quiet_hours(p_start time, p_end time, p_timezone text, p_at timestamptz) returns timestamptz
language sql stable set search_path = '' as $$
  select case
    when p_start is null then p_at
    -- Within one day, or across midnight.
    when p_start < p_end and l.local::time >= p_start and l.local::time < p_end then (l.local::date + p_end) at time zone p_timezone
    when p_start > p_end and l.local::time >= p_start then (l.local::date + 1 + p_end) at time zone p_timezone
    when p_start > p_end and l.local::time < p_end then (l.local::date + p_end) at time zone p_timezone
    else p_at
  end
  from (select p_at at time zone p_timezone as local) l
$$;
comment on function private.after_quiet_hours(time, time, text, timestamptz) is 'The time itself, or the end of the quiet hours that it falls into.';

create function private.take_alert_allowance(p_user_id uuid, p_channel text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  channel_config public.channel_configs;
  allowance public.alert_limits;
  allowed boolean;
begin
  select * into strict channel_config from public.channel_configs c where c.channel = p_channel;
  insert into public.alert_limits (user_id, channel) values (p_user_id, p_channel)
  on conflict (user_id, channel) do update set updated_at = now()
  returning * into allowance;
  if allowance.window_started_at + coalesce(allowance.window_seconds, channel_config.window_seconds) * interval '1 second' <= now() then
    allowance.window_started_at := now();
    allowance.used_count := 0;
  end if;
  allowed := allowance.used_count < coalesce(allowance.messages_per_window, channel_config.messages_per_window);
  update public.alert_limits l
  set window_started_at = allowance.window_started_at,
      used_count = allowance.used_count + allowed::integer,
      refused_count = l.refused_count + (not allowed)::integer
  where l.user_id = p_user_id and l.channel = p_channel;
  return allowed;
end
$$;
comment on function private.take_alert_allowance(uuid, text) is 'Counts a message of a user by a channel; false where the window is full. Definer, because Auth raises alerts, too.';

create function private.create_alert(
  p_user_id uuid,
  p_alert_type text,
  p_message text,
  p_severity text default 'info',
  p_metadata jsonb default '{}',
  p_bot_id uuid default null,
  p_run_id uuid default null,
  p_rule_id uuid default null
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  preferences public.alert_preferences;
  urgent constant boolean := p_alert_type in ('security', 'risk') or p_severity = 'critical';
  rule_channels text[];
  chosen text[];
  alert_id constant uuid := gen_random_uuid();
begin
  select * into preferences from public.alert_preferences p where p.user_id = p_user_id;
  select r.channels into rule_channels from public.alert_rules r where r.id = p_rule_id and r.user_id = p_user_id;
  if p_alert_type = 'security' or p_alert_type = any (preferences.alert_types) then
    -- Only what goes out is counted.
    with wanted as materialized (
      select c.channel
      from public.channel_configs c
      where c.enabled
        and c.channel = any (array_remove(array[
          case when preferences.email_enabled or p_alert_type = 'security' then 'email' end,
          case when preferences.telegram_enabled and preferences.telegram_chat_id is not null then 'telegram' end,
          case when preferences.discord_enabled and preferences.discord_webhook_url is not null then 'discord' end,
          case when preferences.push_enabled then 'push' end], null))
        and (rule_channels is null or c.channel = any (rule_channels))
    )
    select array_agg(w.channel order by w.channel) into chosen
    from wanted w
    where private.take_alert_allowance(p_user_id, w.channel);
  end if;
  chosen := coalesce(chosen, '{}');
  insert into public.alert_history (id, user_id, rule_id, bot_id, run_id, alert_type, severity, message, channels, status, sent_at, metadata)
  values (alert_id, p_user_id, p_rule_id, p_bot_id, p_run_id, p_alert_type, p_severity, p_message, chosen,
          case when chosen = '{}' then 'sent' else 'pending' end, case when chosen = '{}' then now() end, p_metadata);
  if chosen <> '{}' then
    insert into public.messages (user_id, alert_id, message_type, priority, channels, body, scheduled_for)
    values (p_user_id, alert_id, 'alert', case when p_severity = 'critical' then 'critical' when urgent then 'high' else 'normal' end, chosen, p_message,
            case when urgent then now() else private.after_quiet_hours(preferences.quiet_hours_start, preferences.quiet_hours_end,
                                                                       preferences.quiet_hours_timezone, now()) end);
  end if;
  update public.alert_rules r set last_triggered_at = now() where r.id = p_rule_id and r.user_id = p_user_id;
  return alert_id;
end
$$;
comment on function private.create_alert(uuid, text, text, text, jsonb, uuid, uuid, uuid) is
  'Tells a user something: the alert, its event and the message to deliver commit with what caused them. Which channels, their preferences, the rule and the limits decide. Definer, so that Auth''s hooks and workers can raise alerts without rights on the tables.';

create or replace function private.note_security_event(p_user_id uuid, p_kind text, p_details jsonb default '{}') returns void
language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
  -- The other kinds are what users or admins did knowingly: they are shown, and no message goes out.
  message constant text := case p_kind
    when 'new_device' then 'Your account was signed in to from a new device'
    when 'lockout' then 'Your account is locked for a while after too many wrong attempts'
    when 'password_changed' then 'The password of your account was changed'
    when 'email_changed' then 'The e-mail address of your account was changed'
    when 'factor_added' then 'A second factor was added to your account'
    when 'factor_removed' then 'A second factor was removed from your account'
    when 'recovery_code_used' then 'A recovery code of your account was used'
  end;
  noted public.security_events;
  raised uuid;
begin
  insert into public.security_events (user_id, kind, details) values (p_user_id, p_kind, coalesce(p_details, '{}')) returning * into noted;
  if message is not null then
    begin
      -- Whoever deletes the user waits, and finds what is written here.
      perform from auth.users u where u.id = p_user_id for key share;
      if found then
        raised := private.create_alert(p_user_id, 'security', message, 'warning',
          jsonb_build_object('security_event_id', noted.id, 'what', noted.kind, 'details', noted.details));
        -- Whoever took an account over reads the new address.
        if p_kind = 'email_changed' and p_details ->> 'from' <> '' then
          insert into public.messages (user_id, alert_id, message_type, priority, channels, recipient, body)
          values (p_user_id, raised, 'alert', 'high', '{email}', p_details ->> 'from', message);
        end if;
      end if;
    exception when others then
      raised := null;
      raise warning 'no message for security event %: %', noted.id, sqlerrm;
    end;
  end if;
  begin
    perform private.emit_event(p_user_id, 'user:' || p_user_id::text, 'alert', jsonb_build_object(
      'kind', 'security', 'id', noted.id, 'what', noted.kind, 'details', noted.details, 'alert_id', raised, 'at', noted.created_at));
  exception when others then
    -- A worker may hold the topic for as long as its transaction lasts: the row is there to read, and nobody is kept out.
    raise warning 'no alert for security event %: %', noted.id, sqlerrm;
  end;
end
$$;
comment on function private.note_security_event(uuid, text, jsonb) is
  'Writes a security event of a user and sends it on their topic; what they should act on if it was not them is an alert too, with messages. What cannot be written or sent at once is left out. Definer, because hooks and triggers of Auth call it.';

create function private.mark_alerts_read(p_alert_ids uuid[]) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  most constant integer := private.config_number('limits.alerts_read_at_once');
  marked integer;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'you may not do this');
  end if;
  if cardinality(p_alert_ids) > most then
    perform private.raise_api_error(422, 'invalid_request', format('at most %s alerts at once', most));
  end if;
  update public.alert_history h set read_at = now()
  where h.user_id = auth.uid() and h.read_at is null and (p_alert_ids is null or h.id = any (p_alert_ids));
  get diagnostics marked = row_count;
  return marked;
end
$$;
comment on function private.mark_alerts_read(uuid[]) is 'Does what public.mark_alerts_read says, for the caller''s own alerts. Definer, because owners may change nothing else of an alert.';

create function public.mark_alerts_read(p_alert_ids uuid[] default null) returns integer
language sql security invoker set search_path = '' as $$
  select private.mark_alerts_read(p_alert_ids)
$$;
comment on function public.mark_alerts_read(uuid[]) is 'Marks alerts of the caller as read, by their ids or, without, all that are unread; answers how many it marked. Errors: forbidden, invalid_request.';

create function private.set_channel_config(p_channel text, p_enabled boolean, p_provider text, p_settings jsonb, p_messages_per_window integer)
returns public.channel_configs
language plpgsql security definer set search_path = '' as $$
declare
  changed public.channel_configs;
  refused_by text;
begin
  perform private.require_admin();
  begin
    update public.channel_configs c
    set enabled = coalesce(p_enabled, c.enabled), provider = coalesce(p_provider, c.provider), settings = coalesce(p_settings, c.settings),
        messages_per_window = coalesce(p_messages_per_window, c.messages_per_window), updated_by = auth.uid()
    where c.channel = p_channel
    returning * into changed;
  exception when check_violation then
    -- Its details show the row, and what was refused may be a secret: it must reach neither the answer nor the log.
    get stacked diagnostics refused_by = constraint_name;
    perform private.raise_api_error(422, 'invalid_request', format('the channel cannot be set so: see %s', refused_by));
  end;
  if changed.channel is null then
    perform private.raise_api_error(404, 'not_found', 'there is no such channel');
  end if;
  return changed;
end
$$;
comment on function private.set_channel_config(text, boolean, text, jsonb, integer) is 'Does what public.set_channel_config says. Definer, because nobody may write the table otherwise; checks that its caller is an admin.';

create function public.set_channel_config(
  p_channel text, p_enabled boolean default null, p_provider text default null, p_settings jsonb default null, p_messages_per_window integer default null
) returns public.channel_configs
language sql security invoker set search_path = '' as $$
  select private.set_channel_config(p_channel, p_enabled, p_provider, p_settings, p_messages_per_window)
$$;
comment on function public.set_channel_config(text, boolean, text, jsonb, integer) is 'For admins: changes a channel; what is null stays as it is. The trigger audits it. Errors: forbidden, not_found, invalid_request (secrets in the settings above all).';

create function private.prune_messages() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  pruned bigint;
begin
  delete from public.messages m where m.id in (
    select old.id from public.messages old
    where old.status in ('delivered', 'failed', 'cancelled')
      and old.created_at < now() - private.config_number('retention.messages_days') * interval '1 day'
    order by old.created_at limit 20000 for update skip locked);
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
comment on function private.prune_messages() is 'Deletes messages that ended, at the end of their retention, 20,000 at most. Definer, because only the maintenance job deletes them.';

revoke execute on function private.create_alert_preferences(), private.keep_telegram_chat(), private.delete_alerts_of_user(),
  private.add_message_deliveries(), private.finish_message(), private.announce_alert(), private.after_quiet_hours(time, time, text, timestamptz),
  private.take_alert_allowance(uuid, text), private.create_alert(uuid, text, text, text, jsonb, uuid, uuid, uuid), private.mark_alerts_read(uuid[]),
  private.set_channel_config(text, boolean, text, jsonb, integer), private.prune_messages() from public;
revoke execute on function public.mark_alerts_read(uuid[]), public.set_channel_config(text, boolean, text, jsonb, integer) from public, anon, service_role;
grant execute on function private.mark_alerts_read(uuid[]), private.set_channel_config(text, boolean, text, jsonb, integer) to authenticated;
grant execute on function public.mark_alerts_read(uuid[]), public.set_channel_config(text, boolean, text, jsonb, integer) to authenticated;
grant execute on function private.take_alert_allowance(uuid, text), private.create_alert(uuid, text, text, text, jsonb, uuid, uuid, uuid) to tradebase_worker;
