-- Purpose: admins say when exchanges are closed; the risk gate heeds it at once, and the runners concerned are told.
-- Objects: functions private.closure_problem, private.set_exchange_closures, public.set_exchange_closures,
--   private.send_exchange_closures; triggers on exchange_closures and exchange_sessions.
-- Risk: none.

create trigger audit_change after insert or update or delete on public.exchange_closures
  for each row execute function private.audit_change();
create trigger audit_change after insert or update or delete on public.exchange_sessions
  for each row execute function private.audit_change();

create function private.closure_problem(p_closure jsonb, p_from date, p_until date) returns text
language plpgsql stable set search_path = '' as $$
begin
  if jsonb_typeof(p_closure) <> 'object' or exists (select from jsonb_object_keys(p_closure) k where k not in ('day', 'name', 'closes_at')) then
    return 'must be an object with day, name, and optionally closes_at';
  elsif jsonb_typeof(p_closure -> 'day') is distinct from 'string' or (p_closure ->> 'day') !~ '^\d{4}-\d{2}-\d{2}$'
    or not pg_catalog.pg_input_is_valid(p_closure ->> 'day', 'date') then
    return 'day must be a day such as 2031-01-01';
  elsif (p_closure ->> 'day')::date not between p_from and p_until then
    return 'day must be from p_from to p_until';
  elsif jsonb_typeof(p_closure -> 'name') is distinct from 'string' or char_length(p_closure ->> 'name') not between 1 and 80 then
    return 'name must have 1 to 80 characters';
  elsif coalesce(jsonb_typeof(p_closure -> 'closes_at'), 'null') <> 'null'
    and (jsonb_typeof(p_closure -> 'closes_at') <> 'string' or (p_closure ->> 'closes_at') !~ '^([01]\d|2[0-3]):[0-5]\d$') then
    return 'closes_at must be a time such as 13:00, or null';
  end if;
  return null;
end
$$;
comment on function private.closure_problem(jsonb, date, date) is 'What is wrong with a closure that an admin gave for one of those days, as a sentence; null if nothing is.';

