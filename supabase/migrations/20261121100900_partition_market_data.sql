-- Purpose: all that is known of an instrument; candles by five years, so that old ones can be dropped without a trace.
-- Objects: columns of instruments; table candles becomes partitioned; setting retention.candles_days; function
--   private.before_partition_drop (again); policies of market data for admins.
-- Risk: all candles are copied into the partitions, which takes as long as an import of them and needs their space once
--   more. Reads and imports of candles wait meanwhile.
alter table public.instruments
  add column asset_class text,
  add column exchange text,
  add column base_currency text,
  add column quote_currency text,
  add column tick_size numeric,
  add column lot_size numeric,
  add column min_quantity numeric,
  add column min_notional numeric,
  add column multiplier numeric not null default 1,
  add column underlying_id integer,
  add column strike numeric,
  add column expires_at timestamptz,
  add column option_right text,
  add column is_active boolean not null default true,
  add column metadata jsonb not null default '{}',
  add column updated_at timestamptz not null default now(),
  add constraint instruments_underlying_id_fkey foreign key (underlying_id) references public.instruments (id),
  add constraint instruments_asset_class_check check (
    asset_class in ('equity', 'etf', 'index', 'fund', 'bond', 'commodity', 'forex', 'crypto', 'future', 'perpetual', 'option')
  ),
  add constraint instruments_exchange_check check (char_length(exchange) between 1 and 50),
  add constraint instruments_currencies_check check (base_currency ~ '^[A-Z0-9]{2,12}$' and quote_currency ~ '^[A-Z0-9]{2,12}$'),
  add constraint instruments_steps_check check (tick_size > 0 and lot_size > 0 and min_quantity > 0 and min_notional > 0 and multiplier > 0),
  add constraint instruments_option_check check (
    case when asset_class = 'option' then num_nonnulls(underlying_id, strike, expires_at, option_right) = 4 and strike > 0
    else strike is null and option_right is null end
  ),
  add constraint instruments_option_right_check check (option_right in ('call', 'put')),
  add constraint instruments_underlying_id_check check (underlying_id <> id),
  add constraint instruments_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384);
comment on column public.instruments.asset_class is 'equity, etf, index, fund, bond, commodity, forex, crypto, future, perpetual or option; null where not known.';
comment on column public.instruments.exchange is 'Where it is traded, such as NASDAQ or binance.';
comment on column public.instruments.base_currency is 'What one unit is, of a pair: BTC of BTC/USDT.';
comment on column public.instruments.quote_currency is 'Currency of its prices.';
comment on column public.instruments.tick_size is 'Smallest step of its price.';
comment on column public.instruments.lot_size is 'Smallest step of a quantity.';
comment on column public.instruments.min_quantity is 'Least quantity of an order.';
comment on column public.instruments.min_notional is 'Least value of an order, in the quote currency.';
comment on column public.instruments.multiplier is 'Units of the underlying in one contract: 100 for most equity options, 1 for what is no contract.';
comment on column public.instruments.underlying_id is 'Of an option, future or perpetual, what it is on.';
comment on column public.instruments.strike is 'Of an option, its strike price.';
comment on column public.instruments.expires_at is 'Of an option or future, when it expires.';
comment on column public.instruments.option_right is 'Of an option, call or put.';
comment on column public.instruments.is_active is 'Whether it is still traded; what was delisted stays, so that the past keeps it.';
comment on column public.instruments.metadata is 'What else sources say of it.';
comment on column public.instruments.updated_at is 'When the row last changed.';
create index instruments_underlying_id_idx on public.instruments (underlying_id);

grant select on public.instruments, public.candle_coverage to tradebase_admin;
create policy "Admins can read instruments" on public.instruments for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read instruments" on public.instruments is 'In an audited read only.';
create policy "Admins can read candle coverage" on public.candle_coverage for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read candle coverage" on public.candle_coverage is 'In an audited read only.';
create trigger set_updated_at before update on public.instruments
  for each row execute function private.set_updated_at();

