import { type ChangeFilter, parseFilters } from './parse-filters.ts';

export type ChangeType = 'INSERT' | 'UPDATE' | 'DELETE';

/** Which changes of which tables a client wants. */
export interface ChangeRequest {
  readonly event: ChangeType | '*';
  /** `*` for every schema. */
  readonly schema: string;
  /** `*` for every table. */
  readonly table: string;
  /** All of them have to hold. */
  readonly filters: readonly ChangeFilter[];
  /** Columns that are sent besides the primary key; undefined for all. */
  readonly select: readonly string[] | undefined;
}

/** Why a subscription to changes is not made, in hosted Realtime's words. */
export class SubscriptionRefused extends Error {}

/** Reads one entry of `config.postgres_changes`. Throws SubscriptionRefused. */
export function parseChangeRequest(entry: Readonly<Record<string, unknown>>): ChangeRequest {
  const { schema, table, filter } = entry;
  const names = [schema, table, filter];
  const named = typeof schema === 'string' || typeof table === 'string';
  const wellTyped = names.every((name) => name === undefined || name === null || typeof name === 'string');
  const filtersTable = typeof filter !== 'string' || (typeof schema === 'string' && typeof table === 'string');
  if (!named || !wellTyped || !filtersTable) {
    throw new SubscriptionRefused(
      'No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: ' +
        JSON.stringify({ schema, table, filter }),
    );
  }
  const request: ChangeRequest = {
    event: toEvent(entry.event),
    schema: typeof schema === 'string' ? schema : 'public',
    table: typeof table === 'string' ? table : '*',
    filters: typeof filter === 'string' ? readFilters(filter) : [],
    select: toColumns(entry.select),
  };
  if (request.select && (request.schema === '*' || request.table === '*')) {
    throw new SubscriptionRefused(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    );
  }
  return request;
}

/** A request in the form in which hosted Realtime's messages show it. */
export function showRequest({ event, schema, table, filters, select }: ChangeRequest): string {
  const shown = filters.map(
    ({ column, operator, value, negated }) => `{${[column, operator, value].map(quote).join(', ')}, ${negated}}`,
  );
  const columns = select ? `[${select.map(quote).join(', ')}]` : 'nil';
  return `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${shown.join(', ')}], select: ${columns}]`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function readFilters(filter: string): ChangeFilter[] {
  const parsed = parseFilters(filter);
  if (typeof parsed === 'string') throw new SubscriptionRefused(`Error parsing \`filter\` params: ${parsed}`);
  return parsed;
}

/** Hosted Realtime takes anything that is no event for every event. */
function toEvent(event: unknown): ChangeRequest['event'] {
  const name = typeof event === 'string' ? event.toUpperCase() : '*';
  return name === 'INSERT' || name === 'UPDATE' || name === 'DELETE' ? name : '*';
}

function toColumns(select: unknown): string[] | undefined {
  if (typeof select === 'string') {
    throw new SubscriptionRefused(
      'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    );
  }
  if (!Array.isArray(select)) return undefined;
  const columns = select.filter((column) => typeof column === 'string');
  return columns.length > 0 ? columns : undefined;
}
