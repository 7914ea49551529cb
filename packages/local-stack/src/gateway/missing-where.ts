const NOT_FILTERS = new Set(['select', 'columns', 'order', 'limit', 'offset', 'on_conflict', 'apikey']);

/**
 * Whether a Data API request would change every row of a table. Hosted loads the extension `safeupdate` for the API's
 * role, which refuses such a statement; Postgres from npm has no such extension, so the gateway refuses it.
 */
export function lacksWhere(method: string | undefined, path: string, query: URLSearchParams): boolean {
  if (method !== 'PATCH' && method !== 'DELETE') return false;
  if (path.startsWith('/rpc/')) return false;
  return ![...query.keys()].some((name) => !NOT_FILTERS.has(name));
}
