-- Purpose: the profit of runs and bots follows from their positions, whoever writes those.
-- Objects: functions private.keep_run_profit, private.count_trades, private.keep_bot_profit, private.roll_market_day; triggers on
--   positions, trades and trading_runs.
-- Risk: profit that was written by hand before stays, and later changes are added to it.

create function private.keep_run_profit() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  change record;
begin
  if tg_op = 'UPDATE' then
    for change in
      select n.run_id, sum(n.realized_pnl + n.unrealized_pnl - o.realized_pnl - o.unrealized_pnl) as profit,
        max(greatest(n.opened_at, n.marked_at, n.closed_at)) as market_at
      from new_rows n join old_rows o on o.id = n.id
      where (n.realized_pnl, n.unrealized_pnl, n.marked_at, n.closed_at) is distinct from (o.realized_pnl, o.unrealized_pnl, o.marked_at, o.closed_at)
      group by n.run_id order by n.run_id
    loop
      perform private.add_run_profit(change.run_id, change.profit, change.market_at);
    end loop;
  elsif tg_op = 'INSERT' then
    for change in
      select n.run_id, sum(n.realized_pnl + n.unrealized_pnl) as profit, max(greatest(n.opened_at, n.marked_at, n.closed_at)) as market_at
      from new_rows n group by n.run_id order by n.run_id
    loop
      perform private.add_run_profit(change.run_id, change.profit, change.market_at);
    end loop;
  else
    for change in
      select o.run_id, -sum(o.realized_pnl + o.unrealized_pnl) as profit from old_rows o group by o.run_id order by o.run_id
    loop
      perform private.add_run_profit(change.run_id, change.profit, null);
    end loop;
  end if;
  return null;
end
$$;
comment on function private.keep_run_profit() is
  'Trigger after each statement on positions: adds what it changed to the profit of the runs. Definer, because writers of positions have no rights on runs.';

create function private.add_run_profit(p_run_id uuid, p_profit numeric, p_at timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_at is not null then
    perform private.roll_market_day(p_run_id, p_at);
  end if;
  update public.trading_runs r set
    total_pnl = r.total_pnl + p_profit,
    daily_pnl = r.total_pnl + p_profit - r.day_start_pnl,
    peak_pnl = greatest(r.peak_pnl, r.total_pnl + p_profit),
    max_drawdown = greatest(r.max_drawdown, greatest(r.peak_pnl, r.total_pnl + p_profit) - r.total_pnl - p_profit)
  where r.id = p_run_id and (p_profit <> 0 or r.max_drawdown is null);
end
$$;
comment on function private.add_run_profit(uuid, numeric, timestamptz) is
  'Adds to the profit of a run what came at a time of its market. Definer, because it is called for writers who have no rights on runs.';

create function private.roll_market_day(p_run_id uuid, p_at timestamptz) returns void
language sql security definer set search_path = '' as $$
  update public.trading_runs r set market_day = (p_at at time zone b.schedule_timezone)::date, day_start_pnl = r.total_pnl, daily_pnl = 0
  from public.bots b
  where r.id = p_run_id and b.id = r.bot_id and (r.market_day is null or r.market_day < (p_at at time zone b.schedule_timezone)::date)
$$;
comment on function private.roll_market_day(uuid, timestamptz) is
  'Begins a new day of a run, in the time zone of the bot''s schedule, when the market has come to one; never goes back. Definer, because it is called for writers who have no rights on runs.';

create function private.count_trades() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    update public.trading_runs r set trade_count = r.trade_count + c.trades
    from (
      select n.run_id, count(*) filter (where n.status = 'closed') - count(*) filter (where o.status = 'closed') as trades
      from new_rows n join old_rows o on o.id = n.id group by n.run_id
    ) c where r.id = c.run_id and c.trades <> 0;
  elsif tg_op = 'INSERT' then
    update public.trading_runs r set trade_count = r.trade_count + c.trades
    from (select n.run_id, count(*) as trades from new_rows n where n.status = 'closed' group by n.run_id) c where r.id = c.run_id;
  else
    update public.trading_runs r set trade_count = r.trade_count - c.trades
    from (select o.run_id, count(*) as trades from old_rows o where o.status = 'closed' group by o.run_id) c where r.id = c.run_id;
  end if;
  return null;
end
$$;
comment on function private.count_trades() is
  'Trigger after each statement on trades: keeps the number of closed ones with the run. Definer, because writers of trades have no rights on runs.';

create function private.keep_bot_profit() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    update public.bots b set total_pnl = b.total_pnl + c.profit
    from (select n.bot_id, sum(n.total_pnl - o.total_pnl) as profit from new_rows n join old_rows o on o.id = n.id group by n.bot_id) c
    where b.id = c.bot_id and c.profit <> 0;
  elsif tg_op = 'INSERT' then
    update public.bots b set total_pnl = b.total_pnl + c.profit
    from (select n.bot_id, sum(n.total_pnl) as profit from new_rows n group by n.bot_id) c where b.id = c.bot_id and c.profit <> 0;
  else
    update public.bots b set total_pnl = b.total_pnl - c.profit
    from (select o.bot_id, sum(o.total_pnl) as profit from old_rows o group by o.bot_id) c where b.id = c.bot_id and c.profit <> 0;
  end if;
  return null;
end
$$;
comment on function private.keep_bot_profit() is
  'Trigger after each statement on runs: the profit of a bot is that of all its runs. Definer, because writers of runs may have no rights on bots.';
revoke execute on function private.keep_run_profit(), private.add_run_profit(uuid, numeric, timestamptz), private.roll_market_day(uuid, timestamptz),
  private.count_trades(), private.keep_bot_profit() from public;

create trigger keep_profit_of_new after insert on public.positions referencing new table as new_rows
  for each statement execute function private.keep_run_profit();
create trigger keep_profit after update on public.positions referencing old table as old_rows new table as new_rows
  for each statement execute function private.keep_run_profit();
create trigger keep_profit_of_deleted after delete on public.positions referencing old table as old_rows
  for each statement execute function private.keep_run_profit();
create trigger count_new after insert on public.trades referencing new table as new_rows
  for each statement execute function private.count_trades();
create trigger count_closed after update on public.trades referencing old table as old_rows new table as new_rows
  for each statement execute function private.count_trades();
create trigger count_deleted after delete on public.trades referencing old table as old_rows
  for each statement execute function private.count_trades();
create trigger keep_profit_of_new after insert on public.trading_runs referencing new table as new_rows
  for each statement execute function private.keep_bot_profit();
create trigger keep_profit after update on public.trading_runs referencing old table as old_rows new table as new_rows
  for each statement execute function private.keep_bot_profit();
create trigger keep_profit_of_deleted after delete on public.trading_runs referencing old table as old_rows
  for each statement execute function private.keep_bot_profit();
