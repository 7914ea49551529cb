-- Purpose: positions and trades follow from fills, netted by symbol, first in, first out, exactly.
-- Objects: columns of orders, positions and trades; table private.fill_names; type private.execution; functions
--   private.share_of, private.settled_quantity, private.reduce_position, private.enlarge_position, private.take_fill, private.take_marks.
-- Risk: refused where a run has two open positions in one symbol; nothing but tests has made any.

alter table public.orders add column filled_value numeric not null default 0;
comment on column public.orders.filled_value is 'Units times price of all its fills, exactly; average_price is that over filled_quantity.';

alter table public.positions
  add column entered_quantity numeric not null default 0,
  add column entered_value numeric not null default 0,
  add column exited_value numeric not null default 0,
  add column open_value numeric not null default 0,
  add column open_fees numeric not null default 0,
  add constraint positions_entered_check check (entered_quantity >= 0 and entered_value >= 0 and exited_value >= 0);
comment on column public.positions.entered_quantity is 'Units of all its entries.';
comment on column public.positions.entered_value is 'Units times price of all its entries; entry_price is that over entered_quantity.';
comment on column public.positions.exited_value is 'Units times price of all its exits; exit_price is that over the units that left.';
comment on column public.positions.open_value is 'Units times price of the entries of what is still held, first in, first out.';
comment on column public.positions.open_fees is 'Fees of the entries of what is still held, in the account''s currency.';
comment on column public.positions.realized_pnl is 'Net profit of what is closed, the fees of its entries and exits taken off, in the account''s currency: the sum over its closed trades.';
comment on column public.positions.unrealized_pnl is 'Profit of what is still held at mark_price, the fees of its entries taken off, in the account''s currency; 0 once closed. With realized_pnl it makes the profit of the run.';
create unique index positions_run_id_symbol_open_key on public.positions (run_id, symbol) where status = 'open';

alter table public.trades add column entry_fill_seq bigint;
comment on column public.trades.entry_fill_seq is 'Number, in the run, of the fill that entered it: the first in is the first out.';
create index trades_position_id_open_idx on public.trades (position_id, entry_fill_seq) where status = 'open';

create table private.fill_names (
  run_id uuid not null,
  external_id text not null,
  constraint fill_names_pkey primary key (run_id, external_id),
  constraint fill_names_run_id_fkey foreign key (run_id) references public.trading_runs (id) on delete cascade
);
comment on table private.fill_names is 'Names of the executions that a run has taken: each is taken once. Beside fills, which are parted by month and cannot tell.';
comment on column private.fill_names.run_id is 'The run.';
comment on column private.fill_names.external_id is 'Name that the broker gave the execution.';
alter table private.fill_names enable row level security;
revoke all on private.fill_names from public;
create policy "No API role can reach names of fills" on private.fill_names for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach names of fills" on private.fill_names is 'Says outright what the missing grants mean.';

create type private.execution as (
  seq bigint, symbol text, side text, quantity numeric, price numeric, fee numeric, multiplier numeric,
  executed_at timestamptz, reason text, option_details jsonb, risk numeric
);
comment on type private.execution is 'A fill, or a part of one: its number in the run, the fee in the account''s currency, and the risk that its order reserved for it.';

-- In plpgsql, like all that is called for each fill: functions in SQL are planned at every call.
create function private.share_of(p_total numeric, p_part numeric, p_whole numeric) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return case when p_part = p_whole then p_total else trim_scale(round(p_total * p_part / p_whole, 18)) end;
end
$$;
comment on function private.share_of(numeric, numeric, numeric) is 'What falls on a part of a whole, to 18 decimals. Who splits takes the rest as what is left, so that nothing is lost.';

create function private.settled_quantity(p_quantity numeric, p_side text, p_order public.orders, p_position public.positions) returns numeric
language sql immutable set search_path = '' as $$
  select case
    when (p_position.direction = 'long') = (p_side = 'sell') and abs(p_quantity - p_position.open_quantity) <= 1e-12 * p_position.quantity then p_position.open_quantity
    when p_order.quantity > p_order.filled_quantity and abs(p_quantity - (p_order.quantity - p_order.filled_quantity)) <= 1e-12 * p_order.quantity
      then p_order.quantity - p_order.filled_quantity
    else p_quantity end
$$;
comment on function private.settled_quantity(numeric, text, public.orders, public.positions) is
  'Units that a fill is taken with: all that is held, or all that is left of its order, where it says as much but for the rounding of programs that reckon in doubles. Else what they add or leave out would stay open for ever, or turn a position round.';

