-- Purpose: a call that waited for the lease while its runner was taken to be offline, or its key was revoked, is refused as one that came
--   after it. It was told by the gate that the bot was not running, which it took for the decision.
-- Objects: function private.lock_lease.
-- Risk: none.

create or replace function private.lock_lease(p_run_id uuid, p_fencing_token bigint) returns public.bot_leases
language plpgsql security definer set search_path = '' as $$
declare
  runner record;
  lease public.bot_leases;
begin
  select * into runner from private.require_runner('runner:execute');
  select * into lease from public.bot_leases l where l.run_id = p_run_id and l.user_id = runner.user_id for update;
  if lease.bot_id is null then
    if exists (select from public.trading_runs r where r.id = p_run_id and r.user_id = runner.user_id) then
      perform private.raise_api_error(409, 'stale_lease', 'the bot has been started anew in another run: stop this one');
    end if;
    perform private.raise_api_error(404, 'run_not_found', 'there is no such run');
  end if;
  if lease.runner_session_id <> runner.session_id or lease.fencing_token is distinct from p_fencing_token then
    perform private.raise_api_error(409, 'stale_lease', format('the bot has been taken over (fencing token %s): stop it here and write nothing more for it', lease.fencing_token));
  end if;
  if lease.released_at is not null then
    perform private.raise_api_error(409, 'stale_lease', 'the run is over: its bot has been given back');
  end if;
  -- Again: whoever held the lock may have ended the session.
  perform private.require_runner('runner:execute');
  return lease;
end
$$;
