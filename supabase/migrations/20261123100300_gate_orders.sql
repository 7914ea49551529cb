-- Purpose: the risk gate, through which every order that opens something comes. It either reserves what the order may cost
--   and lose, or refuses it and says why. Described in packages/runner/docs/risk-gate.md; in short:
--     value    = quantity x price x multiplier. Price: of a buy the most it can pay (limit, or stop where that is above the latest
--                price), of a sell the highest of limit, stop and latest price; of a sold option at least its strike.
--     risk     = quantity x |entry - stop_loss| x multiplier, entry being the worst price it can have; all of the value without a stop.
--     exposure = sum of open quantity x mark x multiplier of positions, and of reserved_value of open orders.
--     at stake = sum of reserved_risk of positions and of open orders.
--     loss     = what the runs are below the day's beginning, 0 in profit.
--   A fill takes its share of what its order has reserved; reserved_risk of the position takes over the risk. What ends gives back the rest.
-- Objects: columns of orders; table private.caps_reached; indexes of what is open; functions private.is_halted,
--   private.is_amount, private.order_problem. The rest comes with 20261123100310_weigh_orders.sql and 20261123100320_admit_orders.sql.
-- Risk: none; builds four indexes on tables that nothing has written yet.

alter table public.orders
  add column stop_loss numeric,
  add column market_day date,
  add column refusal_code text,
  add constraint orders_stop_loss_check check (stop_loss > 0 and stop_loss < 1e15),
  add constraint orders_refusal_code_check check (refusal_code is null or (refusal_code ~ '^[a-z][a-z_]{0,62}$' and status = 'rejected' and filled_quantity = 0));
comment on column public.orders.stop_loss is 'Where what it opens is to be left with a loss: what reserved_risk was reckoned with; null without a stop.';
comment on column public.orders.market_day is 'Of an opening order that was let through: the day whose caps it counts against, in the time zone of the bot''s schedule. In a replay that is not today.';
comment on column public.orders.refusal_code is 'Why the risk gate refused it; null for one that was let through, whatever the broker said of it.';

-- What is open is little, and history is much: sums over all bots of a user read these alone.
create index orders_user_id_open_idx on public.orders (user_id) where status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel');
create index positions_user_id_open_idx on public.positions (user_id) where status = 'open';
create index orders_bot_id_market_day_idx on public.orders (bot_id, market_day) where market_day is not null;
create index trading_runs_user_id_market_day_idx on public.trading_runs (user_id, market_day) where market_day is not null;

create table private.caps_reached (
  bot_id uuid not null,
  cap text not null,
  market_day date not null,
  constraint caps_reached_pkey primary key (bot_id, cap),
  constraint caps_reached_bot_id_fkey foreign key (bot_id) references public.bots (id) on delete cascade,
  constraint caps_reached_cap_check check (cap in ('daily_risk_cap', 'max_drawdown', 'account_daily_loss_cap'))
);
comment on table private.caps_reached is 'The latest market day on which a bot came up against a cap: its owner is told once a day.';
comment on column private.caps_reached.bot_id is 'The bot.';
comment on column private.caps_reached.cap is 'daily_risk_cap, max_drawdown or account_daily_loss_cap.';
comment on column private.caps_reached.market_day is 'The day.';
alter table private.caps_reached enable row level security;
revoke all on private.caps_reached from public;
create policy "No API role can reach the caps reached" on private.caps_reached for all to anon, authenticated using (false) with check (false);
comment on policy "No API role can reach the caps reached" on private.caps_reached is 'Says outright what the missing grants mean.';

create function private.is_halted(p_user_id uuid, p_bot_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.trading_halts h
    where h.released_at is null
      and (h.scope = 'system' or (h.scope = 'user' and h.user_id = p_user_id) or (h.scope = 'bot' and h.bot_id = p_bot_id))
  )
$$;
comment on function private.is_halted(uuid, uuid) is
  'Whether an emergency stop of the system, of the user or of the bot is engaged. Certain until the end of the transaction only for who holds the advisory lock ''trading halts'', shared. Definer, because runners do not see all halts.';

create function private.is_amount(p_value jsonb, p_below numeric) returns boolean
language sql immutable set search_path = '' as $$
  -- The bound on digits keeps arithmetic short: JSON can write a number of a hundred thousand.
  select case when jsonb_typeof(p_value) = 'number' then p_value::numeric > 0 and p_value::numeric < p_below and scale(p_value::numeric) <= 40 else false end
$$;
comment on function private.is_amount(jsonb, numeric) is 'Whether a JSON value is a number above 0 and below a bound, with 40 decimals at most. A text that reads like a number is none.';

