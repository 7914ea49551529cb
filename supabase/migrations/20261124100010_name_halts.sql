-- Purpose: whoever is refused under an emergency stop is told which it is, why it was engaged, and what releases it.
-- Objects: function private.describe_halts; private.require_no_halt and private.opening_barred from here on use it.
-- Risk: none.

create function private.describe_halts(p_user_id uuid, p_bot_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  -- Not who engaged it: of the system, that is an admin. One of each scope at most.
  select string_agg(format('an emergency stop of %s is engaged (%s): %s',
    case h.scope when 'bot' then 'the bot' when 'user' then 'your account' else 'the whole system' end,
    h.reason,
    case h.scope when 'system' then 'only an admin can release it' else format('release it with DELETE functions/v1/api/emergency-stop/%s', h.id) end),
    '; ' order by h.scope)
  from public.trading_halts h
  where h.released_at is null
    and (h.scope = 'system' or (h.user_id = p_user_id and h.bot_id is null) or h.bot_id = p_bot_id)
$$;
comment on function private.describe_halts(uuid, uuid) is
  'The emergency stops that are engaged over a bot of a user, for this user: of what, why, and what releases them; null where there is none. Definer, because runners do not see all halts.';

create or replace function private.require_no_halt(p_bot public.bots) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  halts constant text := private.describe_halts(p_bot.user_id, p_bot.id);
begin
  if halts is not null then
    perform private.raise_api_error(409, 'trading_halted', halts);
  end if;
end
$$;

create or replace function private.opening_barred(p_lease public.bot_leases, p_bot public.bots, p_order public.orders, p_at timestamptz) returns text
language sql stable security definer set search_path = '' as $$
  select case
    when private.is_halted(p_lease.user_id, p_lease.bot_id) then 'emergency_stop: ' || private.describe_halts(p_lease.user_id, p_lease.bot_id)
    when p_bot.status <> 'running' then format('bot_not_running: the bot is %s', p_bot.status)
    when p_lease.intent <> 'run' then format('bot_not_running: its owner wants the bot to %s', p_lease.intent)
    when not p_lease.reconciled then 'not_reconciled: the runner has not shown yet that it holds what the ledger says'
    when not private.in_schedule(p_bot, p_at) then 'outside_schedule: the bot does not trade at this time'
    when p_bot.mode = 'LIVE' and not exists (
      select from public.exchange_credentials c where c.id = p_bot.credential_id and c.user_id = p_bot.user_id and c.status = 'active'
    ) then 'credential_disabled: the credential of the bot is disabled'
    when private.exposure_symbol(p_order.symbol, p_order.option_details) <> all (p_bot.symbols)
      then format('symbol_not_allowed: the bot does not trade %s', private.exposure_symbol(p_order.symbol, p_order.option_details))
  end
$$;

revoke execute on function private.describe_halts(uuid, uuid) from public;