create function private.reduce_position(p_position public.positions, p_exit private.execution) returns void
language plpgsql security definer set search_path = '' as $$
declare
  sign constant numeric := case p_position.direction when 'long' then 1 else -1 end;
  units_left numeric := p_exit.quantity;
  fee_left numeric := p_exit.fee;
  lot public.trades;
  units numeric;
  entry_fee numeric;
  exit_fee numeric;
  gross numeric;
  net numeric;
  is_split boolean;
  p public.positions := p_position;
begin
  for lot in select * from public.trades t where t.position_id = p.id and t.status = 'open' order by t.entry_fill_seq nulls first, t.entry_at loop
    exit when units_left = 0;
    units := least(lot.quantity, units_left);
    entry_fee := private.share_of(lot.commission, units, lot.quantity);
    exit_fee := private.share_of(fee_left, units, units_left);
    gross := sign * (p_exit.price - lot.entry_price) * units * p.multiplier;
    net := gross - entry_fee - exit_fee;
    is_split := units < lot.quantity;
    if is_split then
      update public.trades t set quantity = t.quantity - units, commission = t.commission - entry_fee where t.id = lot.id;
      lot.id := gen_random_uuid();
      lot.quantity := units;
      lot.created_at := now();
    end if;
    lot.commission := entry_fee + exit_fee;
    lot.exit_at := greatest(p_exit.executed_at, lot.entry_at);
    lot.exit_price := p_exit.price;
    lot.gross_pnl := gross;
    lot.net_pnl := net;
    lot.pnl_pct := round(100 * net / nullif(lot.entry_price * units * p.multiplier, 0), 8);
    lot.exit_logic := p_exit.reason;
    lot.exit_reason := coalesce(p_exit.reason, 'signal');
    lot.stop_loss := coalesce(lot.stop_loss, p.stop_loss);
    lot.take_profit := coalesce(lot.take_profit, p.take_profit);
    lot.market_context := coalesce(lot.market_context, p.market_context);
    lot.status := 'closed';
    if is_split then
      insert into public.trades select lot.*;
    else
      update public.trades t set (commission, exit_at, exit_price, gross_pnl, net_pnl, pnl_pct, exit_logic, exit_reason, stop_loss, take_profit, market_context, status)
        = (lot.commission, lot.exit_at, lot.exit_price, lot.gross_pnl, lot.net_pnl, lot.pnl_pct, lot.exit_logic, lot.exit_reason, lot.stop_loss, lot.take_profit, lot.market_context, lot.status)
      where t.id = lot.id;
    end if;
    p.realized_pnl := p.realized_pnl + net;
    p.open_value := p.open_value - lot.entry_price * units;
    p.open_fees := p.open_fees - entry_fee;
    fee_left := fee_left - exit_fee;
    units_left := units_left - units;
  end loop;
  if units_left <> 0 then
    raise exception 'the trades of position % do not add up to what it holds', p.id;
  end if;

  p.reserved_risk := private.share_of(p.reserved_risk, p.open_quantity - p_exit.quantity, p.open_quantity);
  p.open_quantity := p.open_quantity - p_exit.quantity;
  p.exited_value := p.exited_value + p_exit.quantity * p_exit.price;
  if p.marked_at is null or p.marked_at <= p_exit.executed_at or p.open_quantity = 0 then
    p.mark_price := p_exit.price;
    p.marked_at := greatest(p.marked_at, p_exit.executed_at);
  end if;
  update public.positions o set
    open_quantity = p.open_quantity,
    realized_pnl = p.realized_pnl,
    fees = o.fees + p_exit.fee,
    open_value = p.open_value,
    open_fees = p.open_fees,
    exited_value = p.exited_value,
    exit_price = trim_scale(round(p.exited_value / (p.entered_quantity - p.open_quantity), 18)),
    mark_price = p.mark_price,
    marked_at = p.marked_at,
    unrealized_pnl = sign * (p.mark_price * p.open_quantity - p.open_value) * p.multiplier - p.open_fees,
    reserved_risk = p.reserved_risk,
    exit_logic = coalesce(p_exit.reason, o.exit_logic),
    status = case when p.open_quantity > 0 then 'open' when p_exit.reason = 'expiry' then 'expired' else 'closed' end,
    exit_reason = case when p.open_quantity = 0 then coalesce(p_exit.reason, 'signal') end,
    closed_at = case when p.open_quantity = 0 then greatest(p_exit.executed_at, o.opened_at) end
  where o.id = p.id;
