-- Purpose: the function that runners report with.
-- Objects: functions private.fault_of_error, private.take_item, private.take_items, private.record_rejections,
--   private.take_report and public.report_run.
-- Risk: none; nothing reports until now.

create function private.fault_of_error(p_sqlstate text, p_message text) returns text[]
language sql immutable set search_path = '' as $$
  select case p_sqlstate
    when 'PGRST' then array[p_message::jsonb ->> 'code', p_message::jsonb ->> 'message']
    else array['invalid_item', 'the ledger refuses it: ' || left(p_message, 300)]
  end
$$;
comment on function private.fault_of_error(text, text) is 'What an error says of the item of a report that it stopped: code and message.';

create function private.take_item(p_lease public.bot_leases, p_run public.trading_runs, p_item jsonb) returns text[]
language plpgsql security definer set search_path = '' as $$
begin
  case p_item ->> 'kind'
    when 'order' then
      return private.take_orders_word(p_lease, p_item);
    when 'fill' then
      return private.take_fill(p_run, p_item);
    when 'mark' then
      perform private.take_marks(p_run.id, jsonb_build_array(p_item));
    when 'error' then
      if (p_item ->> 'is_fatal')::boolean then
        perform private.fail_bot(p_run.id, p_item ->> 'code', p_item ->> 'message');
      else
        update public.bots b set error_count = b.error_count + 1, last_error = p_item ->> 'message' where b.id = p_run.bot_id;
      end if;
    when 'run_ended' then
      perform private.end_run(p_run.id, p_item ->> 'status', p_item ->> 'error');
  end case;
  return null;
end
$$;
comment on function private.take_item(public.bot_leases, public.trading_runs, jsonb) is
  'Takes one item of a report that changes the ledger; answers code and message of a fault, or duplicate for a fill that is there. Definer, because no API role writes the ledger.';

