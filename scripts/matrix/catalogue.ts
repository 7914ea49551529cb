import type pg from 'pg';
import type { ApiRole } from './api-role.ts';

export interface ColumnFacts {
  readonly name: string;
  /** Whether its values come from the database alone: generated, or an identity that is always. */
  readonly generated: boolean;
  /** Which API roles hold which privilege on it, by its own grant or the table's. */
  readonly select: readonly ApiRole[];
  readonly insert: readonly ApiRole[];
  readonly update: readonly ApiRole[];
}

/** An exposed table or view. */
export interface TableFacts {
  readonly name: string;
  /** As pg_class has it: r table, p partitioned table, v view, m materialized view, f foreign table. */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f';
  readonly rowSecurity: boolean;
  readonly columns: readonly ColumnFacts[];
  /** API roles that may delete, or empty the table. */
  readonly delete: readonly ApiRole[];
}

/** An exposed function. */
export interface FunctionFacts {
  readonly name: string;
  readonly execute: readonly ApiRole[];
}

/** What the Data API exposes, as the catalogue has it. */
export interface Catalogue {
  readonly tables: ReadonlyMap<string, TableFacts>;
  readonly functions: ReadonlyMap<string, FunctionFacts>;
}

const ROLES = `(values ('anon'), ('authenticated'), ('service_role'), ('tradebase_admin')) r (name)`;
const holders = (privilege: string) =>
  `array(select r.name from ${ROLES} where has_column_privilege(r.name, c.oid, a.attnum, '${privilege}'))`;

const TABLES = `
  select c.relname as name, c.relkind as kind, c.relrowsecurity as "rowSecurity",
    array(select r.name from ${ROLES} where has_table_privilege(r.name, c.oid, 'delete') or has_table_privilege(r.name, c.oid, 'truncate')) as delete,
    json_agg(json_build_object('name', a.attname, 'generated', a.attgenerated <> '' or a.attidentity = 'a',
      'select', ${holders('select')}, 'insert', ${holders('insert')}, 'update', ${holders('update')}) order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  group by c.oid, c.relname, c.relkind, c.relrowsecurity
  order by c.relname`;

const FUNCTIONS = `
  select p.proname as name,
    array(select r.name from ${ROLES} where has_function_privilege(r.name, p.oid, 'execute')) as execute
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
  order by p.proname`;

/** Reads what is exposed. Throws where two functions share a name: an expectation could not say which it means. */
export async function readCatalogue(client: pg.Client): Promise<Catalogue> {
  const { rows: tables } = await client.query<TableFacts>(TABLES);
  const { rows: functions } = await client.query<FunctionFacts>(FUNCTIONS);
  const byName = new Map(functions.map((facts) => [facts.name, facts]));
  if (byName.size < functions.length) throw new Error('two exposed functions have the same name: rename one');
  return { tables: new Map(tables.map((facts) => [facts.name, facts])), functions: byName };
}

/** Names of the columns on which a role holds a privilege. */
export function columnsFor(
  { columns }: TableFacts,
  role: ApiRole,
  privilege: 'select' | 'insert' | 'update',
): readonly string[] {
  return columns.filter((column) => column[privilege].includes(role)).map(({ name }) => name);
}
