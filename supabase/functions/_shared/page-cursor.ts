import { z } from 'zod';
import { ApiError } from './api-error.ts';

/** The last row of a page that is ordered by creation, newest first. */
const PageCursor = z.strictObject({ created_at: z.iso.datetime({ offset: true }), id: z.guid() });
type PageCursor = z.infer<typeof PageCursor>;

/** A page of rows, newest first, of which one more than `limit` was asked for: it tells whether there is a next page. */
export function cutPage<Row extends PageCursor>(rows: readonly Row[], limit: number) {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next_cursor: last ? writeCursor(last) : null };
}

/** The cursor as callers hold it: opaque, and safe in a URL. */
function writeCursor({ created_at, id }: PageCursor): string {
  return btoa(`${created_at} ${id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Reads what `writeCursor` wrote. Throws `invalid_request` for anything else: the parts go into a filter. */
export function readCursor(text: string): PageCursor {
  const [created_at, id] = decode(text).split(' ');
  const cursor = PageCursor.safeParse({ created_at, id });
  if (!cursor.success) {
    throw new ApiError('invalid_request', {
      details: [{ path: 'cursor', message: 'must be the next_cursor of the page before' }],
    });
  }
  return cursor.data;
}

/** A filter for the rows after the cursor's, given that none is newer: the condition on the time alone can use the index. */
export function olderThan({ created_at, id }: PageCursor): string {
  return `created_at.lt."${created_at}",id.lt.${id}`;
}

function decode(text: string): string {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
