-- Purpose: the risk gate decides: orders that runners want to place are let through or refused, and written down either way.
-- Objects: functions private.over_cap, private.opening_barred, private.cap_exceeded, private.reduction_problem, private.opening_problem,
--   private.same_order, private.gate_decision, private.find_order, private.note_cap_reached, private.write_orders,
--   private.judge_intent, private.submit_order_intents, private.admit_reducing_order, public.submit_order_intents.
-- Risk: none.

create function private.over_cap(p_code text, p_what text, p_amount numeric, p_cap numeric) returns text
language sql immutable set search_path = '' as $$
  select case when p_amount > p_cap then format('%s: %s %s, and the cap is %s', p_code, p_what, trim_scale(round(p_amount, 10)), trim_scale(p_cap)) end
$$;
comment on function private.over_cap(text, text, numeric, numeric) is 'A refusal, its code first, where an amount is over a cap; null where it is not, or there is no cap.';

create function private.opening_barred(p_lease public.bot_leases, p_bot public.bots, p_order public.orders, p_at timestamptz) returns text
language sql stable security definer set search_path = '' as $$
  select case
    when private.is_halted(p_lease.user_id, p_lease.bot_id) then 'emergency_stop: an emergency stop is engaged'
    when p_bot.status <> 'running' then format('bot_not_running: the bot is %s', p_bot.status)
    when p_lease.intent <> 'run' then format('bot_not_running: its owner wants the bot to %s', p_lease.intent)
    when not p_lease.reconciled then 'not_reconciled: the runner has not shown yet that it holds what the ledger says'
    when not private.in_schedule(p_bot, p_at) then 'outside_schedule: the bot does not trade at this time'
    when p_bot.mode = 'LIVE' and not exists (
      select from public.exchange_credentials c where c.id = p_bot.credential_id and c.user_id = p_bot.user_id and c.status = 'active'
    ) then 'credential_disabled: the credential of the bot is disabled'
    when private.exposure_symbol(p_order.symbol, p_order.option_details) <> all (p_bot.symbols)
      then format('symbol_not_allowed: the bot does not trade %s', private.exposure_symbol(p_order.symbol, p_order.option_details))
  end
$$;
comment on function private.opening_barred(public.bot_leases, public.bots, public.orders, timestamptz) is
  'Why nothing may be opened now, or not in this symbol, whatever its size; null if it may. Definer, because runners see neither all halts nor credentials.';

create function private.cap_exceeded(
  p_bot public.bots, p_run public.trading_runs, p_limits public.account_limits, p_state private.gate_state, p_order public.orders
) returns text
language plpgsql stable set search_path = '' as $$
declare
  symbol constant text := private.exposure_symbol(p_order.symbol, p_order.option_details);
  value constant numeric := p_order.reserved_value;
  risk constant numeric := p_order.reserved_risk;
  first_balance constant numeric := coalesce((p_run.config ->> 'initial_balance')::numeric, p_bot.initial_balance, p_bot.current_balance - p_run.total_pnl);
  fall constant numeric := p_run.peak_pnl - p_run.total_pnl;
begin
  return coalesce(
    case
      when fall > 0 and p_bot.max_drawdown_pct is not null and first_balance is null
        then 'max_drawdown_exceeded: it is below its highest, and no balance is known to measure that against'
      when fall > 0 and fall * 100 >= p_bot.max_drawdown_pct * (first_balance + p_run.peak_pnl)
        then format('max_drawdown_exceeded: the run is %s below its highest balance of %s, and may be %s percent', fall, first_balance + p_run.peak_pnl, p_bot.max_drawdown_pct)
    end,
    private.over_cap('daily_risk_cap_exceeded', 'with this order, lost today and at stake would be', p_state.bot_loss + p_state.bot_risk + risk, p_bot.daily_risk_cap),
    private.over_cap('account_daily_loss_exceeded', 'with this order, lost today and at stake by all bots would be',
                     p_state.account_loss + p_state.account_risk + risk, p_limits.daily_loss_cap),
    private.over_cap('risk_per_trade_exceeded', 'the order may lose', risk, p_bot.risk_per_trade),
    private.over_cap('max_order_value_exceeded', 'the order is worth', value, p_bot.max_order_value),
    private.over_cap('account_order_value_exceeded', 'the order is worth', value, p_limits.max_order_value),
    private.over_cap('max_symbol_exposure_exceeded', format('with this order, the bot''s exposure in %s would be', symbol),
                     coalesce((p_state.bot_symbols ->> symbol)::numeric, 0) + value, p_bot.max_symbol_exposure),
    private.over_cap('account_symbol_exposure_exceeded', format('with this order, all bots'' exposure in %s would be', symbol),
                     coalesce((p_state.account_symbols ->> symbol)::numeric, 0) + value, p_limits.max_symbol_exposure),
    private.over_cap('account_exposure_exceeded', 'with this order, all bots'' exposure would be', p_state.account_value + value, p_limits.max_exposure),
    private.over_cap('account_open_orders_exceeded', 'with this order, the orders open would be', p_state.open_orders + 1, p_limits.max_open_orders),
    private.over_cap('max_daily_trades_exceeded', 'with this order, the entries of the day would be', p_state.entries + 1, p_bot.max_daily_trades),
    case when p_bot.max_open_positions is not null then
      private.over_cap('max_open_positions_exceeded', 'with this order, the symbols held would be',
        (select count(*) from jsonb_object_keys(p_state.bot_held || jsonb_build_object(p_order.symbol, true))), p_bot.max_open_positions) end
  );
