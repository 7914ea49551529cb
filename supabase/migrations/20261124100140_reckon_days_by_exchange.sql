-- Purpose: the day of a bot that follows an exchange is that of the exchange, for its caps and for the profit of its runs, as it
--   is in bot_performance already; and not that of a time zone that its schedule no longer goes by.
-- Objects: function private.schedule_timezone; private.market_day, private.load_day and private.read_profit from here on reckon by it.
-- Risk: a run that is on may find its day changed by one; its day never goes back, so no cap of today is reckoned anew.

create function private.schedule_timezone(p_bot public.bots) returns text
language plpgsql stable set search_path = '' as $$
begin
  return coalesce((select e.timezone from public.exchange_sessions e where e.exchange = p_bot.schedule_exchange), p_bot.schedule_timezone);
end
$$;
comment on function private.schedule_timezone(public.bots) is 'The time zone of the days of a bot: that of the exchange that it follows, or else of its own schedule.';

create or replace function private.market_day(p_bot public.bots, p_run public.trading_runs, p_at timestamptz) returns date
language sql stable set search_path = '' as $$
  -- Never a day before the one that the ledger is at: an old time must not bring back room that is used up.
  select greatest((p_at at time zone private.schedule_timezone(p_bot))::date, p_run.market_day)
$$;
comment on function private.market_day(public.bots, public.trading_runs, timestamptz) is 'The day whose caps an order of that time counts against, in the time zone of the bot''s exchange or schedule.';

create or replace function private.load_day(p_state private.gate_state, p_bot public.bots, p_run public.trading_runs, p_at timestamptz) returns private.gate_state
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
  is_replay := p_run.mode = 'PAPER' and loaded.market_day < (now() at time zone private.schedule_timezone(p_bot))::date - 1;
  -- The day of the same moment may be another in the time zone of another bot: that of private.schedule_timezone, written out.
  select greatest(-coalesce(sum(r.daily_pnl) filter (where r.bot_id = p_bot.id), 0), 0), greatest(-coalesce(sum(r.daily_pnl), 0), 0)
  into loaded.bot_loss, loaded.account_loss
  from public.trading_runs r
  join public.bots b on b.id = r.bot_id
  left join public.exchange_sessions e on e.exchange = b.schedule_exchange
  where r.user_id = p_run.user_id and r.mode = p_run.mode and r.market_day >= loaded.market_day - 2
    and case when is_replay then r.id = p_run.id and r.market_day >= loaded.market_day
             when r.bot_id = p_bot.id then r.market_day >= loaded.market_day
             else r.market_day >= (p_at at time zone coalesce(e.timezone, b.schedule_timezone))::date end;
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

create or replace function private.read_profit(p_run_id uuid) returns private.run_profit
language plpgsql stable security definer set search_path = '' as $$
declare
  profit private.run_profit;
begin
  select r.id, coalesce(e.timezone, b.schedule_timezone), r.total_pnl, r.market_day, r.day_start_pnl, r.peak_pnl, r.max_drawdown, r.trade_count into profit
  from public.trading_runs r
  join public.bots b on b.id = r.bot_id
  left join public.exchange_sessions e on e.exchange = b.schedule_exchange
  where r.id = p_run_id;
  return profit;
end
$$;

comment on column public.bots.schedule_timezone is 'Time zone of the schedule, as IANA names it, and of the bot''s days; with schedule_exchange, that of the exchange stands in its place.';
comment on column public.bots.schedule_exchange is 'Exchange whose session it follows, on the days of the schedule, with its closures and by its time zone; then the schedule has no times of its own. Null for a schedule of its own.';
comment on column public.trading_runs.market_day is 'The day that daily_pnl is of, in the time zone of the bot''s exchange or schedule: that of the market, which in a replay is not today.';
comment on function public.bot_performance(uuid, date, date) is
  'What a bot of the caller has earned by the round trips that it closed from one day to another, both included, in the time zone of its exchange or schedule: BotPerformance of the contracts; null where there is no such bot. Drawdowns are those of closed profit, from 0 at the start of the range; in percent, of the initial balance and the profit so far. What is undefined is null, and undefined_metrics says why.';

revoke execute on function private.schedule_timezone(public.bots) from public;
