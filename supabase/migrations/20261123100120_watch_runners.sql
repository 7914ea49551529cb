-- Purpose: what becomes of bots whose runner leaves, falls silent or loses its key, and how one that is back shows what it holds.
-- Objects: functions disconnect_runner, reconcile_run and what they call in private, private.mark_silent_runners; an index on
--   bot_leases.
-- Risk: none.

create index bot_leases_held_idx on public.bot_leases (runner_session_id) where released_at is null;

create function private.lock_session(p_session_id uuid) returns public.runner_sessions
language plpgsql set search_path = '' as $$
declare
  session public.runner_sessions;
begin
  perform private.lock_session_leases(p_session_id);
  -- Heartbeats lock bots before the session, too.
  perform from public.bots b
  where b.id in (select l.bot_id from public.bot_leases l where l.runner_session_id = p_session_id and l.released_at is null)
  order by b.id
  for no key update;
  select * into session from public.runner_sessions s where s.id = p_session_id for update;
  return session;
end
$$;
comment on function private.lock_session(uuid) is 'Locks what a session holds, the bots, and then the session, in the order in which everyone does; nulls where there is none.';

create function private.apply_session_offline(p_session_id uuid) returns integer
language plpgsql set search_path = '' as $$
declare
  held public.bot_leases;
  held_count integer := 0;
begin
  for held in
    select l.* from public.bot_leases l
    join public.bots b on b.id = l.bot_id
    join public.runner_sessions s on s.id = l.runner_session_id
    where l.runner_session_id = p_session_id and l.released_at is null
      -- Of a session that has ended, those that were left are treated, and no other again.
      and (s.status = 'connected' or b.status not in ('stopped', 'error'))
    order by l.bot_id
  loop
    perform private.apply_offline(held);
    held_count := held_count + 1;
  end loop;
  return held_count;
end
$$;
comment on function private.apply_session_offline(uuid) is
  'Treats what a session holds, by each bot''s offline policy, as of a runner that is gone, and says how many bots. The session has to be locked before.';

