-- Purpose: one ordered stream of events a topic: a durable row first, then Realtime, so that a client that missed a
--   message catches up from the rows.
-- Objects: tables events, private.event_counters; functions private.emit_event, private.delete_events_of_user; a trigger
--   on auth.users.
-- Risk: none on an empty database.

create table public.events (
  topic text not null,
  seq bigint not null,
  user_id uuid not null,
  event text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  constraint events_pkey primary key (topic, seq),
  constraint events_topic_check check (char_length(topic) between 1 and 200),
  constraint events_event_check check (event ~ '^[a-z][a-z_]{0,62}$'),
  constraint events_payload_check check (jsonb_typeof(payload) = 'object' and pg_column_size(payload) <= 65536)
);
comment on table public.events is 'The last 1,000 events of each topic, in order. What Realtime delivers is here first. No foreign key to users: a trigger deletes a deleted user''s events, because the lock that a key takes on the user would deadlock with that deletion.';
comment on column public.events.topic is 'Realtime topic, such as user:<user id>.';
comment on column public.events.seq is 'Number of the event within its topic, from 1 without gaps.';
comment on column public.events.user_id is 'The user the topic belongs to.';
comment on column public.events.event is 'Name of the event, such as task_completed.';
comment on column public.events.payload is 'What happened; the Realtime message is this with seq added.';
comment on column public.events.created_at is 'When it happened.';
create index events_user_id_idx on public.events (user_id);
alter table public.events enable row level security;
revoke all on public.events from anon, authenticated, service_role;
grant select on public.events to authenticated, service_role;
create policy "Owners can read their events" on public.events for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their events" on public.events is 'A topic belongs to one user.';

create table private.event_counters (
  topic text not null,
  user_id uuid not null,
  last_seq bigint not null,
  constraint event_counters_pkey primary key (topic)
);
comment on table private.event_counters is 'The last number given out in each topic. Its row lock puts concurrent events in the order of their commits.';
comment on column private.event_counters.topic is 'Realtime topic.';
comment on column private.event_counters.user_id is 'The user the topic belongs to.';
comment on column private.event_counters.last_seq is 'Number of the latest event.';
create index event_counters_user_id_idx on private.event_counters (user_id);
alter table private.event_counters enable row level security;
revoke all on private.event_counters from public;
create policy "No API role can reach event counters" on private.event_counters for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach event counters" on private.event_counters is 'Says outright what the missing grants mean.';

create function private.emit_event(p_user_id uuid, p_topic text, p_event text, p_payload jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  next_seq bigint;
  kept_events constant integer := 1000;
begin
  insert into private.event_counters as counter (topic, user_id, last_seq)
  values (p_topic, p_user_id, 1)
  on conflict (topic) do update set last_seq = counter.last_seq + 1
  returning last_seq into next_seq;
  insert into public.events (topic, seq, user_id, event, payload)
  values (p_topic, next_seq, p_user_id, p_event, p_payload);
  delete from public.events e where e.topic = p_topic and e.seq <= next_seq - kept_events;
  perform realtime.send(p_payload || jsonb_build_object('seq', next_seq), p_event, p_topic, true);
end
$$;
comment on function private.emit_event(uuid, text, text, jsonb) is
  'Records an event and sends it to the private Realtime topic, both at commit. Definer, because triggers of users'' statements call it.';
revoke execute on function private.emit_event(uuid, text, text, jsonb) from public;

create function private.delete_events_of_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.events e where e.user_id = old.id;
  delete from private.event_counters c where c.user_id = old.id;
  return null;
end
$$;
comment on function private.delete_events_of_user() is 'Trigger: does for events what foreign keys with ON DELETE CASCADE would. Definer, because Auth deletes users and has no rights on events.';
revoke execute on function private.delete_events_of_user() from public;
-- Fires after the cascades of foreign keys, whose triggers sort before it: those wait for workers' transactions, which
-- may add events until then.
create trigger tradebase_delete_events after delete on auth.users
  for each row execute function private.delete_events_of_user();
