import { escapeLiteral, type Pool } from 'pg';
import { isDatabaseAnswer } from '../database-answer.ts';
import { type ChangeRequest, SubscriptionRefused, showRequest } from './change-request.ts';
import { filterSql, IS_WORDS } from './filter-sql.ts';

export const PUBLICATION = 'supabase_realtime';
const MAX_IN_VALUES = 100;

interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * Checks that the tables of a request are in the publication, and that its columns may be read by the role and its
 * values fit them. Throws SubscriptionRefused where not.
 */
export async function checkRequest(pool: Pool, request: ChangeRequest, role: string): Promise<void> {
  const tables = await explained(request, () => findTables(pool, request, role));
  if (tables.length === 0) {
    throw new SubscriptionRefused(
      'Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect ' +
        `parameters: ${showRequest(request)}`,
    );
  }
  for (const table of tables) await explained(request, () => checkColumns(pool, request, table));
}

async function explained<T>(request: ChangeRequest, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof InvalidRequest || isDatabaseAnswer(error))) throw error;
    throw new SubscriptionRefused(
      'Unable to subscribe to changes with given parameters. An exception happened so please check your connect ' +
        `parameters: ${showRequest(request)}. Exception: ${error.message}`,
    );
  }
}

class InvalidRequest extends Error {}

/** Tables of the publication that fit, with the columns that the role may read. */
async function findTables(pool: Pool, { schema, table }: ChangeRequest, role: string): Promise<Table[]> {
  const { rows } = await pool.query<Table>(
    `select coalesce(
        (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, null)))
         from pg_attribute
         where attrelid = pg_class.oid and attnum > 0 and not attisdropped
           and has_column_privilege($4::name, attrelid, attnum, 'SELECT')),
        '[]') as columns
     from pg_publication_tables
     join pg_namespace on nspname = schemaname
     join pg_class on relnamespace = pg_namespace.oid and relname = tablename
     where pubname = $1 and $2::text in ('*', schemaname::text) and $3::text in ('*', tablename::text)`,
    [PUBLICATION, schema, table, role],
  );
  return rows;
}

async function checkColumns(pool: Pool, { filters, select }: ChangeRequest, { columns }: Table): Promise<void> {
  for (const filter of filters) {
    const type = columns.find(({ name }) => name === filter.column)?.type;
    if (type === undefined) throw new InvalidRequest(`invalid column for filter ${filter.column}`);
    if (filter.operator === 'is' && !IS_WORDS.includes(filter.value)) {
      throw new InvalidRequest('invalid value for is filter: must be null, true, false, or unknown');
    }
    const checks = [filterSql(filter, 'null', type)];
    // Without an operand Postgres does not look at a pattern.
    if (filter.operator === 'match' || filter.operator === 'imatch') checks.push(filterSql(filter, `''`, type));
    if (filter.operator === 'in') checks.push(`cardinality(${escapeLiteral(filter.value)}::${type}[])`);
    const { rows } = await pool.query({ text: `select ${checks.join(', ')}`, rowMode: 'array' });
    if (filter.operator === 'in' && Number(rows[0]?.[1]) > MAX_IN_VALUES) {
      throw new InvalidRequest(`too many values for \`in\` filter. Maximum ${MAX_IN_VALUES}`);
    }
  }
  for (const column of select ?? []) {
    if (!columns.some(({ name }) => name === column)) throw new InvalidRequest(`invalid column for select ${column}`);
  }
}
