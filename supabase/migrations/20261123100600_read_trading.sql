-- Purpose: lists of runs, positions and log lines that stay fast however much there is.
-- Objects: table private.run_log_counts; functions count_run_logs, private.count_run_logs, private.keep_log_counts,
--   private.before_partition_drop; indexes.
-- Risk: building the index of run_logs locks it against writes; before this migration nothing writes lines.

-- By level, for a run that says little among much: a million lines of DEBUG may lie between two of WARN.
create index run_logs_run_id_level_seq_idx on public.run_logs (run_id, level, seq desc);
create index trading_runs_user_id_created_at_idx on public.trading_runs (user_id, created_at desc, id desc);
create index positions_user_id_created_at_idx on public.positions (user_id, created_at desc, id desc);

create table private.run_log_counts (
  run_id uuid not null,
  user_id uuid not null,
  level text not null,
  line_count bigint not null,
  constraint run_log_counts_pkey primary key (run_id, level),
  constraint run_log_counts_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete cascade
);
comment on table private.run_log_counts is 'How many lines each run has of each level: counting millions would take seconds. Kept by a trigger, in the transaction that adds the lines.';
comment on column private.run_log_counts.run_id is 'The run.';
comment on column private.run_log_counts.user_id is 'Owner of the run.';
comment on column private.run_log_counts.level is 'Level of the lines.';
comment on column private.run_log_counts.line_count is 'Lines that are kept.';
create index run_log_counts_run_id_user_id_idx on private.run_log_counts (run_id, user_id);
alter table private.run_log_counts enable row level security;
revoke all on private.run_log_counts from public;
create policy "No API role can reach log counts" on private.run_log_counts for all to anon, authenticated
  using (false) with check (false);
comment on policy "No API role can reach log counts" on private.run_log_counts is 'Says outright what the missing grants mean.';
insert into private.run_log_counts (run_id, user_id, level, line_count)
  select l.run_id, l.user_id, l.level, count(*) from public.run_logs l group by l.run_id, l.user_id, l.level;

create function private.keep_log_counts() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.run_log_counts as kept (run_id, user_id, level, line_count)
  select l.run_id, l.user_id, l.level, count(*) from new_lines l group by l.run_id, l.user_id, l.level order by l.run_id, l.level
  on conflict (run_id, level) do update set line_count = kept.line_count + excluded.line_count;
  return null;
end
$$;
comment on function private.keep_log_counts() is 'Trigger: counts new lines. In the order of the key, so that two writers cannot deadlock. Definer, because nobody may reach the counts.';
create trigger keep_counts after insert on public.run_logs
  referencing new table as new_lines
  for each statement execute function private.keep_log_counts();

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
    execute format($sql$
      update private.run_log_counts as kept set line_count = kept.line_count - dropped.line_count
      from (select run_id, level, count(*) as line_count from partitions.%I group by 1, 2) dropped
      where kept.run_id = dropped.run_id and kept.level = dropped.level
    $sql$, p_partition);
  end if;
end
$$;

create function private.count_run_logs(p_run_id uuid, p_levels text[]) returns bigint
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(sum(kept.line_count), 0)
    from private.run_log_counts kept
    where kept.run_id = p_run_id and kept.user_id = private.tenant_id() and (p_levels is null or kept.level = any (p_levels))
  );
end
$$;
comment on function private.count_run_logs(uuid, text[]) is 'How many lines of the given levels, or of all, a run of the caller has. Definer, because nobody may reach the counts.';

create function public.count_run_logs(p_run_id uuid, p_levels text[] default null) returns bigint
language sql stable security invoker set search_path = '' as $$
  select private.count_run_logs(p_run_id, p_levels)
$$;
comment on function public.count_run_logs(uuid, text[]) is
  'How many lines of the given levels, or of all, a run of the caller has: exact, and at once however many there are. 0 for the run of another.';

revoke execute on function private.keep_log_counts(), private.count_run_logs(uuid, text[]) from public;
revoke execute on function public.count_run_logs(uuid, text[]) from public, anon, service_role;
grant execute on function private.count_run_logs(uuid, text[]), public.count_run_logs(uuid, text[]) to authenticated;
