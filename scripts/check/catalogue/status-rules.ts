import { type CatalogueRule, TABLES } from './rule.ts';

const WITH_STATUS = `
  (select t.name, t.oid, t.relname,
     exists (select from private.status_transitions s where s.table_name = t.relname) as has_transitions,
     exists (select from pg_trigger g where g.tgrelid = t.oid and g.tgfoid = 'private.check_status'::regproc
       and g.tgenabled <> 'D' and g.tgtype & 1 = 1 and g.tgtype & 2 = 2 and g.tgtype & 16 = 16) as has_trigger
   from ${TABLES} join pg_attribute a on a.attrelid = t.oid and a.attname = 'status' and not a.attisdropped
   where t.schema in ('public', 'private')) t`;

export const STATUS_RULES: readonly CatalogueRule[] = [
  {
    name: 'transitions of a status',
    query: `select name from ${WITH_STATUS} where not (has_transitions and has_trigger)`,
    message:
      'has a status that may change in any way: put rows into private.status_transitions, and private.check_status before update',
  },
  {
    name: 'transitions of what is there',
    query: `select distinct s.table_name as name from private.status_transitions s
      where not exists (select from ${WITH_STATUS} where t.relname = s.table_name)`,
    message: 'has rows in private.status_transitions, and is no table with a status',
  },
];
