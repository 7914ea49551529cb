-- Purpose: live feeds of runs: every change of a run gets a number and is sent to the topic run:<run id> when it commits.
-- Objects: table private.run_feeds; functions private.open_run_feed, private.highest_event_seq, private.number_change, private.number_row,
--   private.number_run, private.note_new_fills, private.note_new_logs, private.run_messages, private.send_run_changes; triggers on
--   trading_runs, orders, positions, trades, fills, run_logs and run_feeds; indexes by event_seq.
-- Risk: rows that are there already keep the number 0, which a first read of a run includes.
--
-- A transaction takes its numbers for a run once, as a block of sixteen, when it first changes something there; the last number of
-- the block is the event_seq of all rows that it writes. At commit a deferred trigger reads what carries that number and sends it:
-- one message for each kind of change, more where one would grow too large, none for what the transaction wrote over again. The
-- messages share the block out among them, so that a client that misses one knows it. Numbers and messages at commit cost a run's
-- report, whatever its statements, one row of a counter and at most a few messages; triggers by statement sent one for each.

create table private.run_feeds (
  run_id uuid not null,
  event_seq bigint not null default 0,
  numbered_in xid8,
  numbered_at timestamptz,
  fills_after bigint,
  fills_from timestamptz,
  logs_after bigint,
  logs_from timestamptz,
  constraint run_feeds_pkey primary key (run_id),
  constraint run_feeds_run_id_fkey foreign key (run_id) references public.trading_runs (id) on delete cascade,
  constraint run_feeds_event_seq_check check (event_seq >= 0)
) with (fillfactor = 50);
comment on table private.run_feeds is 'The last number given out on the topic of each run, and what the latest transaction added there. Its row lock puts writers of a run in the order of their commits. Half of each page is left free, so that new versions stay beside the old.';
comment on column private.run_feeds.run_id is 'The run.';
comment on column private.run_feeds.event_seq is 'Last number of the latest block of sixteen.';
comment on column private.run_feeds.numbered_in is 'Transaction that took that block.';
comment on column private.run_feeds.numbered_at is 'When it began: where a database was restored elsewhere, numbers of transactions come again.';
comment on column private.run_feeds.fills_after is 'Number before the first fill that it wrote; null if none.';
comment on column private.run_feeds.fills_from is 'Earliest executed_at of those fills, so that only their months are read.';
comment on column private.run_feeds.logs_after is 'Number before the first log line that it wrote; null if none.';
comment on column private.run_feeds.logs_from is 'Earliest logged_at of those lines.';
alter table private.run_feeds enable row level security;
revoke all on private.run_feeds from public;
create policy "No API role can reach run feeds" on private.run_feeds for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach run feeds" on private.run_feeds is 'Says outright what the missing grants mean.';
insert into private.run_feeds (run_id) select r.id from public.trading_runs r;

create index orders_run_id_event_seq_idx on public.orders (run_id, event_seq);
create index positions_run_id_event_seq_idx on public.positions (run_id, event_seq);
create index trades_run_id_event_seq_idx on public.trades (run_id, event_seq);

create function private.open_run_feed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.run_feeds (run_id) values (new.id);
  return null;
end
$$;
comment on function private.open_run_feed() is 'Trigger: every run has a feed. Definer, because whoever starts a run has no rights on feeds.';

create function private.highest_event_seq(p_run_id uuid) returns bigint
language sql stable set search_path = '' as $$
  select greatest(
    (select r.event_seq from public.trading_runs r where r.id = p_run_id),
    (select max(o.event_seq) from public.orders o where o.run_id = p_run_id),
    (select max(p.event_seq) from public.positions p where p.run_id = p_run_id),
    (select max(t.event_seq) from public.trades t where t.run_id = p_run_id))
$$;
comment on function private.highest_event_seq(uuid) is 'The highest number that rows of a run carry: where its feed begins anew when rows were restored without it.';

create function private.number_change(p_run_id uuid) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  numbers_of_transaction constant integer := 16;
  given_seq bigint;
begin
  select f.event_seq into given_seq from private.run_feeds f
  where f.run_id = p_run_id and f.numbered_in = pg_current_xact_id() and f.numbered_at = now();
  if not found then
    update private.run_feeds f
    set event_seq = f.event_seq + numbers_of_transaction, numbered_in = pg_current_xact_id(), numbered_at = now(),
        fills_after = null, fills_from = null, logs_after = null, logs_from = null
    where f.run_id = p_run_id
    returning f.event_seq into given_seq;
  end if;
  if given_seq is null then
    insert into private.run_feeds (run_id, event_seq)
    select r.id, private.highest_event_seq(r.id) from public.trading_runs r where r.id = p_run_id
    on conflict (run_id) do update set run_id = excluded.run_id;
    if found then
      return private.number_change(p_run_id);
    end if;
  end if;
  return coalesce(given_seq, 0);
