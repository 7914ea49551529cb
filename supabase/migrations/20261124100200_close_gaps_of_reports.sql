-- Purpose: what a second look at reports and commands found: nothing that a fill says makes an option of what the risk gate let
--   through as something else, fees of contracts count, no report is refused for the length of its own faults, and the
--   commands of a bot that is deleted become nobody else's.
-- Objects: functions private.refusal_of_fill, private.fee_of_fill, private.take_fill, private.record_rejections, which are
--   replaced; private.end_command_of_deleted_bot and its trigger on runner_commands.
-- Risk: none.

create or replace function private.refusal_of_fill(p_run_id uuid, p_order public.orders, p_position public.positions, p_fill jsonb) returns text[]
language plpgsql stable set search_path = '' as $$
declare
  quantity constant numeric := (p_fill ->> 'quantity')::numeric;
  multiplier constant numeric := (p_fill ->> 'multiplier')::numeric;
  -- What it may take off the position; null where it makes it larger.
  reducible constant numeric := case when (p_position.direction = 'long') = (p_fill ->> 'side' = 'sell') then p_position.open_quantity end;
begin
  if p_fill ? 'client_order_id' then
    if p_order.id is null then
      return array['unknown_order', 'the run has no order of this name'];
    elsif p_order.status = 'rejected' then
      return array['order_not_admitted', 'the order was refused: it cannot fill'];
    elsif p_order.symbol <> p_fill ->> 'symbol' or p_order.side <> p_fill ->> 'side' then
      return array['invalid_item', format('the order is one to %s %s', p_order.side, p_order.symbol)];
    elsif multiplier not in (p_order.multiplier, 1) then
      return array['invalid_item', format('the multiplier of the order is %s', p_order.multiplier)];
    elsif quantity > p_order.quantity - p_order.filled_quantity
      and (p_order.quantity = p_order.filled_quantity or quantity - (p_order.quantity - p_order.filled_quantity) > 1e-12 * p_order.quantity) then
      return array['overfill', format('%s of the order were left, and %s were filled', p_order.quantity - p_order.filled_quantity, quantity)];
    elsif p_order.reduce_only and quantity > coalesce(reducible, 0) then
      return array['overfill', format('the order only reduces, and there are %s to reduce', coalesce(reducible, 0))];
    end if;
  elsif quantity > coalesce(reducible, 0) then
    if p_fill ->> 'reason' is distinct from 'assignment' then
      return array['order_not_admitted', 'without an order only an assignment makes a position larger'];
    -- What an option delivers is no option, which could be assigned in its turn.
    elsif p_fill ? 'option_details' or p_position.option_details is not null then
      return array['order_not_admitted', 'an assignment delivers what an option is on, and no option'];
    elsif (quantity - coalesce(reducible, 0)) * coalesce(multiplier, 1)
      + (select coalesce(sum(t.quantity * o.multiplier), 0) from public.trades t join public.positions o on o.id = t.position_id
         where t.run_id = p_run_id and t.symbol = p_fill ->> 'symbol' and t.entry_logic = 'assignment')
      > (select coalesce(sum(o.entered_quantity * o.multiplier), 0) from public.positions o
         where o.run_id = p_run_id and o.option_details ->> 'underlying' = p_fill ->> 'symbol') then
      return array['order_not_admitted', 'an assignment delivers no more than the options of the run are on'];
    end if;
  end if;
  if p_position.multiplier <> coalesce(p_order.multiplier, multiplier) then
    return array['invalid_item', format('the multiplier of the position is %s', p_position.multiplier)];
  end if;
  return null;
end
$$;

create or replace function private.fee_of_fill(p_fill jsonb) returns numeric
language plpgsql immutable set search_path = '' as $$
declare
  -- Contracts name what they settle in behind a colon: BTC/USDT:USDT.
  base constant text := split_part(p_fill ->> 'symbol', '/', 1);
  quote constant text := split_part(split_part(p_fill ->> 'symbol', '/', 2), ':', 1);
begin
  return case
    when p_fill ->> 'fee_currency' is null or quote = '' or p_fill ->> 'fee_currency' = quote then coalesce((p_fill ->> 'fee')::numeric, 0)
    when p_fill ->> 'fee_currency' = base then (p_fill ->> 'fee')::numeric * (p_fill ->> 'price')::numeric
    else 0
  end;
end
$$;

create or replace function private.take_fill(p_run public.trading_runs, p_fill jsonb) returns text[]
language plpgsql security definer set search_path = '' as $$
declare
  v_order public.orders;
  v_position public.positions;
  v_trade_id uuid;
  refusal text[];
  settled numeric;
  whole private.execution;
  part private.execution;
