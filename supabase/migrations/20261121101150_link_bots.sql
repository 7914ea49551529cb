-- Purpose: a bot trades with a credential of its own user, and a user has as many bots as the plan allows.
-- Objects: foreign key bots_credential_id_fkey, whose index is that of 20261121101100_create_trading.sql; functions
--   private.guard_credential_deletion and private.check_quota, which takes the place of the setting limits.bots_per_user.
-- Risk: refused if a bot names a credential that does not exist.

-- No action and not set null: a LIVE bot has a credential, so deleting one that is in use is refused. Deleting a user goes
-- well all the same: the key is looked at when both the credentials and the bots are gone.
alter table public.bots add constraint bots_credential_id_fkey
  foreign key (credential_id, user_id) references public.exchange_credentials (id, user_id);

create function private.guard_credential_deletion() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  bot_name text;
begin
  select b.name into bot_name from public.bots b
  where b.credential_id = old.id and b.user_id = old.user_id and exists (select from auth.users u where u.id = old.user_id)
  limit 1;
  if found then
    perform private.raise_api_error(409, 'credential_in_use', format('the bot %L trades with the credential: give it another one first', bot_name));
  end if;
  return old;
end
$$;
comment on function private.guard_credential_deletion() is 'Trigger: says which bot keeps a credential from being deleted; the key from bots would refuse it anyway. Definer, to see whether its user is being deleted.';
revoke execute on function private.guard_credential_deletion() from public;
create trigger guard_deletion before delete on public.exchange_credentials
  for each row execute function private.guard_credential_deletion();

create function private.check_quota() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  most_rows constant numeric := private.quota(new.user_id, tg_argv[0]);
  owned_rows bigint;
begin
  -- One insert of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(tg_table_name || ' of ' || new.user_id::text, 0));
  execute format('select count(*) from public.%I where user_id = $1', tg_table_name) into owned_rows using new.user_id;
  if owned_rows >= most_rows then
    perform private.raise_api_error(409, 'quota_exceeded',
      format('you have %s %s, which is the most in your plan: delete one that you no longer need', owned_rows, replace(tg_table_name, '_', ' ')));
  end if;
  return new;
end
$$;
comment on function private.check_quota() is
  'Trigger before insert: refuses a row beyond the most that the user''s plan allows. Its argument is the quota. Definer, so that it counts rows whoever inserts.';
revoke execute on function private.check_quota() from public;

drop trigger check_limit on public.bots;
create trigger check_quota before insert on public.bots
  for each row execute function private.check_quota('bots');
delete from public.system_config where key = 'limits.bots_per_user';
