-- Purpose: what hosted Supabase keeps in the schema `realtime` for broadcast, presence and private channels.
-- Objects: realtime.messages and its partitions, realtime.send, realtime.send_binary, realtime.broadcast_changes,
-- realtime.topic, and the two publications. Postgres Changes' own objects are left out.
-- Run once per database, as supabase_admin.

create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  constraint messages_pkey primary key (id, inserted_at),
  constraint messages_payload_exclusive check (payload is null or binary_payload is null)
) partition by range (inserted_at);

comment on table realtime.messages is
  'One row per broadcast sent from the database. Its policies also decide who may join and write to a private channel.';

create index messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private is true;

alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;
-- postgres inherits what the owner may do, and on hosted it may not do this.
revoke delete, truncate on realtime.messages from supabase_realtime_admin;

create function realtime.topic() returns text
language sql stable set search_path = '' as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;
comment on function realtime.topic() is 'Name of the channel that a policy on realtime.messages is asked about.';

-- Runs as its caller, and turns every failure into a warning: a broadcast never undoes the transaction that sent it.
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql set search_path = '' as $$
declare
  message_id uuid := gen_random_uuid();
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (id, payload, event, topic, private, extension)
  values (
    message_id,
    case when payload ? 'id' then payload else jsonb_set(payload, '{id}', to_jsonb(message_id)) end,
    event, topic, private, 'broadcast'
  );
exception when others then
  raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end
$$;
comment on function realtime.send(jsonb, text, text, boolean) is 'Broadcasts a JSON object to a channel when the transaction commits.';

create function realtime.send_binary(payload bytea, event text, topic text, private boolean default true) returns void
language plpgsql set search_path = '' as $$
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (binary_payload, event, topic, private, extension)
  values (payload, event, topic, private, 'broadcast');
exception when others then
  raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end
$$;
comment on function realtime.send_binary(bytea, text, text, boolean) is 'Broadcasts bytes to a channel when the transaction commits.';

create function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void
language plpgsql set search_path = '' as $$
begin
  if level = 'STATEMENT' then
    raise exception 'Failed to process the row: function can only be triggered for each row, not for each statement';
  end if;
  if operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Failed to process the row: Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object(
      'record', new, 'old_record', old, 'operation', operation, 'table', table_name, 'schema', table_schema
    ),
    event_name, topic_name
  );
end
$$;
comment on function realtime.broadcast_changes(text, text, text, text, text, record, record, text) is
  'Broadcasts a row change to a private channel; call it from a security definer trigger.';

-- Hosted does this from its server. A partition is attached rather than created in place, because that lock lets
-- inserts go on; dropping cannot, and therefore waits two seconds at most and is tried again an hour later.
create function realtime.maintain_message_partitions() returns void
language plpgsql set search_path = '' set lock_timeout = '2s' as $$
declare
  today date := (now() at time zone 'utc')::date;
  day date;
  partition text;
begin
  for day in select today + step from generate_series(-1, 3) as step loop
    partition := to_char(day, '"messages_"YYYY_MM_DD');
    if to_regclass(format('realtime.%I', partition)) is null then
      execute format('create table realtime.%I (like realtime.messages including defaults including constraints)', partition);
      execute format('revoke delete, truncate on realtime.%I from supabase_realtime_admin', partition);
      execute format('alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)',
        partition, day, day + 1);
    end if;
  end loop;

  for partition in
    select child.relname
    from pg_catalog.pg_inherits
    join pg_catalog.pg_class as child on child.oid = inhrelid
    where inhparent = 'realtime.messages'::regclass
      and to_date(child.relname, '"messages_"YYYY_MM_DD') < today - 3
  loop
    begin
      execute format('drop table realtime.%I', partition);
    exception when lock_not_available then
      raise warning 'realtime.% is in use and will be dropped later', partition;
    end;
  end loop;
end
$$;
comment on function realtime.maintain_message_partitions() is
  'Makes the partitions of realtime.messages from yesterday to three days ahead, and drops those older than 72 hours.';

alter function realtime.topic() owner to supabase_realtime_admin;
alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.send_binary(bytea, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.broadcast_changes(text, text, text, text, text, record, record, text) owner to supabase_realtime_admin;
alter function realtime.maintain_message_partitions() owner to supabase_realtime_admin;
revoke execute on function realtime.maintain_message_partitions() from public;

set local role supabase_realtime_admin;
select realtime.maintain_message_partitions();
reset role;

-- For Postgres Changes: migrations add tables to it, so it is theirs.
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- Owned by the superuser, because postgres inherits from supabase_realtime_admin and could otherwise change it.
create publication supabase_realtime_messages_publication for table realtime.messages
  with (publish = 'insert', publish_via_partition_root = true);
