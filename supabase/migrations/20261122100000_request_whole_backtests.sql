-- Purpose: backtests take the whole request: settings of costs, fills and margin, a seed, a version of a strategy, more than
--   one instrument, a finer timeframe; and what was used is written down.
-- Objects: columns of backtests; functions private.timeframe_rank, private.check_market, private.versioned_strategy;
--   private.prepare_backtest (again); public.create_backtest with more parameters, all of them optional; setting
--   limits.instruments_per_backtest.
-- Risk: create_backtest is dropped and made again with more parameters: calls with the old ones mean what they meant. Who
--   calls while the Data API still has the old schema in its cache gets an error for a moment.

insert into public.system_config (key, value, min_value, max_value, is_optional, description) values
  ('limits.instruments_per_backtest', '20', 1, 1000, true, 'Most instruments that one backtest or study may trade together; null for any number.');

alter table public.backtests
  add column name text,
  add column note text,
  add column settings jsonb not null default '{}',
  add column further_instrument_ids integer[] not null default '{}',
  add column further_symbols text[] not null default '{}',
  add column finer_timeframe text,
  add column data_versions jsonb,
  alter column seed set default 1,
  drop constraint backtests_strategy_check,
  add constraint backtests_strategy_check check (jsonb_typeof(strategy) = 'object' and coalesce(jsonb_typeof(strategy -> 'name'), '') = 'string' and pg_column_size(strategy) <= 65536),
  add constraint backtests_name_check check (char_length(name) between 1 and 100),
  add constraint backtests_note_check check (char_length(note) <= 2000),
  add constraint backtests_settings_check check (jsonb_typeof(settings) = 'object' and pg_column_size(settings) <= 16384),
  -- Which of the two were meant?
  add constraint backtests_fees_check check (fee_bps = 0 or not settings ? 'fees'),
  add constraint backtests_seed_check check (seed between 0 and 9007199254740991),
  add constraint backtests_further_instruments_check check (cardinality(further_instrument_ids) = cardinality(further_symbols) and cardinality(further_symbols) < 1000),
  add constraint backtests_finer_timeframe_check check (finer_timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  add constraint backtests_data_versions_check check (jsonb_typeof(data_versions) = 'object' and pg_column_size(data_versions) <= 65536);
comment on column public.backtests.name is 'Name for people; null for none.';
comment on column public.backtests.note is 'What the owner wants to remember of it.';
comment on column public.backtests.settings is 'Costs, fills, margin and the like, as contracts.BacktestSettings; what is left out takes its default. Fees that are left out are fee_bps.';
comment on column public.backtests.fee_bps is 'Fee of each side of a trade, in basis points of its value; 0 where settings say what the fees are.';
comment on column public.backtests.further_instrument_ids is 'The other instruments of a portfolio, in their order; empty for one instrument.';
comment on column public.backtests.further_symbols is 'Symbols of the other instruments at the time of the request.';
comment on column public.backtests.finer_timeframe is 'Shorter bars that say what came first within a bar; null for none.';
comment on column public.backtests.data_versions is 'candle_coverage.version of all candles it ran on, by "symbol timeframe"; null until it has.';
comment on column public.backtests.data_version is 'candle_coverage.version of the candles of its main instrument; null until it has run.';
comment on column public.backtests.seed is 'Seed of whatever in it is random; null in those from before there was one.';
comment on column public.backtests.strategy is 'Strategy specification, as contracts.StrategySpec: the name and parameters of a built-in one, or rules.';
comment on column public.backtests.strategy_version_id is 'Version of a strategy of the owner; the specification is then taken from it, with the parameters of the request. Null if there is none.';
grant insert (name, note, settings, seed, strategy_version_id, further_instrument_ids, finer_timeframe) on public.backtests to authenticated;
grant update (data_versions) on public.backtests to tradebase_worker;

create function private.timeframe_rank(p_timeframe text) returns integer
language sql immutable set search_path = '' as $$
  select array_position(array['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo'], p_timeframe)
$$;
comment on function private.timeframe_rank(text) is 'Place of a timeframe among all, the shortest first; null for what is none.';

create function private.check_market(
  p_instrument_ids integer[], p_timeframe text, p_finer_timeframe text, p_range_start timestamptz, p_range_end timestamptz
) returns text[]
language plpgsql security definer set search_path = '' as $$
declare
  most_instruments constant numeric := private.config_number('limits.instruments_per_backtest');
  symbols text[] := '{}';
  instrument_symbol text;
  wanted_timeframe text;
begin
  if cardinality(p_instrument_ids) > most_instruments then
    perform private.raise_api_error(422, 'invalid_request', format('you name %s instruments; %s is the most', cardinality(p_instrument_ids), most_instruments));
  end if;
  if cardinality(p_instrument_ids) <> (select count(distinct id) from unnest(p_instrument_ids) id) then
    perform private.raise_api_error(422, 'invalid_request', 'name each instrument once');
  end if;
  if private.timeframe_rank(p_finer_timeframe) >= private.timeframe_rank(p_timeframe) then
    perform private.raise_api_error(422, 'invalid_request', format('the finer timeframe %s is not shorter than %s', p_finer_timeframe, p_timeframe));
  end if;
  for place in 1..cardinality(p_instrument_ids) loop
    select i.symbol into instrument_symbol from public.instruments i where i.id = p_instrument_ids[place];
    if instrument_symbol is null then
      perform private.raise_api_error(422, 'unknown_symbol', format('there is no instrument %s', p_instrument_ids[place]));
    end if;
    symbols := symbols || instrument_symbol;
    foreach wanted_timeframe in array array_remove(array[p_timeframe, p_finer_timeframe], null) loop
      if not exists (
        select from public.candles c
        where c.instrument_id = p_instrument_ids[place] and c.timeframe = wanted_timeframe
          and c.ts >= coalesce(p_range_start, '-infinity') and c.ts < coalesce(p_range_end, 'infinity')
      ) then
        perform private.raise_api_error(422, 'empty_range', format('there are no %s candles of %s in the range; candle_coverage says what there is',
                                                                   wanted_timeframe, instrument_symbol));
      end if;
    end loop;
  end loop;
  return symbols;
end
$$;
comment on function private.check_market(integer[], text, text, timestamptz, timestamptz) is
  'Refuses instruments and timeframes without candles in the range; gives the symbols. Definer, so that the answer does not depend on who asks. Errors: invalid_request, unknown_symbol, empty_range.';

create function private.versioned_strategy(p_user_id uuid, p_strategy_version_id uuid, p_strategy jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  -- JSON's null is none, too.
  given constant jsonb := coalesce(nullif(p_strategy, 'null'), '{}');
  spec jsonb;
begin
  if jsonb_typeof(given) <> 'object' or (given ? 'params' and jsonb_typeof(given -> 'params') <> 'object') then
    perform private.raise_api_error(422, 'invalid_request', 'the strategy must be an object, and so must its params');
  end if;
  select v.spec into spec from public.strategy_versions v where v.id = p_strategy_version_id and v.user_id = p_user_id;
  if spec is null then
    perform private.raise_api_error(404, 'strategy_not_found', 'there is no such version of a strategy of yours');
  end if;
  if not spec @> (given - 'params') then
    perform private.raise_api_error(422, 'invalid_request', 'the strategy is not that of the version: give its parameters alone, or no version');
  end if;
  if given ? 'params' then
    spec := jsonb_set(spec, '{params}', coalesce(spec -> 'params', '{}') || (given -> 'params'));
  end if;
  return spec;
end
$$;
comment on function private.versioned_strategy(uuid, uuid, jsonb) is
  'The specification of a version of a user''s strategy, with other parameters where some are given. Definer, because triggers of users'' statements call it. Errors: strategy_not_found, invalid_request.';

create or replace function private.prepare_backtest() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_open constant numeric := private.quota(new.user_id, 'open_backtests');
  most_kept constant numeric := private.config_number('limits.backtests_per_user');
  per_hour constant numeric := private.quota(new.user_id, 'backtests_per_hour');
  retry_after_s numeric;
  symbols text[];
begin
  -- One request of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('backtests of ' || new.user_id::text, 0));
  if (select count(*) from public.backtests b where b.user_id = new.user_id and b.status in ('queued', 'running')) >= most_open then
    perform private.raise_api_error(429, 'rate_limited', format('you have %s backtests queued or running: wait for one to end, or cancel some', most_open));
  end if;
  -- A result may take some megabytes.
  if (select count(*) from public.backtests b where b.user_id = new.user_id) >= most_kept then
    perform private.raise_api_error(409, 'quota_exceeded', format('you have %s backtests, which is the most: delete some that you no longer need', most_kept));
  end if;
  symbols := private.check_market(new.instrument_id || new.further_instrument_ids, new.timeframe, new.finer_timeframe, new.range_start, new.range_end);
  new.symbol := symbols[1];
  new.further_symbols := symbols[2:];
  if new.strategy_version_id is not null then
    new.strategy := private.versioned_strategy(new.user_id, new.strategy_version_id, new.strategy);
  end if;
  if per_hour is not null then
    retry_after_s := private.take_tokens('user:' || new.user_id::text, 'backtests', per_hour, per_hour / 3600);
    if retry_after_s > 0 then
      perform private.raise_rate_limited(retry_after_s, format('you may request %s backtests an hour, and as many at once', per_hour));
    end if;
  end if;
  return new;
end
$$;
comment on function private.prepare_backtest() is 'Trigger: refuses a backtest without candles or beyond the user''s quotas, each row of a batch counting as one, copies the symbols, and takes the strategy from its version where one is named. Definer, so that the answer does not depend on who asks.';

create function private.find_instruments(p_symbols text[]) returns integer[]
language plpgsql stable set search_path = '' as $$
declare
  unknown_symbol text;
begin
  select s.symbol into unknown_symbol
  from unnest(p_symbols) with ordinality s (symbol, place) left join public.instruments i on i.symbol = s.symbol
  where i.id is null order by s.place limit 1;
  if found then
    perform private.raise_api_error(422, 'unknown_symbol', format('there is no instrument with the symbol %L', left(unknown_symbol, 32)));
  end if;
  return coalesce((select array_agg(i.id order by s.place) from unnest(p_symbols) with ordinality s (symbol, place)
                   join public.instruments i on i.symbol = s.symbol), '{}');
end
$$;
comment on function private.find_instruments(text[]) is 'Instruments by their symbols, in the same order. Errors: unknown_symbol.';

drop function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric);
create function public.create_backtest(
  p_symbol text,
  p_timeframe text,
  p_strategy jsonb default null,
  p_range_start timestamptz default null,
  p_range_end timestamptz default null,
  p_initial_cash numeric default 10000,
  p_fee_bps numeric default 0,
  p_settings jsonb default '{}',
  p_seed bigint default 1,
  p_strategy_version_id uuid default null,
  p_further_symbols text[] default '{}',
  p_finer_timeframe text default null,
  p_name text default null,
  p_note text default null
) returns public.backtests
language plpgsql security invoker set search_path = '' as $$
declare
  instrument_ids constant integer[] := private.find_instruments(p_symbol || coalesce(p_further_symbols, '{}'));
  v_backtest public.backtests;
