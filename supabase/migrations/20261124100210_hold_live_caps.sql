-- Purpose: who raises what a LIVE bot may lose while it runs shows a second factor, as who starts it does; and old log lines are
--   dropped while runs go on, without a deadlock.
-- Objects: function private.guard_live_caps and its trigger on bots; functions private.before_partition_drop and
--   private.maintain_partitions, which are replaced.
-- Risk: none.

create function private.guard_live_caps() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() = new.user_id and not private.has_recent_factor() then
    perform private.raise_api_error(403, 'recent_factor_required',
      'the bot trades real money: to let it risk more, show your second factor again: it must have been shown within the last 15 minutes');
  end if;
  return new;
end
$$;
comment on function private.guard_live_caps() is
  'Trigger: the caps of a LIVE bot that is not stopped are widened only by an owner who has just shown a second factor: a session that was stolen later does not. Tightening them needs none. Definer, to ask when it was shown.';
revoke execute on function private.guard_live_caps() from public;
create trigger guard_live_caps before update of risk_per_trade, daily_risk_cap, max_order_value, max_symbol_exposure, max_open_positions,
  max_daily_trades, max_drawdown_pct on public.bots
  for each row when (
    old.mode = 'LIVE' and old.status <> 'stopped' and (
      new.risk_per_trade > old.risk_per_trade
      or new.daily_risk_cap > old.daily_risk_cap
      or coalesce(new.max_order_value, 'infinity') > old.max_order_value
      or coalesce(new.max_symbol_exposure, 'infinity') > old.max_symbol_exposure
      or coalesce(new.max_open_positions::numeric, 'infinity') > old.max_open_positions
      or coalesce(new.max_daily_trades::numeric, 'infinity') > old.max_daily_trades
      or coalesce(new.max_drawdown_pct, 'infinity') > old.max_drawdown_pct)
  ) execute function private.guard_live_caps();

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
  elsif p_table = 'run_logs' then
    -- The same: who writes lines has the table first, and then their count.
    lock table public.run_logs in access exclusive mode;
    execute format($sql$
      update private.run_log_counts as kept set line_count = kept.line_count - dropped.line_count
      from (select run_id, level, count(*) as line_count from partitions.%I group by 1, 2) dropped
      where kept.run_id = dropped.run_id and kept.level = dropped.level
    $sql$, p_partition);
  end if;
end
$$;

create or replace function private.maintain_partitions() returns table (partition_name text, action text)
language plpgsql security definer set search_path = '' set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
  managed private.partitioned_tables;
  period_start timestamptz;
  missed_periods timestamptz[];
  keep_from timestamptz;
  old_partition text;
begin
  for managed in select * from private.partitioned_tables order by table_name loop
    begin
      for step in 0..managed.periods_ahead loop
        period_start := private.period_start(managed.period, now()) + step * private.period_length(managed.period);
        if private.add_partition(managed.table_name, managed.period, managed.time_column, period_start) then
          return query select managed.table_name || ' from ' || period_start::date, 'made';
        end if;
      end loop;
      -- What came while there was no partition for it gets one too, or it would outlive its retention.
      execute format(
        'select array(select distinct private.period_start(%L, %I) from partitions.%I where %2$I >= ''1970-01-01'' and %2$I < $1 order by 1 limit 24)',
        managed.period, managed.time_column, managed.table_name || '_default') into missed_periods using private.period_start(managed.period, now());
      foreach period_start in array missed_periods loop
        if private.add_partition(managed.table_name, managed.period, managed.time_column, period_start) then
          return query select managed.table_name || ' from ' || period_start::date, 'made';
        end if;
      end loop;
    exception when lock_not_available or deadlock_detected then
      return query select managed.table_name, 'in use: looked after by a later run';
      continue;
    end;

    keep_from := now() - private.config_number(managed.retention_key) * interval '1 day';
    for old_partition in
      select child.relname
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_class child on child.oid = i.inhrelid
      where i.inhparent = format('public.%I', managed.table_name)::regclass
        -- FOR VALUES FROM ('...') TO ('...'): the end of what the partition may hold.
        and substring(pg_catalog.pg_get_expr(child.relpartbound, child.oid) from 'TO \(''([^'']+)''\)')::timestamptz <= keep_from
      order by child.relname
    loop
      begin
        perform private.before_partition_drop(managed.table_name, old_partition);
        execute format('drop table partitions.%I', old_partition);
        return query select old_partition, 'dropped';
      exception when lock_not_available or deadlock_detected then
        return query select old_partition, 'in use: dropped by a later run';
      end;
    end loop;
  end loop;
end
$$;
