-- Purpose: what a backtest found, in whole: its report, what it was made of, why each trade ended, and what became of orders.
-- Objects: columns of backtest_results and backtest_trades; table backtest_orders.
-- Risk: the check on the bars of trades locks backtest_trades while existing rows are checked.

alter table public.backtest_results
  add column metric_version integer,
  add column report jsonb,
  add column receipt jsonb,
  add column data_quality jsonb,
  add column ambiguity jsonb,
  add column stored_orders integer not null default 0,
  add constraint backtest_results_metric_version_check check (metric_version >= 1),
  add constraint backtest_results_report_check check (jsonb_typeof(report) = 'object' and pg_column_size(report) <= 1048576),
  add constraint backtest_results_receipt_check check (jsonb_typeof(receipt) = 'object' and pg_column_size(receipt) <= 16384),
  add constraint backtest_results_data_quality_check check (jsonb_typeof(data_quality) = 'object' and pg_column_size(data_quality) <= 65536),
  add constraint backtest_results_ambiguity_check check (jsonb_typeof(ambiguity) = 'object' and pg_column_size(ambiguity) <= 4096),
  add constraint backtest_results_stored_orders_check check (stored_orders >= 0);
comment on column public.backtest_results.metric_version is 'Version of the formulas of all figures; null in results from before reports.';
comment on column public.backtest_results.report is 'All figures and tables of the result, as contracts.BacktestReport; null in results from before reports.';
comment on column public.backtest_results.receipt is 'Hashes of the data, the strategy, the settings and the result, with the engine''s version and the seed: running it again must give the same.';
comment on column public.backtest_results.data_quality is 'What to know of the candles: {"verdict", "findings"}: gaps, zero volume, outliers, suspected splits.';
comment on column public.backtest_results.ambiguity is 'How much the unknown order of prices within bars can have mattered: bars, resolved ones, and the final equity either way.';
comment on column public.backtest_results.stored_orders is 'How many orders are in backtest_orders: the first 20,000.';

alter table public.backtest_trades
  add column instrument_id integer,
  add column symbol text,
  add column exit_reason text,
  add column slippage numeric,
  add column carry numeric,
  add column mae_pct double precision,
  add column mfe_pct double precision,
  drop constraint backtest_trades_bars_check,
  -- A stop may be reached within the bar of the entry.
  add constraint backtest_trades_bars_check check (entry_bar >= 0 and exit_bar >= entry_bar and seq >= 1),
  add constraint backtest_trades_symbol_check check (char_length(symbol) between 1 and 64),
  add constraint backtest_trades_exit_reason_check check (exit_reason ~ '^[a-z][a-z_]{0,62}$');
comment on column public.backtest_trades.entry_bar is 'Index of the bar in which the entry filled.';
comment on column public.backtest_trades.exit_bar is 'Index of the bar in which the exit filled.';
comment on column public.backtest_trades.pnl is 'Net profit after fees and carry, in the quote currency.';
comment on column public.backtest_trades.instrument_id is 'The instrument; null in trades from before there were several. No foreign key: checking one a row would slow every result down.';
comment on column public.backtest_trades.symbol is 'Symbol of the instrument, or name of the option contract; null in trades from before there were several.';
comment on column public.backtest_trades.exit_reason is 'Why it ended: signal, stop_loss, take_profit, trailing_stop and so on, as the engine''s EXIT_REASONS.';
comment on column public.backtest_trades.slippage is 'What slippage cost on both sides, in the quote currency: already in the prices.';
comment on column public.backtest_trades.carry is 'Borrow and funding, in the quote currency: positive was paid.';
comment on column public.backtest_trades.mae_pct is 'Furthest that price went against it, in percent of the entry price; null where it was not measured.';
comment on column public.backtest_trades.mfe_pct is 'Furthest that price went for it, in percent of the entry price; null where it was not measured.';

