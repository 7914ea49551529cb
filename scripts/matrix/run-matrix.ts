import type { TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import type { Attempt } from './attempt.ts';
import { type Caller, makeCallers } from './caller.ts';
import { type Catalogue, readCatalogue } from './catalogue.ts';
import { functionProblems, tableProblems } from './catalogue-problems.ts';
import { DatabaseState, differences, type State, type TableChange } from './database-state.ts';
import type { Persona } from './expectation.ts';
import { type Case, Findings, type MatrixResult } from './findings.ts';
import { allowedCalls, refusedCalls } from './function-calls.ts';
import { inParallel } from './in-parallel.ts';
import type { Expectations } from './load-expectations.ts';
import { makeEncryptionKey } from './make-encryption-key.ts';
import { makeRows } from './make-rows.ts';
import { makeTenants } from './make-tenants.ts';
import type { MatrixTenant } from './matrix-tenant.ts';
import { ownerDeletion } from './owner-deletion.ts';
import { tableAllowedWrites } from './table-allowed-writes.ts';
import { tableReads } from './table-reads.ts';
import { tableRefusedWrites } from './table-refused-writes.ts';
import type { TableUnderTest } from './table-under-test.ts';
import { topicVisits } from './topic-visits.ts';

/** Requests at a time; PostgREST has ten connections. */
const MOST_REQUESTS = 12;
/** Operations that every persona would have tried on a table without a row. */
const OPERATIONS_ON_A_TABLE = 5;
/** Characters of changed rows in a message. */
const MOST_SHOWN = 300;

export interface MatrixOptions {
  /** Only this table, and no functions or topics. */
  readonly table?: string | undefined;
  /** Only this persona. */
  readonly persona?: Persona | undefined;
  readonly onProgress?: (phase: string, done: number, of: number) => void;
}

export interface MatrixReport {
  readonly result: MatrixResult;
  readonly failures: readonly string[];
  readonly cases: readonly Case[];
}

/** Tries every exposed table, function and topic as every persona, on a stack that nothing else uses meanwhile. */
export async function runMatrix(
  stack: TestStack,
  expectations: Expectations,
  options: MatrixOptions = {},
): Promise<MatrixReport> {
  const database = new pg.Client({ connectionString: stack.databaseUrl() });
  await database.connect();
  const state = await DatabaseState.open(stack.databaseUrl('supabase_admin'));
  const matrix = new Matrix(stack, expectations, options, database, state);
  try {
    return await matrix.run();
  } finally {
    await matrix.close();
    await state.close();
    await database.end();
  }
}

class Matrix {
  readonly #stack: TestStack;
  readonly #expectations: Expectations;
  readonly #options: MatrixOptions;
  readonly #database: pg.Client;
  readonly #state: DatabaseState;
  readonly #findings = new Findings();
  #callers: Caller[] = [];

  constructor(
    stack: TestStack,
    expectations: Expectations,
    options: MatrixOptions,
    database: pg.Client,
    state: DatabaseState,
  ) {
    this.#stack = stack;
    this.#expectations = expectations;
    this.#options = options;
    this.#database = database;
    this.#state = state;
  }

  async run(): Promise<MatrixReport> {
    const catalogue = await readCatalogue(this.#database);
    await liftLimits(this.#stack);
    await makeEncryptionKey(this.#database);
    const tenants = await makeTenants(this.#stack);
    const withRows = [tenants.owner.tenant, tenants.other.tenant, tenants.viewer.tenant];
    const failures = await makeRows(this.#database, catalogue, this.#expectations.tables, withRows);
    const rowless = new Map(failures.map(({ table, problem }) => [table, problem]));
    this.#callers = await makeCallers(this.#stack, tenants);

    const tables = this.#checkTables(catalogue, rowless);
    const functions = this.#checkFunctions(catalogue);
    await this.#tryAll(
      'reads',
      tables.flatMap((table) => tableReads(table, this.#callers)),
    );
    await this.#visitTopics();
    const baseline = await this.#tryRefused([
      ...tables.flatMap((table) => tableRefusedWrites(table, this.#callers)),
      ...functions.flatMap(([name, expectation]) => refusedCalls(name, expectation, this.#callers)),
    ]);
    await this.#tryAll(
      'writes',
      [
        ...tables.flatMap((table) => tableAllowedWrites(table, this.#callers, this.#state, baseline)),
        ...functions.flatMap(([name, expectation]) =>
          allowedCalls(name, expectation, this.#callers, this.#state, baseline),
        ),
      ],
      1,
    );
    await this.#deleteOwner(tenants.owner.tenant);
    return {
      result: this.#findings.result({
        tables: catalogue.tables.size,
        functions: catalogue.functions.size,
        topics: Object.keys(this.#expectations.topics).length,
      }),
      failures: this.#findings.failures,
      cases: this.#findings.cases,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#callers.map(({ client }) => client.realtime.disconnect()));
  }

  /** Compares the exposed tables with those expected, and returns what can be tried. */
  #checkTables({ tables }: Catalogue, rowless: ReadonlyMap<string, string>): TableUnderTest[] {
    const { tables: expected } = this.#expectations;
    const found: TableUnderTest[] = [];
    for (const name of new Set([...tables.keys(), ...expected.keys()])) {
      if (this.#options.table !== undefined && this.#options.table !== name) continue;
      const [facts, expectation, rowProblem] = [tables.get(name), expected.get(name), rowless.get(name)];
      if (!facts) this.#note(name, ['there is an expectation, and no such table']);
      else if (!expectation) this.#note(name, ['the table has no expectation in scripts/matrix/expectations']);
      else {
        const problems = tableProblems(facts, expectation);
        this.#note(name, rowProblem === undefined ? problems : [...problems, `its row cannot be made: ${rowProblem}`]);
        if (rowProblem === undefined) found.push({ name, facts, expectation });
      }
      if (!facts || !expectation || rowProblem !== undefined) {
        this.#findings.skipped += OPERATIONS_ON_A_TABLE * this.#callers.length;
      }
    }
    return found;
  }

  #checkFunctions({ functions }: Catalogue) {
    if (this.#options.table !== undefined) return [];
    const expected = this.#expectations.functions;
    for (const name of new Set([...functions.keys(), ...Object.keys(expected)])) {
      const [facts, expectation] = [functions.get(name), expected[name]];
      if (!facts) this.#note(name, ['there is an expectation, and no such function']);
      else if (!expectation)
        this.#note(name, ['the function has no expectation in scripts/matrix/expectations/functions.ts']);
      else this.#note(name, functionProblems(facts, expectation));
      if (!facts || !expectation) this.#findings.skipped += this.#callers.length;
    }
    return Object.entries(expected).filter(([name]) => functions.has(name));
  }

  #note(subject: string, problems: readonly string[]): void {
    const read: Case = { subject, operation: 'catalogue', persona: 'nobody' };
    this.#findings.note(read, undefined);
    for (const problem of problems) this.#findings.fail(read, problem);
  }

  /** Tries what must be refused, then looks whether the database is what it was, and sees to it that it is. */
  async #tryRefused(attempts: readonly Attempt[]): Promise<State> {
    const before = await this.#state.read();
    await this.#tryAll('refusals', attempts);
    const changes = differences(before, await this.#state.read());
    for (const subject of before.keys()) {
      const change = changes.find(({ table }) => table === subject);
      this.#findings.note({ subject, operation: 'unchanged', persona: 'nobody' }, change && describeChange(change));
    }
    await this.#state.restore(before);
    return before;
  }

  /** Topic after topic, because a persona is in a topic once. */
  async #visitTopics(): Promise<void> {
    if (this.#options.table !== undefined) return;
    const attempts = Object.entries(this.#expectations.topics).flatMap(([name, expectation]) =>
      topicVisits(this.#stack, name, expectation, this.#callers, this.#database),
    );
    await this.#tryAll('topics', attempts, 1);
  }

  /** Last, because nothing can be tried after it. */
  async #deleteOwner(owner: MatrixTenant): Promise<void> {
    if (this.#options.table !== undefined || this.#options.persona !== undefined) return;
    await this.#tryAll('deletion', await ownerDeletion(this.#stack, owner, this.#database), 1);
  }

  async #tryAll(phase: string, attempts: readonly Attempt[], atATime = MOST_REQUESTS): Promise<void> {
    const { persona, onProgress } = this.#options;
    const wanted = attempts.filter((attempt) => persona === undefined || attempt.persona === persona);
    let done = 0;
    await inParallel(wanted, atATime, async (attempt) => {
      const problem = await attempt
        .run()
        .catch((error: unknown) => `inconclusive: ${error instanceof Error ? error.message : String(error)}`);
      this.#findings.note(attempt, problem);
      done += 1;
      onProgress?.(phase, done, wanted.length);
    });
  }
}

function describeChange({ added, removed }: TableChange): string {
  const show = (rows: readonly string[]) => (rows.length > 0 ? rows.join(' ').slice(0, MOST_SHOWN) : 'nothing');
  return `rows changed while only what must be refused was tried: ${show(removed)} became ${show(added)}`;
}
