-- Purpose: what runners report of a run is taken, once and in order.
-- Objects: table private.report_fields; functions private.report_faults, private.take_orders_word, private.take_words,
--   private.take_item, private.take_items, private.record_rejections, private.take_report and public.report_run; transitions of
--   orders of which a runner tells only the latest.
-- Risk: none; nothing reports until now. Fills and marks are taken by 20261123100410_derive_positions.sql.

-- What brokers say may skip steps: the latest word holds.
insert into private.status_transitions (table_name, from_status, to_status) values
  ('orders', 'new', 'accepted'), ('orders', 'new', 'pending_cancel'), ('orders', 'new', 'partially_filled'), ('orders', 'new', 'filled');

create table private.report_fields (
  kind text not null,
  field text not null,
  type text not null,
  is_required boolean not null default false,
  is_nullable boolean not null default false,
  bounds numrange,
  pattern text,
  constraint report_fields_pkey primary key (kind, field),
  constraint report_fields_type_check check (type in ('kind', 'text', 'number', 'boolean', 'time', 'object', 'array')),
  constraint report_fields_bounds_check check (bounds is not null or type not in ('text', 'number'))
);
comment on table private.report_fields is 'What each kind of item of a report may say: what is not here is refused. The same as ReportItem of the contracts.';
comment on column private.report_fields.kind is 'Kind of item; terms for what makes an order.';
comment on column private.report_fields.field is 'Name of the field.';
comment on column private.report_fields.type is 'kind, text, number, boolean, time, object or array.';
comment on column private.report_fields.is_required is 'Whether it must be there.';
comment on column private.report_fields.is_nullable is 'Whether it may be null.';
comment on column private.report_fields.bounds is 'Range of a number, or of the length of a text.';
comment on column private.report_fields.pattern is 'What a text must look like; null for any.';
alter table private.report_fields enable row level security;
revoke all on private.report_fields from public;
create policy "No API role can reach fields of reports" on private.report_fields for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach fields of reports" on private.report_fields is 'Says outright what the missing grants mean.';

insert into private.report_fields (kind, field, type, is_required)
  select k, 'kind', 'kind', true
  from unnest('{order,terms,fill,mark,balance,bar,log,signal,event,error,run_ended}'::text[]) k
  union all
  select k, 'at', 'time', true
  from unnest('{order,fill,mark,balance,bar,log,signal,event,error,run_ended}'::text[]) k;
