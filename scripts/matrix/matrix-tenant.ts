import type { Row, Tenant } from './expectation.ts';

/** A row that another row's values ask for has not been made. */
export class RowMissing extends Error {
  readonly table: string;

  constructor(table: string) {
    super(`there is no row of ${table}`);
    this.table = table;
  }
}

/** A user of the matrix with the rows made so far; rows of shared tables are in one map that all tenants have. */
export class MatrixTenant implements Tenant {
  readonly userId: string;
  readonly email: string;
  readonly #shared: Map<string, Row>;
  readonly #own = new Map<string, Row>();

  constructor(userId: string, email: string, shared: Map<string, Row>) {
    this.userId = userId;
    this.email = email;
    this.#shared = shared;
  }

  /** A property, so that expectations may take it off the tenant. */
  readonly row = (table: string): Row => {
    const row = this.#own.get(table) ?? this.#shared.get(table);
    if (!row) throw new RowMissing(table);
    return row;
  };

  has(table: string): boolean {
    return this.#own.has(table) || this.#shared.has(table);
  }

  addRow(table: string, kind: 'owned' | 'shared', row: Row): void {
    (kind === 'owned' ? this.#own : this.#shared).set(table, row);
  }
}
