-- Purpose: the profit of runs and bots follows from their positions, whoever writes those.
-- Objects: type private.run_profit; functions private.keep_run_profit, private.profit_after, private.read_profit, private.write_profit,
--   private.gathered_profit, private.gather_profit, private.flush_profit, private.add_run_profit, private.count_trades,
--   private.keep_bot_profit; triggers on positions, trades and trading_runs.
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
      perform private.add_run_profit(change.run_id, change.profit, 0, change.market_at);
    end loop;
  elsif tg_op = 'INSERT' then
    for change in
      select n.run_id, sum(n.realized_pnl + n.unrealized_pnl) as profit, max(greatest(n.opened_at, n.marked_at, n.closed_at)) as market_at
      from new_rows n group by n.run_id order by n.run_id
    loop
      perform private.add_run_profit(change.run_id, change.profit, 0, change.market_at);
    end loop;
  else
    for change in
      select o.run_id, -sum(o.realized_pnl + o.unrealized_pnl) as profit from old_rows o group by o.run_id order by o.run_id
    loop
      perform private.add_run_profit(change.run_id, change.profit, 0, null);
    end loop;
  end if;
  return null;
end
$$;
comment on function private.keep_run_profit() is
  'Trigger after each statement on positions: adds what it changed to the profit of the runs. Definer, because writers of positions have no rights on runs.';

create type private.run_profit as (
  run_id uuid, timezone text, total_pnl numeric, market_day date, day_start_pnl numeric, peak_pnl numeric, max_drawdown numeric, trade_count integer
);
comment on type private.run_profit is 'The profit of a run, and the time zone of its days.';

create function private.profit_after(p_before private.run_profit, p_profit numeric, p_at timestamptz) returns private.run_profit
language plpgsql immutable set search_path = '' as $$
declare
  p private.run_profit := p_before;
  today constant date := (p_at at time zone p.timezone)::date;
begin
  if p.market_day is null or p.market_day < today then
    p.market_day := today;
    p.day_start_pnl := p.total_pnl;
  end if;
  p.total_pnl := p.total_pnl + p_profit;
  p.peak_pnl := greatest(p.peak_pnl, p.total_pnl);
  if p_profit <> 0 then
    p.max_drawdown := greatest(p.max_drawdown, p.peak_pnl - p.total_pnl);
  end if;
  return p;
end
$$;
comment on function private.profit_after(private.run_profit, numeric, timestamptz) is
  'The profit of a run after a change at a time of its market: its day never goes back, and null for a time is that of no market.';

-- In plpgsql, which keeps its plans: these are called in every report, and functions in SQL are planned each time.
create function private.read_profit(p_run_id uuid) returns private.run_profit
language plpgsql stable security definer set search_path = '' as $$
declare
  profit private.run_profit;
begin
  select r.id, b.schedule_timezone, r.total_pnl, r.market_day, r.day_start_pnl, r.peak_pnl, r.max_drawdown, r.trade_count into profit
  from public.trading_runs r join public.bots b on b.id = r.bot_id where r.id = p_run_id;
  return profit;
end
$$;
comment on function private.read_profit(uuid) is 'The profit of a run as it is written. Definer, because it is read for writers who have no rights on runs.';

create function private.write_profit(p_profit private.run_profit) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update public.trading_runs r set total_pnl = p_profit.total_pnl, daily_pnl = p_profit.total_pnl - p_profit.day_start_pnl, market_day = p_profit.market_day,
    day_start_pnl = p_profit.day_start_pnl, peak_pnl = p_profit.peak_pnl, max_drawdown = p_profit.max_drawdown, trade_count = p_profit.trade_count
  where r.id = p_profit.run_id
    and (r.total_pnl, r.market_day, r.day_start_pnl, r.peak_pnl, r.max_drawdown, r.trade_count)
      is distinct from (p_profit.total_pnl, p_profit.market_day, p_profit.day_start_pnl, p_profit.peak_pnl, p_profit.max_drawdown, p_profit.trade_count);
end
$$;
comment on function private.write_profit(private.run_profit) is 'Writes the profit of a run, if it changed. Definer, because it is written for writers who have no rights on runs.';

-- While a report is taken, the profit of its run is kept in a setting of the transaction, and written once: a row that one
-- transaction writes a thousand times is slower each time.
create function private.gathered_profit(p_run_id uuid) returns private.run_profit
language plpgsql stable set search_path = '' as $$
declare
  kept constant private.run_profit := jsonb_populate_record(null::private.run_profit, nullif(current_setting('tradebase.run_profit', true), '')::jsonb);
begin
  return case when kept.run_id = p_run_id then kept end;
end
$$;
comment on function private.gathered_profit(uuid) is 'The profit of a run while one of its reports is taken; nothing at other times.';

create function private.gather_profit(p_profit private.run_profit) returns void
language plpgsql set search_path = '' as $$
begin
  perform set_config('tradebase.run_profit', coalesce(to_jsonb(p_profit)::text, ''), true);
end
$$;
comment on function private.gather_profit(private.run_profit) is 'Keeps the profit of a run while one of its reports is taken; null ends that.';

create function private.flush_profit(p_run_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.write_profit(private.gathered_profit(p_run_id));
  perform private.gather_profit(null);
end
$$;
comment on function private.flush_profit(uuid) is 'Writes what was gathered of the profit of a run. Definer, because runners have no rights on runs.';

create function private.add_run_profit(p_run_id uuid, p_profit numeric, p_trades bigint, p_at timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
declare
  gathered constant private.run_profit := private.gathered_profit(p_run_id);
  profit private.run_profit := gathered;
begin
  if gathered.run_id is null then
    perform from public.trading_runs r where r.id = p_run_id for no key update;
    profit := private.read_profit(p_run_id);
  end if;
  profit.trade_count := profit.trade_count + p_trades;
  if p_profit is not null then
    profit := private.profit_after(profit, p_profit, p_at);
  end if;
  if gathered.run_id is null then
    perform private.write_profit(profit);
  else
    perform private.gather_profit(profit);
  end if;
end
$$;
comment on function private.add_run_profit(uuid, numeric, bigint, timestamptz) is
  'Adds to the profit of a run what came at a time of its market, and to its trades. Definer, because it is called for writers who have no rights on runs.';

create function private.count_trades() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    perform private.add_run_profit(c.run_id, null, c.trades, null)
    from (
      select n.run_id, count(*) filter (where n.status = 'closed') - count(*) filter (where o.status = 'closed') as trades
      from new_rows n join old_rows o on o.id = n.id group by n.run_id order by n.run_id
    ) c where c.trades <> 0;
  elsif tg_op = 'INSERT' then
    perform private.add_run_profit(c.run_id, null, c.trades, null)
    from (select n.run_id, count(*) as trades from new_rows n where n.status = 'closed' group by n.run_id order by n.run_id) c;
  else
    perform private.add_run_profit(c.run_id, null, -c.trades, null)
    from (select o.run_id, count(*) as trades from old_rows o where o.status = 'closed' group by o.run_id order by o.run_id) c;
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
revoke execute on function private.keep_run_profit(), private.profit_after(private.run_profit, numeric, timestamptz), private.read_profit(uuid),
  private.write_profit(private.run_profit), private.gathered_profit(uuid), private.gather_profit(private.run_profit), private.flush_profit(uuid),
  private.add_run_profit(uuid, numeric, bigint, timestamptz), private.count_trades(), private.keep_bot_profit() from public;

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