end
$$;
comment on function private.number_change(uuid) is
  'Number of what the current transaction changes in a run; waits for other writers of the run. 0 for a run that is being deleted. Definer, because writers of the ledger have no rights on feeds.';

create function private.number_row() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.event_seq := private.number_change(new.run_id);
  return new;
end
$$;
comment on function private.number_row() is 'Trigger: gives a row of the ledger that changes its event_seq. Definer, to call private.number_change.';

create function private.number_run() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.event_seq := private.number_change(new.id);
  return new;
end
$$;
comment on function private.number_run() is 'Trigger: gives a run whose profit or status changes its event_seq. Definer, to call private.number_change.';

create function private.note_new_fills() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  added record;
begin
  for added in
    select n.run_id, min(n.seq) - 1 as after_seq, min(n.executed_at) as from_at
    from new_rows n group by n.run_id order by n.run_id
  loop
    perform private.number_change(added.run_id);
    update private.run_feeds f
    set fills_after = least(f.fills_after, added.after_seq), fills_from = least(f.fills_from, added.from_at)
    where f.run_id = added.run_id
      and (f.fills_after is null or f.fills_after > added.after_seq or f.fills_from > added.from_at);
  end loop;
  return null;
end
$$;
comment on function private.note_new_fills() is 'Trigger: notes for the end of the transaction which fills are new. Definer, because writers of the ledger have no rights on feeds.';

create function private.note_new_logs() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  added record;
begin
  for added in
    select n.run_id, min(n.seq) - 1 as after_seq, min(n.logged_at) as from_at
    from new_rows n group by n.run_id order by n.run_id
  loop
    perform private.number_change(added.run_id);
    update private.run_feeds f
    set logs_after = least(f.logs_after, added.after_seq), logs_from = least(f.logs_from, added.from_at)
    where f.run_id = added.run_id
      and (f.logs_after is null or f.logs_after > added.after_seq or f.logs_from > added.from_at);
  end loop;
  return null;
end
$$;
comment on function private.note_new_logs() is 'Trigger: notes for the end of the transaction which log lines are new. Definer, because writers of logs have no rights on feeds.';

create function private.run_messages(p_feed private.run_feeds) returns table (event text, body jsonb)
-- The plan is made once for each connection, maybe while the tables are all but empty: it must be the one for full tables.
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = 'off' as $$
declare
  -- A bound on both sides has the planner expect few rows, and take the index by run, user and number.
  highest_seq constant bigint := 9007199254740991;
  owner_id constant uuid := (select r.user_id from public.trading_runs r where r.id = p_feed.run_id);
begin
  return query
  -- Hosted Realtime takes messages of up to 256 KB: a message is closed when it has reached this, and a row has some 50 KB at most.
  -- Rows are put together as text, and parsed once: to_jsonb and jsonb_agg take twice as long.
  with bound as (select 131072 as message_bytes),
  changes (rank, event, ordinal, entry) as (
    select 1, 'order_update', 0::bigint, row_to_json(o)::text from public.orders o
    where o.run_id = p_feed.run_id and o.event_seq = p_feed.event_seq
    union all
    select 2, 'order_update', f.seq, row_to_json(f)::text from public.fills f
    where f.run_id = p_feed.run_id and f.user_id = owner_id and f.seq > p_feed.fills_after and f.seq <= highest_seq
      and f.executed_at >= p_feed.fills_from
    union all
    select 3, 'position_update', 0, row_to_json(p)::text from public.positions p
    where p.run_id = p_feed.run_id and p.event_seq = p_feed.event_seq
    union all
    select 4, 'position_update', 0, row_to_json(t)::text from public.trades t
    where t.run_id = p_feed.run_id and t.event_seq = p_feed.event_seq
    union all
    select 5, 'pnl_update', 0, json_build_object(
      'bot_id', r.bot_id, 'status', r.status, 'total_pnl', r.total_pnl, 'daily_pnl', r.daily_pnl, 'trade_count', r.trade_count,
      'max_drawdown', r.max_drawdown, 'last_bar_at', r.last_bar_at, 'ended_at', r.ended_at, 'error', r.error)::text
    from public.trading_runs r
    where r.id = p_feed.run_id and r.event_seq = p_feed.event_seq
    union all
    select 6, 'log_message', l.seq, json_build_object(
      'seq', l.seq, 'logged_at', l.logged_at, 'level', l.level, 'message', l.message, 'data', l.data)::text
    from public.run_logs l
    where l.run_id = p_feed.run_id and l.user_id = owner_id and l.seq > p_feed.logs_after and l.seq <= highest_seq
      and l.logged_at >= p_feed.logs_from
  ),
  packed as (
    select c.*, (sum(octet_length(c.entry)) over (
      partition by c.event order by c.rank, c.ordinal rows unbounded preceding) - octet_length(c.entry)) / b.message_bytes as part
    from changes c cross join bound b
  ),
  grouped as (
    select p.event, p.rank, p.part, string_agg(p.entry, ',' order by p.ordinal) as entries
    from packed p group by p.event, p.rank, p.part
  )
  select g.event, (case g.event
      when 'order_update' then format('{"orders":[%s],"fills":[%s]}', min(g.entries) filter (where g.rank = 1), min(g.entries) filter (where g.rank = 2))
      when 'position_update' then format('{"positions":[%s],"trades":[%s]}', min(g.entries) filter (where g.rank = 3), min(g.entries) filter (where g.rank = 4))
      when 'pnl_update' then min(g.entries)
      when 'log_message' then format('{"logs":[%s]}', min(g.entries))
    end)::jsonb
  from grouped g
  group by g.event, g.part
  order by min(g.rank), g.part;
