-- Purpose: what is known about candles: gaps, values of indicators, regimes.
-- Objects: tables candle_gaps, indicator_values, market_regimes; function private.delete_candles_of_coverage.
-- Risk: none on an empty database.
create table public.candle_gaps (
  instrument_id integer not null,
  timeframe text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  kind text not null,
  missing_candles integer,
  detected_at timestamptz not null default now(),
  constraint candle_gaps_pkey primary key (instrument_id, timeframe, from_at),
  constraint candle_gaps_instrument_id_fkey foreign key (instrument_id, timeframe) references public.candle_coverage (instrument_id, timeframe) on delete cascade,
  constraint candle_gaps_range_check check (from_at < to_at),
  constraint candle_gaps_kind_check check (kind in ('missing', 'session')),
  constraint candle_gaps_missing_candles_check check (missing_candles >= 1)
);
comment on table public.candle_gaps is 'Where bars are missing in a series. Written by workers that look for gaps.';
comment on column public.candle_gaps.instrument_id is 'The instrument.';
comment on column public.candle_gaps.timeframe is 'Length of the bars.';
comment on column public.candle_gaps.from_at is 'Open time of the first bar that is not there.';
comment on column public.candle_gaps.to_at is 'Open time of the next bar that is there.';
comment on column public.candle_gaps.kind is 'missing: there should be bars. session: the market was closed.';
comment on column public.candle_gaps.missing_candles is 'How many bars would fit; null where the timeframe does not say, as with months.';
comment on column public.candle_gaps.detected_at is 'When it was found.';

create table public.indicator_values (
  instrument_id integer not null,
  timeframe text not null,
  indicator text not null,
  params_digest text not null,
  ts timestamptz not null,
  value double precision,
  data_version bigint not null,
  metadata jsonb,
  calculated_at timestamptz not null default now(),
  constraint indicator_values_pkey primary key (instrument_id, timeframe, indicator, params_digest, ts),
  constraint indicator_values_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint indicator_values_indicator_check check (indicator ~ '^[a-z][a-z0-9_]*([.][a-z0-9_]+)?$' and char_length(indicator) <= 63),
  constraint indicator_values_params_digest_check check (params_digest ~ '^[0-9a-f]{32}$'),
  constraint indicator_values_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 4096)
);
comment on table public.indicator_values is 'Values of indicators that were worked out once: a cache, which anyone can work out anew from the candles. Not partitioned, because it can be emptied. No foreign key, as with candles: the trigger that deletes those of a series deletes these too.';
comment on column public.indicator_values.instrument_id is 'The instrument; its candle_coverage row references instruments.';
comment on column public.indicator_values.timeframe is 'Length of the bars.';
comment on column public.indicator_values.indicator is 'Name of the indicator and, of those with several, its output: rsi, macd.signal, iv_rank.';
comment on column public.indicator_values.params_digest is 'MD5 of its parameters as JSON with sorted keys, in hex.';
comment on column public.indicator_values.ts is 'Open time of the bar; the value is known at its close.';
comment on column public.indicator_values.value is 'The value; null where it is undefined.';
comment on column public.indicator_values.data_version is 'candle_coverage.version that it was worked out from: another one means that it is stale.';
comment on column public.indicator_values.metadata is 'What else belongs to the value.';
comment on column public.indicator_values.calculated_at is 'When it was worked out.';

create table public.market_regimes (
  instrument_id integer not null,
  method text not null,
  start_at timestamptz not null,
  end_at timestamptz,
  type text not null,
  iv_rank double precision,
  realized_vol double precision,
  return_pct double precision,
  metadata jsonb not null default '{}',
  detected_at timestamptz not null default now(),
  constraint market_regimes_pkey primary key (instrument_id, method, start_at),
  constraint market_regimes_instrument_id_fkey foreign key (instrument_id) references public.instruments (id) on delete cascade,
  constraint market_regimes_method_check check (method ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and char_length(method) <= 63),
  constraint market_regimes_range_check check (end_at > start_at),
  constraint market_regimes_type_check check (type ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint market_regimes_iv_rank_check check (iv_rank between 0 and 100),
  constraint market_regimes_realized_vol_check check (realized_vol >= 0),
  constraint market_regimes_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 4096)
);
comment on table public.market_regimes is 'Stretches of time in which a market behaved alike, as a method saw it. Day by day, iv_rank and realized_vol are in indicator_values.';
comment on column public.market_regimes.instrument_id is 'The instrument.';
comment on column public.market_regimes.method is 'How it was found, with a version, such as vol-quantiles-1.';
comment on column public.market_regimes.start_at is 'When it began.';
comment on column public.market_regimes.end_at is 'When it ended; null for the one that lasts.';
comment on column public.market_regimes.type is 'Kind of regime, such as high_vol or bull.';
comment on column public.market_regimes.iv_rank is 'Mean rank of the implied volatility within its past year, 0 to 100; null without options.';
comment on column public.market_regimes.realized_vol is 'Annualised volatility of daily returns, as a share: 0.2 is 20 percent.';
comment on column public.market_regimes.return_pct is 'Return of the instrument over it, in percent.';
comment on column public.market_regimes.metadata is 'What else the method says.';
comment on column public.market_regimes.detected_at is 'When it was found.';

alter table public.candle_gaps enable row level security;
alter table public.indicator_values enable row level security;
alter table public.market_regimes enable row level security;
revoke all on public.candle_gaps, public.indicator_values, public.market_regimes from anon, authenticated, service_role;
grant select on public.candle_gaps, public.indicator_values, public.market_regimes to authenticated, service_role, tradebase_admin;
grant select, insert, update, delete on public.candle_gaps, public.indicator_values, public.market_regimes to tradebase_worker;
create policy "Signed-in users can read candle gaps" on public.candle_gaps for select to authenticated using (true);
comment on policy "Signed-in users can read candle gaps" on public.candle_gaps is 'Reference data, the same for everyone with an account.';
create policy "Admins can read candle gaps" on public.candle_gaps for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read candle gaps" on public.candle_gaps is 'In an audited read only.';
create policy "Signed-in users can read indicator values" on public.indicator_values for select to authenticated using (true);
comment on policy "Signed-in users can read indicator values" on public.indicator_values is 'Reference data, the same for everyone with an account.';
create policy "Admins can read indicator values" on public.indicator_values for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read indicator values" on public.indicator_values is 'In an audited read only.';
create policy "Signed-in users can read market regimes" on public.market_regimes for select to authenticated using (true);
comment on policy "Signed-in users can read market regimes" on public.market_regimes is 'Reference data, the same for everyone with an account.';
create policy "Admins can read market regimes" on public.market_regimes for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read market regimes" on public.market_regimes is 'In an audited read only.';

create or replace function private.delete_candles_of_coverage() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.candles c where c.instrument_id = old.instrument_id and c.timeframe = old.timeframe;
  delete from public.indicator_values v where v.instrument_id = old.instrument_id and v.timeframe = old.timeframe;
  return null;
end
$$;
comment on function private.delete_candles_of_coverage() is 'Trigger: does for candles and values of indicators what a foreign key with ON DELETE CASCADE would. Definer, so that deleting an instrument needs no rights on either.';
