-- Purpose: what an order is worth and may lose, and what its bot and its user have at stake already.
-- Objects: type private.gate_state; functions private.exposure_symbol, private.exposure_price, private.draft_order,
--   private.market_day, private.load_exposure, private.load_day, private.reserve.
-- Risk: none.

create type private.gate_state as (
  at timestamptz,
  market_day date,
  account_value numeric,
  account_risk numeric,
  account_loss numeric,
  account_symbols jsonb,
  open_orders integer,
  bot_risk numeric,
  bot_loss numeric,
  bot_symbols jsonb,
  bot_held jsonb,
  entries integer
);
comment on type private.gate_state is
  'What the risk gate reckons with in one call, kept up to date as orders are let through: of all bots of the user of one mode (account_) and of one bot (bot_) the value, what is at stake and the loss of the market day; values by symbol as JSON objects; bot_held has the symbols that the bot holds or is about to; entries are those of the market day.';

create function private.exposure_symbol(p_symbol text, p_option_details jsonb) returns text
language sql immutable set search_path = '' as $$
  select coalesce(p_option_details ->> 'underlying', p_symbol)
$$;
comment on function private.exposure_symbol(text, jsonb) is 'The symbol whose exposure an order or a position adds to: options count with what they are on.';

create function private.exposure_price(p_is_long boolean, p_price numeric, p_option_details jsonb) returns numeric
language sql immutable set search_path = '' as $$
  select case
    when p_is_long or p_option_details is null then p_price
    when jsonb_typeof(p_option_details -> 'strike') = 'number' then greatest(p_price, (p_option_details ->> 'strike')::numeric)
    else p_price end
$$;
comment on function private.exposure_price(boolean, numeric, jsonb) is
  'Price that an order or a position is valued with. Who sold an option owes what it is on, not its premium: the strike counts.';

create function private.draft_order(p_lease public.bot_leases, p_terms jsonb) returns public.orders
language plpgsql stable set search_path = '' as $$
declare
  drafted public.orders;
  latest constant numeric := (p_terms ->> 'reference_price')::numeric;
  trail numeric;
  entry_price numeric;
  highest_price numeric;
begin
  drafted.id := gen_random_uuid();
  drafted.run_id := p_lease.run_id;
  drafted.bot_id := p_lease.bot_id;
  drafted.user_id := p_lease.user_id;
  drafted.client_order_id := p_terms ->> 'client_order_id';
  drafted.symbol := p_terms ->> 'symbol';
  drafted.side := p_terms ->> 'side';
  drafted.type := p_terms ->> 'type';
  drafted.quantity := (p_terms ->> 'quantity')::numeric;
  drafted.limit_price := (p_terms ->> 'limit_price')::numeric;
  drafted.stop_price := (p_terms ->> 'stop_price')::numeric;
  drafted.trail_amount := (p_terms ->> 'trail_amount')::numeric;
  drafted.trail_pct := (p_terms ->> 'trail_pct')::numeric;
  drafted.time_in_force := coalesce(p_terms ->> 'time_in_force', 'gtc');
  drafted.expires_at := (p_terms ->> 'expires_at')::timestamptz;
  drafted.multiplier := coalesce((p_terms ->> 'multiplier')::numeric, 1);
  drafted.option_details := p_terms -> 'option_details';
  drafted.reason := p_terms ->> 'reason';
  drafted.reduce_only := coalesce((p_terms ->> 'reduce_only')::boolean, false);
  drafted.is_sized_at_fill := coalesce((p_terms ->> 'is_sized_at_fill')::boolean, false);
  drafted.reference_price := latest;
  drafted.stop_loss := (p_terms ->> 'stop_loss')::numeric;
  drafted.reserved_value := 0;
  drafted.reserved_risk := 0;
  drafted.status := 'new';
  if drafted.reduce_only then
    return drafted;
  end if;
  trail := coalesce(drafted.trail_amount, latest * drafted.trail_pct / 100);
  if drafted.side = 'buy' then
    entry_price := case
      when drafted.type in ('limit', 'stop_limit', 'take_profit') then drafted.limit_price
      when drafted.type = 'stop' then greatest(latest, drafted.stop_price)
      when drafted.type = 'trailing_stop' then latest + trail
      else latest end;
    highest_price := entry_price;
  else
    entry_price := case
      when drafted.type in ('limit', 'stop_limit', 'take_profit') then drafted.limit_price
      when drafted.type = 'stop' then least(latest, drafted.stop_price)
      when drafted.type = 'trailing_stop' then greatest(latest - trail, 0)
      else latest end;
    highest_price := greatest(latest, entry_price, case when drafted.type = 'stop_limit' then drafted.stop_price end);
  end if;
  drafted.reserved_value := drafted.quantity * drafted.multiplier
    * private.exposure_price(drafted.side = 'buy', highest_price, drafted.option_details);
  drafted.reserved_risk := case
    when drafted.stop_loss is null then drafted.reserved_value
    -- A stop on the other side of the entry bounds no loss: below 0 here, and refused as no order.
    else drafted.quantity * drafted.multiplier * (entry_price - drafted.stop_loss) * case drafted.side when 'buy' then 1 else -1 end end;
  return drafted;
