import type pg from 'pg';

/** A change of status, such as `open > closed`. */
type Transition = string;

export interface TransitionTable {
  readonly table: string;
  /** Condition that finds the one row to try with. */
  readonly where: string;
  /** What else an honest writer sets with a status, so that only the change itself can be refused. */
  readonly with?: (status: string) => string;
}

/** The changes of status that private.status_transitions lists for a table, in order. */
export async function listedTransitions(client: pg.Client, table: string): Promise<Transition[]> {
  const { rows } = await client.query<{ from_status: string; to_status: string }>(
    'select from_status, to_status from private.status_transitions where table_name = $1',
    [table],
  );
  return rows.map(({ from_status, to_status }) => `${from_status} > ${to_status}`).sort();
}

/** The statuses that the table's check allows, whatever the transitions say. */
async function statusesOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = format('public.%I', $1::text)::regclass and conname = $1 || '_status_check'`,
    [table],
  );
  return [...(rows[0]?.definition ?? '').matchAll(/'([a-z_]+)'::text/g)].map(([, status]) => String(status));
}

/**
 * Tries every change of status with one row, each in a transaction that is rolled back, and returns those that were
 * accepted. A refusal must be that of the trigger: anything else rejects.
 *
 * @param client logged in as the role of the migrations
 */
export async function acceptedTransitions(client: pg.Client, tried: TransitionTable): Promise<Transition[]> {
  const statuses = await statusesOf(client, tried.table);
  if (statuses.length < 2) throw new Error(`found no statuses of ${tried.table}`);
  const accepted: Transition[] = [];
  for (const from of statuses) {
    for (const to of statuses) {
      if (from !== to && (await isAccepted(client, tried, from, to))) accepted.push(`${from} > ${to}`);
    }
  }
  return accepted.sort();
}

async function isAccepted(client: pg.Client, tried: TransitionTable, from: string, to: string): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query(`alter table public.${tried.table} disable trigger check_status`);
    await setStatus(client, tried, from);
    await client.query(`alter table public.${tried.table} enable trigger check_status`);
    await setStatus(client, tried, to);
    return true;
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    if (code === 'PGRST' && message.includes('invalid_transition')) return false;
    throw new Error(`${tried.table}: ${from} > ${to}: ${message}`, { cause: error });
  } finally {
    await client.query('rollback');
  }
}

async function setStatus(client: pg.Client, { table, where, with: also }: TransitionTable, status: string) {
  const set = [`status = '${status}'`, also?.(status)].filter(Boolean).join(', ');
  const { rowCount } = await client.query(`update public.${table} set ${set} where ${where}`);
  if (rowCount !== 1) throw new Error(`${table}: ${rowCount} rows where ${where}`);
}
