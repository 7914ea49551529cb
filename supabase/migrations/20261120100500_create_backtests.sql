-- Purpose: backtests: requests by users, results by workers.
-- Objects: tables backtests, backtest_results, backtest_trades; functions create_backtest, cancel_backtest and
--   the triggers' functions.
-- Risk: none on an empty database.

create table public.backtests (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  instrument_id integer not null,
  symbol text not null,
  timeframe text not null,
  strategy jsonb not null,
  range_start timestamptz,
  range_end timestamptz,
  initial_cash numeric not null default 10000,
  fee_bps numeric not null default 0,
  status text not null default 'queued',
  progress real not null default 0,
  attempt integer not null default 0,
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint backtests_pkey primary key (id),
  constraint backtests_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint backtests_coverage_fkey foreign key (instrument_id, timeframe) references public.candle_coverage (instrument_id, timeframe),
  constraint backtests_symbol_check check (char_length(symbol) between 1 and 32),
  constraint backtests_strategy_check check (jsonb_typeof(strategy) = 'object' and coalesce(jsonb_typeof(strategy -> 'name'), '') = 'string' and pg_column_size(strategy) <= 16384),
  constraint backtests_range_check check (range_start < range_end and range_start >= '1900-01-01Z' and range_end <= '2200-01-01Z'),
  constraint backtests_initial_cash_check check (initial_cash >= 0.01 and initial_cash <= 1e12 and initial_cash = round(initial_cash, 8)),
  constraint backtests_fee_bps_check check (fee_bps >= 0 and fee_bps <= 1000 and fee_bps = round(fee_bps, 8)),
  constraint backtests_status_check check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  constraint backtests_progress_check check (progress >= 0 and progress <= 1),
  constraint backtests_error_check check ((error is not null) = (status = 'failed'))
);
comment on table public.backtests is 'One row a requested backtest. Owners insert requests and may cancel them; the rest is written by workers.';
comment on column public.backtests.id is 'Identifies the backtest; its queue job has the same id.';
comment on column public.backtests.user_id is 'Owner.';
comment on column public.backtests.instrument_id is 'The instrument whose candles are used.';
comment on column public.backtests.symbol is 'Symbol of the instrument at the time of the request.';
comment on column public.backtests.timeframe is 'Length of the bars.';
comment on column public.backtests.strategy is 'Strategy specification: {"name", "params"}, as contracts.StrategySpec.';
comment on column public.backtests.range_start is 'First open time to use, inclusive; null for the first candle there is.';
comment on column public.backtests.range_end is 'Open time to stop before, exclusive; null for all candles to the last.';
comment on column public.backtests.initial_cash is 'Cash at the start, in the quote currency.';
comment on column public.backtests.fee_bps is 'Fee of each side of a trade, in basis points of its value.';
comment on column public.backtests.status is 'queued, running, then completed, failed or cancelled.';
comment on column public.backtests.progress is 'Share of the bars done, 0 to 1.';
comment on column public.backtests.attempt is 'How often a worker has taken it up. Only the latest attempt may write the result.';
comment on column public.backtests.error is 'Why it failed: {"code", "message"}; null unless failed.';
comment on column public.backtests.created_at is 'When it was requested.';
comment on column public.backtests.started_at is 'When a worker first took it up.';
comment on column public.backtests.finished_at is 'When it was completed, failed or was cancelled.';
comment on column public.backtests.updated_at is 'When the row last changed.';
create index backtests_user_id_created_at_idx on public.backtests (user_id, created_at desc, id desc);
create index backtests_user_id_open_idx on public.backtests (user_id) where status in ('queued', 'running');
create index backtests_instrument_id_timeframe_idx on public.backtests (instrument_id, timeframe);

