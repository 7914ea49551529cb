-- Purpose: a report with many errors of a run is taken as fast as one with as many log lines. Each error was written to the bot on its own, and a
--   row that one transaction writes hundreds of times is slower each time, and slower still in as many subtransactions: 500 fatal errors
--   held the lease for seconds.
-- Objects: function private.take_errors; private.take_items from here on takes errors together, and private.take_item none.
-- Risk: none. A run that ends with an error and something open alerts its owner now, as other failures do. Of several errors in a report, the event bot_status has the message of the last fatal one, and had that of the first.

create function private.take_errors(p_run public.trading_runs, p_items jsonb[], p_places bigint[]) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  errors constant jsonb[] := array(select p_items[p.place] from unnest(p_places) with ordinality p (place, n) order by p.n);
  failures constant jsonb[] := array(
    select jsonb_build_object('code', coalesce(e.error ->> 'code', 'failed'), 'message', coalesce(e.error ->> 'message', e.error ->> 'error', 'The run failed'))
    from unnest(errors) with ordinality e (error, n) where e.error ->> 'kind' = 'run_ended' or (e.error ->> 'is_fatal')::boolean order by e.n);
  latest constant jsonb := errors[cardinality(errors)];
  fault jsonb;
begin
  if cardinality(errors) = 0 then
    return '{}';
  end if;
  begin
    perform private.write_profit(private.gathered_profit(p_run.id));
    perform private.fail_bot_of(p_run.id, failures);
    update public.bots b
    set error_count = b.error_count + cardinality(errors) - cardinality(failures),
        last_error = case when latest -> 'is_fatal' = 'false' then latest ->> 'message' else b.last_error end
    where b.id = p_run.bot_id and cardinality(errors) > cardinality(failures);
    return '{}';
  exception when sqlstate 'PGRST' or data_exception or integrity_constraint_violation or raise_exception then
    fault := to_jsonb(private.fault_of_error(sqlstate, sqlerrm));
    return (select jsonb_object_agg(p.place, fault) from unnest(p_places) p (place));
  end;
end
$$;
comment on function private.take_errors(public.trading_runs, jsonb[], bigint[]) is
  'Takes errors of a report, at the given places of its items, together: all are counted, and where any is fatal, or the end of a run that has something open, the bot has failed. Answers the faults of those that are refused by their places. Definer, because no API role writes the ledger.';

create or replace function private.take_item(p_lease public.bot_leases, p_run public.trading_runs, p_item jsonb) returns text[]
language plpgsql security definer set search_path = '' as $$
begin
  case p_item ->> 'kind'
    when 'order' then
      return private.take_orders_word(p_lease, p_item);
    when 'fill' then
      return private.take_fill(p_run, p_item);
    when 'mark' then
      perform private.take_marks(p_run.id, jsonb_build_array(p_item));
    when 'run_ended' then
      perform private.end_run(p_run.id, p_item ->> 'status', p_item ->> 'error');
  end case;
  return null;
end
$$;

create or replace function private.take_items(p_lease public.bot_leases, p_run public.trading_runs, p_items jsonb, p_first_seq bigint, p_each_alone boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  skipped constant bigint := p_run.last_report_seq - p_first_seq + 1;
  items constant jsonb[] := array(select i.item from jsonb_array_elements(p_items) with ordinality i (item, n) order by i.n);
  item jsonb;
  kind text;
  fault text[];
  refused jsonb := '{}';
  marks jsonb := '[]';
  error_places bigint[] := '{}';
  has_ended boolean := false;
  stays_open boolean;
  bar_at timestamptz;
  balance numeric;
  log_count bigint;
begin
  select coalesce(jsonb_object_agg(f.place, jsonb_build_array(f.code, f.message)), '{}') into refused from private.report_faults(p_items, skipped) f;
  perform private.gather_profit(private.read_profit(p_run.id));
  for n in skipped + 1 .. cardinality(items) loop
    item := items[n];
    kind := item ->> 'kind';
    continue when kind in ('log', 'signal', 'event') or refused ? n::text;
    -- Marks of one moment are one change: each alone would show a profit that there never was.
    if marks <> '[]' and kind in ('mark', 'fill', 'run_ended') and (kind <> 'mark' or item ->> 'at' <> marks -> -1 ->> 'at') then
      perform private.take_marks(p_run.id, marks);
      marks := '[]';
    end if;
    fault := null;
    stays_open := kind = 'run_ended' and not has_ended and private.open_exposure(p_run.bot_id) is not null;
    if kind = 'run_ended' and not has_ended and not stays_open then
      refused := refused || private.take_errors(p_run, items, error_places);
      error_places := '{}';
    end if;
    if kind = 'error' or stays_open and item ->> 'status' = 'error' then
      error_places := error_places || n::bigint;
    elsif kind = 'bar' then
      bar_at := greatest(bar_at, (item ->> 'at')::timestamptz);
    elsif kind = 'balance' then
      balance := (item ->> 'balance')::numeric;
    elsif has_ended then
      fault := array['run_ended', 'the run has ended'];
    elsif kind = 'mark' and not p_each_alone then
      marks := marks || item;
    elsif p_each_alone or kind = 'run_ended' or item ? 'terms' then
      begin
        if kind = 'run_ended' then
          perform private.write_profit(private.gathered_profit(p_run.id));
        end if;
        fault := private.take_item(p_lease, p_run, item);
      exception when sqlstate 'PGRST' or data_exception or integrity_constraint_violation or raise_exception then
        fault := private.fault_of_error(sqlstate, sqlerrm);
      end;
    else
      fault := private.take_item(p_lease, p_run, item);
    end if;
    -- With an error and something open, the run goes on.
    has_ended := has_ended or (kind = 'run_ended' and exists (select from public.trading_runs r where r.id = p_run.id and r.status <> 'running'));
    if kind = 'fill' and fault is null then
      p_run.last_fill_seq := p_run.last_fill_seq + 1;
    elsif fault[1] <> 'duplicate' then
      refused := refused || jsonb_build_object(n, fault);
    end if;
  end loop;
  if marks <> '[]' then
    perform private.take_marks(p_run.id, marks);
  end if;
  refused := refused || private.take_errors(p_run, items, error_places);

  log_count := private.take_words(p_run, p_items, p_first_seq, array(select generate_series(1, skipped)) || array(select k::bigint from jsonb_object_keys(refused) k));
  if bar_at is not null then
    perform private.add_run_profit(p_run.id, 0, 0, bar_at);
  end if;
  perform private.flush_profit(p_run.id);
  update public.trading_runs r set
    last_report_seq = p_first_seq + cardinality(items) - 1,
    last_fill_seq = p_run.last_fill_seq,
    last_log_seq = p_run.last_log_seq + log_count,
    last_bar_at = greatest(r.last_bar_at, bar_at)
  where r.id = p_run.id;
  update public.bots b set current_balance = coalesce(balance, b.current_balance), last_run_at = now() where b.id = p_run.bot_id;
  return coalesce((
    select jsonb_agg(jsonb_build_object('seq', p_first_seq + f.key::bigint - 1, 'code', f.value ->> 0, 'message', f.value ->> 1) order by f.key::bigint)
    from jsonb_each(refused) f
  ), '[]');
end
$$;

revoke execute on function private.take_errors(public.trading_runs, jsonb[], bigint[]) from public;