end
$$;
comment on function private.draft_order(public.bot_leases, jsonb) is
  'The row of orders that valid terms make, with the value and risk that it would reserve: 0 if it only reduces. The risk is not above 0 where the stop is on the wrong side of the entry.';

create function private.market_day(p_bot public.bots, p_run public.trading_runs, p_at timestamptz) returns date
language sql stable set search_path = '' as $$
  -- Never a day before the one that the ledger is at: an old time must not bring back room that is used up.
  select greatest((p_at at time zone p_bot.schedule_timezone)::date, p_run.market_day)
$$;
comment on function private.market_day(public.bots, public.trading_runs, timestamptz) is 'The day whose caps an order of that time counts against, in the time zone of the bot''s schedule.';

create function private.load_exposure(p_run public.trading_runs) returns private.gate_state
language plpgsql volatile security definer set search_path = '' as $$
declare
  loaded private.gate_state;
begin
  -- One statement, one snapshot: a fill that commits meanwhile moves from an order to a position, and is seen once.
  -- The symbol is that of private.exposure_symbol, written out: a call for each row would take longer than all the rest.
  with stakes as (
    select o.run_id, o.symbol, coalesce(o.option_details ->> 'underlying', o.symbol) as exposed_symbol, o.reserved_value as value, o.reserved_risk as risk,
      1 as order_count, not o.reduce_only as is_held
    from public.orders o
    where o.user_id = p_run.user_id and o.status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')
    union all
    select p.run_id, p.symbol, coalesce(p.option_details ->> 'underlying', p.symbol),
      p.open_quantity * p.multiplier * coalesce(case
        when p.option_details is null then coalesce(p.mark_price, p.entry_price)
        else private.exposure_price(p.direction = 'long', coalesce(p.mark_price, p.entry_price), p.option_details) end, 0),
      p.reserved_risk, 0, true
    from public.positions p
    where p.user_id = p_run.user_id and p.status = 'open'
  ), by_symbol as (
    select s.run_id, s.symbol, s.exposed_symbol, sum(s.value) as value, sum(s.risk) as risk, sum(s.order_count) as order_count, bool_or(s.is_held) as is_held
    from stakes s group by 1, 2, 3
  ), of_mode as materialized (
    select b.*, r.bot_id = p_run.bot_id as is_own from by_symbol b join public.trading_runs r on r.id = b.run_id where r.mode = p_run.mode
  ), by_exposure as (
    select m.exposed_symbol, sum(m.value) as account, sum(m.value) filter (where m.is_own) as bot from of_mode m group by 1
  ), totals as (
    select coalesce(sum(m.value), 0) as account_value, coalesce(sum(m.risk), 0) as account_risk, coalesce(sum(m.order_count), 0)::integer as open_orders,
      coalesce(sum(m.risk) filter (where m.is_own), 0) as bot_risk,
      coalesce(jsonb_object_agg(m.symbol, true) filter (where m.is_own and m.is_held), '{}') as bot_held
    from of_mode m
  ), symbols as (
    select coalesce(jsonb_object_agg(e.exposed_symbol, e.account), '{}') as account_symbols,
      coalesce(jsonb_object_agg(e.exposed_symbol, e.bot) filter (where e.bot is not null), '{}') as bot_symbols
    from by_exposure e
  )
  select t.account_value, t.account_risk, t.open_orders, t.bot_risk, t.bot_held, s.account_symbols, s.bot_symbols
  into loaded.account_value, loaded.account_risk, loaded.open_orders, loaded.bot_risk, loaded.bot_held, loaded.account_symbols, loaded.bot_symbols
  from totals t cross join symbols s;
  loaded.account_loss := 0;
  loaded.bot_loss := 0;
  loaded.entries := 0;
  return loaded;
