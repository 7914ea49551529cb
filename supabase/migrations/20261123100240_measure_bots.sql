-- Purpose: what a bot has earned: its closed round trips in a range of days, day by day, and by how they ended.
-- Objects: function public.bot_performance; an index of trades.
-- Risk: building the index locks trades against writes; before this migration nothing writes them.

create index trades_bot_id_exit_at_idx on public.trades (bot_id, user_id, exit_at) where status = 'closed';

create function public.bot_performance(p_bot_id uuid, p_start_date date default null, p_end_date date default null) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with bot as (
    select b.id, b.user_id, b.initial_balance, coalesce(e.timezone, b.schedule_timezone) as zone
    from public.bots b left join public.exchange_sessions e on e.exchange = b.schedule_exchange
    where b.id = p_bot_id
  ),
  closed as (
    select t.id, t.exit_at, t.net_pnl, t.commission, coalesce(t.exit_reason, 'other') as exit_reason, (t.exit_at at time zone bot.zone)::date as day,
      sum(t.net_pnl) over (order by t.exit_at, t.id rows unbounded preceding) as running_pnl
    from bot join public.trades t on t.bot_id = bot.id and t.user_id = bot.user_id and t.status = 'closed'
    where (p_start_date is null or t.exit_at >= p_start_date::timestamp at time zone bot.zone)
      and (p_end_date is null or t.exit_at < (p_end_date + 1)::timestamp at time zone bot.zone)
  ),
  falls as (
    select greatest(max(c.running_pnl) over (order by c.exit_at, c.id rows unbounded preceding), 0) - c.running_pnl as fall,
      greatest(max(c.running_pnl) over (order by c.exit_at, c.id rows unbounded preceding), 0) as peak
    from closed c
  ),
  sums as (
    select count(*) as trades, coalesce(sum(net_pnl), 0) as total_pnl, coalesce(sum(commission), 0) as fees,
      count(*) filter (where net_pnl > 0) as wins, count(*) filter (where net_pnl < 0) as losses, count(*) filter (where net_pnl = 0) as flats,
      coalesce(sum(net_pnl) filter (where net_pnl > 0), 0) as gross_profit, coalesce(-sum(net_pnl) filter (where net_pnl < 0), 0) as gross_loss,
      max(net_pnl) filter (where net_pnl > 0) as largest_win, min(net_pnl) filter (where net_pnl < 0) as largest_loss
    from closed
  ),
  days as (
    select c.day, sum(c.net_pnl) as pnl, count(*) as trades, count(*) filter (where c.net_pnl > 0) as wins,
      sum(sum(c.net_pnl)) over (order by c.day) as cumulative_pnl
    from closed c group by c.day
  ),
  open_now as (
    select count(*) as positions, coalesce(sum(p.unrealized_pnl), 0) as unrealized_pnl
    from bot join public.positions p on p.bot_id = bot.id and p.user_id = bot.user_id and p.status = 'open'
  )
  select jsonb_build_object(
    'metrics', jsonb_build_object(
      'total_pnl', s.total_pnl, 'fees', s.fees, 'trade_count', s.trades,
      'winning_trades', s.wins, 'losing_trades', s.losses, 'flat_trades', s.flats,
      'gross_profit', s.gross_profit, 'gross_loss', s.gross_loss,
      'win_rate_pct', round(100.0 * s.wins / nullif(s.trades, 0), 4),
      'profit_factor', round(s.gross_profit / nullif(s.gross_loss, 0), 8),
      'average_trade', round(s.total_pnl / nullif(s.trades, 0), 8),
      'average_win', round(s.gross_profit / nullif(s.wins, 0), 8),
      'average_loss', round(-s.gross_loss / nullif(s.losses, 0), 8),
      'largest_win', s.largest_win, 'largest_loss', s.largest_loss,
      'max_drawdown', coalesce((select max(f.fall) from falls f), 0),
      'max_drawdown_pct', round((select max(100 * f.fall / (bot.initial_balance + f.peak)) from falls f), 4),
      'open_positions', o.positions, 'unrealized_pnl', o.unrealized_pnl,
      'undefined_metrics', jsonb_strip_nulls(jsonb_build_object(
        'win_rate_pct', case when s.trades = 0 then 'no closed trades' end,
        'average_trade', case when s.trades = 0 then 'no closed trades' end,
        'profit_factor', case when s.trades = 0 then 'no closed trades' when s.gross_loss = 0 then 'no losing trades' end,
        'average_win', case when s.wins = 0 then 'no winning trades' end,
        'largest_win', case when s.wins = 0 then 'no winning trades' end,
        'average_loss', case when s.losses = 0 then 'no losing trades' end,
        'largest_loss', case when s.losses = 0 then 'no losing trades' end,
        'max_drawdown_pct', case when bot.initial_balance is null then 'the bot has no initial balance' when s.trades = 0 then 'no closed trades' end))),
    'daily_data', (
      select coalesce(jsonb_agg(jsonb_build_object('date', d.day, 'pnl', d.pnl, 'trade_count', d.trades, 'winning_trades', d.wins,
        'cumulative_pnl', d.cumulative_pnl) order by d.day), '[]')
      from days d),
    'trade_outcomes', (
      select coalesce(jsonb_agg(jsonb_build_object('outcome', g.outcome, 'exit_reason', g.exit_reason, 'trade_count', g.trades, 'total_pnl', g.pnl)
        order by g.outcome desc, g.trades desc, g.exit_reason), '[]')
      from (
        select case sign(c.net_pnl) when 1 then 'win' when -1 then 'loss' else 'flat' end as outcome, c.exit_reason, count(*) as trades, sum(c.net_pnl) as pnl
        from closed c group by 1, 2
      ) g))
  from bot, sums s, open_now o
$$;
comment on function public.bot_performance(uuid, date, date) is
  'What a bot of the caller has earned by the round trips that it closed from one day to another, both included, in the time zone of its schedule: BotPerformance of the contracts; null where there is no such bot. Drawdowns are those of closed profit, from 0 at the start of the range; in percent, of the initial balance and the profit so far. What is undefined is null, and undefined_metrics says why.';

revoke execute on function public.bot_performance(uuid, date, date) from public, anon, service_role;
grant execute on function public.bot_performance(uuid, date, date) to authenticated;
