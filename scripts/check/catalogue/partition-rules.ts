import type { CatalogueRule } from './rule.ts';

const PARTITIONS = `
  (select c.relname as name, c.* from pg_class c where c.relnamespace = 'partitions'::regnamespace and c.relkind in ('r', 'p')) t`;

export const PARTITION_RULES: readonly CatalogueRule[] = [
  {
    name: 'row level security of partitions',
    query: `select name from ${PARTITIONS} where not relrowsecurity`,
    message: 'is a partition with row level security off',
  },
  {
    name: 'way to partitions',
    query: `select distinct t.name from ${PARTITIONS}, aclexplode(t.relacl) a
      where a.grantee <> t.relowner
      union all
      select r.name || ' on the schema' from (values ('anon'), ('authenticated'), ('service_role'), ('tradebase_admin')) r (name)
      where has_schema_privilege(r.name, 'partitions', 'usage')`,
    message: 'is a grant on a partition: rows are reached through their table, under its policies',
  },
  {
    name: 'place of partitions',
    query: `select c.relnamespace::regnamespace || '.' || c.relname as name from pg_class c
      where c.relispartition and c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)`,
    message: 'is a partition outside of the schema partitions',
  },
];