create function private.order_problem(p_terms jsonb, p_is_intent boolean) returns text
language plpgsql stable set search_path = '' as $$
declare
  time_pattern constant text := '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$';
  of_intents constant text[] := array['client_order_id', 'reference_price', 'stop_loss', 'reduce_only', 'is_sized_at_fill', 'at'];
  required constant text[] := array['symbol', 'side', 'type', 'quantity'] || case when p_is_intent then array['client_order_id', 'reference_price', 'at'] end;
  order_type constant text := p_terms ->> 'type';
  details constant jsonb := p_terms -> 'option_details';
  field text;
begin
  if jsonb_typeof(p_terms) is distinct from 'object' then
    return 'an order is an object';
  end if;
  select k.name into field from jsonb_object_keys(p_terms) k (name)
  where k.name <> all (array['symbol', 'side', 'type', 'quantity', 'limit_price', 'stop_price', 'trail_amount', 'trail_pct', 'time_in_force',
                             'expires_at', 'multiplier', 'option_details', 'reason'])
    and (not p_is_intent or k.name <> all (of_intents))
  limit 1;
  if found then
    return format('an order has no field %s', left(field, 60));
  end if;
  select r.name into field from unnest(required) r (name) where not p_terms ? r.name limit 1;
  if found then
    return format('%s is missing', field);
  end if;
  select f.name into field
  from (values ('quantity', 1e18), ('limit_price', 1e15), ('stop_price', 1e15), ('trail_amount', 1e15), ('trail_pct', 100), ('reference_price', 1e15),
               ('stop_loss', 1e15), ('multiplier', 1e7)) f (name, below)
  where p_terms ? f.name and not private.is_amount(p_terms -> f.name, f.below)
  limit 1;
  if found then
    return format('%s must be a number above 0 and within its bounds', field);
  end if;
  select f.name into field
  from (values ('symbol', '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'), ('side', '^(buy|sell)$'), ('type', '^(market|limit|stop|stop_limit|trailing_stop|take_profit)$'),
               ('time_in_force', '^(day|gtc|gtd|ioc|fok|opg|cls)$'), ('client_order_id', '^.{1,100}$'), ('reason', '^.{0,100}$')) f (name, pattern)
  where p_terms ? f.name and (jsonb_typeof(p_terms -> f.name) <> 'string' or p_terms ->> f.name !~ f.pattern)
  limit 1;
  if found then
    return format('%s is not one that an order can have', field);
  end if;
  select f.name into field from unnest(array['at', 'expires_at']) f (name)
  where p_terms ? f.name and (jsonb_typeof(p_terms -> f.name) <> 'string' or p_terms ->> f.name !~ time_pattern
                              or not pg_catalog.pg_input_is_valid(p_terms ->> f.name, 'timestamptz'))
  limit 1;
  if found then
    return format('%s must be a time with its offset, as in ISO 8601', field);
  end if;
  select f.name into field from unnest(array['reduce_only', 'is_sized_at_fill']) f (name)
  where p_terms ? f.name and jsonb_typeof(p_terms -> f.name) <> 'boolean' limit 1;
  if found then
    return format('%s must be true or false', field);
  end if;
  return case
    when order_type in ('limit', 'stop_limit', 'take_profit') and not p_terms ? 'limit_price' then format('a %s order needs a limit_price', order_type)
    when order_type in ('stop', 'stop_limit') and not p_terms ? 'stop_price' then format('a %s order needs a stop_price', order_type)
    when order_type = 'trailing_stop' and (p_terms ? 'trail_amount') = (p_terms ? 'trail_pct') then 'a trailing_stop order needs either trail_amount or trail_pct'
    when order_type <> 'trailing_stop' and p_terms ?| array['trail_amount', 'trail_pct'] then 'only a trailing_stop order trails'
    when (coalesce(p_terms ->> 'time_in_force', 'gtc') = 'gtd') <> (p_terms ? 'expires_at') then 'a gtd order, and no other, has expires_at'
    when (p_terms ->> 'multiplier')::numeric > 1e6 then 'multiplier is at most 1000000'
    when details is null then null
    when jsonb_typeof(details) <> 'object' or pg_column_size(details) > 16384 then 'option_details must be an object of at most 16 KB'
    when details ? 'underlying' and (jsonb_typeof(details -> 'underlying') <> 'string' or details ->> 'underlying' !~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$')
      then 'option_details.underlying must be a symbol'
    when details ? 'strike' and not private.is_amount(details -> 'strike', 1e15) then 'option_details.strike must be a number above 0'
  end;
end
$$;
comment on function private.order_problem(jsonb, boolean) is
  'What is wrong with an intent, or with the terms of an order that a report makes, as a sentence; null if nothing is. As strict as OrderIntent in packages/contracts: unknown fields, texts for numbers and null are refused.';

revoke execute on function private.is_halted(uuid, uuid), private.is_amount(jsonb, numeric), private.order_problem(jsonb, boolean) from public;
