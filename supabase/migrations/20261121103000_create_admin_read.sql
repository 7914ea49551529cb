-- Purpose: how an admin reads other users' rows: through one function that first writes the read to the audit log.
-- Objects: functions public.admin_read, private.audit_admin_read.
-- Risk: none: nothing is changed but the log.

create function private.audit_admin_read(p_table text, p_resource_id text, p_user_ids uuid[], p_details jsonb) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_admin();
  -- In the order of their ids, so that two reads that concern the same users wait for each other and do not deadlock.
  perform private.write_audit('admin.read', p_table, p_resource_id, about.id, null, null, p_details)
  from (select distinct u.id from unnest(p_user_ids) wanted left join auth.users u on u.id = wanted order by u.id nulls first) about;
end
$$;
comment on function private.audit_admin_read(text, text, uuid[], jsonb) is
  'Writes an admin''s read to the audit log, once for each user it is about; null, and an id of nobody, is the system. Definer, because nobody may write the log otherwise.';

create function public.admin_read(
  p_table text,
  p_filter jsonb default '{}',
  p_limit integer default 100,
  p_offset integer default 0,
  p_order text default null
) returns setof jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  most_rows constant integer := 1000;
  most_skipped constant integer := 1000000;
  most_filters constant integer := 20;
  longest_filter constant integer := 8192;
  criteria constant jsonb := coalesce(p_filter, '{}');
  -- What the log tells of it: ids and states, and of other values only that there was one, because entries about nobody
  -- outlive the user whose address or name it may be.
  noted_criteria jsonb := '{}';
  caller_role constant text := current_setting('role');
  table_oid oid;
  readable text[];
  conditions text[] := '{}';
  ordering text[] := '{}';
  wanted record;
  named_user uuid;
  is_valid boolean;
  found_row jsonb;
  found_user uuid;
  found_users uuid[] := '{}';