create function private.take_items(p_lease public.bot_leases, p_run public.trading_runs, p_items jsonb, p_first_seq bigint, p_each_alone boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  skipped constant bigint := p_run.last_report_seq - p_first_seq + 1;
  items constant jsonb[] := array(select i.item from jsonb_array_elements(p_items) with ordinality i (item, n) order by i.n);
  item jsonb;
  kind text;
  fault text[];
  refused jsonb := '{}';
  marks jsonb := '[]';
  has_ended boolean := false;
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
    if kind = 'bar' then
      bar_at := greatest(bar_at, (item ->> 'at')::timestamptz);
    elsif kind = 'balance' then
      balance := (item ->> 'balance')::numeric;
    elsif has_ended and kind <> 'error' then
      fault := array['run_ended', 'the run has ended'];
    elsif kind = 'mark' and not p_each_alone then
      marks := marks || item;
    elsif p_each_alone or kind = 'run_ended' or item ? 'terms' or item -> 'is_fatal' = 'true' then
      begin
        if kind in ('run_ended', 'error') then
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
comment on function private.take_items(public.bot_leases, public.trading_runs, jsonb, bigint, boolean) is
  'Takes the items of a report that are new, and answers those that are refused for good. With p_each_alone every item is a subtransaction: slow, for reports with an item that only the tables refuse. Definer, because no API role writes the ledger.';

create function private.record_rejections(p_run public.trading_runs, p_rejected jsonb, p_items jsonb, p_first_seq bigint) returns void
language sql security definer set search_path = '' as $$
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  select p_run.bot_id, p_run.user_id, p_run.id, 'report_rejected', 'WARN',
    format('%s items of a report were refused. The first, item %s: %s', jsonb_array_length(p_rejected), p_rejected -> 0 ->> 'seq', left(p_rejected -> 0 ->> 'message', 500)),
    jsonb_build_object('count', jsonb_array_length(p_rejected), 'items', (
      select jsonb_agg(jsonb_build_object('seq', r.fault -> 'seq', 'code', r.fault -> 'code', 'message', left(r.fault ->> 'message', 200),
        'item', left(p_items ->> ((r.fault ->> 'seq')::bigint - p_first_seq)::integer, 200)) order by r.n)
      from jsonb_array_elements(p_rejected) with ordinality r (fault, n) where r.n <= 20
    ))
$$;
comment on function private.record_rejections(public.trading_runs, jsonb, jsonb, bigint) is
  'Records what was refused of a report as an event of the bot, the first 20 items in part. Definer, because no API role writes events.';

create function private.take_report(p_run_id uuid, p_fencing_token bigint, p_first_seq bigint, p_items jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  max_items constant integer := 500;
  -- 262,144 bytes as the client writes them; Postgres's form may be half as large again.
  max_bytes constant integer := 393216;
  lease public.bot_leases;
  run public.trading_runs;
  rejected jsonb;
  items_last_seq bigint;
begin
  if p_first_seq is null or p_first_seq not between 1 and 9007199254740000 then
    perform private.raise_api_error(422, 'invalid_request', 'p_first_seq: the number of the first item is needed, from 1');
  elsif jsonb_typeof(p_items) is distinct from 'array' then
    perform private.raise_api_error(422, 'invalid_request', 'p_items: an array of items is needed');
  elsif jsonb_array_length(p_items) not between 1 and max_items then
    perform private.raise_api_error(422, 'invalid_request', format('p_items: 1 to %s items are taken at a time', max_items));
  elsif pg_column_size(p_items) > max_bytes then
    perform private.raise_api_error(422, 'invalid_request', 'p_items: at most 262144 bytes are taken at a time');
  elsif not private.has_plain_numbers(p_items) then
    perform private.raise_api_error(422, 'invalid_request', 'p_items: numbers must be below 1e309');
  end if;
  lease := private.lock_lease(p_run_id, p_fencing_token);
  perform from public.bots b where b.id = lease.bot_id for no key update;
  select * into run from public.trading_runs r where r.id = lease.run_id for no key update;
  items_last_seq := p_first_seq + jsonb_array_length(p_items) - 1;
  if p_first_seq > run.last_report_seq + 1 then
    return jsonb_build_object('last_seq', run.last_report_seq, 'missing_from', run.last_report_seq + 1, 'rejected', '[]'::jsonb);
  elsif items_last_seq <= run.last_report_seq then
    return jsonb_build_object('last_seq', run.last_report_seq, 'missing_from', null, 'rejected', '[]'::jsonb);
  end if;
  begin
    rejected := private.take_items(lease, run, p_items, p_first_seq, false);
  exception when sqlstate 'PGRST' or data_exception or integrity_constraint_violation or raise_exception then
    rejected := private.take_items(lease, run, p_items, p_first_seq, true);
  end;
  if rejected <> '[]' then
    perform private.record_rejections(run, rejected, p_items, p_first_seq);
  end if;
  return jsonb_build_object('last_seq', items_last_seq, 'missing_from', null, 'rejected', rejected);
end
$$;
comment on function private.take_report(uuid, bigint, bigint, jsonb) is
  'What public.report_run does. Definer, because no API role writes the ledger; it begins with the lease of the caller, once the request is one.';

create function public.report_run(p_run_id uuid, p_fencing_token bigint, p_first_seq bigint, p_items jsonb) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.take_report(p_run_id, p_fencing_token, p_first_seq, p_items)
$$;
comment on function public.report_run(uuid, bigint, bigint, jsonb) is
  'For the runner that holds the bot: takes what happened in a run, up to 500 items numbered from p_first_seq on, and answers a ReportReceipt. Items that were taken before are skipped; after a gap nothing is taken; an item that is none is refused for good and those beside it are taken. Errors: run_not_found, stale_lease, invalid_request and those of runners.';

revoke execute on function private.report_faults(jsonb, bigint), private.take_orders_word(public.bot_leases, jsonb), private.take_words(public.trading_runs, jsonb, bigint, bigint[]),
  private.fault_of_error(text, text), private.take_item(public.bot_leases, public.trading_runs, jsonb), private.take_items(public.bot_leases, public.trading_runs, jsonb, bigint, boolean),
  private.record_rejections(public.trading_runs, jsonb, jsonb, bigint), private.take_report(uuid, bigint, bigint, jsonb) from public;
revoke execute on function public.report_run(uuid, bigint, bigint, jsonb) from public, anon, service_role;
grant execute on function private.take_report(uuid, bigint, bigint, jsonb), public.report_run(uuid, bigint, bigint, jsonb) to authenticated;