begin
  insert into public.backtests (
    instrument_id, further_instrument_ids, timeframe, finer_timeframe, strategy, strategy_version_id, range_start, range_end, initial_cash,
    fee_bps, settings, seed, name, note
  ) values (
    instrument_ids[1], instrument_ids[2:], p_timeframe, p_finer_timeframe, p_strategy, p_strategy_version_id, p_range_start, p_range_end,
    p_initial_cash, p_fee_bps, coalesce(p_settings, '{}'), coalesce(p_seed, 1), p_name, p_note
  )
  returning * into v_backtest;
  return v_backtest;
end
$$;
comment on function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric, jsonb, bigint, uuid, text[], text, text, text) is
  'Requests a backtest for the caller by symbol, or by several for a portfolio, of a strategy or of a version of one; its queue job and its event commit with it. Errors: unknown_symbol, empty_range, strategy_not_found, invalid_request, quota_exceeded, rate_limited.';

revoke execute on function private.timeframe_rank(text), private.check_market(integer[], text, text, timestamptz, timestamptz),
  private.versioned_strategy(uuid, uuid, jsonb), private.find_instruments(text[]) from public;
revoke execute on function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric, jsonb, bigint, uuid, text[], text, text, text)
  from public, anon, service_role;
grant execute on function private.find_instruments(text[]),
  public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric, jsonb, bigint, uuid, text[], text, text, text) to authenticated;
