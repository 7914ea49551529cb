import type { RowQuery } from './newest-first.ts';

/** Narrows a list to the rows that have these values, by their columns; what is undefined was not asked for. */
export function matching(filters: Readonly<Record<string, string | undefined>>) {
  return (rows: RowQuery): RowQuery => {
    let narrowed = rows;
    for (const [column, value] of Object.entries(filters)) {
      if (value !== undefined) narrowed = narrowed.eq(column, value);
    }
    return narrowed;
  };
}