begin
  if exists (select from private.fill_names f where f.run_id = p_run.id and f.external_id = p_fill ->> 'external_id') then
    return array['duplicate', 'the fill has been taken'];
  end if;
  if p_fill ? 'client_order_id' then
    select * into v_order from public.orders o where o.bot_id = p_run.bot_id and o.client_order_id = p_fill ->> 'client_order_id' and o.run_id = p_run.id;
  end if;
  select * into v_position from public.positions p where p.run_id = p_run.id and p.symbol = p_fill ->> 'symbol' and p.status = 'open';
  -- Position and trades take it as it was meant; the row of the fill says what was reported.
  settled := private.settled_quantity((p_fill ->> 'quantity')::numeric, p_fill ->> 'side', v_order, v_position);
  refusal := private.refusal_of_fill(p_run.id, v_order, v_position, p_fill || jsonb_build_object('quantity', settled));
  if refusal is not null then
    return refusal;
  end if;
  insert into private.fill_names (run_id, external_id) values (p_run.id, p_fill ->> 'external_id');

  whole.seq := p_run.last_fill_seq + 1;
  whole.symbol := p_fill ->> 'symbol';
  whole.side := p_fill ->> 'side';
  whole.quantity := settled;
  whole.price := (p_fill ->> 'price')::numeric;
  whole.fee := private.fee_of_fill(p_fill);
  whole.multiplier := coalesce(v_order.multiplier, (p_fill ->> 'multiplier')::numeric, v_position.multiplier, 1);
  whole.executed_at := (p_fill ->> 'at')::timestamptz;
  whole.reason := coalesce(nullif(p_fill ->> 'reason', ''), v_order.reason);
  -- The risk gate has weighed the order by its own.
  whole.option_details := case when v_order.id is not null then v_order.option_details else p_fill -> 'option_details' end;
  -- What an order that has ended reserved is gone: a late fill of it may lose all of its value.
  whole.risk := case
    when v_order.reduce_only then 0
    when v_order.id is null or v_order.status in ('cancelled', 'expired') then whole.quantity * whole.price * whole.multiplier
    else v_order.reserved_risk
      - private.share_of(v_order.reserved_risk, greatest(v_order.quantity - v_order.filled_quantity - whole.quantity, 0), v_order.quantity - v_order.filled_quantity)
  end;
  if (v_position.direction = 'long') = (whole.side = 'sell') then
    part := whole;
    part.quantity := least(whole.quantity, v_position.open_quantity);
    part.fee := private.share_of(whole.fee, part.quantity, whole.quantity);
    perform private.reduce_position(v_position, part);
    whole.quantity := whole.quantity - part.quantity;
    whole.fee := whole.fee - part.fee;
    -- A fill that is larger than the position turns it round: what is left of it opens another.
    if whole.quantity > 0 then
      select e.position_id, e.trade_id into v_position.id, v_trade_id from private.enlarge_position(p_run, null, whole) e;
    end if;
  else
    select e.position_id, e.trade_id into v_position.id, v_trade_id from private.enlarge_position(p_run, v_position.id, whole) e;
  end if;
  insert into public.fills (run_id, user_id, seq, executed_at, order_id, position_id, external_id, symbol, side, quantity, price, fee, fee_currency, liquidity)
  values (p_run.id, p_run.user_id, whole.seq, whole.executed_at, v_order.id, v_position.id, p_fill ->> 'external_id', whole.symbol, whole.side,
    (p_fill ->> 'quantity')::numeric, whole.price, coalesce((p_fill ->> 'fee')::numeric, 0), p_fill ->> 'fee_currency', p_fill ->> 'liquidity');
  if v_order.id is not null then
    perform private.fill_order(v_order, p_fill, v_position.id, v_trade_id);
  end if;
  return null;
end
$$;

create or replace function private.record_rejections(p_run public.trading_runs, p_rejected jsonb, p_items jsonb, p_first_seq bigint) returns void
language sql security definer set search_path = '' as $$
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  select p_run.bot_id, p_run.user_id, p_run.id, 'report_rejected', 'WARN',
    format('%s items of a report were refused. The first, item %s: %s', jsonb_array_length(p_rejected), p_rejected -> 0 ->> 'seq', left(p_rejected -> 0 ->> 'message', 500)),
    jsonb_build_object('count', jsonb_array_length(p_rejected), 'items', (
      select coalesce(jsonb_agg(t.told order by t.n), '[]')
      from (
        select d.n, d.told, sum(octet_length(d.told::text)) over (order by d.n) as bytes
        from (
          select r.n, jsonb_build_object('seq', r.fault -> 'seq', 'code', r.fault -> 'code', 'message', left(r.fault ->> 'message', 200),
            'item', left(p_items ->> ((r.fault ->> 'seq')::bigint - p_first_seq)::integer, 200)) as told
          from jsonb_array_elements(p_rejected) with ordinality r (fault, n) where r.n <= 20
        ) d
      ) t
      -- As many as an event of a bot has room for, whatever the letters take.
      where t.bytes <= 12000
    ))
$$;
comment on function private.record_rejections(public.trading_runs, jsonb, jsonb, bigint) is
  'Records what was refused of a report as an event of the bot, of the first 20 items as much as it has room for, in part. Definer, because no API role writes events.';

create function private.end_command_of_deleted_bot() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.status := 'expired';
  return new;
end
$$;
comment on function private.end_command_of_deleted_bot() is
  'Trigger: what a runner was still to do for a bot that is deleted is not to be done any more. Without its bot, an emergency stop would be one of all that the runner executes.';
revoke execute on function private.end_command_of_deleted_bot() from public;
-- Before check_status, by its name.
create trigger before_bot_is_gone before update of bot_id on public.runner_commands
  for each row when (old.bot_id is not null and new.bot_id is null and new.status in ('queued', 'delivered'))
  execute function private.end_command_of_deleted_bot();
