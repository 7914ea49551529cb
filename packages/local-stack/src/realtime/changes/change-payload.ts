import type { Table, TableColumn } from './describe-table.ts';
import type { JudgedRow } from './judge-rows.ts';
import type { RowChange } from './row-change.ts';

/** Of larger changes only short values are sent. */
const MAX_RECORD_BYTES = 1024 * 1024;
const SHORT_VALUE_BYTES = 64;

export type ChangeError =
  | 'Error 400: Bad Request, no primary key'
  | 'Error 401: Unauthorized'
  | 'Error 413: Payload Too Large';

export interface ChangePayloadOptions {
  readonly change: RowChange;
  readonly table: Table;
  readonly after: JudgedRow | undefined;
  readonly before: JudgedRow | undefined;
  readonly role: string;
  /** Columns that are wanted besides the primary key; undefined for all. */
  readonly select: readonly string[] | undefined;
}

/** Why a role is told of a change without its record; undefined where it may have it. */
export function refusalOf({ type }: RowChange, { columns }: Table, role: string): ChangeError | undefined {
  if (type === 'DELETE') return undefined;
  const keys = columns.filter(({ isKey }) => isKey);
  if (keys.length === 0) return 'Error 400: Bad Request, no primary key';
  return keys.every(({ readableBy }) => readableBy.includes(role)) ? undefined : 'Error 401: Unauthorized';
}

/** The JSON of a change that is told of without its record. */
export function refusedPayload({ relation, type }: RowChange, error: ChangeError): string {
  return JSON.stringify({
    ...{ schema: relation.schema, table: relation.name, type, commit_timestamp: null },
    ...{ columns: [], record: {}, ...(type === 'UPDATE' && { old_record: {} }), errors: [error] },
  });
}

/** The JSON of a change for a role, in hosted Realtime's form. */
export function changePayload({ change, table, after, before, role, select }: ChangePayloadOptions): string {
  const { relation, type, commit, size } = change;
  const columns = table.columns.filter(
    ({ name, isKey, readableBy }) => readableBy.includes(role) && (!select || isKey || select.includes(name)),
  );
  const tooLarge = size > MAX_RECORD_BYTES;
  const record = (rows: readonly (JudgedRow | undefined)[], only: readonly TableColumn[]) =>
    recordJson(change, rows, only, tooLarge);
  // No policy can be asked about a row that is gone.
  const secured = type === 'DELETE' && table.rowSecurity ? columns.filter(({ isKey }) => isKey) : columns;
  const fields = [
    `"schema":${JSON.stringify(relation.schema)}`,
    `"table":${JSON.stringify(relation.name)}`,
    `"commit_timestamp":"${commit.at.toISOString()}"`,
    `"type":"${type}"`,
    `"columns":${JSON.stringify(columns.map(({ name, typeName }) => ({ name, type: typeName })))}`,
  ];
  // A long value that an update leaves alone is told of only in the old row.
  if (type !== 'DELETE') fields.push(`"record":${record([after, before], columns)}`);
  if (type !== 'INSERT') fields.push(`"old_record":${record([before], secured)}`);
  fields.push(`"errors":${tooLarge ? '["Error 413: Payload Too Large"]' : 'null'}`);
  return `{${fields.join(',')}}`;
}

/** The values of the first row that has one. */
function recordJson(
  { relation }: RowChange,
  rows: readonly (JudgedRow | undefined)[],
  columns: readonly TableColumn[],
  tooLarge: boolean,
): string {
  const fields = columns.flatMap(({ name }) => {
    const at = relation.columns.findIndex((column) => column.name === name);
    const json = rows.map((row) => row?.json[at]).find((value) => value !== undefined);
    if (json === undefined || (tooLarge && Buffer.byteLength(json) > SHORT_VALUE_BYTES)) return [];
    return [`${JSON.stringify(name)}:${json}`];
  });
  return `{${fields.join(',')}}`;
}