end
$$;
comment on function private.cap_exceeded(public.bots, public.trading_runs, public.account_limits, private.gate_state, public.orders) is
  'The first cap of the bot or of the account that an opening order would exceed, as a refusal with its code first; null for none.';

create function private.reduction_problem(p_order public.orders) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  -- Numbers come from programs that reckon in doubles: what their rounding adds is no more than is open.
  rounding numeric;
  held_quantity numeric;
begin
  select p.open_quantity, 1e-12 * p.quantity into held_quantity, rounding from public.positions p
  where p.run_id = p_order.run_id and p.user_id = p_order.user_id and p.status = 'open' and p.symbol = p_order.symbol
    and p.direction = case p_order.side when 'sell' then 'long' else 'short' end;
  return case
    when held_quantity is null then format('nothing_to_reduce: the run holds no position in %s that a %s would reduce', p_order.symbol, p_order.side)
    when p_order.quantity > held_quantity + rounding
      then format('nothing_to_reduce: only %s of the %s are open', trim_scale(held_quantity), trim_scale(p_order.quantity)) end;
end
$$;
comment on function private.reduction_problem(public.orders) is
  'Why an order that is to reduce does not, as a refusal; null if it does. Each is held against the open position alone and not against other orders that reduce: the stop and the target of a bracket both have its whole size, and one of them cancels the other. Definer, because it reads the ledger for a runner.';

create function private.opening_problem(p_order public.orders) returns text
language sql immutable set search_path = '' as $$
  select case
    when p_order.reserved_risk <= 0 then 'stop_loss must be below the entry of a buy, and above that of a sell'
    when p_order.reserved_value >= 1e18 or p_order.reserved_risk >= 1e18 then 'the order is worth more than can be written down'
    when p_order.side = 'sell' and p_order.option_details is not null and not p_order.option_details ? 'strike'
      then 'option_details.strike is missing: what a sold option may cost is reckoned with it'
  end
$$;
comment on function private.opening_problem(public.orders) is 'Why the terms of an opening order make no sense together, as a sentence; null if they do.';

create function private.same_order(p_known public.orders, p_given public.orders) returns boolean
language sql immutable set search_path = '' as $$
  select (p_known.run_id, p_known.symbol, p_known.side, p_known.type, p_known.limit_price, p_known.stop_price, p_known.trail_amount, p_known.trail_pct,
          p_known.time_in_force, p_known.expires_at, p_known.multiplier, p_known.option_details, p_known.reduce_only, p_known.stop_loss)
    is not distinct from
         (p_given.run_id, p_given.symbol, p_given.side, p_given.type, p_given.limit_price, p_given.stop_price, p_given.trail_amount, p_given.trail_pct,
          p_given.time_in_force, p_given.expires_at, p_given.multiplier, p_given.option_details, p_given.reduce_only, p_given.stop_loss)
    and (p_known.quantity = p_given.quantity or p_given.is_sized_at_fill)
$$;
comment on function private.same_order(public.orders, public.orders) is
  'Whether two orders say the same of what is to be traded. The latest price, the time and the reason may differ, and the quantity of one that its fill settles.';

create function private.gate_decision(p_order public.orders) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'client_order_id', p_order.client_order_id,
    'order_id', p_order.id,
    'accepted', p_order.refusal_code is null,
    'code', p_order.refusal_code,
    'message', case when p_order.refusal_code is not null then regexp_replace(p_order.reject_reason, '^' || p_order.refusal_code || ': ', '') end
  )
