-- Purpose: partitions by time for the big append-only tables: made ahead, and dropped when they are old.
-- Objects: schema partitions; table private.partitioned_tables; functions private.add_partitioned_table,
--   private.add_partition, private.close_partition, private.guard_partition, private.maintain_partitions, private.period_start, private.period_length,
--   private.before_partition_drop.
-- Risk: dropping partitions deletes their rows: only where system_config names a retention for the table.

create schema partitions;
comment on schema partitions is 'Partitions of tables in public. Not exposed: rows are reached through their table, under its policies.';
revoke all on schema partitions from public;

create table private.partitioned_tables (
  table_name text not null,
  time_column text not null,
  period text not null,
  periods_ahead integer not null,
  retention_key text not null,
  constraint partitioned_tables_pkey primary key (table_name),
  constraint partitioned_tables_retention_key_fkey foreign key (retention_key) references public.system_config (key),
  constraint partitioned_tables_period_check check (period in ('day', 'month', 'year', 'half_decade')),
  constraint partitioned_tables_periods_ahead_check check (periods_ahead between 1 and 100)
);
comment on table private.partitioned_tables is 'The tables in public that private.maintain_partitions looks after. No foreign key may lead to one: it would keep its partitions from being dropped.';
comment on column private.partitioned_tables.table_name is 'Table in public, partitioned by range of time_column, with a default partition that catches what no other takes.';
comment on column private.partitioned_tables.time_column is 'The timestamptz column of the partition key.';
comment on column private.partitioned_tables.period is 'Length of a partition: day, month, year or half decade, in UTC.';
comment on column private.partitioned_tables.periods_ahead is 'How many partitions after the current one exist at least.';
comment on column private.partitioned_tables.retention_key is 'Setting with the days for which rows are kept; its value null keeps them for ever.';
create index partitioned_tables_retention_key_idx on private.partitioned_tables (retention_key);
alter table private.partitioned_tables enable row level security;
revoke all on private.partitioned_tables from public;
create policy "No API role can reach partitioned tables" on private.partitioned_tables for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach partitioned tables" on private.partitioned_tables is 'Says outright what the missing grants mean.';

create function private.period_start(p_period text, p_at timestamptz) returns timestamptz
language sql immutable set search_path = '' set timezone = 'UTC' as $$
  select case p_period
    when 'half_decade' then make_timestamptz(extract(year from p_at)::integer / 5 * 5, 1, 1, 0, 0, 0)
    else date_trunc(p_period, p_at)
  end
$$;
comment on function private.period_start(text, timestamptz) is 'When the day, month, year or half decade of a time began, in UTC.';

create function private.period_length(p_period text) returns interval
language sql immutable set search_path = '' as $$
  select case p_period when 'half_decade' then interval '5 years' else ('1 ' || p_period)::interval end
$$;
comment on function private.period_length(text) is 'Length of a day, month, year or half decade.';
revoke execute on function private.period_start(text, timestamptz), private.period_length(text) from public;

create function private.close_partition(p_partition text) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('alter table partitions.%I enable row level security', p_partition);
  execute format('create policy %I on partitions.%I for all to anon, authenticated using (false) with check (false)',
    'No API role can reach partitions', p_partition);
  execute format('comment on policy %I on partitions.%I is %L', 'No API role can reach partitions', p_partition, 'Rows are reached through their table, whose policies are others.');
end
$$;
comment on function private.close_partition(text) is 'Says of a partition outright what the missing grants mean.';

create function private.guard_partition(p_table text, p_partition text) returns void
language plpgsql set search_path = '' as $$
declare
  definition text;
begin
  -- Each names the table only once: ON public.candles FOR EACH STATEMENT.
  for definition in
    select pg_catalog.pg_get_triggerdef(t.oid) from pg_catalog.pg_trigger t
    where t.tgrelid = format('public.%I', p_table)::regclass and not t.tgisinternal and t.tgtype & 32 <> 0
  loop
    execute replace(definition, format(' ON public.%I ', p_table), format(' ON partitions.%I ', p_partition));
  end loop;
end
$$;
comment on function private.guard_partition(text, text) is 'Gives a partition the triggers before or after TRUNCATE that its table has: Postgres gives it those for each row only.';

