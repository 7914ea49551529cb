/** Every chain that has entries, an end or a checkpoint. */
export const CHAINS = `
  with chains as (
    select chain from private.audit_chains union select chain from private.audit_checkpoints
    union select distinct chain from public.audit_log
  )
  select n.chain, coalesce(c.seq, 0)::float8 as kept_from,
    h.last_seq::float8 as head_seq, encode(h.last_hash, 'hex') as head_hash,
    greatest(coalesce(e.seq, 0), coalesce(c.seq, 0))::float8 as last_seq,
    encode(case when e.seq > coalesce(c.seq, 0) then e.hash else coalesce(c.hash, '') end, 'hex') as last_hash
  from chains n
  left join private.audit_checkpoints c using (chain)
  left join private.audit_chains h using (chain)
  left join lateral (select l.seq, l.hash from public.audit_log l where l.chain = n.chain order by l.seq desc limit 1) e on true
  order by n.chain`;

/**
 * Checks pieces of chains: $1 chains, $2 the number before the first, $3 the last. An entry whose user was deleted has
 * forgotten what its content hash is of, one whose actor was deleted what its origin hash is of; one that is older than the checkpoint has nothing left to follow from.
 */
export const SLICE = `
  with slices as (
    select s.chain, s.after, s.upto, coalesce(p.seq, c.seq, 0) as previous_seq, coalesce(p.hash, c.hash, '') as previous_hash
    from unnest($1::text[], $2::bigint[], $3::bigint[]) s (chain, after, upto)
    left join private.audit_checkpoints c using (chain)
    left join lateral (
      select e.seq, e.hash from public.audit_log e
      where e.chain = s.chain and e.seq <= s.after and e.seq > coalesce(c.seq, 0)
      order by e.seq desc limit 1
    ) p on true
  ), entries as (
    select e.*, coalesce(lag(e.seq) over w, s.previous_seq) as previous_seq, coalesce(lag(e.hash) over w, s.previous_hash) as previous_hash,
      e.user_id is null and e.chain <> 'system' and not exists (select from auth.users u where u.id::text = e.chain) as subject_is_gone
    from slices s join public.audit_log e on e.chain = s.chain and e.seq > s.after and e.seq <= s.upto
    window w as (partition by s.chain, s.after order by e.seq, e.created_at)
  ), judged as (
    select e.chain, e.seq, e.previous_seq, e.action, e.created_at, k.kind
    from entries e
    cross join lateral (values
      ('missing', e.seq > e.previous_seq + 1),
      ('repeated', e.seq = e.previous_seq),
      ('changed', e.seq = e.previous_seq + 1 and e.hash <> private.audit_hash(e.previous_hash, e.chain, e.seq, e.created_at, e.actor,
        e.actor_id, e.action, e.resource_type, e.resource_id, e.request_id, e.content_hash, e.origin_hash)),
      ('content', e.content_hash <> private.audit_content_hash(e.before, e.after, e.details)
        and not ((e.before, e.after, e.details) is not distinct from (null, null, null) and e.subject_is_gone)
        or e.origin_hash <> private.audit_origin_hash(e.ip, e.user_agent)
        and not ((e.ip, e.user_agent) is not distinct from (null, null)
          and (e.subject_is_gone or private.is_gone(e.actor, e.actor_id)))),
      ('subject', case when e.user_id is null then e.chain <> 'system' and exists (select from auth.users u where u.id::text = e.chain)
        else e.user_id::text <> e.chain end)
    ) k (kind, is_so)
    where k.is_so
  )
  select (select count(*)::float8 from entries) as entries,
    coalesce((select json_agg(json_build_object('chain', chain, 'seq', seq, 'previous_seq', previous_seq, 'kind', kind,
      'what', action || ', ' || to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')) order by chain, seq) from judged), '[]') as findings`;

/** The number under which an entry was written, if that was another: $1 its chain, $2 its number now. */
export const REORDERED = `
  select p.seq + 1 as seq
  from public.audit_log e
  join (select seq, hash from public.audit_log where chain = $1 union all select seq, hash from private.audit_checkpoints where chain = $1
        union all select 0, '') p on p.seq + 1 <> e.seq
  where e.chain = $1 and e.seq = $2 and e.hash = private.audit_hash(p.hash, e.chain, p.seq + 1, e.created_at, e.actor, e.actor_id,
    e.action, e.resource_type, e.resource_id, e.request_id, e.content_hash, e.origin_hash)
  limit 1`;

/** The hash of an entry, or of the checkpoint in its place: $1 chains, $2 numbers. Null where there is no such entry any more. */
export const HASHES = `
  select a.chain, a.seq::float8 as seq, coalesce(c.seq, 0)::float8 as kept_from,
    encode(case when c.seq = a.seq then c.hash else e.hash end, 'hex') as hash
  from unnest($1::text[], $2::bigint[]) a (chain, seq)
  left join private.audit_checkpoints c using (chain)
  left join lateral (select l.hash from public.audit_log l where l.chain = a.chain and l.seq = a.seq limit 1) e on true`;
