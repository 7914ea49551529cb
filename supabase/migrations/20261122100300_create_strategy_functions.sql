-- Purpose: a strategy and its version are written together or not at all.
-- Objects: functions public.create_strategy, public.update_strategy.
-- Risk: none.

create function public.create_strategy(
  p_name text, p_spec jsonb, p_description text default null, p_source text default null, p_note text default null
) returns public.strategies
language plpgsql security invoker set search_path = '' as $$
declare
  v_strategy public.strategies;
begin
  insert into public.strategies (name, description) values (p_name, p_description) returning * into v_strategy;
  insert into public.strategy_versions (strategy_id, spec, source, note) values (v_strategy.id, p_spec, p_source, p_note);
  -- With the number of the version, which its trigger has counted.
  select * into v_strategy from public.strategies s where s.id = v_strategy.id;
  return v_strategy;
exception when unique_violation then
  perform private.raise_api_error(409, 'strategy_name_taken', format('you have a strategy named %L already', left(p_name, 100)));
end
$$;
comment on function public.create_strategy(text, jsonb, text, text, text) is
  'Makes a strategy of the caller with its first version. Errors: strategy_name_taken, quota_exceeded.';

create function public.update_strategy(
  p_strategy_id uuid, p_changes jsonb default '{}', p_spec jsonb default null, p_source text default null, p_note text default null
) returns public.strategies
language plpgsql security invoker set search_path = '' as $$
declare
  v_strategy public.strategies;
begin
  if not private.can_trade() then
    perform private.raise_api_error(403, 'forbidden', 'your role may read, and not change anything');
  end if;
  update public.strategies s
  set name = coalesce(p_changes ->> 'name', s.name),
      description = case when p_changes ? 'description' then p_changes ->> 'description' else s.description end,
      is_active = coalesce((p_changes ->> 'is_active')::boolean, s.is_active)
  where s.id = p_strategy_id
  returning * into v_strategy;
  if v_strategy.id is null then
    perform private.raise_api_error(404, 'strategy_not_found', 'there is no such strategy of yours');
  end if;
  if p_spec is not null then
    insert into public.strategy_versions (strategy_id, spec, source, note) values (p_strategy_id, p_spec, p_source, p_note);
    select * into v_strategy from public.strategies s where s.id = p_strategy_id;
  end if;
  return v_strategy;
exception when unique_violation then
  perform private.raise_api_error(409, 'strategy_name_taken', format('you have a strategy named %L already', left(p_changes ->> 'name', 100)));
end
$$;
comment on function public.update_strategy(uuid, jsonb, jsonb, text, text) is
  'Changes name, description or is_active of a strategy of the caller, those that are named in p_changes, and adds a version where a specification is given. Errors: forbidden, strategy_not_found, strategy_name_taken, quota_exceeded.';

revoke execute on function public.create_strategy(text, jsonb, text, text, text), public.update_strategy(uuid, jsonb, jsonb, text, text)
  from public, anon, service_role;
grant execute on function public.create_strategy(text, jsonb, text, text, text), public.update_strategy(uuid, jsonb, jsonb, text, text) to authenticated;