create function private.set_exchange_closures(p_exchange text, p_from date, p_until date, p_closures jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  problem text;
begin
  perform private.require_admin();
  if p_from is null or p_until is null or p_from < '2000-01-01' or p_until > '2100-12-31' or p_until - p_from not between 0 and 366 then
    perform private.raise_api_error(422, 'invalid_request', 'p_from and p_until must be days from 2000 to 2100, in order, and at most 366 days apart');
  elsif jsonb_typeof(p_closures) is distinct from 'array' or pg_column_size(p_closures) > 65536 or jsonb_array_length(p_closures) > 100 then
    perform private.raise_api_error(422, 'invalid_request', 'p_closures must be an array of at most 100 closures and 64 KB');
  end if;
  select format('p_closures[%s]: %s', g.position - 1, g.problem) into problem
  from (
    select c.position, private.closure_problem(c.value, p_from, p_until) as problem
    from jsonb_array_elements(p_closures) with ordinality c (value, position)
  ) g where g.problem is not null order by g.position limit 1;
  if problem is null and (select count(distinct c.value ->> 'day') from jsonb_array_elements(p_closures) c) < jsonb_array_length(p_closures) then
    problem := 'p_closures: each day can be there once';
  end if;
  if problem is not null then
    perform private.raise_api_error(422, 'invalid_request', problem);
  end if;
  -- One call for an exchange at a time.
  perform from public.exchange_sessions e where e.exchange = p_exchange for no key update;
  if not found then
    perform private.raise_api_error(404, 'not_found', 'there is no such exchange');
  end if;
  delete from public.exchange_closures c
  where c.exchange = p_exchange and c.day between p_from and p_until
    and not exists (select from jsonb_array_elements(p_closures) g where (g.value ->> 'day')::date = c.day);
  insert into public.exchange_closures as c (exchange, day, closes_at, name)
  select p_exchange, (g.value ->> 'day')::date, (g.value ->> 'closes_at')::time, g.value ->> 'name' from jsonb_array_elements(p_closures) g
  on conflict (exchange, day) do update set closes_at = excluded.closes_at, name = excluded.name
    where (c.closes_at, c.name) is distinct from (excluded.closes_at, excluded.name);
  -- Days that touch those that are known are known from now on; days apart from them would leave a gap.
  update public.exchange_sessions e
  set closures_from = least(e.closures_from, p_from), closures_until = greatest(e.closures_until, p_until)
  where e.exchange = p_exchange and (e.closures_from is null or (p_from <= e.closures_until + 1 and p_until >= e.closures_from - 1))
    and (e.closures_from is null or p_from < e.closures_from or p_until > e.closures_until);
end
$$;
comment on function private.set_exchange_closures(text, date, date, jsonb) is 'Does what public.set_exchange_closures says. Definer, because nobody may write closures otherwise.';

create function public.set_exchange_closures(p_exchange text, p_from date, p_until date, p_closures jsonb) returns void
language sql volatile security invoker set search_path = '' as $$
  select private.set_exchange_closures(p_exchange, p_from, p_until, p_closures)
$$;
comment on function public.set_exchange_closures(text, date, date, jsonb) is
  'For admins with a second factor: says when an exchange is closed from one day to another, both included: a whole year, or one day alone. p_closures is an array of {"day", "name", "closes_at"}, at most 100; without closes_at there is no session that ends on that day. What was listed for those days before, and is not in the array, is a day like every other. closures_until of the exchange moves on to p_until, if no day between is left out. Audited. Errors: forbidden, second_factor_required, invalid_request, not_found.';

create function private.send_exchange_closures() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '100ms' as $$
declare
  enough_at constant timestamptz := clock_timestamp() + interval '2 seconds';
  held public.bot_leases;
begin
  for held in
    select l.* from public.bot_leases l
    join public.bots b on b.id = l.bot_id and b.status <> 'stopped'
    join public.runner_sessions s on s.id = l.runner_session_id and s.status = 'connected'
    where l.released_at is null and b.schedule_exchange in (select c.exchange from changed c where c.day <@ (select private.upcoming_days()))
    order by l.runner_session_id, l.bot_id
  loop
    exit when clock_timestamp() > enough_at;
    begin
      -- The latest says it all. What is locked is being acknowledged.
      update public.runner_commands c set status = 'expired'
      from (
        select o.seq from public.runner_commands o
        where o.runner_session_id = held.runner_session_id and o.bot_id = held.bot_id and o.type = 'update_config' and o.status in ('queued', 'delivered')
        for update skip locked
      ) replaced
      where c.runner_session_id = held.runner_session_id and c.seq = replaced.seq;
      perform private.command_runner(held.runner_session_id, 'update_config', held.bot_id,
        jsonb_build_object('run_id', held.run_id, 'config', private.run_config(held.bot_id)));
    exception
      -- Somebody is at work on that runner, or it has too much to do: nobody's runner stands in the way of an admin.
      when lock_not_available or deadlock_detected or sqlstate 'PGRST' then null;
    end;
  end loop;
  return null;
end
$$;
comment on function private.send_exchange_closures() is
  'Trigger after each statement on closures: tells the runners of bots that follow the exchange, as far as that can be done within two seconds. The others learn of it with their next configuration; the risk gate heeds it at once in any case. Definer, because nobody may write commands.';
create trigger send_new after insert on public.exchange_closures referencing new table as changed
  for each statement execute function private.send_exchange_closures();
create trigger send_changed after update on public.exchange_closures referencing new table as changed
  for each statement execute function private.send_exchange_closures();
create trigger send_deleted after delete on public.exchange_closures referencing old table as changed
  for each statement execute function private.send_exchange_closures();

revoke execute on function private.closure_problem(jsonb, date, date), private.set_exchange_closures(text, date, date, jsonb),
  private.send_exchange_closures() from public;
revoke execute on function public.set_exchange_closures(text, date, date, jsonb) from public, anon, service_role;
grant execute on function private.set_exchange_closures(text, date, date, jsonb), public.set_exchange_closures(text, date, date, jsonb) to authenticated;
