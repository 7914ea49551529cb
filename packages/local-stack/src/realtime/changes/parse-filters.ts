export const FILTER_OPERATORS = [
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** One condition on a column: `status=not.in.(draft,archived)`. */
export interface ChangeFilter {
  readonly column: string;
  readonly operator: FilterOperator;
  /** Postgres's text of the value; of `in`, the text of an array. */
  readonly value: string;
  readonly negated: boolean;
}

/** Reads conditions that commas separate. Answers with the reason where they are not well formed. */
export function parseFilters(text: string): ChangeFilter[] | string {
  if (text.trim() === '') return [];
  const filters: ChangeFilter[] = [];
  for (const segment of splitAtCommas(text.trim())) {
    const filter = parseFilter(segment.trim());
    if (typeof filter === 'string') return filter;
    filters.push(filter);
  }
  return filters;
}

/** Commas inside quotes and parentheses belong to a value. A quote opens only where a value or an element begins. */
function splitAtCommas(text: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quoted) {
      if (char === '\\') i += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"' && '.(,'.includes(text[i - 1] ?? ' ')) {
      quoted = true;
    } else if (char === '(') {
      depth += 1;
    } else if (char === ')') {
      depth = Math.max(0, depth - 1);
    } else if (char === ',' && depth === 0) {
      segments.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...segments, text.slice(start)];
}

function parseFilter(segment: string): ChangeFilter | string {
  if (segment === '') return 'filter must not contain empty segments (check for extra commas)';
  const [column, condition] = splitOnce(segment, '=');
  if (condition === undefined) return show([segment]);
  const negated = condition.startsWith('not.');
  const [name, value] = splitOnce(negated ? condition.slice('not.'.length) : condition, '.');
  if (value === undefined) return show([name]);
  const operator = FILTER_OPERATORS.find((known) => known === name);
  if (!operator) return show([name, value]);
  if (operator !== 'in') return { column, operator, value: unquote(value), negated };
  if (!/^\(.*\)$/s.test(value)) return '`in` filter value must be wrapped by parentheses';
  return { column, operator, value: `{${value.slice(1, -1)}}`, negated };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** `"a\"b"` is `a"b`; what is not quoted as a whole is taken as it is. */
function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
}

function show(parts: string[]): string {
  return `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;
}