insert into private.report_fields (kind, field, type, is_required, bounds, pattern) values
  ('order', 'client_order_id', 'text', true, '[1,100]', null),
  ('order', 'status', 'text', true, '[1,20]', '^(submitted|accepted|pending_cancel|cancelled|rejected|expired)$'),
  ('order', 'broker_order_id', 'text', false, '[1,200]', null),
  ('order', 'reject_reason', 'text', false, '[0,2000]', null),
  ('order', 'quantity', 'number', false, '(0,1e18)', null),
  ('order', 'terms', 'object', false, null, null),
  ('terms', 'symbol', 'text', true, '[1,32]', '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  ('terms', 'side', 'text', true, '[1,4]', '^(buy|sell)$'),
  ('terms', 'type', 'text', true, '[1,20]', '^(market|limit|stop|stop_limit|trailing_stop|take_profit)$'),
  ('terms', 'quantity', 'number', true, '(0,1e18)', null),
  ('terms', 'limit_price', 'number', false, '(0,1e15)', null),
  ('terms', 'stop_price', 'number', false, '(0,1e15)', null),
  ('terms', 'trail_amount', 'number', false, '(0,1e15)', null),
  ('terms', 'trail_pct', 'number', false, '(0,100)', null),
  ('terms', 'time_in_force', 'text', false, '[3,3]', '^(day|gtc|gtd|ioc|fok|opg|cls)$'),
  ('terms', 'expires_at', 'time', false, null, null),
  ('terms', 'multiplier', 'number', false, '(0,1e6]', null),
  ('terms', 'option_details', 'object', false, null, null),
  ('terms', 'reason', 'text', false, '[0,100]', null),
  ('fill', 'client_order_id', 'text', false, '[1,100]', null),
  ('fill', 'external_id', 'text', true, '[1,200]', null),
  ('fill', 'symbol', 'text', true, '[1,32]', '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  ('fill', 'side', 'text', true, '[1,4]', '^(buy|sell)$'),
  ('fill', 'quantity', 'number', true, '(0,1e18)', null),
  ('fill', 'price', 'number', true, '[0,1e15)', null),
  ('fill', 'fee', 'number', false, '(-1e15,1e15)', null),
  ('fill', 'fee_currency', 'text', false, '[2,12]', '^[A-Z0-9]{2,12}$'),
  ('fill', 'liquidity', 'text', false, '[1,5]', '^(maker|taker)$'),
  ('fill', 'multiplier', 'number', false, '(0,1e6]', null),
  ('fill', 'option_details', 'object', false, null, null),
  ('fill', 'reason', 'text', false, '[0,100]', null),
  ('mark', 'symbol', 'text', true, '[1,32]', '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  ('mark', 'price', 'number', true, '[0,1e15)', null),
  ('mark', 'stop_loss', 'number', false, '(0,1e15)', null),
  ('mark', 'take_profit', 'number', false, '(0,1e15)', null),
  ('mark', 'market_context', 'object', false, null, null),
  ('balance', 'balance', 'number', true, '(-1e15,1e15)', null),
  ('log', 'level', 'text', true, '[1,8]', '^(DEBUG|INFO|WARN|ERROR|CRITICAL)$'),
  ('log', 'message', 'text', true, '[1,4000]', null),
  ('log', 'data', 'object', false, null, null),
  ('signal', 'symbol', 'text', true, '[1,32]', '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  ('signal', 'type', 'text', true, '[1,4]', '^(BUY|SELL|HOLD)$'),
  ('signal', 'timeframe', 'text', false, '[2,3]', '^(1m|3m|5m|15m|30m|1h|2h|4h|6h|8h|12h|1d|1w|1mo)$'),
  ('signal', 'strength', 'number', false, '[0,1]', null),
  ('signal', 'price', 'number', false, '(0,1e15)', null),
  ('signal', 'reasons', 'array', false, null, null),
  ('signal', 'indicators', 'object', false, null, null),
  ('signal', 'client_order_id', 'text', false, '[1,100]', null),
  ('event', 'type', 'text', true, '[1,63]', '^[a-z][a-z_]*$'),
  ('event', 'severity', 'text', false, '[1,8]', '^(DEBUG|INFO|WARN|ERROR|CRITICAL)$'),
  ('event', 'message', 'text', true, '[1,4000]', null),
  ('event', 'metadata', 'object', false, null, null),
  ('error', 'code', 'text', true, '[1,63]', '^[a-z][a-z_]*$'),
  ('error', 'message', 'text', true, '[1,4000]', null),
  ('error', 'is_fatal', 'boolean', true, null, null),
  ('run_ended', 'status', 'text', true, '[1,20]', '^(completed|stopped|error)$'),
  ('run_ended', 'error', 'text', false, '[0,4000]', null);
update private.report_fields set is_nullable = true where kind = 'mark' and field in ('stop_loss', 'take_profit');

create function private.report_faults(p_items jsonb, p_skip bigint) returns table (place bigint, code text, message text)
language plpgsql stable set search_path = '' as $$
declare
  latest constant timestamptz := now() + private.config_number('runner.clock_skew_s') * interval '1 second';
begin
  return query
  with items as materialized (
    select i.n, i.item, jsonb_typeof(i.item) = 'object' as is_object, i.item ->> 'kind' as kind
    from jsonb_array_elements(p_items) with ordinality i (item, n) where i.n > p_skip
  ), parts as (
    select i.n, i.item, i.kind from items i where i.is_object
    union all
    select i.n, i.item -> 'terms' || '{"kind": "terms"}', 'terms' from items i
    where i.is_object and i.kind = 'order' and jsonb_typeof(i.item -> 'terms') = 'object'
  ), required as (
    select f.kind, array_agg(f.field) filter (where f.is_required) as fields from private.report_fields f group by f.kind
  ), faults as (
    select i.n, 'invalid_item' as code, 'an item is an object' as message from items i where not i.is_object
    union all
    select i.n, 'unknown_kind', format('there is no kind of item %s', left(coalesce(i.item ->> 'kind', 'null'), 50))
    from items i where i.is_object and (jsonb_typeof(i.item -> 'kind') is distinct from 'string' or i.kind = 'terms' or not exists (select from required r where r.kind = i.kind))
    union all
    select p.n, 'invalid_item', format('%s: there must be %s', p.kind, array_to_string(r.fields, ', '))
    from parts p join required r on r.kind = p.kind where not p.item ?& r.fields
    union all
    select p.n, checked.code, case checked.code
      when 'clock_skew' then format('%s lies in the future: it is %s here', e.key, to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
      else coalesce(format('%s: %s%s%s is needed', e.key, f.type, ' of ' || case f.type when 'text' then 'length ' else '' end || f.bounds::text, ' like ' || f.pattern),
                    format('%s: %s has no such field', left(e.key, 50), p.kind)) end
    from parts p
    join required r on r.kind = p.kind
    cross join lateral jsonb_each(p.item) e
    left join private.report_fields f on f.kind = p.kind and f.field = e.key
    cross join lateral (
      select case
        when f.field is null then 'invalid_item'
        when f.is_nullable and e.value = 'null' then null
        when f.type = 'kind' then null
        when f.type = 'text' then case
          when jsonb_typeof(e.value) = 'string' and char_length(e.value #>> '{}')::numeric <@ f.bounds
            and (f.pattern is null or e.value #>> '{}' ~ f.pattern) then null else 'invalid_item' end
        when f.type = 'number' then case when jsonb_typeof(e.value) = 'number' then case
          -- A number of more decimals than any price or quantity has is there to make the arithmetic slow.
          when (e.value)::numeric <@ f.bounds and scale(trim_scale((e.value)::numeric)) <= 40 then null else 'invalid_item' end else 'invalid_item' end
        when f.type = 'time' then case
          when jsonb_typeof(e.value) = 'string'
            and e.value #>> '{}' ~ '^[12]\d{3}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$'
            and pg_input_is_valid(e.value #>> '{}', 'timestamptz') then case
              when e.key = 'at' and (e.value #>> '{}')::timestamptz > latest then 'clock_skew' end
          else 'invalid_item' end
        when f.type = 'boolean' then case when jsonb_typeof(e.value) = 'boolean' then null else 'invalid_item' end
        when f.type = 'array' then case when jsonb_typeof(e.value) = 'array' then case
          when jsonb_array_length(e.value) <= 100 and pg_column_size(e.value) <= 16000 and octet_length(e.value::text) <= 32768 then null else 'invalid_item' end else 'invalid_item' end
        -- The text too: 1e99999 is small as a number, and not when it is read.
        else case when jsonb_typeof(e.value) = 'object' and pg_column_size(e.value) <= 16000 and octet_length(e.value::text) <= 32768 then null else 'invalid_item' end
      end as code
    ) checked
    where checked.code is not null
  )
  select distinct on (f.n) f.n, f.code, f.message from faults f order by f.n, f.code, f.message;
end
$$;
comment on function private.report_faults(jsonb, bigint) is
  'Items of a report that are none, by their place from 1, with the first fault of each; those up to a place are not looked at.';

create function private.take_orders_word(p_lease public.bot_leases, p_item jsonb) returns text[]
language plpgsql security definer set search_path = '' as $$
declare
  v_at constant timestamptz := (p_item ->> 'at')::timestamptz;
  v_status text := p_item ->> 'status';
  v_quantity constant numeric := (p_item ->> 'quantity')::numeric;
  v_order public.orders;
begin
  select * into v_order from public.orders o where o.bot_id = p_lease.bot_id and o.client_order_id = p_item ->> 'client_order_id';
  if v_order.id is null and p_item ? 'terms' then
    v_order := private.admit_reducing_order(p_lease, p_item -> 'terms', p_item ->> 'client_order_id');
  end if;
  if v_order.id is null or v_order.run_id <> p_lease.run_id then
    return array['unknown_order', 'the run has no order of this name: the risk gate makes those that open, terms those that reduce'];
  end if;
  if v_order.status = 'rejected' and v_order.submitted_at is null and v_status <> 'rejected' then
    return array['order_not_admitted', 'the risk gate refused this order'];
  end if;
  -- A bracket grows with the parts of its entry. How much it takes, each fill is held against the position for.
  if v_quantity <> v_order.quantity and not v_order.is_sized_at_fill
    and (not v_order.reduce_only or v_order.finished_at is not null or v_quantity <= v_order.filled_quantity) then
    return array['invalid_item', format('the quantity of the order is settled: %s', v_order.quantity)];
  end if;
  if v_quantity > 2 * v_order.quantity and not v_order.reduce_only then
    return array['overfill', 'the order may become at most twice as large as what the risk gate reckoned with'];
  end if;
  -- What was said late, or again, changes no status: brokers' messages overtake each other.
  if v_status = v_order.status or (v_status in ('submitted', 'accepted') and v_order.status in ('accepted', 'partially_filled', 'filled') )
    or (v_status = 'submitted' and v_order.status = 'pending_cancel') then
    v_status := v_order.status;
  elsif v_status = 'accepted' and v_order.status = 'pending_cancel' and v_order.filled_quantity > 0 then
    v_status := 'partially_filled';
  elsif not exists (select from private.status_transitions t where t.table_name = 'orders' and t.from_status = v_order.status and t.to_status = v_status) then
    return array['illegal_transition', format('the order is %s and cannot become %s', v_order.status, v_status)];
  end if;
  update public.orders o set
    status = v_status,
    broker_order_id = coalesce(p_item ->> 'broker_order_id', o.broker_order_id),
    reject_reason = coalesce(p_item ->> 'reject_reason', o.reject_reason),
    quantity = coalesce(v_quantity, o.quantity),
    is_sized_at_fill = o.is_sized_at_fill and v_quantity is null,
    reserved_value = case when v_status in ('cancelled', 'rejected', 'expired') then 0 when v_quantity <> o.quantity then round(o.reserved_value * v_quantity / o.quantity, 18) else o.reserved_value end,
    reserved_risk = case when v_status in ('cancelled', 'rejected', 'expired') then 0 when v_quantity <> o.quantity then round(o.reserved_risk * v_quantity / o.quantity, 18) else o.reserved_risk end,
    submitted_at = coalesce(o.submitted_at, case when p_item ->> 'status' in ('submitted', 'accepted', 'rejected') then v_at end),
    accepted_at = coalesce(o.accepted_at, case when p_item ->> 'status' = 'accepted' then v_at end),
    finished_at = coalesce(o.finished_at, case when v_status in ('cancelled', 'rejected', 'expired') then v_at end)
  where o.id = v_order.id;
  return null;
end
$$;
comment on function private.take_orders_word(public.bot_leases, jsonb) is
  'Takes what a broker said of an order, and makes the order where its terms only reduce; answers code and message of a fault. Definer, because no API role writes orders.';

create function private.take_words(p_run public.trading_runs, p_items jsonb, p_first_seq bigint, p_passed_over bigint[]) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  taken bigint;
begin
  insert into public.run_logs (run_id, user_id, seq, logged_at, level, message, data)
  select p_run.id, p_run.user_id, p_run.last_log_seq + row_number() over (order by i.n), (i.item ->> 'at')::timestamptz,
    case i.item ->> 'kind' when 'error' then 'ERROR' else i.item ->> 'level' end, i.item ->> 'message',
    case i.item ->> 'kind' when 'error' then jsonb_build_object('code', i.item -> 'code', 'is_fatal', i.item -> 'is_fatal') else i.item -> 'data' end
  from jsonb_array_elements(p_items) with ordinality i (item, n)
  where i.item ->> 'kind' in ('log', 'error') and i.n <> all (p_passed_over);
  get diagnostics taken = row_count;
  insert into public.signals (run_id, user_id, seq, symbol, timeframe, signal_at, type, strength, price, reasons, indicators, executed, executed_at, order_id)
  select p_run.id, p_run.user_id, p_first_seq + i.n - 1, i.item ->> 'symbol', i.item ->> 'timeframe', (i.item ->> 'at')::timestamptz,
    i.item ->> 'type', (i.item ->> 'strength')::double precision, (i.item ->> 'price')::numeric, coalesce(i.item -> 'reasons', '[]'),
    coalesce(i.item -> 'indicators', '{}'), o.id is not null, case when o.id is not null then (i.item ->> 'at')::timestamptz end, o.id
  from jsonb_array_elements(p_items) with ordinality i (item, n)
  left join public.orders o on o.bot_id = p_run.bot_id and o.client_order_id = i.item ->> 'client_order_id' and o.run_id = p_run.id
  where i.item ->> 'kind' = 'signal' and i.n <> all (p_passed_over);
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata, occurred_at)
  select p_run.bot_id, p_run.user_id, p_run.id, i.item ->> 'type', coalesce(i.item ->> 'severity', 'INFO'), i.item ->> 'message',
    coalesce(i.item -> 'metadata', '{}'), (i.item ->> 'at')::timestamptz
  from jsonb_array_elements(p_items) with ordinality i (item, n)
  where i.item ->> 'kind' = 'event' and i.n <> all (p_passed_over);
  return taken;
end
$$;
comment on function private.take_words(public.trading_runs, jsonb, bigint, bigint[]) is
  'Takes the logs, errors, signals and events of a report, each kind in one statement, but for those at the given places; answers how many log lines there are. Definer, because no API role writes them.';