begin
  perform private.require_admin();
  if current_setting('transaction_read_only')::boolean then
    perform private.raise_api_error(405, 'method_not_allowed', 'call admin_read with POST: it writes the read to the audit log');
  end if;

  select c.oid into table_oid from pg_catalog.pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relname = p_table and c.relkind in ('r', 'p') and not c.relispartition;
  select array_agg(a.attname::text order by a.attnum) into readable from pg_catalog.pg_attribute a
  where a.attrelid = table_oid and a.attnum > 0 and not a.attisdropped
    and pg_catalog.has_column_privilege('tradebase_admin', a.attrelid, a.attnum, 'select');
  if readable is null then
    perform private.raise_api_error(404, 'not_found', format('there is no table %L that admins may read', left(p_table, 63)));
  end if;
  if p_limit is null or p_limit not between 1 and most_rows then
    perform private.raise_api_error(422, 'invalid_request', format('p_limit must be from 1 to %s', most_rows));
  end if;
  if p_offset is null or p_offset not between 0 and most_skipped then
    perform private.raise_api_error(422, 'invalid_request', format('p_offset must be from 0 to %s', most_skipped));
  end if;
  if jsonb_typeof(criteria) <> 'object' or octet_length(criteria::text) > longest_filter
    or (select count(*) from jsonb_object_keys(criteria)) > most_filters then
    perform private.raise_api_error(422, 'invalid_request',
      format('p_filter must be an object of at most %s columns and %s bytes', most_filters, longest_filter));
  end if;

  for wanted in
    select f.key, f.value, criteria ->> f.key as text_value, a.attname, format_type(a.atttypid, a.atttypmod) as type,
      not (t.typcategory in ('A', 'C') or a.atttypid in ('json'::regtype, 'jsonb'::regtype, 'xml'::regtype)) as comparable
    from jsonb_each(criteria) f
    left join pg_catalog.pg_attribute a on a.attrelid = table_oid and a.attname = f.key and a.attname = any (readable)
    left join pg_catalog.pg_type t on t.oid = a.atttypid
  loop
    if wanted.attname is null then
      perform private.raise_api_error(422, 'invalid_request', format('%s has no column %L that admins may read', p_table, left(wanted.key, 63)));
    end if;
    if not wanted.comparable or jsonb_typeof(wanted.value) in ('object', 'array') then
      perform private.raise_api_error(422, 'invalid_request', format('%s cannot be filtered: only plain values are compared', wanted.attname));
    end if;
    -- By EXECUTE: pg_input_is_valid keeps the type of its first call for as long as its plan lives.
    execute 'select pg_catalog.pg_input_is_valid($1, $2)' into is_valid using wanted.text_value, wanted.type;
    if not is_valid then
      perform private.raise_api_error(422, 'invalid_request', format('the value for %s must be of the type %s', wanted.attname, wanted.type));
    end if;
    conditions := conditions || case
      when wanted.text_value is null then format('t.%I is null', wanted.attname)
      else format('t.%I = ($1 ->> %L)::%s', wanted.attname, wanted.attname, wanted.type) end;
    noted_criteria := noted_criteria || jsonb_build_object(wanted.attname, case
      when wanted.text_value is null or wanted.type in ('uuid', 'boolean') or wanted.attname in ('id', 'status') then wanted.value
      else '"***"' end);
  end loop;

  if p_order is not null then
    if not regexp_replace(p_order, '\.(asc|desc)$', '') = any (readable) then
      perform private.raise_api_error(422, 'invalid_request',
        format('p_order must be a column of %s that admins may read, with .desc after it for the other direction', p_table));
    end if;
    ordering := array[format('t.%I %s', regexp_replace(p_order, '\.(asc|desc)$', ''), case when p_order like '%.desc' then 'desc' else 'asc' end)];
  end if;
  -- After that by the primary key, so that pages do not overlap.
  select ordering || coalesce(array_agg(format('t.%I', a.attname) order by k.position), '{}') into ordering
  from pg_catalog.pg_index i
  cross join unnest(i.indkey::smallint[]) with ordinality k (attnum, position)
  join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
  where i.indrelid = table_oid and i.indisprimary and a.attname = any (readable);

  if criteria ? 'user_id' then
    named_user := case when pg_catalog.pg_input_is_valid(criteria ->> 'user_id', 'uuid') then (criteria ->> 'user_id')::uuid end;
  end if;
  perform private.audit_admin_read(p_table, left(coalesce(criteria ->> 'id', criteria ->> 'key', criteria ->> 'user_id'), 200), array[named_user],
    jsonb_build_object('filter', noted_criteria, 'limit', p_limit, 'offset', p_offset, 'order', p_order));

  perform set_config('role', 'tradebase_admin', true);
  for found_row in execute format('select to_jsonb(r) from (select %s from public.%I t%s%s limit $2 offset $3) r',
    (select string_agg(format('t.%I', c), ', ' order by n) from unnest(readable) with ordinality u (c, n)),
    p_table,
    case when cardinality(conditions) > 0 then ' where ' || array_to_string(conditions, ' and ') else '' end,
    case when cardinality(ordering) > 0 then ' order by ' || array_to_string(ordering, ', ') else '' end)
    using criteria, p_limit, p_offset
  loop
    return next found_row;
    found_user := found_row ->> 'user_id';
    if found_user is distinct from named_user and not found_user = any (found_users) then
      found_users := found_users || found_user;
    end if;
  end loop;
  perform set_config('role', caller_role, true);

  -- Who was not named, and was read all the same, learns of it too.
  if cardinality(found_users) > 0 then
    perform private.audit_admin_read(p_table, null, found_users,
      jsonb_build_object('filter', noted_criteria, 'limit', p_limit, 'offset', p_offset, 'order', p_order));
  end if;
end
$$;
comment on function public.admin_read(text, jsonb, integer, integer, text) is
  'For admins with a second factor: rows of a table, of all users, as JSON. p_filter compares columns for equality ({"user_id": "...", "status": "failed"}; null finds nulls), p_order is a column, with .desc or without. The read is in the audit log of every user whose rows it returns. Errors: forbidden, method_not_allowed, not_found, invalid_request.';

revoke execute on function private.audit_admin_read(text, text, uuid[], jsonb) from public;
revoke execute on function public.admin_read(text, jsonb, integer, integer, text) from public, anon, service_role;
grant execute on function private.audit_admin_read(text, text, uuid[], jsonb), public.admin_read(text, jsonb, integer, integer, text) to authenticated;
