-- Purpose: our queues, and the one way to put a job into them from SQL.
-- Objects: queues backtest and backtest-dead, function private.enqueue_job.
-- Risk: none on an empty database.

-- A worker that dies is noticed by its missing heartbeat; its job is tried again, and after the last try goes to the
-- dead-letter queue, whose handler marks the row it belonged to as failed.
select pgboss.create_queue('backtest-dead', '{"policy": "standard", "retryLimit": 5, "retryDelay": 5, "notify": true}');
select pgboss.create_queue('backtest', '{
  "policy": "standard", "retryLimit": 3, "retryDelay": 1, "retryBackoff": true, "retryDelayMax": 60,
  "expireInSeconds": 3600, "heartbeatSeconds": 10, "deadLetter": "backtest-dead", "notify": true}');

create function private.enqueue_job(p_queue text, p_id uuid, p_data jsonb, p_group_id text, p_priority integer default 0) returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into pgboss.job (
    name, id, data, group_id, priority, policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds,
    deletion_seconds, keep_until, dead_letter, heartbeat_seconds
  )
  select q.name, p_id, p_data, p_group_id, p_priority, q.policy, q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max,
         q.expire_seconds, q.deletion_seconds, now() + make_interval(secs => q.retention_seconds), q.dead_letter,
         q.heartbeat_seconds
  from pgboss.queue q
  where q.name = p_queue
  on conflict do nothing;
  if not found and not exists (select from pgboss.queue q where q.name = p_queue) then
    raise exception 'there is no queue %', p_queue;
  end if;
  -- The channel on which pg-boss listens: 'pgboss_' and a hash of its schema's name.
  perform pg_catalog.pg_notify('pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24), p_queue);
end
$$;
comment on function private.enqueue_job(text, uuid, jsonb, text, integer) is
  'Puts a job into a queue in the caller''s transaction and wakes a worker at commit. The same queue and id twice is one job. Definer, because users'' inserts enqueue without rights on the queue.';
revoke execute on function private.enqueue_job(text, uuid, jsonb, text, integer) from public;
