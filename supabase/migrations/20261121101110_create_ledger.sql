-- Purpose: the ledger of runs: positions, orders, fills and round trips.
-- Objects: tables positions, orders, trades, fills (by month); function private.guard_open_exposure.
-- Risk: none on an empty database.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.fills_days', 'null', 30, 36500, 'Days for which fills are kept; null keeps them for ever.');
create table public.positions (
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  bot_id uuid not null,
  user_id uuid not null,
  symbol text not null,
  direction text not null,
  strategy text,
  entry_logic text,
  exit_logic text,
  quantity numeric not null,
  open_quantity numeric not null,
  entry_price numeric,
  exit_price numeric,
  mark_price numeric,
  realized_pnl numeric not null default 0,
  unrealized_pnl numeric not null default 0,
  fees numeric not null default 0,
  stop_loss numeric,
  take_profit numeric,
  market_context jsonb,
  option_details jsonb,
  status text not null default 'open',
  exit_reason text,
  metadata jsonb not null default '{}',
  opened_at timestamptz not null,
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint positions_pkey primary key (id),
  constraint positions_id_user_id_key unique (id, user_id),
  constraint positions_run_id_fkey foreign key (run_id, bot_id, user_id) references public.trading_runs (id, bot_id, user_id) on delete cascade,
  constraint positions_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint positions_direction_check check (direction in ('long', 'short')),
  constraint positions_names_check check (char_length(strategy) <= 100 and char_length(entry_logic) <= 100 and char_length(exit_logic) <= 100 and char_length(exit_reason) <= 100),
  constraint positions_quantity_check check (quantity > 0 and quantity < 1e18 and open_quantity between 0 and quantity),
  constraint positions_fees_check check (fees > -1e18 and fees < 1e18),
  constraint positions_market_context_check check (jsonb_typeof(market_context) = 'object' and pg_column_size(market_context) <= 16384),
  constraint positions_option_details_check check (jsonb_typeof(option_details) = 'object' and pg_column_size(option_details) <= 16384),
  constraint positions_status_check check (status in ('open', 'closed', 'expired')),
  constraint positions_closed_check check ((closed_at is null) = (status = 'open') and (status = 'open' or (open_quantity = 0 and unrealized_pnl = 0)) and closed_at >= opened_at),
  constraint positions_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.positions is 'Positions of runs: what is or was held, from opening to closing. Written by runners'' functions and workers.';
comment on column public.positions.id is 'Identifies the position.';
comment on column public.positions.run_id is 'The run. Its mode says whether the position is PAPER or LIVE; backtests keep theirs in tables of their own.';
comment on column public.positions.bot_id is 'The bot, that of the run.';
comment on column public.positions.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.positions.symbol is 'What is held.';
comment on column public.positions.direction is 'long or short.';
comment on column public.positions.strategy is 'Name of the strategy that opened it.';
comment on column public.positions.entry_logic is 'Name of the rule that opened it.';
comment on column public.positions.exit_logic is 'Name of the rule that closes it.';
comment on column public.positions.quantity is 'Units at its largest.';
comment on column public.positions.open_quantity is 'Units still held.';
comment on column public.positions.entry_price is 'Mean price of the entries; null before the first fill.';
comment on column public.positions.exit_price is 'Mean price of the exits; null before the first.';
comment on column public.positions.mark_price is 'Latest price that unrealized_pnl was reckoned with.';
comment on column public.positions.realized_pnl is 'Net profit of what is closed, in the account''s currency.';
comment on column public.positions.unrealized_pnl is 'Profit of what is still held at mark_price, in the account''s currency; 0 once closed.';
comment on column public.positions.fees is 'Fees so far, in the account''s currency.';
comment on column public.positions.stop_loss is 'Price at which it is closed with a loss.';
comment on column public.positions.take_profit is 'Price at which it is closed with a profit.';
comment on column public.positions.market_context is 'The market when it was opened: values of indicators and such.';
comment on column public.positions.option_details is 'Of an option: underlying, strike, expiry, right, legs.';
comment on column public.positions.status is 'open, then closed or expired.';
comment on column public.positions.exit_reason is 'Why it was closed: signal, stop_loss, take_profit, expiry, assignment, emergency_stop and so on.';
comment on column public.positions.metadata is 'What else there is to say.';
comment on column public.positions.opened_at is 'When it was opened.';
comment on column public.positions.closed_at is 'When it was closed or expired.';
comment on column public.positions.created_at is 'When the row was written.';
comment on column public.positions.updated_at is 'When the row last changed.';
create index positions_run_id_bot_id_user_id_idx on public.positions (run_id, bot_id, user_id);
create index positions_user_id_opened_at_idx on public.positions (user_id, opened_at desc);
create index positions_bot_id_open_idx on public.positions (bot_id) where status = 'open';

create table public.orders (
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  bot_id uuid not null,
  user_id uuid not null,
  position_id uuid,
  trade_id uuid,
  client_order_id text not null,
  broker_order_id text,
  symbol text not null,
  side text not null,
  type text not null,
  quantity numeric not null,
  limit_price numeric,
  stop_price numeric,
  trail_amount numeric,
  trail_pct numeric,
  time_in_force text not null default 'gtc',
  expires_at timestamptz,
  reduce_only boolean not null default false,
  status text not null default 'new',
  filled_quantity numeric not null default 0,
  average_price numeric,
  reject_reason text,
  option_details jsonb,
  metadata jsonb not null default '{}',
  submitted_at timestamptz,
  accepted_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint orders_pkey primary key (id),
  constraint orders_id_user_id_key unique (id, user_id),
  constraint orders_bot_id_client_order_id_key unique (bot_id, client_order_id),
  constraint orders_run_id_fkey foreign key (run_id, bot_id, user_id) references public.trading_runs (id, bot_id, user_id) on delete cascade,
  constraint orders_position_id_fkey foreign key (position_id, user_id) references public.positions (id, user_id) on delete set null (position_id),
  constraint orders_client_order_id_check check (char_length(client_order_id) between 1 and 100),
  constraint orders_broker_order_id_check check (char_length(broker_order_id) between 1 and 200),
  constraint orders_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint orders_side_check check (side in ('buy', 'sell')),
  constraint orders_type_check check (type in ('market', 'limit', 'stop', 'stop_limit', 'trailing_stop', 'take_profit')),
  constraint orders_quantity_check check (quantity > 0 and quantity < 1e18),
  constraint orders_limit_price_check check (type not in ('limit', 'stop_limit', 'take_profit') or limit_price is not null),
  constraint orders_stop_price_check check (type not in ('stop', 'stop_limit') or stop_price is not null),
  constraint orders_trail_check check (num_nonnulls(trail_amount, trail_pct) = (type = 'trailing_stop')::integer and trail_amount > 0 and trail_pct > 0 and trail_pct < 100),
  constraint orders_time_in_force_check check (time_in_force in ('day', 'gtc', 'gtd', 'ioc', 'fok', 'opg', 'cls')),
  constraint orders_expires_at_check check ((expires_at is not null) = (time_in_force = 'gtd')),
  constraint orders_status_check check (status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel', 'filled', 'cancelled', 'rejected', 'expired')),
  constraint orders_filled_quantity_check check (filled_quantity between 0 and quantity and (status <> 'filled' or filled_quantity = quantity)),
  constraint orders_average_price_check check ((average_price is null) = (filled_quantity = 0)),
  constraint orders_reject_reason_check check (char_length(reject_reason) <= 2000),
  constraint orders_option_details_check check (jsonb_typeof(option_details) = 'object' and pg_column_size(option_details) <= 16384),
  constraint orders_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.orders is 'Orders of runs, from the intention to the broker''s last word. Written by runners'' functions and workers.';
comment on column public.orders.id is 'Identifies the order.';
comment on column public.orders.run_id is 'The run.';
comment on column public.orders.bot_id is 'The bot, that of the run.';
comment on column public.orders.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.orders.position_id is 'Position that it opens, changes or closes; null if there is none, or it was deleted.';
comment on column public.orders.trade_id is 'Trade that it enters or leaves; null while there is none, or if that was deleted.';
comment on column public.orders.client_order_id is 'Name that the runner gave it, unique in the bot: sending it again makes no second order.';
comment on column public.orders.broker_order_id is 'Name that the broker gave it.';
comment on column public.orders.symbol is 'What is bought or sold.';
comment on column public.orders.side is 'buy or sell.';
comment on column public.orders.type is 'market, limit, stop, stop_limit, trailing_stop or take_profit.';
comment on column public.orders.quantity is 'Units ordered.';
comment on column public.orders.limit_price is 'Worst price to take; of limit, stop_limit and take_profit orders.';
comment on column public.orders.stop_price is 'Price that triggers it; of stop and stop_limit orders.';
comment on column public.orders.trail_amount is 'Distance of a trailing stop from the best price, in the quote currency.';
comment on column public.orders.trail_pct is 'The same in percent.';
comment on column public.orders.time_in_force is 'day, gtc (until cancelled), gtd (until expires_at), ioc (at once or not at all, parts allowed), fok (whole or not at all), opg or cls (in the auction at the open or close).';
comment on column public.orders.expires_at is 'When a gtd order lapses.';
comment on column public.orders.reduce_only is 'Whether it may only make a position smaller.';
comment on column public.orders.status is 'new, submitted, accepted, partially_filled, pending_cancel; at last filled, cancelled, rejected or expired.';
comment on column public.orders.filled_quantity is 'Units filled so far.';
comment on column public.orders.average_price is 'Mean price of what is filled; null before the first fill.';
comment on column public.orders.reject_reason is 'Why the broker or a bound refused it.';
comment on column public.orders.option_details is 'Of an option: underlying, strike, expiry, right, legs.';
comment on column public.orders.metadata is 'What else there is to say.';
comment on column public.orders.submitted_at is 'When it was sent to the broker.';
comment on column public.orders.accepted_at is 'When the broker took it.';
comment on column public.orders.finished_at is 'When it was filled, cancelled, rejected or expired.';
comment on column public.orders.created_at is 'When the row was written.';
comment on column public.orders.updated_at is 'When the row last changed.';
create index orders_run_id_bot_id_user_id_idx on public.orders (run_id, bot_id, user_id);
create index orders_position_id_user_id_idx on public.orders (position_id, user_id);
create index orders_trade_id_user_id_idx on public.orders (trade_id, user_id);
create index orders_user_id_created_at_idx on public.orders (user_id, created_at desc);
create index orders_bot_id_open_idx on public.orders (bot_id) where status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel');

create table public.trades (
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  bot_id uuid not null,
  user_id uuid not null,
  position_id uuid,
  symbol text not null,
  timeframe text,
  direction text not null,
  strategy text,
  entry_logic text,
  exit_logic text,
  model_id uuid,
  quantity numeric not null,
  entry_at timestamptz not null,
  entry_price numeric not null,
  exit_at timestamptz,
  exit_price numeric,
  commission numeric not null default 0,
  gross_pnl numeric,
  net_pnl numeric,
  pnl_pct numeric,
  stop_loss numeric,
  take_profit numeric,
  market_context jsonb,
  status text not null default 'open',
  exit_reason text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint trades_pkey primary key (id),
  constraint trades_id_user_id_key unique (id, user_id),
  constraint trades_run_id_fkey foreign key (run_id, bot_id, user_id) references public.trading_runs (id, bot_id, user_id) on delete cascade,
  constraint trades_position_id_fkey foreign key (position_id, user_id) references public.positions (id, user_id) on delete set null (position_id),
  constraint trades_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint trades_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint trades_direction_check check (direction in ('long', 'short')),
  constraint trades_names_check check (char_length(strategy) <= 100 and char_length(entry_logic) <= 100 and char_length(exit_logic) <= 100 and char_length(exit_reason) <= 100),
  constraint trades_quantity_check check (quantity > 0 and quantity < 1e18),
  constraint trades_market_context_check check (jsonb_typeof(market_context) = 'object' and pg_column_size(market_context) <= 16384),
  constraint trades_status_check check (status in ('open', 'closed')),
  constraint trades_exit_check check (num_nonnulls(exit_at, exit_price, gross_pnl, net_pnl) = case status when 'open' then 0 else 4 end and exit_at >= entry_at and (pnl_pct is null or status = 'closed')),
  constraint trades_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.trades is 'Round trips: one entry and one exit of the same size. A position that is built or closed in parts has several. Written by runners'' functions and workers.';
comment on column public.trades.id is 'Identifies the trade.';
comment on column public.trades.run_id is 'The run. Its mode says whether the trade is PAPER or LIVE; those of backtests are in backtest_trades.';
comment on column public.trades.bot_id is 'The bot, that of the run.';
comment on column public.trades.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.trades.position_id is 'Position it is part of; null if that was deleted.';
comment on column public.trades.symbol is 'What was traded.';
comment on column public.trades.timeframe is 'Length of the bars that it was decided on.';
comment on column public.trades.direction is 'long or short.';
comment on column public.trades.strategy is 'Name of the strategy.';
comment on column public.trades.entry_logic is 'Name of the rule that opened it.';
comment on column public.trades.exit_logic is 'Name of the rule that closed it.';
comment on column public.trades.model_id is 'Model that decided on it; null for rules alone, or if that was deleted.';
comment on column public.trades.quantity is 'Units.';
comment on column public.trades.entry_at is 'When it was entered.';
comment on column public.trades.entry_price is 'Price of the entry.';
comment on column public.trades.exit_at is 'When it was left; null while it is open.';
comment on column public.trades.exit_price is 'Price of the exit; null while it is open.';
comment on column public.trades.commission is 'Fees of both sides, in the account''s currency.';
comment on column public.trades.gross_pnl is 'Profit before costs, in the account''s currency; null while it is open.';
comment on column public.trades.net_pnl is 'Profit after costs, in the account''s currency; null while it is open.';
comment on column public.trades.pnl_pct is 'Net profit over the value at entry, in percent; null while it is open.';
comment on column public.trades.stop_loss is 'Price at which it was to be left with a loss.';
comment on column public.trades.take_profit is 'Price at which it was to be left with a profit.';
comment on column public.trades.market_context is 'The market when it was entered: values of indicators and such.';
comment on column public.trades.status is 'open, then closed.';
comment on column public.trades.exit_reason is 'Why it was left.';
comment on column public.trades.metadata is 'What else there is to say.';
comment on column public.trades.created_at is 'When the row was written.';
comment on column public.trades.updated_at is 'When the row last changed.';
create index trades_run_id_bot_id_user_id_idx on public.trades (run_id, bot_id, user_id);
create index trades_position_id_user_id_idx on public.trades (position_id, user_id);
create index trades_model_id_user_id_idx on public.trades (model_id, user_id);
create index trades_user_id_entry_at_idx on public.trades (user_id, entry_at desc);
create index trades_bot_id_open_idx on public.trades (bot_id) where status = 'open';
-- Orders come first above, as they do in life.
alter table public.orders
  add constraint orders_trade_id_fkey foreign key (trade_id, user_id) references public.trades (id, user_id) on delete set null (trade_id);

create table public.fills (
  run_id uuid not null,
  user_id uuid not null,
  seq bigint not null,
  executed_at timestamptz not null,
  order_id uuid,
  position_id uuid,
  external_id text,
  symbol text not null,
  side text not null,
  quantity numeric not null,
  price numeric not null,
  fee numeric not null default 0,
  fee_currency text,
  liquidity text,
  created_at timestamptz not null default now(),
  constraint fills_pkey primary key (run_id, user_id, seq, executed_at),
  constraint fills_order_id_external_id_key unique (order_id, user_id, external_id, executed_at),
  constraint fills_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete cascade,
  constraint fills_order_id_fkey foreign key (order_id, user_id) references public.orders (id, user_id) on delete cascade,
  constraint fills_position_id_fkey foreign key (position_id, user_id) references public.positions (id, user_id) on delete set null (position_id),
  constraint fills_seq_check check (seq >= 1),
  constraint fills_external_id_check check (char_length(external_id) between 1 and 200),
  constraint fills_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint fills_side_check check (side in ('buy', 'sell')),
  constraint fills_quantity_check check (quantity > 0 and quantity < 1e18),
  constraint fills_fee_currency_check check (fee_currency ~ '^[A-Z0-9]{2,12}$'),
  constraint fills_liquidity_check check (liquidity in ('maker', 'taker'))
) partition by range (executed_at);
comment on table public.fills is 'Executions of orders, by month. Written by runners'' functions and workers. Never changed, but that a deleted position leaves its fills without it.';
comment on column public.fills.run_id is 'The run.';
comment on column public.fills.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.fills.seq is 'Number of the fill in its run, given by the runner: with trading_runs.last_fill_seq, what makes sending it again harmless.';
comment on column public.fills.executed_at is 'When it was executed, as the broker says.';
comment on column public.fills.order_id is 'The order; null for what comes without one, such as an assignment.';
comment on column public.fills.position_id is 'Position it changed; null if there is none, or it was deleted.';
comment on column public.fills.external_id is 'Name that the broker gave it, unique in its order.';
comment on column public.fills.symbol is 'What was bought or sold.';
comment on column public.fills.side is 'buy or sell.';
comment on column public.fills.quantity is 'Units.';
comment on column public.fills.price is 'Price of a unit.';
comment on column public.fills.fee is 'Fee, in fee_currency; below 0 for a rebate.';
comment on column public.fills.fee_currency is 'Currency of the fee; null for the account''s.';
comment on column public.fills.liquidity is 'maker or taker; null where the broker does not say.';
comment on column public.fills.created_at is 'When the row was written.';
create index fills_position_id_user_id_idx on public.fills (position_id, user_id);
create index fills_user_id_executed_at_idx on public.fills (user_id, executed_at desc);

alter table public.positions enable row level security;
alter table public.orders enable row level security;
alter table public.trades enable row level security;
alter table public.fills enable row level security;
revoke all on public.positions, public.orders, public.trades, public.fills from anon, authenticated, service_role;
grant select on public.positions, public.orders, public.trades, public.fills to authenticated, service_role, tradebase_admin;
grant select, insert, update on public.positions, public.orders, public.trades to tradebase_worker;
grant select, insert on public.fills to tradebase_worker;
create policy "Owners can read their positions" on public.positions for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their positions" on public.positions is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read positions" on public.positions for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read positions" on public.positions is 'In an audited read only.';
create policy "Owners can read their orders" on public.orders for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their orders" on public.orders is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read orders" on public.orders for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read orders" on public.orders is 'In an audited read only.';
create policy "Owners can read their trades" on public.trades for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their trades" on public.trades is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read trades" on public.trades for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read trades" on public.trades is 'In an audited read only.';
create policy "Owners can read their fills" on public.fills for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their fills" on public.fills is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read fills" on public.fills for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read fills" on public.fills is 'In an audited read only.';

select private.add_partitioned_table('fills', 'executed_at', 'month', 3, 'retention.fills_days');

insert into private.status_transitions (table_name, from_status, to_status) values
  ('positions', 'open', 'closed'), ('positions', 'open', 'expired');
insert into private.status_transitions (table_name, from_status, to_status) values
  ('orders', 'new', 'submitted'), ('orders', 'new', 'rejected'), ('orders', 'new', 'cancelled'), ('orders', 'new', 'expired'),
  ('orders', 'submitted', 'accepted'), ('orders', 'submitted', 'partially_filled'), ('orders', 'submitted', 'filled'),
  ('orders', 'submitted', 'pending_cancel'), ('orders', 'submitted', 'cancelled'), ('orders', 'submitted', 'rejected'),
  ('orders', 'submitted', 'expired'), ('orders', 'accepted', 'partially_filled'), ('orders', 'accepted', 'filled'),
  ('orders', 'accepted', 'pending_cancel'), ('orders', 'accepted', 'cancelled'), ('orders', 'accepted', 'rejected'),
  ('orders', 'accepted', 'expired'), ('orders', 'partially_filled', 'filled'), ('orders', 'partially_filled', 'pending_cancel'),
  ('orders', 'partially_filled', 'cancelled'), ('orders', 'partially_filled', 'expired'), ('orders', 'pending_cancel', 'accepted'),
  ('orders', 'pending_cancel', 'partially_filled'), ('orders', 'pending_cancel', 'filled'),
  ('orders', 'pending_cancel', 'cancelled'), ('orders', 'pending_cancel', 'expired');
insert into private.status_transitions (table_name, from_status, to_status) values
  ('trades', 'open', 'closed');

create function private.guard_open_exposure() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  what text;
begin
  -- Users who leave take everything with them.
  if not exists (select from auth.users u where u.id = old.user_id) then
    return old;
  end if;
  select case
    when exists (select from public.positions p where p.bot_id = b.id and p.status = 'open') then 'positions'
    when exists (
      select from public.orders o
      where o.bot_id = b.id and o.status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')
    ) then 'orders'
    when exists (select from public.trades t where t.bot_id = b.id and t.status = 'open') then 'trades'
  end into what
  from (select case tg_table_name when 'bots' then old.id else (to_jsonb(old) ->> 'bot_id')::uuid end as id) b;
  if what is not null then
    perform private.raise_api_error(409, 'bot_has_open_positions', format('the bot has open %s: close them before you delete it', what));
  end if;
  return old;
end
$$;
comment on function private.guard_open_exposure() is
  'Trigger before delete of a bot and of a run: refuses it while the bot has open positions, orders or trades. On runs too, because their row lock waits for a writer who is adding one. Definer, to see whether the user is being deleted.';
revoke execute on function private.guard_open_exposure() from public;
create trigger guard_open_exposure before delete on public.bots
  for each row execute function private.guard_open_exposure();
create trigger guard_open_exposure before delete on public.trading_runs
  for each row execute function private.guard_open_exposure();
create trigger check_status before update on public.positions
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.positions
  for each row execute function private.set_updated_at();
create trigger check_status before update on public.orders
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.orders
  for each row execute function private.set_updated_at();
create trigger check_status before update on public.trades
  for each row execute function private.check_status();
create trigger set_updated_at before update on public.trades
  for each row execute function private.set_updated_at();
create trigger stamp_end before update on public.positions
  for each row execute function private.stamp_status_time('closed_at', 'closed', 'expired');
create trigger stamp_submission before update on public.orders
  for each row execute function private.stamp_status_time('submitted_at', 'submitted');
create trigger stamp_acceptance before update on public.orders
  for each row execute function private.stamp_status_time('accepted_at', 'accepted');
create trigger stamp_end before update on public.orders
  for each row execute function private.stamp_status_time('finished_at', 'filled', 'cancelled', 'rejected', 'expired');