end
$$;
comment on function private.reduce_position(public.positions, private.execution) is
  'Closes a part or all of a position: the lots that came first leave first, and a lot that leaves in part becomes two trades. Definer, because no API role writes the ledger.';

create function private.enlarge_position(p_run public.trading_runs, p_position_id uuid, p_entry private.execution, out position_id uuid, out trade_id uuid)
language plpgsql security definer set search_path = '' as $$
declare
  v_direction constant text := case p_entry.side when 'buy' then 'long' else 'short' end;
  sign constant numeric := case p_entry.side when 'buy' then 1 else -1 end;
  v_strategy constant text := left(coalesce(p_run.config -> 'strategy' ->> 'name', p_run.config ->> 'strategy_type'), 100);
  entry_value constant numeric := p_entry.quantity * p_entry.price;
  p public.positions;
begin
  if p_position_id is null then
    insert into public.positions (
      run_id, bot_id, user_id, symbol, direction, strategy, entry_logic, quantity, open_quantity, entry_price, mark_price, marked_at, unrealized_pnl,
      fees, multiplier, option_details, opened_at, entered_quantity, entered_value, open_value, open_fees, reserved_risk
    ) values (
      p_run.id, p_run.bot_id, p_run.user_id, p_entry.symbol, v_direction, v_strategy, p_entry.reason, p_entry.quantity, p_entry.quantity, p_entry.price,
      p_entry.price, p_entry.executed_at, -p_entry.fee, p_entry.fee, p_entry.multiplier, p_entry.option_details, p_entry.executed_at,
      p_entry.quantity, entry_value, entry_value, p_entry.fee, p_entry.risk
    ) returning * into p;
  else
    update public.positions o set
      open_quantity = o.open_quantity + p_entry.quantity,
      quantity = greatest(o.quantity, o.open_quantity + p_entry.quantity),
      entered_quantity = o.entered_quantity + p_entry.quantity,
      entered_value = o.entered_value + entry_value,
      entry_price = trim_scale(round((o.entered_value + entry_value) / (o.entered_quantity + p_entry.quantity), 18)),
      open_value = o.open_value + entry_value,
      open_fees = o.open_fees + p_entry.fee,
      fees = o.fees + p_entry.fee,
      mark_price = case when o.marked_at > p_entry.executed_at then o.mark_price else p_entry.price end,
      marked_at = greatest(o.marked_at, p_entry.executed_at),
      unrealized_pnl = sign * (case when o.marked_at > p_entry.executed_at then o.mark_price else p_entry.price end * (o.open_quantity + p_entry.quantity)
        - o.open_value - entry_value) * o.multiplier - o.open_fees - p_entry.fee,
      reserved_risk = o.reserved_risk + p_entry.risk
    where o.id = p_position_id
    returning * into p;
  end if;
  insert into public.trades (
    run_id, bot_id, user_id, position_id, symbol, timeframe, direction, strategy, entry_logic, quantity, entry_at, entry_price, commission, stop_loss, take_profit, entry_fill_seq
  ) values (
    p_run.id, p_run.bot_id, p_run.user_id, p.id, p_entry.symbol, p_run.config ->> 'timeframe', v_direction, v_strategy, p_entry.reason,
    p_entry.quantity, p_entry.executed_at, p_entry.price, p_entry.fee, p.stop_loss, p.take_profit, p_entry.seq
  ) returning id into trade_id;
  position_id := p.id;
end
$$;
comment on function private.enlarge_position(public.trading_runs, uuid, private.execution) is
  'Opens a position, or adds to one, with a trade of its own for the entry; answers both. Definer, because no API role writes the ledger.';