create table public.backtest_results (
  backtest_id uuid not null,
  user_id uuid not null,
  summary jsonb not null,
  equity_at timestamptz[] not null,
  equity double precision[] not null,
  stored_trades integer not null,
  created_at timestamptz not null default now(),
  constraint backtest_results_pkey primary key (backtest_id),
  constraint backtest_results_backtest_id_fkey foreign key (backtest_id) references public.backtests (id) on delete cascade,
  constraint backtest_results_equity_check check (cardinality(equity_at) = cardinality(equity) and cardinality(equity) <= 50000)
);
comment on table public.backtest_results is 'Result of a completed backtest: summary and equity curve. Written once by a worker.';
comment on column public.backtest_results.backtest_id is 'The backtest.';
comment on column public.backtest_results.user_id is 'Owner, repeated here so that the policy needs no join; goes with the backtest.';
comment on column public.backtest_results.summary is 'Headline figures, as contracts.BacktestSummary.';
comment on column public.backtest_results.equity_at is 'Open times of the bars at whose close equity was marked; thinned to at most 50,000, extremes kept.';
comment on column public.backtest_results.equity is 'Equity at those closes, in the quote currency. A curve to draw, hence doubles.';
comment on column public.backtest_results.stored_trades is 'How many trades are in backtest_trades: the first 20,000; the summary counts them all.';
comment on column public.backtest_results.created_at is 'When the result was written.';
create index backtest_results_user_id_idx on public.backtest_results (user_id);

create table public.backtest_trades (
  backtest_id uuid not null,
  seq integer not null,
  user_id uuid not null,
  side text not null,
  entry_bar integer not null,
  exit_bar integer not null,
  entry_at timestamptz not null,
  exit_at timestamptz not null,
  entry_price numeric not null,
  exit_price numeric not null,
  quantity numeric not null,
  fee numeric not null,
  pnl numeric not null,
  return_pct numeric not null,
  constraint backtest_trades_pkey primary key (backtest_id, seq),
  constraint backtest_trades_backtest_id_fkey foreign key (backtest_id) references public.backtests (id) on delete cascade,
  constraint backtest_trades_side_check check (side in ('long', 'short')),
  constraint backtest_trades_bars_check check (entry_bar >= 0 and exit_bar > entry_bar and seq >= 1)
);
comment on table public.backtest_trades is 'Closed trades of a completed backtest, in order. Written once by a worker.';
comment on column public.backtest_trades.backtest_id is 'The backtest.';
comment on column public.backtest_trades.seq is 'Number of the trade, from 1.';
comment on column public.backtest_trades.user_id is 'Owner, repeated here so that the policy needs no join; goes with the backtest.';
comment on column public.backtest_trades.side is 'long or short.';
comment on column public.backtest_trades.entry_bar is 'Index of the bar at whose open the entry filled.';
comment on column public.backtest_trades.exit_bar is 'Index of the bar at whose open the exit filled.';
comment on column public.backtest_trades.entry_at is 'Open time of the entry bar.';
comment on column public.backtest_trades.exit_at is 'Open time of the exit bar.';
comment on column public.backtest_trades.entry_price is 'Price of the entry.';
comment on column public.backtest_trades.exit_price is 'Price of the exit.';
comment on column public.backtest_trades.quantity is 'Units bought and sold.';
comment on column public.backtest_trades.fee is 'Fees of both sides, in the quote currency.';
comment on column public.backtest_trades.pnl is 'Net profit after both fees, in the quote currency.';
comment on column public.backtest_trades.return_pct is 'Net profit over the value at entry, in percent.';
create index backtest_trades_user_id_idx on public.backtest_trades (user_id);

alter table public.backtests enable row level security;
alter table public.backtest_results enable row level security;
alter table public.backtest_trades enable row level security;
revoke all on public.backtests, public.backtest_results, public.backtest_trades from anon, authenticated, service_role;
grant select on public.backtests, public.backtest_results, public.backtest_trades to authenticated, service_role;
grant insert (instrument_id, timeframe, strategy, range_start, range_end, initial_cash, fee_bps) on public.backtests to authenticated;
grant update (status) on public.backtests to authenticated;
grant select, update (status, progress, attempt, error, started_at, finished_at) on public.backtests to tradebase_worker;
grant select, insert on public.backtest_results, public.backtest_trades to tradebase_worker;

