-- Purpose: whoever is deactivated hears nothing more, as of the next time that Realtime asks.
-- Objects: function private.can_listen.
-- Risk: none; until it commits, a deactivated user hears what happens for as long as their token lasts.

create or replace function private.can_listen() returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  topic constant text := realtime.topic();
  kind constant text := split_part(topic, ':', 1);
  subject constant text := substr(topic, length(kind) + 2);
begin
  case kind
    when 'user' then
      return not private.is_runner() and subject = auth.uid()::text and private.caller_role() is not null;
    when 'runner' then
      return coalesce(subject = private.runner_session_id()::text, false);
    when 'run' then
      return pg_catalog.pg_input_is_valid(subject, 'uuid') and private.caller_role() is not null
        and exists (select from public.trading_runs r where r.id = subject::uuid and r.user_id = auth.uid());
    else
      return false;
  end case;
end
$$;
comment on function private.can_listen() is
  'Whether the caller may listen to the topic that Realtime asks about: user:<own id>, run:<id of an own run>, or, a live runner, runner:<its session>; a deactivated user to none. Definer, so that the answer needs no grants on what it looks at.';