create function private.refusal_of_fill(p_run_id uuid, p_order public.orders, p_position public.positions, p_fill jsonb) returns text[]
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
    elsif quantity - coalesce(reducible, 0)
      + (select coalesce(sum(t.quantity), 0) from public.trades t
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
comment on function private.refusal_of_fill(uuid, public.orders, public.positions, jsonb) is
  'Why a fill is none of its order, or of no order at all: code and message; null where it is one.';

create function private.fee_of_fill(p_fill jsonb) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return case
    when p_fill ->> 'fee_currency' is null or strpos(p_fill ->> 'symbol', '/') = 0
      or p_fill ->> 'fee_currency' = split_part(p_fill ->> 'symbol', '/', 2) then coalesce((p_fill ->> 'fee')::numeric, 0)
    when p_fill ->> 'fee_currency' = split_part(p_fill ->> 'symbol', '/', 1) then (p_fill ->> 'fee')::numeric * (p_fill ->> 'price')::numeric
    else 0
  end;
end
$$;
comment on function private.fee_of_fill(jsonb) is
  'Fee of a fill in the account''s currency: of a pair, one in the base is worth the price, and one in a third currency has no price here and counts 0.';

create function private.fill_order(p_order public.orders, p_fill jsonb, p_position_id uuid, p_trade_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  units constant numeric := (p_fill ->> 'quantity')::numeric;
  filled_at constant timestamptz := (p_fill ->> 'at')::timestamptz;
  value constant numeric := p_order.filled_value + units * (p_fill ->> 'price')::numeric;
  left_by_numbers constant numeric := p_order.quantity - p_order.filled_quantity - units;
  left_after constant numeric := case when abs(left_by_numbers) <= 1e-12 * p_order.quantity then 0 else left_by_numbers end;
begin
  update public.orders o set
    filled_quantity = o.filled_quantity + units,
    quantity = case when left_after = 0 then o.filled_quantity + units else o.quantity end,
    filled_value = value,
    average_price = trim_scale(round(value / (o.filled_quantity + units), 18)),
    is_sized_at_fill = false,
    reserved_value = private.share_of(o.reserved_value, left_after, p_order.quantity - p_order.filled_quantity),
    reserved_risk = private.share_of(o.reserved_risk, left_after, p_order.quantity - p_order.filled_quantity),
    position_id = p_position_id,
    trade_id = coalesce(o.trade_id, p_trade_id),
    -- Brokers tell of fills after the end of an order: the fill counts, and the end remains.
    status = case when o.status in ('cancelled', 'expired') then o.status when left_after = 0 then 'filled' when o.status = 'pending_cancel' then o.status else 'partially_filled' end,
    submitted_at = coalesce(o.submitted_at, filled_at),
    finished_at = coalesce(o.finished_at, case when left_after = 0 then filled_at end)
  where o.id = p_order.id;
end
$$;
comment on function private.fill_order(public.orders, jsonb, uuid, uuid) is
  'Notes a fill with its order; what the order reserved shrinks with what is left of it. Definer, because no API role writes orders.';

create function private.take_fill(p_run public.trading_runs, p_fill jsonb) returns text[]
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
  whole.option_details := coalesce(p_fill -> 'option_details', v_order.option_details);
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
comment on function private.take_fill(public.trading_runs, jsonb) is
  'Takes a fill: the row, its order, its position and its trades. Answers code and message of a fault, or duplicate where it has been taken. Definer, because no API role writes the ledger.';

create function private.take_marks(p_run_id uuid, p_marks jsonb) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update public.positions p set
    mark_price = (m.mark ->> 'price')::numeric,
    marked_at = (m.mark ->> 'at')::timestamptz,
    unrealized_pnl = case p.direction when 'long' then 1 else -1 end * ((m.mark ->> 'price')::numeric * p.open_quantity - p.open_value) * p.multiplier - p.open_fees,
    stop_loss = case when m.mark ? 'stop_loss' then (m.mark ->> 'stop_loss')::numeric else p.stop_loss end,
    take_profit = case when m.mark ? 'take_profit' then (m.mark ->> 'take_profit')::numeric else p.take_profit end,
    market_context = coalesce(p.market_context, m.mark -> 'market_context')
  from (
    select distinct on (i.mark ->> 'symbol') i.mark
    from jsonb_array_elements(p_marks) with ordinality i (mark, n) order by i.mark ->> 'symbol', i.n desc
  ) m
  where p.run_id = p_run_id and p.symbol = m.mark ->> 'symbol' and p.status = 'open'
    and (p.marked_at is null or p.marked_at <= (m.mark ->> 'at')::timestamptz);
end
$$;
comment on function private.take_marks(uuid, jsonb) is
  'Takes the prices of one moment of what is held; of what is not held, or has a later price, nothing changes. Definer, because no API role writes positions.';
revoke execute on function private.share_of(numeric, numeric, numeric), private.settled_quantity(numeric, text, public.orders, public.positions), private.reduce_position(public.positions, private.execution),
  private.enlarge_position(public.trading_runs, uuid, private.execution), private.refusal_of_fill(uuid, public.orders, public.positions, jsonb), private.fee_of_fill(jsonb),
  private.fill_order(public.orders, jsonb, uuid, uuid), private.take_fill(public.trading_runs, jsonb), private.take_marks(uuid, jsonb) from public;