create policy "Owners can read their backtests" on public.backtests for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their backtests" on public.backtests is 'A backtest belongs to one user.';
create policy "Users can request backtests for themselves" on public.backtests for insert to authenticated
  with check (user_id = (select auth.uid()));
comment on policy "Users can request backtests for themselves" on public.backtests is 'Column grants leave status, progress and results to the workers.';
create policy "Owners can cancel their backtests" on public.backtests for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()) and status = 'cancelled');
comment on policy "Owners can cancel their backtests" on public.backtests is 'The only change an owner may make is to the status, and only to cancelled.';
create policy "Owners can read their results" on public.backtest_results for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their results" on public.backtest_results is 'A result belongs to one user.';
create policy "Owners can read their backtest trades" on public.backtest_trades for select to authenticated
  using (user_id = (select auth.uid()));
comment on policy "Owners can read their backtest trades" on public.backtest_trades is 'A trade belongs to one user.';

create function private.prepare_backtest() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_open constant integer := 50;
begin
  -- One request of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('backtests of ' || new.user_id::text, 0));
  if (select count(*) from public.backtests b where b.user_id = new.user_id and b.status in ('queued', 'running')) >= most_open then
    perform private.raise_api_error(429, 'rate_limited', format('you have %s backtests queued or running: wait for one to end, or cancel some', most_open));
  end if;
  select i.symbol into new.symbol from public.instruments i where i.id = new.instrument_id;
  if new.symbol is null then
    perform private.raise_api_error(422, 'unknown_symbol', format('there is no instrument %s', new.instrument_id));
  end if;
  if not exists (
    select from public.candles c
    where c.instrument_id = new.instrument_id and c.timeframe = new.timeframe
      and c.ts >= coalesce(new.range_start, '-infinity') and c.ts < coalesce(new.range_end, 'infinity')
  ) then
    perform private.raise_api_error(422, 'empty_range', format('there are no %s candles of %s in the range; candle_coverage says what there is',
                                                               new.timeframe, new.symbol));
  end if;
  return new;
end
$$;
comment on function private.prepare_backtest() is 'Trigger: refuses a backtest without candles or beyond the user''s limit, and copies the symbol. Definer, so that the answer does not depend on who asks.';

create function private.check_backtest_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  if (old.status, new.status) not in (
    ('queued', 'queued'), ('queued', 'running'), ('queued', 'cancelled'), ('queued', 'failed'),
    ('running', 'running'), ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled')
  ) then
    raise exception 'a backtest that is % cannot become %', old.status, new.status using errcode = 'PT409';
  end if;
  if new.status in ('completed', 'failed', 'cancelled') then
    new.finished_at := coalesce(new.finished_at, now());
  end if;
  return new;
end
$$;
comment on function private.check_backtest_change() is 'Trigger: only legal transitions of the status; stamps the end.';

create function private.emit_backtest_event(p_backtest public.backtests, p_event text) returns void
language sql security definer set search_path = '' as $$
  select private.emit_event(
    p_backtest.user_id,
    'user:' || p_backtest.user_id::text,
    p_event,
    jsonb_build_object('kind', 'backtest', 'id', p_backtest.id, 'status', p_backtest.status,
                       'progress', p_backtest.progress, 'error', p_backtest.error, 'at', now())
  )
$$;
comment on function private.emit_backtest_event(public.backtests, text) is 'Sends the state of a backtest to its owner. Definer, because triggers of users'' statements call it.';

