import pg from 'pg';
import type { Catalogue } from './catalogue.ts';
import type { Row, TableExpectation } from './expectation.ts';
import { type MatrixTenant, RowMissing } from './matrix-tenant.ts';

/** Why a table has no row to try with. */
export interface RowFailure {
  readonly table: string;
  readonly problem: string;
}

/**
 * Makes the row of each tenant in every expected table, as the role of the migrations. A row that asks for one of another
 * table waits until that is made, in whatever order the files come.
 */
export async function makeRows(
  database: pg.Client,
  catalogue: Catalogue,
  expectations: ReadonlyMap<string, TableExpectation>,
  tenants: readonly MatrixTenant[],
): Promise<RowFailure[]> {
  let waiting = [...expectations].filter(([table]) => catalogue.tables.has(table));
  let failures: RowFailure[] = [];
  for (;;) {
    const stillWaiting: typeof waiting = [];
    failures = [];
    for (const [table, expectation] of waiting) {
      try {
        await makeRowsOf(database, table, expectation, tenants);
      } catch (error) {
        stillWaiting.push([table, expectation]);
        failures.push({ table, problem: error instanceof Error ? error.message : String(error) });
      }
    }
    if (stillWaiting.length === 0 || stillWaiting.length === waiting.length) return failures;
    waiting = stillWaiting;
  }
}

async function makeRowsOf(
  database: pg.Client,
  table: string,
  { kind, row, key = ['id'] }: TableExpectation,
  tenants: readonly MatrixTenant[],
): Promise<void> {
  for (const tenant of kind === 'shared' ? tenants.slice(0, 1) : tenants) {
    if (tenant.has(table)) continue;
    const made = row ? await insert(database, table, row(tenant)) : await find(database, table, kind, tenant);
    const unknown = key.filter((column) => !(column in made));
    if (unknown.length > 0) throw new Error(`its key names columns that it does not have: ${unknown.join(', ')}`);
    tenant.addRow(table, kind, made);
  }
}

async function insert(database: pg.Client, table: string, row: Row): Promise<Row> {
  const name = `public.${pg.escapeIdentifier(table)}`;
  const columns = Object.keys(row).map(pg.escapeIdentifier).join(', ');
  const { rows } = await database.query<{ row: Row }>(
    `insert into ${name} as made (${columns}) overriding system value
     select ${columns} from jsonb_populate_record(null::${name}, $1) returning to_jsonb(made) as row`,
    [toJson(row)],
  );
  if (!rows[0]) throw new Error('a trigger did not let its row in');
  return rows[0].row;
}

async function find(
  database: pg.Client,
  table: string,
  kind: TableExpectation['kind'],
  tenant: MatrixTenant,
): Promise<Row> {
  const { rows } = await database.query<{ row: Row }>(
    `select to_jsonb(t) as row from public.${pg.escapeIdentifier(table)} t ${kind === 'owned' ? 'where user_id = $1' : ''} limit 1`,
    kind === 'owned' ? [tenant.userId] : [],
  );
  if (!rows[0]) throw new RowMissing(table);
  return rows[0].row;
}

/** JSON in which bytes are written as Postgres reads them. */
function toJson(row: Row): string {
  const bytes = Object.entries(row).flatMap(([column, value]) =>
    value instanceof Uint8Array ? [[column, `\\x${Buffer.from(value).toString('hex')}`]] : [],
  );
  return JSON.stringify({ ...row, ...Object.fromEntries(bytes) });
}
