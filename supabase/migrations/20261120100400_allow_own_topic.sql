-- Purpose: who may listen to which private Realtime topic.
-- Objects: policies on realtime.messages.
-- Risk: older hosted projects lock auth, storage and realtime tables during policy DDL: hence a migration of its own
--   with a short lock_timeout. Run it again if it times out.
-- Comments cannot be set here: the table belongs to the platform.

set local lock_timeout = '2s';

create policy "Users can listen to their own topic" on realtime.messages for select to authenticated
  using (extension = 'broadcast' and (select realtime.topic()) = 'user:' || (select auth.uid())::text);