end
$$;
comment on function private.run_messages(private.run_feeds) is 'What the latest transaction changed in a run, as messages, still without their numbers.';

create function private.send_run_changes() returns trigger
-- The time zone is that of every reader, not of who happens to write.
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  feed private.run_feeds;
  message record;
  message_from bigint;
begin
  -- A run that was deleted in the same transaction has none.
  select * into feed from private.run_feeds f where f.run_id = new.run_id and f.event_seq = new.event_seq;
  if feed.run_id is null then
    return null;
  end if;
  for message in
    select m.event, m.body, row_number() over () as place, count(*) over () as message_count from private.run_messages(feed) m
  loop
    -- Where there are more messages than numbers, the last alone is sent, with the last number: clients see a gap, and read the rows.
    continue when message.message_count > new.event_seq - old.event_seq and message.place < message.message_count;
    message_from := least(old.event_seq + message.place, new.event_seq);
    perform realtime.send(
      message.body || jsonb_build_object(
        'run_id', new.run_id, 'from_seq', message_from,
        'seq', case when message.place = message.message_count then new.event_seq else message_from end),
      message.event, 'run:' || new.run_id, true);
  end loop;
  return null;
end
$$;
comment on function private.send_run_changes() is
  'Trigger at commit: sends what the transaction changed in a run to the run''s topic. Definer, because writers of the ledger may not send.';

revoke execute on function private.open_run_feed(), private.highest_event_seq(uuid), private.number_change(uuid), private.number_row(), private.number_run(),
  private.note_new_fills(), private.note_new_logs(), private.run_messages(private.run_feeds), private.send_run_changes() from public;

create trigger open_feed after insert on public.trading_runs
  for each row execute function private.open_run_feed();
-- These are fired before set_updated_at, by their names: what changes nothing but updated_at is no change.
create trigger number_change before update on public.trading_runs
  for each row when (
    (old.status, old.total_pnl, old.daily_pnl, old.trade_count, old.max_drawdown, old.last_bar_at, old.ended_at, old.error)
    is distinct from
    (new.status, new.total_pnl, new.daily_pnl, new.trade_count, new.max_drawdown, new.last_bar_at, new.ended_at, new.error)
  ) execute function private.number_run();
create trigger number_insert before insert on public.orders
  for each row execute function private.number_row();
create trigger number_change before update on public.orders
  for each row when (old.* is distinct from new.*) execute function private.number_row();
create trigger number_insert before insert on public.positions
  for each row execute function private.number_row();
create trigger number_change before update on public.positions
  for each row when (old.* is distinct from new.*) execute function private.number_row();
create trigger number_insert before insert on public.trades
  for each row execute function private.number_row();
create trigger number_change before update on public.trades
  for each row when (old.* is distinct from new.*) execute function private.number_row();
create trigger note_new_rows after insert on public.fills
  referencing new table as new_rows for each statement execute function private.note_new_fills();
create trigger note_new_rows after insert on public.run_logs
  referencing new table as new_rows for each statement execute function private.note_new_logs();
create constraint trigger send_changes after update of event_seq on private.run_feeds
  deferrable initially deferred for each row execute function private.send_run_changes();