create function private.mark_silent_runner(p_session_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  timeout_s constant numeric := private.config_number('runner.timeout_s');
  session public.runner_sessions;
  held_count integer;
begin
  session := private.lock_session(p_session_id);
  if session.id is null or (session.status = 'connected' and session.last_heartbeat_at >= now() - timeout_s * interval '1 second') then
    return false;
  end if;
  held_count := private.apply_session_offline(p_session_id);
  if session.status = 'connected' then
    update public.runner_sessions s set status = 'disconnected' where s.id = p_session_id;
    perform private.create_alert(session.user_id, 'error',
      format('The runner on %s has not been heard of for %s s; it executed %s', session.machine_id, round(timeout_s),
        case held_count when 0 then 'no bots' when 1 then 'one bot' else held_count || ' bots' end),
      case when held_count > 0 then 'critical' else 'warning' end,
      jsonb_build_object('runner_session_id', p_session_id, 'last_heartbeat_at', session.last_heartbeat_at));
  end if;
  return true;
end
$$;
comment on function private.mark_silent_runner(uuid) is
  'If a session is connected and silent, disconnects it and alerts its owner; if it is not connected, treats what it still holds. Whether there was anything to do.';

create function private.mark_silent_runners() returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare
  most_at_once constant integer := 100;
  timeout constant interval := private.config_number('runner.timeout_s') * interval '1 second';
  found_session record;
  marked integer := 0;
begin
  -- One session of a user at a time: events of the first are numbered when the leases of the next would be waited for. Any:
  -- one that cannot be treated is not in the way of the others.
  for found_session in
    select distinct on (gone.user_id) gone.id
    from (
      select s.id, s.user_id from public.runner_sessions s
      where s.status = 'connected' and s.last_heartbeat_at < now() - timeout
      union all
      -- Of a key that was revoked, or started while its runner was leaving.
      select s.id, s.user_id from public.bot_leases l
      join public.runner_sessions s on s.id = l.runner_session_id
      join public.bots b on b.id = l.bot_id
      where l.released_at is null and s.status <> 'connected' and b.status not in ('stopped', 'error')
    ) gone
    order by gone.user_id, random()
    limit most_at_once
  loop
    begin
      marked := marked + private.mark_silent_runner(found_session.id)::integer;
    exception
      when lock_not_available or deadlock_detected then
        -- It is being heard of, or somebody is at work on its bots: at the next call.
        -- What was done before holds the numbers of events of its user, for whom an emergency stop of all may wait.
        exit when marked > 0;
      when others then
        raise warning 'the runner session % was not marked as silent: %', found_session.id, sqlerrm;
    end;
  end loop;
  return marked;
end
$$;
comment on function private.mark_silent_runners() is
  'Disconnects runners that were not heard of for runner.timeout_s, alerts their owners, and treats their bots, and those of revoked keys, by each bot''s offline policy. Says how many sessions it has treated: one of a user, and 100 in all, at most; call it again until it says 0. Called by workers. Definer, because workers may not change leases.';

create function private.disconnect_runner() returns void
language plpgsql security definer set search_path = '' as $$
declare
  runner record;
begin
  select * into runner from private.require_runner('runner:connect');
  perform private.lock_session(runner.session_id);
  perform private.apply_session_offline(runner.session_id);
  update public.runner_sessions s set status = 'disconnected', active_bot_ids = '{}' where s.id = runner.session_id;
end
$$;
comment on function private.disconnect_runner() is 'Does what public.disconnect_runner says. Definer, because runners may not write sessions.';

create function public.disconnect_runner() returns void
language sql security invoker set search_path = '' as $$
  select private.disconnect_runner()
$$;
comment on function public.disconnect_runner() is
  'For a runner that ends: its session is disconnected at once, its token no good any more, and its bots are treated by their offline policies without waiting for silence. Errors: those of private.require_runner.';

create function private.check_holding(p_holding jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  most constant integer := 1000;
begin
  if jsonb_typeof(p_holding) is distinct from 'object' or p_holding - array['positions', 'open_orders'] <> '{}'
    or jsonb_typeof(p_holding -> 'positions') is distinct from 'array' or jsonb_typeof(p_holding -> 'open_orders') is distinct from 'array' then
    perform private.raise_invalid_request('holding must be {"positions": [...], "open_orders": [...]}');
  end if;
  if jsonb_array_length(p_holding -> 'positions') > most or jsonb_array_length(p_holding -> 'open_orders') > most then
    perform private.raise_invalid_request(format('holding may name %s positions and as many orders at most', most));
  end if;
  if exists (
    select from jsonb_array_elements(p_holding -> 'positions') p
    where jsonb_typeof(p) <> 'object' or p - array['symbol', 'quantity'] <> '{}'
      or jsonb_typeof(p -> 'symbol') is distinct from 'string' or char_length(p ->> 'symbol') not between 1 and 32
      or jsonb_typeof(p -> 'quantity') is distinct from 'number'
  ) or exists (
    select from jsonb_array_elements(p_holding -> 'open_orders') o where jsonb_typeof(o) <> 'string' or char_length(o #>> '{}') not between 1 and 100
  ) then
    perform private.raise_invalid_request('positions must be {"symbol", "quantity"}, the quantity a number, and open_orders client ids');
  end if;
  if exists (select from jsonb_array_elements(p_holding -> 'positions') p where abs((p ->> 'quantity')::numeric) >= 1e18) then
    perform private.raise_invalid_request('a quantity must be less than 1e18');
  end if;
end
$$;
comment on function private.check_holding(jsonb) is 'Refuses what is not what a runner may say that it holds.';

create function private.compare_holding(p_run_id uuid, p_holding jsonb) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  most_told constant integer := 100;
  -- Runners reckon in binary fractions.
  tolerance constant numeric := 1e-9;
begin
  return (
    select coalesce(jsonb_agg(told.difference order by told.kind, told.subject), '[]')
    from (
      select d.kind, d.subject, jsonb_build_object('kind', d.kind, 'subject', d.subject, 'runner', d.runner, 'ledger', d.ledger) as difference
      from (
        select 'position' as kind, coalesce(r.symbol, l.symbol) as subject, coalesce(r.quantity, 0) as runner, coalesce(l.quantity, 0) as ledger
        from (
          select p ->> 'symbol' as symbol, sum((p ->> 'quantity')::numeric) as quantity
          from jsonb_array_elements(p_holding -> 'positions') p group by 1
        ) r
        full join (
          select p.symbol, sum(case p.direction when 'long' then p.open_quantity else -p.open_quantity end) as quantity
          from public.positions p where p.run_id = p_run_id and p.status = 'open' group by 1
        ) l on l.symbol = r.symbol
        union all
        select 'order', coalesce(r.client_order_id, l.client_order_id), (r.client_order_id is not null)::integer, (l.client_order_id is not null)::integer
        from (select distinct o as client_order_id from jsonb_array_elements_text(p_holding -> 'open_orders') o) r
        full join (
          select o.client_order_id from public.orders o
          where o.run_id = p_run_id and o.status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')
        ) l on l.client_order_id = r.client_order_id
      ) d
      where abs(d.runner - d.ledger) > tolerance * greatest(abs(d.runner), abs(d.ledger))
      order by d.kind, d.subject
      limit most_told
    ) told
  );
end
$$;
comment on function private.compare_holding(uuid, jsonb) is
  'Where what a runner says that it holds for a run differs from the ledger: of a position the signed quantities, of an order 1 where it is open and 0 where not; the first 100.';

create function private.reconcile_run(p_run_id uuid, p_fencing_token bigint, p_holding jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  lease public.bot_leases;
  differences jsonb;
begin
  lease := private.lock_lease(p_run_id, p_fencing_token);
  perform private.check_holding(p_holding);
  differences := private.compare_holding(p_run_id, p_holding);
  update public.bot_leases l set reconciled = differences = '[]' where l.bot_id = lease.bot_id returning * into lease;
  perform private.apply_reconciliation(lease, lease.reconciled, differences);
  return jsonb_build_object('matched', lease.reconciled, 'differences', differences);
end
$$;
comment on function private.reconcile_run(uuid, bigint, jsonb) is 'Does what public.reconcile_run says. Definer, because runners may not write leases.';

create function public.reconcile_run(p_run_id uuid, p_fencing_token bigint, p_holding jsonb) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.reconcile_run(p_run_id, p_fencing_token, p_holding)
$$;
comment on function public.reconcile_run(uuid, bigint, jsonb) is
  'For a runner that has connected anew, after it has sent its reports: compares what it holds for a run with the ledger. Where they agree the run may open positions again, and what the offline policy says is done; else its bot is held with an error. Errors: invalid_request and those of private.lock_lease.';

revoke execute on function private.lock_session(uuid), private.apply_session_offline(uuid), private.mark_silent_runner(uuid), private.mark_silent_runners(),
  private.disconnect_runner(), private.check_holding(jsonb), private.compare_holding(uuid, jsonb), private.reconcile_run(uuid, bigint, jsonb) from public;
revoke execute on function public.disconnect_runner(), public.reconcile_run(uuid, bigint, jsonb) from public, anon, service_role;
grant execute on function private.disconnect_runner(), public.disconnect_runner(),
  private.reconcile_run(uuid, bigint, jsonb), public.reconcile_run(uuid, bigint, jsonb) to authenticated;
grant execute on function private.mark_silent_runners() to tradebase_worker;