$$;
comment on function private.gate_decision(public.orders) is 'The decision of the gate on an order, as GateDecision in packages/contracts.';

create function private.find_order(p_bot_id uuid, p_client_order_id text) returns public.orders
language sql stable security definer set search_path = '' as $$
  select o.* from public.orders o where o.bot_id = p_bot_id and o.client_order_id = p_client_order_id
$$;
comment on function private.find_order(uuid, text) is 'The order of a bot by the name that its runner gave it; null if there is none. Definer, because the functions of runners ask it.';

create function private.note_cap_reached(p_bot public.bots, p_run public.trading_runs, p_state private.gate_state, p_refusal text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  reached constant text := case
    when p_refusal like 'max_drawdown_exceeded:%' then 'max_drawdown'
    -- An order too large for a day in which nothing is lost or at stake is the order's fault.
    when p_refusal like 'daily_risk_cap_exceeded:%' and p_state.bot_loss + p_state.bot_risk > 0 then 'daily_risk_cap'
    when p_refusal like 'account_daily_loss_exceeded:%' and p_state.account_loss + p_state.account_risk > 0 then 'account_daily_loss_cap'
  end;
  explained constant text := substr(p_refusal, position(':' in p_refusal) + 2);
begin
  if reached is null then
    return;
  end if;
  insert into private.caps_reached as c (bot_id, cap, market_day) values (p_bot.id, reached, p_state.market_day)
  on conflict (bot_id, cap) do update set market_day = excluded.market_day where c.market_day <> excluded.market_day;
  if not found then
    return;
  end if;
  insert into public.bot_events (bot_id, user_id, run_id, type, severity, message, metadata)
  values (p_bot.id, p_bot.user_id, p_run.id, reached || '_reached', 'WARN', explained, jsonb_build_object('market_day', p_state.market_day));
  perform private.create_alert(p_bot.user_id, 'risk', format('The bot %s opens nothing more for now: %s', p_bot.name, explained), 'warning',
    jsonb_build_object('cap', reached, 'market_day', p_state.market_day), p_bot.id, p_run.id);
end
$$;
comment on function private.note_cap_reached(public.bots, public.trading_runs, private.gate_state, text) is
  'Tells the owner, once a market day, that a bot has come up against the cap of the day or of its drawdown: an event of the bot and an alert. Does nothing for other refusals. Definer, because runners may write neither.';

create function private.write_orders(p_orders public.orders[]) returns void
language plpgsql security definer set search_path = '' as $$
declare
  run_id constant uuid := p_orders[1].run_id;
begin
  insert into public.orders (
    id, run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity, limit_price, stop_price, trail_amount, trail_pct, time_in_force, expires_at,
    reduce_only, status, reject_reason, refusal_code, finished_at, option_details, multiplier, reference_price, stop_loss, is_sized_at_fill, reserved_value,
    reserved_risk, market_day, reason
  )
  select o.id, o.run_id, o.bot_id, o.user_id, o.client_order_id, o.symbol, o.side, o.type, o.quantity, o.limit_price, o.stop_price, o.trail_amount, o.trail_pct,
    o.time_in_force, o.expires_at, o.reduce_only, o.status, o.reject_reason, o.refusal_code, o.finished_at, o.option_details, o.multiplier, o.reference_price,
    o.stop_loss, o.is_sized_at_fill, o.reserved_value, o.reserved_risk, o.market_day, o.reason
  from unnest(p_orders) o;
  -- One entry a call: an entry costs more than an order.
  perform private.write_audit('orders.decided', 'trading_runs', run_id::text, p_orders[1].user_id, null, null, jsonb_build_object('orders', (
    select jsonb_agg(jsonb_build_object('id', o.id, 'client_order_id', o.client_order_id, 'symbol', o.symbol, 'side', o.side, 'quantity', o.quantity,
                                        'refusal_code', o.refusal_code)) from unnest(p_orders) o)));
end
$$;
comment on function private.write_orders(public.orders[]) is
  'Writes down orders of one run that the gate decided on, and one entry of the audit log that lists them. Definer, because runners may write neither.';

create function private.judge_intent(
  p_lease public.bot_leases, p_bot public.bots, p_run public.trading_runs, p_limits public.account_limits,
  p_order public.orders, p_at timestamptz, inout state private.gate_state, out judged public.orders, out refusal text
)
language plpgsql volatile security definer set search_path = '' as $$
begin
  judged := p_order;
  if p_order.reduce_only then
    refusal := private.reduction_problem(p_order);
  else
    state := private.load_day(state, p_bot, p_run, p_at);
    refusal := coalesce(private.opening_barred(p_lease, p_bot, p_order, p_at), private.cap_exceeded(p_bot, p_run, p_limits, state, p_order));
  end if;
  if refusal is null then
    judged.market_day := case when not p_order.reduce_only then state.market_day end;
    state := private.reserve(state, p_order);
    state.entries := state.entries + case when p_order.reduce_only then 0 else 1 end;
  else
    judged.status := 'rejected';
    judged.refusal_code := split_part(refusal, ':', 1);
    judged.reject_reason := left(refusal, 2000);
    judged.finished_at := now();
    judged.reserved_value := 0;
    judged.reserved_risk := 0;
  end if;
end
$$;
comment on function private.judge_intent(public.bot_leases, public.bots, public.trading_runs, public.account_limits, public.orders, timestamptz, private.gate_state) is
  'Lets a drafted order through, and reserves what it needs, or refuses it: the order as it is to be written, and the state of the gate after it. Definer, because it reads other bots'' rows for a runner.';

create function private.submit_order_intents(p_run_id uuid, p_fencing_token bigint, p_intents jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  runner record;
  lease public.bot_leases;
  bot public.bots;
  run public.trading_runs;
  limits public.account_limits;
  state private.gate_state;
  intent jsonb;
  given public.orders;
  known public.orders;
  judgement record;
  placed_at timestamptz;
  problem text;
  written public.orders[] := '{}';
  decisions jsonb := '[]';
  reached text[] := '{}';
  told text;
  newest constant timestamptz := now() + private.config_number('runner.clock_skew_s') * interval '1 second';
begin
  if jsonb_typeof(p_intents) is distinct from 'array' or jsonb_array_length(p_intents) not between 1 and 100 then
    perform private.raise_api_error(422, 'invalid_request', 'p_intents must be an array of 1 to 100 intents');
  end if;
  -- In this order: as text, what is small as it is stored may be a gigabyte.
  if pg_column_size(p_intents) > 1048576 then
    perform private.raise_api_error(413, 'payload_too_large', 'the intents of a call are at most 256 KB');
  elsif not private.has_plain_numbers(p_intents) then
    perform private.raise_api_error(422, 'invalid_request', 'p_intents: numbers must be below 1e309');
  elsif octet_length(p_intents::text) > 262144 then
    perform private.raise_api_error(413, 'payload_too_large', 'the intents of a call are at most 256 KB');
  end if;
  select * into runner from private.require_runner('runner:execute');
  -- Who engages an emergency stop waits for those who did not see it, and whoever comes later sees it.
  perform private.hold_off_halts(runner.user_id);
  lease := private.lock_lease(p_run_id, p_fencing_token);
  select * into strict run from public.trading_runs r where r.id = lease.run_id;
  -- One call of a user and mode at a time: what another bot reserves meanwhile would not be seen.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(format('orders of %s in %s', lease.user_id, run.mode), 0));
  -- Held, so that no change of its status or caps commits before the orders that did not see it.
  select * into strict bot from public.bots b where b.id = lease.bot_id for share;
  select * into limits from public.account_limits l where l.user_id = lease.user_id;
  state := private.load_exposure(run);
  for intent in select i.value from jsonb_array_elements(p_intents) with ordinality i (value, position) order by i.position loop
    problem := private.order_problem(intent, true);
    if problem is null then
      given := private.draft_order(lease, intent);
      problem := case
        when (intent ->> 'at')::timestamptz > newest then 'at is later than now'
        when not given.reduce_only then private.opening_problem(given) end;
    end if;
    if problem is not null then
      decisions := decisions || jsonb_build_object('client_order_id', coalesce(left(intent ->> 'client_order_id', 100), ''), 'order_id', null,
        'accepted', false, 'code', 'invalid_order', 'message', problem);
      continue;
    end if;
    known := private.find_order(lease.bot_id, given.client_order_id);
    if known.id is null then
      select w.* into known from unnest(written) w where w.client_order_id = given.client_order_id;
    end if;
    if known.id is null then
      -- With real money it is now, whatever the runner says: on an older day nothing would be lost and traded yet.
      placed_at := case run.mode when 'LIVE' then greatest((intent ->> 'at')::timestamptz, now()) else (intent ->> 'at')::timestamptz end;
      judgement := private.judge_intent(lease, bot, run, limits, given, placed_at, state);
      state := judgement.state;
      known := judgement.judged;
      written := written || known;
      reached := reached || judgement.refusal;
    elsif not private.same_order(known, given) then
      decisions := decisions || jsonb_build_object('client_order_id', given.client_order_id, 'order_id', null, 'accepted', false,
        'code', 'duplicate_client_order_id', 'message', 'the bot has another order of this name');
      continue;
    end if;
    decisions := decisions || private.gate_decision(known);
  end loop;
  if cardinality(written) > 0 then
    perform private.write_orders(written);
  end if;
  foreach told in array array_remove(reached, null) loop
    perform private.note_cap_reached(bot, run, state, told);
  end loop;
  return decisions;
end
$$;
comment on function private.submit_order_intents(uuid, bigint, jsonb) is 'Does what public.submit_order_intents says. Definer, because runners write no orders themselves.';

create function public.submit_order_intents(p_run_id uuid, p_fencing_token bigint, p_intents jsonb) returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select private.submit_order_intents(p_run_id, p_fencing_token, p_intents)
$$;
comment on function public.submit_order_intents(uuid, bigint, jsonb) is
  'The risk gate. A runner submits the orders that it wants to place for a run, 1 to 100 as OrderIntent; each is let through, with what it may cost and lose reserved, or refused, with a code and a message, and is a row of orders either way. One that is no order at all is refused without a row. Submitted again, an order gets the decision that it got. Answers one decision for each, in the same order. Errors: stale_lease, run_not_found, invalid_request, payload_too_large and those of a runner that is not connected.';

create function private.admit_reducing_order(p_lease public.bot_leases, p_terms jsonb, p_client_order_id text) returns public.orders
language plpgsql volatile security definer set search_path = '' as $$
declare
  problem constant text := case when char_length(p_client_order_id) between 1 and 100 then private.order_problem(p_terms, false)
                           else 'client_order_id must have 1 to 100 characters' end;
  given public.orders;
  known public.orders;
  refusal text;
begin
  if problem is not null then
    perform private.raise_api_error(422, 'invalid_order', problem);
  end if;
  given := private.draft_order(p_lease, p_terms || jsonb_build_object('reduce_only', true, 'client_order_id', p_client_order_id));
  known := private.find_order(p_lease.bot_id, p_client_order_id);
  if known.id is not null then
    if not private.same_order(known, given) then
      perform private.raise_api_error(409, 'duplicate_client_order_id', 'the bot has another order of this name');
    end if;
    return known;
  end if;
  refusal := private.reduction_problem(given);
  if refusal is not null then
    perform private.raise_api_error(409, split_part(refusal, ':', 1), substr(refusal, position(':' in refusal) + 2));
  end if;
  perform private.write_orders(array[given]);
  return private.find_order(p_lease.bot_id, p_client_order_id);
end
$$;
comment on function private.admit_reducing_order(public.bot_leases, jsonb, text) is
  'Makes an order that a report tells of, and that only reduces, with the terms of the report; one that is there already is returned. For who holds the lease, locked. Errors: invalid_order, nothing_to_reduce, duplicate_client_order_id. Definer, because runners write no orders themselves.';

revoke execute on function private.over_cap(text, text, numeric, numeric), private.opening_barred(public.bot_leases, public.bots, public.orders, timestamptz),
  private.cap_exceeded(public.bots, public.trading_runs, public.account_limits, private.gate_state, public.orders), private.reduction_problem(public.orders),
  private.opening_problem(public.orders), private.same_order(public.orders, public.orders), private.gate_decision(public.orders), private.find_order(uuid, text),
  private.note_cap_reached(public.bots, public.trading_runs, private.gate_state, text), private.write_orders(public.orders[]),
  private.judge_intent(public.bot_leases, public.bots, public.trading_runs, public.account_limits, public.orders, timestamptz, private.gate_state),
  private.submit_order_intents(uuid, bigint, jsonb), private.admit_reducing_order(public.bot_leases, jsonb, text) from public;
revoke execute on function public.submit_order_intents(uuid, bigint, jsonb) from public, anon, service_role;
grant execute on function private.submit_order_intents(uuid, bigint, jsonb), public.submit_order_intents(uuid, bigint, jsonb) to authenticated;
