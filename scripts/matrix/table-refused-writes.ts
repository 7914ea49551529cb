import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import { columnsFor } from './catalogue.ts';
import type { Persona, Row } from './expectation.ts';
import { judgeRefusal } from './judge.ts';
import { filterFor, hasUserId, type TableUnderTest } from './table-under-test.ts';

/** Who inserts as themselves; the others try to forge a row of the owner. */
const THEMSELVES: readonly Persona[] = ['owner', 'viewer', 'service', 'anonymous'];
/** Who is no user, so that also a row without a forged owner is none they may make. */
const NO_USERS: readonly Persona[] = ['runner', 'other_runner'];

/** Every write by a persona who may not make it. That nothing has changed is for the caller to see, in the database. */
export function tableRefusedWrites(table: TableUnderTest, callers: readonly Caller[]): Attempt[] {
  const { name: subject, expectation } = table;
  return callers.flatMap((caller): Attempt[] => {
    const { persona } = caller;
    const attempts: Attempt[] = [];
    if (!expectation.insert?.by.includes(persona)) {
      attempts.push({ subject, persona, operation: 'insert', run: () => insert(table, caller) });
    }
    if (!expectation.update?.by.includes(persona)) {
      attempts.push({ subject, persona, operation: 'update', run: () => update(table, caller) });
    }
    if (!expectation.delete?.includes(persona)) {
      attempts.push({ subject, persona, operation: 'delete', run: () => remove(table, caller) });
    }
    return attempts;
  });
}

async function insert(table: TableUnderTest, { persona, client, tenant }: Caller): Promise<string | undefined> {
  const { name, facts, expectation } = table;
  const legal = expectation.insert?.values(tenant) ?? expectation.row?.(tenant) ?? tenant.row(name);
  const generated = facts.columns.filter((column) => column.generated).map((column) => column.name);
  const values: Row = Object.fromEntries(Object.entries(legal).filter(([column]) => !generated.includes(column)));
  const forged: Row = { ...values, user_id: tenant.userId };
  const tries = !hasUserId(table) || THEMSELVES.includes(persona) ? [values] : [forged];
  if (NO_USERS.includes(persona) && hasUserId(table)) tries.push(values);
  for (const row of tries) {
    const problem = judgeRefusal(await client.from(name).insert(row), 1);
    if (problem) return problem;
  }
  return undefined;
}

async function update(table: TableUnderTest, caller: Caller): Promise<string | undefined> {
  const { client, tenant, role } = caller;
  const values = table.expectation.update?.values(tenant) ?? unchanged(table, caller);
  const answer = await client
    .from(table.name)
    .update(values, { count: 'exact' })
    .match(filterFor(table, tenant, role));
  return judgeRefusal(answer, answer.count ?? 0);
}

/** One column with the value that it has: of those granted, if any is. */
function unchanged({ name, facts, expectation }: TableUnderTest, { role, tenant }: Caller): Row {
  const key = expectation.key ?? ['id'];
  const changeable = facts.columns.filter((column) => !column.generated).map((column) => column.name);
  const column =
    columnsFor(facts, role, 'update')[0] ?? changeable.find((candidate) => !key.includes(candidate)) ?? changeable[0];
  if (column === undefined) throw new Error(`${name} has no column that could be updated`);
  return { [column]: tenant.row(name)[column] };
}

async function remove(table: TableUnderTest, { client, tenant, role }: Caller): Promise<string | undefined> {
  const answer = await client
    .from(table.name)
    .delete({ count: 'exact' })
    .match(filterFor(table, tenant, role));
  return judgeRefusal(answer, answer.count ?? 0);
}
