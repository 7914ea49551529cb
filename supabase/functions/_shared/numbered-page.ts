/** A page of rows that are numbered from 1, in order, of which one more than `limit` was asked for. */
export function cutNumberedPage<Row>(rows: readonly Row[], limit: number, numberOf: (row: Row) => number) {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next_cursor: last === undefined ? null : numberOf(last) };
}
