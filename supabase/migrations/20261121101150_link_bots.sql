-- Purpose: a bot trades with a credential of its own user.
-- Objects: foreign key bots_credential_id_fkey, whose index is that of 20261121101100_create_trading.sql; function
--   private.guard_credential_deletion.
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
