-- Purpose: who may listen to which private Realtime topic, all topics in one policy.
-- Objects: function private.can_listen; the policy on realtime.messages replaces that of allow_own_topic.
-- Risk: older hosted projects lock auth, storage and realtime tables during policy DDL: hence a migration of its own
--   with a short lock_timeout. Run it again if it times out. Until it commits, nobody can join a topic.
-- Comments cannot be set on the policy: the table belongs to the platform.

set local lock_timeout = '2s';

create function private.can_listen() returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  topic constant text := realtime.topic();
  kind constant text := split_part(topic, ':', 1);
  subject constant text := substr(topic, length(kind) + 2);
begin
  case kind
    when 'user' then
      return not private.is_runner() and subject = auth.uid()::text;
    when 'runner' then
      return coalesce(subject = private.runner_session_id()::text, false);
    when 'run' then
      return pg_catalog.pg_input_is_valid(subject, 'uuid')
        and exists (select from public.trading_runs r where r.id = subject::uuid and r.user_id = auth.uid());
    else
      return false;
  end case;
end
$$;
comment on function private.can_listen() is
  'Whether the caller may listen to the topic that Realtime asks about: user:<own id>, run:<id of an own run>, or, a live runner, runner:<its session>. Definer, so that the answer needs no grants on what it looks at.';
revoke execute on function private.can_listen() from public;
grant execute on function private.can_listen() to authenticated;

drop policy "Users can listen to their own topic" on realtime.messages;
create policy "Users and runners can listen to their own topics" on realtime.messages for select to authenticated
  using (extension = 'broadcast' and (select private.can_listen()));
