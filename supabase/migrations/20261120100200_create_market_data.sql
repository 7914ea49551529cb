-- Purpose: instruments and their candles.
-- Objects: tables instruments, candles, candle_coverage; functions private.delete_candles_of_coverage.
-- Risk: none on an empty database.

create table public.instruments (
  id integer generated always as identity,
  symbol text not null,
  name text,
  created_at timestamptz not null default now(),
  constraint instruments_pkey primary key (id),
  constraint instruments_symbol_key unique (symbol),
  constraint instruments_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint instruments_name_check check (char_length(name) between 1 and 200)
);
comment on table public.instruments is 'What can be traded: one row a symbol. Shared by all users; written by operators.';
comment on column public.instruments.id is 'Number of the instrument, used by candles.';
comment on column public.instruments.symbol is 'Ticker in capitals, unique: GOOG, EURUSD, BTC/USDT.';
comment on column public.instruments.name is 'Name for people, where known.';
comment on column public.instruments.created_at is 'When the instrument was added.';

create table public.candle_coverage (
  instrument_id integer not null,
  timeframe text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  candle_count bigint not null,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  constraint candle_coverage_pkey primary key (instrument_id, timeframe),
  constraint candle_coverage_instrument_id_fkey foreign key (instrument_id) references public.instruments (id) on delete cascade,
  constraint candle_coverage_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint candle_coverage_range_check check (first_at <= last_at and candle_count > 0)
);
comment on table public.candle_coverage is 'What candles there are for an instrument and timeframe. Written by the import in the same transaction as the candles.';
comment on column public.candle_coverage.instrument_id is 'The instrument.';
comment on column public.candle_coverage.timeframe is 'Length of the bars.';
comment on column public.candle_coverage.first_at is 'Open time of the first candle.';
comment on column public.candle_coverage.last_at is 'Open time of the last candle.';
comment on column public.candle_coverage.candle_count is 'How many candles there are.';
comment on column public.candle_coverage.version is 'Rises with every import that changed a candle: names the version of the data, and lets caches notice.';
comment on column public.candle_coverage.updated_at is 'When the candles last changed.';

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
);
comment on table public.candles is 'Open, high, low, close and volume of each bar. Shared by all users; written by imports. No foreign key: checking one a row halves the speed of an import, and candle_coverage, written in the same transaction, has it.';
comment on column public.candles.instrument_id is 'The instrument; its candle_coverage row references instruments.';
comment on column public.candles.timeframe is 'Length of the bar; candle_coverage limits the values.';
comment on column public.candles.ts is 'Open time of the bar. High, low, close and volume are known one bar length later.';
comment on column public.candles.open is 'First price. Measurements are doubles, the form in which the engine computes; money and quantities in ledgers are numeric.';
comment on column public.candles.high is 'Highest price.';
comment on column public.candles.low is 'Lowest price.';
comment on column public.candles.close is 'Last price.';
comment on column public.candles.volume is 'Traded volume, in the unit of the source; 0 where the source has none.';

alter table public.instruments enable row level security;
alter table public.candle_coverage enable row level security;
alter table public.candles enable row level security;
revoke all on public.instruments, public.candle_coverage, public.candles from anon, authenticated, service_role;
grant select on public.instruments, public.candle_coverage, public.candles to authenticated;
grant select, insert, update, delete on public.instruments, public.candle_coverage, public.candles to service_role;
grant select, insert, update on public.instruments, public.candle_coverage, public.candles to tradebase_worker;

create policy "Signed-in users can read instruments" on public.instruments for select to authenticated using (true);
comment on policy "Signed-in users can read instruments" on public.instruments is 'Reference data, the same for everyone with an account.';
create policy "Signed-in users can read candle coverage" on public.candle_coverage for select to authenticated using (true);
comment on policy "Signed-in users can read candle coverage" on public.candle_coverage is 'Reference data, the same for everyone with an account.';
create policy "Signed-in users can read candles" on public.candles for select to authenticated using (true);
comment on policy "Signed-in users can read candles" on public.candles is 'Reference data, the same for everyone with an account.';

create function private.delete_candles_of_coverage() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.candles c where c.instrument_id = old.instrument_id and c.timeframe = old.timeframe;
  return null;
end
$$;
comment on function private.delete_candles_of_coverage() is 'Trigger: does for candles what a foreign key with ON DELETE CASCADE would. Definer, so that deleting an instrument needs no rights on candles.';
revoke execute on function private.delete_candles_of_coverage() from public;
create trigger delete_candles after delete on public.candle_coverage
  for each row execute function private.delete_candles_of_coverage();
