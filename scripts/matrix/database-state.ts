import pg from 'pg';

/** The rows of every table in public, each as JSON text, sorted. */
export type State = ReadonlyMap<string, readonly string[]>;

/** What one table gained and lost between two states. */
export interface TableChange {
  readonly table: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The columns of a table as an insert names them, and as it gets them from a record made of JSON. */
interface Columns {
  readonly names: string;
  /** A JSON null has become a NULL by then: a column that allows none had the former. */
  readonly values: string;
}

/**
 * Reads all rows of public and puts them back, as the superuser of the stack, past triggers and foreign keys. Tables whose
 * numbering goes on elsewhere are read and not put back.
 */
export class DatabaseState {
  static readonly #LEDGERS = ['audit_log', 'events'];
  readonly #client: pg.Client;
  readonly #columns: ReadonlyMap<string, Columns>;
  readonly #query: string;

  private constructor(client: pg.Client, columns: ReadonlyMap<string, Columns>) {
    this.#client = client;
    this.#columns = columns;
    this.#query = [...columns.keys()]
      .map((table) => `select '${table}' as name, to_jsonb(t)::text as row from public.${pg.escapeIdentifier(table)} t`)
      .join(' union all ');
  }

  /** Connects with the URL of a superuser. */
  static async open(databaseUrl: string): Promise<DatabaseState> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ name: string } & Columns>(
      `select c.relname as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) filter (where a.attgenerated = '') as names,
         string_agg(
           case when a.atttypid = 'jsonb'::regtype and a.attnotnull
             then format('coalesce(%I, ''null'')', a.attname) else quote_ident(a.attname) end,
           ', ' order by a.attnum) filter (where a.attgenerated = '') as values
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       group by c.relname order by c.relname`,
    );
    return new DatabaseState(client, new Map(rows.map(({ name, ...columns }) => [name, columns])));
  }

  async read(): Promise<State> {
    const state = new Map<string, string[]>([...this.#columns.keys()].map((table) => [table, []]));
    const { rows } = await this.#client.query<{ name: string; row: string }>(this.#query);
    for (const { name, row } of rows) state.get(name)?.push(row);
    for (const tableRows of state.values()) tableRows.sort();
    return state;
  }

  /** Makes the rows what they were in `wanted`. */
  async restore(wanted: State): Promise<void> {
    const changes = differences(wanted, await this.read()).filter(
      ({ table }) => !DatabaseState.#LEDGERS.includes(table),
    );
    if (changes.length === 0) return;
    await this.#pastTriggers(async () => {
      for (const { table } of changes) await this.#replace(table, wanted.get(table) ?? []);
    });
  }

  /** Removes one row, given by columns that find it, and nothing that hangs on it. */
  async remove(table: string, key: Readonly<Record<string, unknown>>): Promise<void> {
    const name = pg.escapeIdentifier(table);
    await this.change(`delete from public.${name} t where to_jsonb(t) @> $1`, [JSON.stringify(key)]);
  }

  /** Runs a statement past triggers and foreign keys. */
  async change(statement: string, values: readonly unknown[] = []): Promise<void> {
    await this.#pastTriggers(() => this.#client.query(statement, [...values]));
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #pastTriggers(work: () => Promise<unknown>): Promise<void> {
    await this.#client.query('begin; set local session_replication_role = replica');
    try {
      await work();
      await this.#client.query('commit');
    } catch (error) {
      await this.#client.query('rollback');
      throw error;
    }
  }

  async #replace(table: string, rows: readonly string[]): Promise<void> {
    const name = pg.escapeIdentifier(table);
    const { names, values } = this.#columns.get(table) ?? { names: '', values: '' };
    await this.#client.query(`delete from public.${name}`);
    await this.#client.query(
      `insert into public.${name} (${names}) overriding system value
       select ${values} from jsonb_populate_recordset(null::public.${name}, $1)`,
      [`[${rows.join(',')}]`],
    );
  }
}

/** What has changed from one state to the next, table by table. */
export function differences(before: State, after: State): TableChange[] {
  const changes: TableChange[] = [];
  for (const [table, rows] of after) {
    const earlier = before.get(table) ?? [];
    const added = missingFrom(rows, earlier);
    const removed = missingFrom(earlier, rows);
    if (added.length + removed.length > 0) changes.push({ table, added, removed });
  }
  return changes;
}

function missingFrom(rows: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return rows.filter((row) => !known.has(row));
}