end
$$;
comment on function private.load_exposure(public.trading_runs) is
  'What the bot of a run, and all bots of its user of the same mode, have open: value, what is at stake, orders. Reads what is open, not history. Definer, because it reads other bots'' rows for a runner.';

create function private.load_day(p_state private.gate_state, p_bot public.bots, p_run public.trading_runs, p_at timestamptz) returns private.gate_state
language plpgsql volatile security definer set search_path = '' as $$
declare
  loaded private.gate_state := p_state;
  -- A replay lives through days long past, each run on its own: what other runs made of the same day is no part of it.
  is_replay boolean;
begin
  if p_state.at is not distinct from p_at then
    return p_state;
  end if;
  loaded.at := p_at;
  loaded.market_day := private.market_day(p_bot, p_run, p_at);
  is_replay := p_run.mode = 'PAPER' and loaded.market_day < (now() at time zone p_bot.schedule_timezone)::date - 1;
  -- The day of the same moment may be another in the time zone of another bot.
  select greatest(-coalesce(sum(r.daily_pnl) filter (where r.bot_id = p_bot.id), 0), 0), greatest(-coalesce(sum(r.daily_pnl), 0), 0)
  into loaded.bot_loss, loaded.account_loss
  from public.trading_runs r
  join public.bots b on b.id = r.bot_id
  where r.user_id = p_run.user_id and r.mode = p_run.mode and r.market_day >= loaded.market_day - 2
    and case when is_replay then r.id = p_run.id and r.market_day >= loaded.market_day
             when r.bot_id = p_bot.id then r.market_day >= loaded.market_day
             else r.market_day >= (p_at at time zone b.schedule_timezone)::date end;
  if p_bot.max_daily_trades is not null then
    select count(*) into loaded.entries
    from public.orders o
    where o.bot_id = p_bot.id and o.market_day = loaded.market_day
      and (o.filled_quantity > 0 or o.status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel'))
      and (o.run_id = p_run.id or not is_replay);
  end if;
  return loaded;
end
$$;
comment on function private.load_day(private.gate_state, public.bots, public.trading_runs, timestamptz) is
  'The state of the gate with the losses and entries of the market day of a time: those of all runs of the mode, or of the one run that replays a day of the past. Definer, because it reads other bots'' rows for a runner.';

create function private.reserve(p_state private.gate_state, p_order public.orders) returns private.gate_state
language plpgsql immutable set search_path = '' as $$
declare
  reserved private.gate_state := p_state;
  symbol constant text := private.exposure_symbol(p_order.symbol, p_order.option_details);
begin
  reserved.open_orders := p_state.open_orders + 1;
  if p_order.reduce_only then
    return reserved;
  end if;
  reserved.account_value := p_state.account_value + p_order.reserved_value;
  reserved.account_risk := p_state.account_risk + p_order.reserved_risk;
  reserved.bot_risk := p_state.bot_risk + p_order.reserved_risk;
  reserved.account_symbols := p_state.account_symbols
    || jsonb_build_object(symbol, coalesce((p_state.account_symbols ->> symbol)::numeric, 0) + p_order.reserved_value);
  reserved.bot_symbols := p_state.bot_symbols
    || jsonb_build_object(symbol, coalesce((p_state.bot_symbols ->> symbol)::numeric, 0) + p_order.reserved_value);
  reserved.bot_held := p_state.bot_held || jsonb_build_object(p_order.symbol, true);
  return reserved;
end
$$;
comment on function private.reserve(private.gate_state, public.orders) is 'The state of the gate after an order was let through.';

revoke execute on function private.exposure_symbol(text, jsonb), private.exposure_price(boolean, numeric, jsonb), private.draft_order(public.bot_leases, jsonb),
  private.market_day(public.bots, public.trading_runs, timestamptz), private.load_exposure(public.trading_runs),
  private.load_day(private.gate_state, public.bots, public.trading_runs, timestamptz), private.reserve(private.gate_state, public.orders) from public;
