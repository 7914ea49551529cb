import type { ApiRole } from './api-role.ts';
import { columnsFor, type TableFacts } from './catalogue.ts';
import type { Row, TableExpectation } from './expectation.ts';
import type { MatrixTenant } from './matrix-tenant.ts';

/** A table as it is, and as it is expected to be. */
export interface TableUnderTest {
  readonly name: string;
  readonly facts: TableFacts;
  readonly expectation: TableExpectation;
}

/** Columns and values that find a tenant's row again, of those that the role may name. */
export function filterFor({ name, facts, expectation }: TableUnderTest, tenant: MatrixTenant, role: ApiRole): Row {
  const row = tenant.row(name);
  const key = expectation.key ?? ['id'];
  const selectable = columnsFor(facts, role, 'select');
  const usable = key.filter((column) => selectable.includes(column));
  return Object.fromEntries((usable.length > 0 ? usable : key).map((column) => [column, row[column]]));
}

/** The tenant's whole key, for the superuser. */
export function keyOf({ name, expectation }: TableUnderTest, tenant: MatrixTenant): Row {
  return Object.fromEntries((expectation.key ?? ['id']).map((column) => [column, tenant.row(name)[column]]));
}

export function hasUserId({ facts, expectation }: TableUnderTest): boolean {
  return expectation.kind === 'owned' && facts.columns.some(({ name }) => name === 'user_id');
}