create or replace function private.before_partition_drop(p_table text, p_partition text) returns void
language plpgsql set search_path = '' as $$
begin
  if p_table = 'audit_log' then
    execute format($sql$
      insert into private.audit_checkpoints as kept (chain, seq, hash)
      select distinct on (chain) chain, seq, hash from partitions.%I order by chain, seq desc
      on conflict (chain) do update set seq = excluded.seq, hash = excluded.hash, created_at = now() where kept.seq < excluded.seq
    $sql$, p_partition);
  elsif p_table = 'candles' then
    -- The table first, as imports do: who waited for it with a row of the coverage in hand would deadlock with them.
    lock table public.candles in access exclusive mode;
    execute format($sql$
      update public.candle_coverage as coverage
      set candle_count = greatest(coverage.candle_count - dropped.candle_count, 0),
          first_at = coalesce(
            (select min(c.ts) from public.candles c
             where c.instrument_id = dropped.instrument_id and c.timeframe = dropped.timeframe and c.ts > dropped.last_at),
            coverage.last_at),
          version = coverage.version + 1, updated_at = now()
      from (select instrument_id, timeframe, count(*) as candle_count, max(ts) as last_at from partitions.%I group by 1, 2) dropped
      where coverage.instrument_id = dropped.instrument_id and coverage.timeframe = dropped.timeframe
    $sql$, p_partition);
  end if;
end
$$;

-- The coverage of a series whose candles were all dropped stays for the backtests that ran on them.
alter table public.candle_coverage
  drop constraint candle_coverage_range_check,
  add constraint candle_coverage_range_check check (first_at <= last_at and candle_count >= 0);
comment on column public.candle_coverage.candle_count is 'How many candles there are; 0 once all were dropped at the end of their retention.';

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.candles_days', 'null', 365, 36500, 'Days for which candles are kept; null keeps them for ever.');

alter table public.candles rename to unpartitioned_candles;
alter table public.unpartitioned_candles rename constraint candles_pkey to unpartitioned_candles_pkey;
create table public.candles (
  instrument_id integer not null,
  timeframe text not null,
  ts timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  constraint candles_pkey primary key (instrument_id, timeframe, ts),
  constraint candles_prices_check check (low > 0 and low <= open and low <= close and open <= high and close <= high and high < 'infinity'),
  constraint candles_volume_check check (volume >= 0 and volume < 'infinity')
) partition by range (ts);
comment on table public.candles is 'Open, high, low, close and volume of each bar, by five years. Shared by all users; written by imports. No foreign key: checking one a row halves the speed of an import, and candle_coverage, written in the same transaction, has it.';
comment on column public.candles.instrument_id is 'The instrument; its candle_coverage row references instruments.';
comment on column public.candles.timeframe is 'Length of the bar; candle_coverage limits the values.';
comment on column public.candles.ts is 'Open time of the bar. High, low, close and volume are known one bar length later.';
comment on column public.candles.open is 'First price. Measurements are doubles, the form in which the engine computes; money and quantities in ledgers are numeric.';
comment on column public.candles.high is 'Highest price.';
comment on column public.candles.low is 'Lowest price.';
comment on column public.candles.close is 'Last price.';
comment on column public.candles.volume is 'Traded volume, in the unit of the source; 0 where the source has none.';
alter table public.candles enable row level security;
revoke all on public.candles from anon, authenticated, service_role;
grant select on public.candles to authenticated, tradebase_admin;
grant select, insert, update, delete on public.candles to service_role;
grant select, insert, update on public.candles to tradebase_worker;
create policy "Signed-in users can read candles" on public.candles for select to authenticated using (true);
comment on policy "Signed-in users can read candles" on public.candles is 'Reference data, the same for everyone with an account.';
create policy "Admins can read candles" on public.candles for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read candles" on public.candles is 'In an audited read only.';

-- Five years: with one for each year, planning alone made a small import and a small load three times as slow. What is
-- older than the first partition is in the default one until the maintenance makes one for it.
select private.add_partitioned_table('candles', 'ts', 'half_decade', 1, 'retention.candles_days', '1990-01-01Z');
insert into public.candles select * from public.unpartitioned_candles;
drop table public.unpartitioned_candles;