create function private.add_partition(p_table text, p_period text, p_time_column text, p_start timestamptz) returns boolean
language plpgsql set search_path = '' set timezone = 'UTC' as $$
declare
  partition_name constant text := p_table || to_char(p_start, case p_period when 'day' then '_YYYY_MM_DD' when 'month' then '_YYYY_MM' else '_YYYY' end);
  default_partition constant text := p_table || '_default';
  period_end constant timestamptz := p_start + private.period_length(p_period);
  some_to_move boolean;
begin
  if to_regclass(format('partitions.%I', partition_name)) is not null then
    return false;
  end if;
  -- Attached rather than created in place: that lock lets inserts into the other partitions go on.
  execute format('create table partitions.%I (like public.%I including defaults including constraints)', partition_name, p_table);
  perform private.close_partition(partition_name);
  perform private.guard_partition(p_table, partition_name);
  execute format('select exists (select from partitions.%I where %I >= %L and %2$I < %4$L)', default_partition, p_time_column, p_start, period_end)
    into some_to_move;
  if some_to_move then
    -- No row changes by moving: triggers that guard deletion, or do something about it, have no part in it.
    execute format('alter table partitions.%I disable trigger user', default_partition);
    execute format('with moved as (delete from partitions.%2$I where %3$I >= %4$L and %3$I < %5$L returning *) insert into partitions.%1$I select * from moved',
      partition_name, default_partition, p_time_column, p_start, period_end);
    execute format('alter table partitions.%I enable trigger user', default_partition);
  end if;
  execute format('alter table public.%I attach partition partitions.%I for values from (%L) to (%L)', p_table, partition_name, p_start, period_end);
  return true;
end
$$;
comment on function private.add_partition(text, text, text, timestamptz) is
  'Makes the partition of a table that begins at a time, unless it exists, and moves into it what the default partition held for it. Returns whether it made one.';

create function private.add_partitioned_table(
  p_table text, p_time_column text, p_period text, p_periods_ahead integer, p_retention_key text, p_first timestamptz default null
) returns void
language plpgsql set search_path = '' set timezone = 'UTC' as $$
declare
  period_start timestamptz := private.period_start(p_period, coalesce(p_first, now()));
begin
  insert into private.partitioned_tables values (p_table, p_time_column, p_period, p_periods_ahead, p_retention_key);
  execute format('create table partitions.%I partition of public.%I default', p_table || '_default', p_table);
  perform private.close_partition(p_table || '_default');
  perform private.guard_partition(p_table, p_table || '_default');
  while period_start <= private.period_start(p_period, now()) + p_periods_ahead * private.period_length(p_period) loop
    perform private.add_partition(p_table, p_period, p_time_column, period_start);
    period_start := period_start + private.period_length(p_period);
  end loop;
end
$$;
comment on function private.add_partitioned_table(text, text, text, integer, text, timestamptz) is
  'For migrations, after the table''s triggers: gives a new partitioned table its default partition and those from the given time, by default now, to the given number ahead, and has it looked after.';

create function private.maintain_partitions() returns table (partition_name text, action text)
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
    exception when lock_not_available then
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
      exception when lock_not_available then
        return query select old_partition, 'in use: dropped by a later run';
      end;
    end loop;
  end loop;
end
$$;
comment on function private.maintain_partitions() is
  'Makes the partitions ahead and drops those whose rows are all older than the retention; says what it did. Called by the maintenance job, as often as one likes. Definer, because only the owner of a table may.';

create function private.before_partition_drop(p_table text, p_partition text) returns void
language plpgsql set search_path = '' as $$
begin
  -- Nothing to keep of any table yet.
  return;
end
$$;
comment on function private.before_partition_drop(text, text) is 'Called before an old partition is dropped, in the same transaction: keeps what must outlive it.';

revoke execute on function private.close_partition(text), private.guard_partition(text, text), private.add_partition(text, text, text, timestamptz), private.add_partitioned_table(text, text, text, integer, text, timestamptz),
  private.maintain_partitions(), private.before_partition_drop(text, text) from public;
grant execute on function private.maintain_partitions() to tradebase_worker;