create function private.enqueue_backtest() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.enqueue_job(
    'backtest',
    new.id,
    jsonb_build_object('version', 1, 'backtest_id', new.id,
                       'request_id', nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id'),
    new.user_id::text,
    -- The more a user has waiting, the later the next one comes: a backlog does not keep the others waiting.
    -(select count(*)::integer from public.backtests b where b.user_id = new.user_id and b.status in ('queued', 'running'))
  );
  perform private.emit_backtest_event(new, 'task_queued');
  return null;
end
$$;
comment on function private.enqueue_backtest() is 'Trigger: the job and the event commit with the row or not at all. Definer, because owners have no rights on the queue.';

create function private.announce_backtest_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.status = 'running' and old.status = 'running' and new.attempt = old.attempt then
    perform private.emit_backtest_event(new, 'task_progress');
    return null;
  end if;
  perform private.emit_backtest_event(new, case new.status
    when 'queued' then 'task_queued'
    when 'running' then 'task_running'
    when 'completed' then 'task_completed'
    else 'task_failed' end);
  if new.status = 'cancelled' then
    update pgboss.job set state = 'cancelled', completed_on = now()
    where name = 'backtest' and id = new.id and state < 'active';
  end if;
  return null;
end
$$;
comment on function private.announce_backtest_change() is 'Trigger: tells the owner, and on cancellation takes a waiting job from the queue; a worker that runs it sees the status at its next report of progress. Definer, because owners have no rights on either.';

revoke execute on function private.prepare_backtest(), private.check_backtest_change(), private.enqueue_backtest(), private.announce_backtest_change(),
  private.emit_backtest_event(public.backtests, text) from public;

create trigger prepare before insert on public.backtests
  for each row execute function private.prepare_backtest();
create trigger set_updated_at before update on public.backtests
  for each row execute function private.set_updated_at();
create trigger check_change before update on public.backtests
  for each row execute function private.check_backtest_change();
create trigger enqueue after insert on public.backtests
  for each row execute function private.enqueue_backtest();
create trigger announce_change after update on public.backtests
  for each row when (old.status is distinct from new.status or old.progress is distinct from new.progress or old.attempt is distinct from new.attempt)
  execute function private.announce_backtest_change();

create function public.create_backtest(
  p_symbol text,
  p_timeframe text,
  p_strategy jsonb,
  p_range_start timestamptz default null,
  p_range_end timestamptz default null,
  p_initial_cash numeric default 10000,
  p_fee_bps numeric default 0
) returns public.backtests
language plpgsql security invoker set search_path = '' as $$
declare
  v_instrument_id integer;
  v_backtest public.backtests;
begin
  select i.id into v_instrument_id from public.instruments i where i.symbol = p_symbol;
  if v_instrument_id is null then
    perform private.raise_api_error(422, 'unknown_symbol', format('there is no instrument with the symbol %L', left(p_symbol, 32)));
  end if;
  insert into public.backtests (instrument_id, timeframe, strategy, range_start, range_end, initial_cash, fee_bps)
  values (v_instrument_id, p_timeframe, p_strategy, p_range_start, p_range_end, p_initial_cash, p_fee_bps)
  returning * into v_backtest;
  return v_backtest;
end
$$;
comment on function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric) is
  'Requests a backtest for the caller by symbol; its queue job and its event commit with it. Errors: unknown_symbol, empty_range, rate_limited.';

create function public.cancel_backtest(p_backtest_id uuid) returns public.backtests
language plpgsql security invoker set search_path = '' as $$
declare
  v_backtest public.backtests;
begin
  update public.backtests b set status = 'cancelled'
  where b.id = p_backtest_id and b.status in ('queued', 'running')
  returning * into v_backtest;
  if v_backtest.id is null then
    select * into v_backtest from public.backtests b where b.id = p_backtest_id;
    if v_backtest.id is null then
      perform private.raise_api_error(404, 'backtest_not_found', 'there is no such backtest');
    end if;
    if v_backtest.status <> 'cancelled' then
      perform private.raise_api_error(409, 'backtest_not_cancellable', format('the backtest is already %s', v_backtest.status));
    end if;
  end if;
  return v_backtest;
end
$$;
comment on function public.cancel_backtest(uuid) is
  'Cancels a queued or running backtest of the caller; cancelling it again changes nothing. Errors: backtest_not_found, backtest_not_cancellable.';

revoke execute on function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric),
  public.cancel_backtest(uuid) from public, anon, service_role;
grant execute on function public.create_backtest(text, text, jsonb, timestamptz, timestamptz, numeric, numeric),
  public.cancel_backtest(uuid) to authenticated;
