-- Purpose: what a client of a run's feed has missed, from the rows; and tables whose changes frontends may subscribe to.
-- Objects: functions private.run_event_seq, private.run_lines, public.run_changes; tables of the publication supabase_realtime.
-- Risk: none. Where a project has no such publication, nothing is added to it.

create function private.run_event_seq(p_run_id uuid) returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(f.event_seq, private.highest_event_seq(r.id))
  from public.trading_runs r left join private.run_feeds f on f.run_id = r.id
  where r.id = p_run_id and r.user_id = (select private.tenant_id())
$$;
comment on function private.run_event_seq(uuid) is
  'Number of the latest change of a run; null for one that is not the caller''s. Definer, because nobody may read feeds.';

create function private.run_lines(p_run_id uuid, p_user_id uuid, p_after_seq bigint, p_limit integer) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  lines jsonb;
begin
  if p_after_seq is null then
    select jsonb_agg(to_jsonb(l) order by l.seq) into lines from (
      select seq, logged_at, level, message, data from public.run_logs
      where run_id = p_run_id and user_id = p_user_id order by seq desc limit p_limit) l;
  else
    select jsonb_agg(to_jsonb(l) order by l.seq) into lines from (
      select seq, logged_at, level, message, data from public.run_logs
      where run_id = p_run_id and user_id = p_user_id and seq > p_after_seq order by seq limit p_limit) l;
  end if;
  return coalesce(lines, '[]');
end
$$;
comment on function private.run_lines(uuid, uuid, bigint, integer) is
  'Log lines of a run in their order: those after a number, or the latest where that is null. With the rights of the caller.';

create function public.run_changes(
  p_run_id uuid,
  p_after_event_seq bigint default null,
  p_after_log_seq bigint default null,
  p_after_fill_seq bigint default null,
  p_limit integer default 1000
) returns jsonb
language plpgsql stable security invoker set search_path = '' set timezone = 'UTC' as $$
declare
  after_seq constant bigint := coalesce(p_after_event_seq, -1);
  row_limit constant integer := least(greatest(coalesce(p_limit, 1000), 1), 1000);
  last_seq constant bigint := private.run_event_seq(p_run_id);
  run public.trading_runs;
  orders jsonb;
  positions jsonb;
  trades jsonb;
  fills jsonb;
  logs jsonb;
  complete_seq bigint;
begin
  select * into run from public.trading_runs r where r.id = p_run_id and r.user_id = (select private.tenant_id());
  if run.id is null or last_seq is null then
    perform private.raise_api_error(404, 'run_not_found', 'there is no such run');
  end if;
  -- With ties, for the rows that one transaction wrote share a number.
  select coalesce(jsonb_agg(to_jsonb(o) order by o.event_seq), '[]') into orders from (
    select * from public.orders where run_id = run.id and event_seq > after_seq
    order by event_seq fetch first row_limit rows with ties) o;
  select coalesce(jsonb_agg(to_jsonb(p) order by p.event_seq), '[]') into positions from (
    select * from public.positions where run_id = run.id and event_seq > after_seq
    order by event_seq fetch first row_limit rows with ties) p;
  select coalesce(jsonb_agg(to_jsonb(t) order by t.event_seq), '[]') into trades from (
    select * from public.trades where run_id = run.id and event_seq > after_seq
    order by event_seq fetch first row_limit rows with ties) t;
  select coalesce(jsonb_agg(to_jsonb(f) order by f.seq), '[]') into fills from (
    select * from public.fills where run_id = run.id and user_id = run.user_id and seq > coalesce(p_after_fill_seq, 0)
    order by seq limit row_limit) f;
  logs := private.run_lines(run.id, run.user_id, p_after_log_seq, row_limit);
  select coalesce(min((rows -> -1 ->> 'event_seq')::bigint), last_seq) into complete_seq
  from unnest(array[orders, positions, trades]) as rows where jsonb_array_length(rows) >= row_limit;
  return jsonb_build_object(
    'event_seq', complete_seq,
    'last_event_seq', last_seq,
    'last_log_seq', run.last_log_seq,
    'run', case when run.event_seq > after_seq then
      to_jsonb(run) - '{event_seq,last_report_seq,last_fill_seq,last_log_seq,market_day,day_start_pnl,peak_pnl,updated_at}'::text[] end,
    'orders', orders, 'positions', positions, 'trades', trades, 'fills', fills, 'logs', logs,
    'has_more', jsonb_build_object(
      'changes', complete_seq < last_seq,
      'fills', jsonb_array_length(fills) >= row_limit,
      'logs', p_after_log_seq is not null and jsonb_array_length(logs) >= row_limit));
end
$$;
comment on function public.run_changes(uuid, bigint, bigint, bigint, integer) is
  'What has changed in an own run after a number of its feed, in one snapshot: the run, orders, positions and trades as they are now, fills and log lines after numbers of their own; nulls for all, but for log lines, of which null gives the latest. At most p_limit (1,000) of each kind: while has_more says so, call again with event_seq (all up to it is in) and the last numbers of fills and logs. Errors: run_not_found.';

revoke execute on function private.run_event_seq(uuid), private.run_lines(uuid, uuid, bigint, integer),
  public.run_changes(uuid, bigint, bigint, bigint, integer) from public, anon, authenticated, service_role;
grant execute on function private.run_event_seq(uuid), private.run_lines(uuid, uuid, bigint, integer),
  public.run_changes(uuid, bigint, bigint, bigint, integer) to authenticated;

-- Postgres Changes: for screens that show rows of these tables and would rather not hold a feed. Not logs and fills, of which
-- there are too many: each change costs a check of every subscriber's rights. The replica identity stays the primary key: who sees
-- an old row sees no more than its id, because no policy is asked about old rows.
do $$
declare
  shown regclass;
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    foreach shown in array '{public.bots,public.trading_runs,public.positions,public.orders,public.trades,public.runner_sessions,public.bot_events,public.alert_history}'::regclass[] loop
      if not exists (select from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid
                     where p.pubname = 'supabase_realtime' and r.prrelid = shown) then
        execute format('alter publication supabase_realtime add table %s', shown);
      end if;
    end loop;
  end if;
end
$$;
