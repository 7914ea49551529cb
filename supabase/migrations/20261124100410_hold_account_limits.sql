-- Purpose: what all bots together may risk is raised, while a LIVE bot is at work, with a second factor that was just shown, as the caps of the
--   bot itself are.
-- Objects: function private.guard_account_limits and its trigger on account_limits.
-- Risk: none.

create function private.guard_account_limits() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() = new.user_id and not private.has_recent_factor()
    and exists (select from public.bots b where b.user_id = new.user_id and b.mode = 'LIVE' and b.status <> 'stopped')
  then
    perform private.raise_api_error(403, 'recent_factor_required',
      'a bot of yours trades real money: to let your account risk more, show your second factor again: it must have been shown within the last 15 minutes');
  end if;
  return new;
end
$$;
comment on function private.guard_account_limits() is
  'Trigger: limits of an account with a LIVE bot that is not stopped are widened only by an owner who has just shown a second factor. Tightening them needs none. Definer, to ask when it was shown.';
revoke execute on function private.guard_account_limits() from public;
create trigger guard_account_limits before update on public.account_limits
  for each row when (
    coalesce(new.max_exposure, 'infinity') > old.max_exposure
    or coalesce(new.max_symbol_exposure, 'infinity') > old.max_symbol_exposure
    or coalesce(new.max_order_value, 'infinity') > old.max_order_value
    or coalesce(new.daily_loss_cap, 'infinity') > old.daily_loss_cap
    or coalesce(new.max_open_orders::numeric, 'infinity') > old.max_open_orders
  ) execute function private.guard_account_limits();
