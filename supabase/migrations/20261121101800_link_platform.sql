-- Purpose: performance, alerts and tasks hang on the bots, runs and studies they are about; what admins did forgets the
--   admin with their account.
-- Objects: foreign keys of daily_performance, performance_snapshots, performance_metrics, alert_rules and alert_history to
--   bots and trading_runs; triggers on studies and training_runs that keep their tasks;
--   function private.forget_admin (trigger on auth.users); indexes on granted_by, invited_by and responded_by.
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

create index user_roles_granted_by_idx on public.user_roles (granted_by) where granted_by is not null;
create index waitlist_invited_by_idx on public.waitlist (invited_by) where invited_by is not null;
create index contact_messages_responded_by_idx on public.contact_messages (responded_by) where responded_by is not null;

create function private.forget_admin() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.user_roles r set granted_by = null where r.granted_by = old.id;
  update public.system_config c set updated_by = null where c.updated_by = old.id;
  update public.channel_configs c set updated_by = null where c.updated_by = old.id;
  update public.telegram_settings s set updated_by = null where s.updated_by = old.id;
  update public.waitlist w set invited_by = null where w.invited_by = old.id;
  update public.contact_messages m set responded_by = null where m.responded_by = old.id;
  return null;
end
$$;
comment on function private.forget_admin() is 'Trigger: what a deleted admin changed, granted or answered no longer names them; the audit log says that somebody did. Definer, because Auth deletes users.';
revoke execute on function private.forget_admin() from public;
create trigger tradebase_forget_admin after delete on auth.users
  for each row execute function private.forget_admin();
