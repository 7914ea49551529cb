/** A rule of the house that the catalogue can be asked about. */
export interface CatalogueRule {
  readonly name: string;
  /** Gives a row for whatever breaks the rule, with what it is in the column `name`. */
  readonly query: string;
  /** What is wrong with it, and what would be right: follows the name. */
  readonly message: string;
}

/** Our tables, as `t`: pg_class with the name and the schema. */
export const TABLES = `
  (select n.nspname || '.' || c.relname as name, n.nspname as schema, c.*
   from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition) t`;

/** Our policies, as `p`, those on the platform's tables too. */
export const POLICIES = `
  (select n.nspname || '.' || c.relname || ': ' || p.polname as name, n.nspname as schema, c.relname as table_name,
     pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as with_check, p.*
   from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'private', 'realtime', 'storage')) p`;

/** Our functions, as `f`: pg_proc with the name and the schema. */
export const FUNCTIONS = `
  (select n.nspname || '.' || p.proname as name, n.nspname as schema, p.*
   from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('public', 'private')) f`;
