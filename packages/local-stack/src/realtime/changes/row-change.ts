import type { Pgoutput } from 'pg-logical-replication';
import type { ChangeType } from './change-request.ts';

/** Values in the order of a table's columns, as Postgres's text; undefined where replication does not tell a value. */
export type RowText = readonly (string | null | undefined)[];

/** The transaction that changed a row. */
export interface Commit {
  readonly at: Date;
  /** Its number, as 32 bits. */
  readonly xid: number;
}

/** One row that a committed transaction changed. */
export interface RowChange {
  readonly type: ChangeType;
  readonly relation: Pgoutput.MessageRelation;
  readonly commit: Commit;
  /** Undefined for DELETE. */
  readonly after: RowText | undefined;
  /** The replica identity before the change: the primary key, or every column; undefined for INSERT. */
  readonly before: RowText | undefined;
  /** Length of all its text. */
  readonly size: number;
}

type RowMessage = Pgoutput.MessageInsert | Pgoutput.MessageUpdate | Pgoutput.MessageDelete;

/** Reads a change from the replication stream. */
export function toRowChange(message: RowMessage, commit: Commit): RowChange {
  const { relation } = message;
  const after = message.tag === 'delete' ? undefined : toRow(relation, message.new);
  const before = message.tag === 'insert' ? undefined : beforeOf(message);
  const type = ({ insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' } as const)[message.tag];
  const size = [...(after ?? []), ...(before ?? [])].reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return { type, relation, commit, after, before, size };
}

/** An update that leaves the key alone comes without an old row: the key is then that of the new one. */
function beforeOf(message: Pgoutput.MessageUpdate | Pgoutput.MessageDelete): RowText {
  const { relation, old, key } = message;
  if (old) return toRow(relation, old);
  if (key) return toRow(relation, key);
  const fresh: Readonly<Record<string, unknown>> = message.tag === 'update' ? message.new : {};
  return toRow(relation, Object.fromEntries(relation.keyColumns.map((name) => [name, fresh[name]])));
}

function toRow({ columns }: Pgoutput.MessageRelation, values: Readonly<Record<string, unknown>>): RowText {
  return columns.map(({ name }) => {
    const value = values[name];
    return typeof value === 'string' || value === null ? value : undefined;
  });
}
