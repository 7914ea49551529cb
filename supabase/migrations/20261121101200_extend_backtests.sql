-- Purpose: backtests under the rules of roles, admins and statuses that came after them; their versions; their deletion.
-- Objects: columns engine_version, data_version, seed, strategy_version_id of backtests; its keys and policies and those of
--   backtest_results, backtest_trades; policy of events for admins; private.check_backtest_change goes;
--   public.cancel_backtest (again).
-- Risk: viewers can no longer request or cancel backtests. The keys of results and trades lock their tables while existing
--   rows are checked.

alter table public.backtests
  add column engine_version text,
  add column data_version bigint,
  add column seed bigint,
  add column strategy_version_id uuid,
  add constraint backtests_id_user_id_key unique (id, user_id),
  add constraint backtests_strategy_version_id_fkey foreign key (strategy_version_id, user_id)
    references public.strategy_versions (id, user_id) on delete set null (strategy_version_id),
  add constraint backtests_engine_version_check check (char_length(engine_version) between 1 and 50),
  add constraint backtests_data_version_check check (data_version >= 1);
comment on column public.backtests.engine_version is 'Version of the engine that ran it; null until one has.';
comment on column public.backtests.data_version is 'candle_coverage.version of the candles it ran on; null until it has.';
comment on column public.backtests.seed is 'Seed of whatever in it is random; null where nothing is.';
comment on column public.backtests.strategy_version_id is 'Version of a strategy of the owner that the specification was taken from; null if there is none. In no grant until the request checks that they agree.';
create index backtests_strategy_version_id_user_id_idx on public.backtests (strategy_version_id, user_id);
grant update (engine_version, data_version) on public.backtests to tradebase_worker;

alter table public.backtest_results
  drop constraint backtest_results_backtest_id_fkey,
  add constraint backtest_results_backtest_id_fkey foreign key (backtest_id, user_id)
    references public.backtests (id, user_id) on delete cascade,
  -- Says of the key that a backtest has one result, so that the Data API embeds an object and not a list.
  add constraint backtest_results_backtest_id_user_id_key unique (backtest_id, user_id);
-- The owner's column first, so that one index serves the policy, the key and lists: there are many rows.
alter table public.backtest_trades
  drop constraint backtest_trades_backtest_id_fkey,
  add constraint backtest_trades_backtest_id_fkey foreign key (user_id, backtest_id)
    references public.backtests (user_id, id) on delete cascade;
create index backtest_trades_user_id_backtest_id_idx on public.backtest_trades (user_id, backtest_id);
drop index public.backtest_trades_user_id_idx;

grant delete on public.backtests to authenticated;
grant select on public.backtests, public.backtest_results, public.backtest_trades, public.events to tradebase_admin;

drop policy "Owners can read their backtests" on public.backtests;
drop policy "Users can request backtests for themselves" on public.backtests;
drop policy "Owners can cancel their backtests" on public.backtests;
drop policy "Owners can read their results" on public.backtest_results;
drop policy "Owners can read their backtest trades" on public.backtest_trades;
create policy "Owners can read their backtests" on public.backtests for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their backtests" on public.backtests is 'A backtest belongs to one user; a runner reads for its user.';
create policy "Users can request backtests for themselves" on public.backtests for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Users can request backtests for themselves" on public.backtests is 'Column grants leave status, progress and results to the workers. Not viewers, who change nothing.';
create policy "Owners can cancel their backtests" on public.backtests for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()) and status = 'cancelled');
comment on policy "Owners can cancel their backtests" on public.backtests is 'The only change an owner may make is to the status, and only to cancelled.';
create policy "Owners can delete their finished backtests" on public.backtests for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()) and status in ('completed', 'failed', 'cancelled'));
comment on policy "Owners can delete their finished backtests" on public.backtests is 'One that waits or runs is cancelled first: a worker may be at it. Results and trades go with it.';
create policy "Admins can read backtests" on public.backtests for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read backtests" on public.backtests is 'In an audited read only.';
create policy "Owners can read their results" on public.backtest_results for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their results" on public.backtest_results is 'A result belongs to one user; a runner reads for its user.';
create policy "Admins can read backtest results" on public.backtest_results for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read backtest results" on public.backtest_results is 'In an audited read only.';
create policy "Owners can read their backtest trades" on public.backtest_trades for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their backtest trades" on public.backtest_trades is 'A trade belongs to one user; a runner reads for its user.';
create policy "Admins can read backtest trades" on public.backtest_trades for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read backtest trades" on public.backtest_trades is 'In an audited read only.';
create policy "Admins can read events" on public.events for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read events" on public.events is 'In an audited read only.';

insert into private.status_transitions (table_name, from_status, to_status) values
  ('backtests', 'queued', 'running'), ('backtests', 'queued', 'failed'), ('backtests', 'queued', 'cancelled'),
  ('backtests', 'running', 'completed'), ('backtests', 'running', 'failed'), ('backtests', 'running', 'cancelled');
drop trigger check_change on public.backtests;
drop function private.check_backtest_change();
create trigger check_status before update on public.backtests
  for each row execute function private.check_status();
create trigger stamp_end before update on public.backtests
  for each row execute function private.stamp_status_time('finished_at', 'completed', 'failed', 'cancelled');

create or replace function public.cancel_backtest(p_backtest_id uuid) returns public.backtests
language plpgsql security invoker set search_path = '' as $$
declare
  v_backtest public.backtests;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role may read, and not change anything');
  end if;
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
  'Cancels a queued or running backtest of the caller; cancelling it again changes nothing. Errors: forbidden, backtest_not_found, backtest_not_cancellable.';