create table public.backtest_orders (
  backtest_id uuid not null,
  seq integer not null,
  user_id uuid not null,
  instrument_id integer not null,
  symbol text not null,
  side text not null,
  order_type text not null,
  quantity numeric not null,
  limit_price numeric,
  stop_price numeric,
  reason text,
  placed_bar integer not null,
  placed_at timestamptz not null,
  outcome text not null,
  reject_reason text,
  filled_quantity numeric not null,
  average_price numeric,
  fee numeric not null default 0,
  slippage numeric not null default 0,
  last_fill_at timestamptz,
  constraint backtest_orders_pkey primary key (backtest_id, seq),
  constraint backtest_orders_backtest_id_fkey foreign key (user_id, backtest_id) references public.backtests (user_id, id) on delete cascade,
  constraint backtest_orders_seq_check check (seq >= 1 and placed_bar >= 0),
  constraint backtest_orders_symbol_check check (char_length(symbol) between 1 and 64),
  constraint backtest_orders_side_check check (side in ('buy', 'sell')),
  constraint backtest_orders_order_type_check check (order_type in ('market', 'limit', 'stop', 'stop_limit', 'trailing_stop')),
  constraint backtest_orders_reason_check check (char_length(reason) between 1 and 100),
  constraint backtest_orders_outcome_check check (outcome in ('working', 'filled', 'cancelled', 'expired', 'rejected')),
  constraint backtest_orders_reject_reason_check check (char_length(reject_reason) between 1 and 500 and (reject_reason is null or outcome = 'rejected')),
  constraint backtest_orders_filled_check check (filled_quantity >= 0 and (filled_quantity > 0) = (average_price is not null))
);
comment on table public.backtest_orders is 'Orders of a completed backtest and what became of them, in the order in which they were placed: the first 20,000. Rejected ones are results, too. Written once by a worker; empty where the strategy ran without single orders.';
comment on column public.backtest_orders.backtest_id is 'The backtest.';
comment on column public.backtest_orders.seq is 'Number of the order, from 1.';
comment on column public.backtest_orders.user_id is 'Owner, repeated here so that the policy needs no join; goes with the backtest.';
comment on column public.backtest_orders.instrument_id is 'The instrument. No foreign key: checking one a row would slow every result down.';
comment on column public.backtest_orders.symbol is 'Symbol of the instrument.';
comment on column public.backtest_orders.side is 'buy or sell.';
comment on column public.backtest_orders.order_type is 'market, limit, stop, stop_limit or trailing_stop.';
comment on column public.backtest_orders.quantity is 'Units asked for.';
comment on column public.backtest_orders.limit_price is 'Limit, where it had one.';
comment on column public.backtest_orders.stop_price is 'Stop, where it had one: of a trailing stop, the one that it was placed with.';
comment on column public.backtest_orders.reason is 'Why it was placed: entry, exit, stop_loss and so on.';
comment on column public.backtest_orders.placed_bar is 'Index of the bar at whose close it was placed.';
comment on column public.backtest_orders.placed_at is 'Open time of that bar.';
comment on column public.backtest_orders.outcome is 'filled, cancelled, expired or rejected; working if it still rested at the end.';
comment on column public.backtest_orders.reject_reason is 'Why it was rejected.';
comment on column public.backtest_orders.filled_quantity is 'Units that were filled.';
comment on column public.backtest_orders.average_price is 'Average price of its fills; null without any.';
comment on column public.backtest_orders.fee is 'Fees of its fills, in the quote currency.';
comment on column public.backtest_orders.slippage is 'What slippage cost on its fills, in the quote currency: already in the prices.';
comment on column public.backtest_orders.last_fill_at is 'Open time of the bar of its last fill; null without any.';
-- The owner's column first, so that one index serves the policy, the key and lists: there are many rows.
create index backtest_orders_user_id_backtest_id_idx on public.backtest_orders (user_id, backtest_id);
alter table public.backtest_orders enable row level security;
revoke all on public.backtest_orders from anon, authenticated, service_role;
grant select on public.backtest_orders to authenticated, service_role, tradebase_admin;
grant select, insert on public.backtest_orders to tradebase_worker;
create policy "Owners can read their backtest orders" on public.backtest_orders for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their backtest orders" on public.backtest_orders is 'An order belongs to one user; a runner reads for its user.';
create policy "Admins can read backtest orders" on public.backtest_orders for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read backtest orders" on public.backtest_orders is 'In an audited read only.';
