import type { Pool, PoolClient } from 'pg';
import type { TokenClaims } from '../../config/verify-token.ts';
import type { Log } from '../../stack-context.ts';
import { becomeUser, LOWERED } from '../become-user.ts';
import { inTransaction } from '../in-transaction.ts';
import type { Table } from './describe-table.ts';
import type { RowText } from './row-change.ts';

/** Rows of one table, for the policies to be asked about. */
export interface RowsToCheck {
  readonly pool: Pool;
  readonly log: Log;
  readonly table: Table;
  /** Names of the relation's columns. */
  readonly columns: readonly string[];
  readonly rows: readonly RowText[];
}

/** Someone who would see some of the rows. */
export interface Viewer {
  readonly claims: TokenClaims;
  /** Places of the rows in question. */
  readonly places: readonly number[];
}

/**
 * Which rows each viewer sees under the policies: their role looks for them by primary key, as they are now. A policy that
 * raises shows nothing.
 * @returns Places of the visible rows, for each viewer in order.
 */
export async function visibleRows(check: RowsToCheck, viewers: readonly Viewer[]): Promise<ReadonlySet<number>[]> {
  if (viewers.length === 0) return [];
  const keys = check.table.columns.filter(({ isKey }) => isKey);
  const sql = `
    select place::int from unnest(${keys.map((_key, i) => `$${i + 1}::text[]`).join(', ')}, $${keys.length + 1}::int[])
      as changed (${keys.map((_key, i) => `k${i}`).join(', ')}, place)
    where ${LOWERED} and exists (
      select 1 from ${check.table.sqlName} as current_row
      where ${keys.map(({ name, sqlType }, i) => `current_row.${quoteName(name)} = changed.k${i}::${sqlType}`).join(' and ')})`;
  const positions = keys.map(({ name }) => check.columns.indexOf(name));
  return inTransaction(check.pool, async (client) => {
    const visible: ReadonlySet<number>[] = [];
    for (const { claims, places } of viewers) {
      const values = positions.map((at) => places.map((place) => check.rows[place]?.[at] ?? null));
      visible.push(await look(client, claims, { text: sql, values: [...values, places] }, check.log));
    }
    return visible;
  });
}

async function look(
  client: PoolClient,
  claims: TokenClaims,
  query: { text: string; values: unknown[] },
  log: Log,
): Promise<ReadonlySet<number>> {
  await client.query('savepoint viewer');
  try {
    await becomeUser(client, { claims });
    const { rows } = await client.query<{ place: number }>(query);
    return new Set(rows.map(({ place }) => place));
  } catch (error) {
    log('realtime', `policies could not be asked about a change: ${String(error)}`);
    return new Set();
  } finally {
    await client.query('rollback to savepoint viewer');
  }
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
