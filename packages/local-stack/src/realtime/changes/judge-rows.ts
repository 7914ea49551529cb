import type { Pool } from 'pg';
import type { Log } from '../../stack-context.ts';
import type { Table } from './describe-table.ts';
import { filterSql } from './filter-sql.ts';
import type { ChangeFilter } from './parse-filters.ts';
import type { RowText } from './row-change.ts';

/** A row whose values are JSON, and which filters it passes. */
export interface JudgedRow {
  /** In the order of the relation's columns; undefined where the value is not known. */
  readonly json: readonly (string | undefined)[];
  passes(filterKey: string): boolean;
}

export interface JudgeOptions {
  readonly pool: Pool;
  readonly log: Log;
  readonly table: Table;
  /** Names of the relation's columns. */
  readonly columns: readonly string[];
  readonly rows: readonly RowText[];
  /** Every list of filters that somebody has, by its key. */
  readonly filters: ReadonlyMap<string, readonly ChangeFilter[]>;
}

interface Answer {
  readonly json: (string | null)[];
  readonly passed: boolean[];
}

/** Lets Postgres turn rows into JSON as hosted Realtime does, and compare them with filters in the columns' types. */
export async function judgeRows(options: JudgeOptions): Promise<JudgedRow[]> {
  const { rows, columns, filters } = options;
  if (rows.length === 0) return [];
  const keys = [...filters.keys()];
  const answers = await ask(options, keys);
  return rows.map((row, at) => {
    const passed = new Set(keys.filter((_key, i) => answers[at]?.passed[i] === true));
    return {
      json: row.map((value, i) => (value === undefined ? undefined : (answers[at]?.json[i] ?? 'null'))),
      passes: (key) => key === '' || (passed.has(key) && knows(row, columns, filters.get(key) ?? [])),
    };
  });
}

/** A value that replication leaves out satisfies no filter. */
function knows(row: RowText, columns: readonly string[], filters: readonly ChangeFilter[]): boolean {
  return filters.every(({ column }) => row[columns.indexOf(column)] !== undefined);
}

/** A filter that fails on a value would fail the question: then each is asked alone, and those that fail pass nothing. */
async function ask(options: JudgeOptions, keys: readonly string[]): Promise<Answer[]> {
  try {
    return await query(options, keys);
  } catch (error) {
    if (keys.length === 0) throw error;
    options.log('realtime', `a filter of Postgres Changes failed: ${String(error)}`);
    if (keys.length === 1) return (await query(options, [])).map(({ json }) => ({ json, passed: [false] }));
    const [first, ...others] = await Promise.all(keys.map((key) => ask(options, [key])));
    return (first ?? []).map(({ json, passed }, at) => ({
      json,
      passed: [...passed, ...others.map((answers) => answers[at]?.passed[0] === true)],
    }));
  }
}

async function query({ pool, table, columns, rows, filters }: JudgeOptions, keys: readonly string[]) {
  const types = columns.map((_name, i) => table.relationTypes[i] ?? 'text');
  const json = types.map((type, i) => (type === 'bytea' ? `to_jsonb(c${i})::text` : `to_jsonb(c${i}::${type})::text`));
  const conditions = keys.map((key) => {
    const all = (filters.get(key) ?? []).map((filter) => {
      const i = columns.indexOf(filter.column);
      return i < 0 ? 'false' : filterSql(filter, `c${i}`, types[i] ?? 'text');
    });
    return `coalesce(${all.join(' and ')}, false)`;
  });
  const { rows: answers } = await pool.query<Answer>(
    `select array[${json.join(', ')}]::text[] as json, array[${conditions.join(', ')}]::bool[] as passed
     from unnest(${columns.map((_name, i) => `$${i + 1}::text[]`).join(', ')})
       with ordinality as changed (${columns.map((_name, i) => `c${i}`).join(', ')}, place)
     order by place`,
    columns.map((_name, i) => rows.map((row) => row[i] ?? null)),
  );
  return answers;
}
