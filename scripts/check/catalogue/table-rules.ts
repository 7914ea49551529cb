import { type CatalogueRule, TABLES } from './rule.ts';

export const TABLE_RULES: readonly CatalogueRule[] = [
  {
    name: 'row level security',
    query: `select name from ${TABLES} where not relrowsecurity`,
    message: 'has row level security off',
  },
  {
    name: 'comment on tables',
    query: `select name from ${TABLES} where obj_description(oid, 'pg_class') is null`,
    message: 'has no comment',
  },
  {
    name: 'comment on columns',
    query: `select t.name || '.' || a.attname as name from ${TABLES} join pg_attribute a on a.attrelid = t.oid
      where a.attnum > 0 and not a.attisdropped and col_description(a.attrelid, a.attnum) is null`,
    message: 'has no comment',
  },
  {
    name: 'explicit grants',
    query: `select t.name from ${TABLES} where t.schema = 'public'
      and not exists (select from pg_attribute c, aclexplode(coalesce(c.attacl, t.relacl)) a
        where c.attrelid = t.oid
          and a.grantee in ('authenticated'::regrole, 'service_role'::regrole, 'tradebase_admin'::regrole))`,
    message: 'is exposed and granted to no API role: grant what is needed, or keep it in the schema private',
  },
  {
    name: 'nothing for everyone',
    query: `select distinct t.name from ${TABLES} join pg_attribute c on c.attrelid = t.oid,
      lateral (select grantee from aclexplode(t.relacl) union all select grantee from aclexplode(c.attacl)) a
      where a.grantee in (0, 'anon'::regrole)`,
    message: 'is granted to anon or to PUBLIC',
  },
  {
    name: 'private tables',
    query: `select distinct t.name from ${TABLES} join pg_attribute c on c.attrelid = t.oid,
      lateral (select grantee from aclexplode(t.relacl) union all select grantee from aclexplode(c.attacl)) a
      where t.schema = 'private' and a.grantee in ('authenticated'::regrole, 'service_role'::regrole)`,
    message: 'is private and granted to a role of the Data API',
  },
  {
    name: 'index on foreign keys',
    query: `select t.name || ': ' || k.conname as name from ${TABLES} join pg_constraint k on k.conrelid = t.oid
      where k.contype = 'f' and not exists (
        select from pg_index i where i.indrelid = t.oid and i.indpred is null and i.indisvalid
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
    message: 'is a foreign key without an index that begins with its columns',
  },
  {
    name: 'owner in foreign keys',
    query: `select t.name || ': ' || k.conname as name from ${TABLES}
      join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
      join pg_attribute mine on mine.attrelid = t.oid and mine.attname = 'user_id'
      join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attname = 'user_id'
      where t.schema = 'public' and not mine.attnum = any (k.conkey)
        and exists (select from unnest(k.conkey) c (attnum)
          where has_column_privilege('authenticated', t.oid, c.attnum, 'insert') or has_column_privilege('authenticated', t.oid, c.attnum, 'update'))`,
    message: "is a foreign key that users write and that does not carry user_id: it lets a row hang on another user's",
  },
  {
    name: 'owner for good',
    query: `select t.name from ${TABLES} join pg_attribute a on a.attrelid = t.oid and a.attname = 'user_id'
      where t.schema = 'public' and has_column_privilege('authenticated', t.oid, a.attnum, 'update')`,
    message: 'lets users update user_id: a row could be given away',
  },
  {
    name: 'truncate',
    query: `select t.name || ': ' || r.name as name from ${TABLES}
      cross join (values ('authenticated'), ('service_role'), ('tradebase_admin'), ('tradebase_worker')) r (name)
      where has_table_privilege(r.name, t.oid, 'truncate') or has_table_privilege(r.name, t.oid, 'trigger')`,
    message: 'may truncate the table or put triggers on it: row level security does not hold that back',
  },
  {
    name: 'views',
    query: `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and (c.relkind = 'm'
        or c.relkind = 'v' and not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false))`,
    message: 'is a view that asks no policies: make it security_invoker, and no materialized view in an exposed schema',
  },
];
