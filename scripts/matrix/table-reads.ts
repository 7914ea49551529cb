import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import { columnsFor } from './catalogue.ts';
import type { Row } from './expectation.ts';
import { type Answer, isRefusal, judgeRefusal, judgeSuccess } from './judge.ts';
import { filterFor, hasUserId, type TableUnderTest } from './table-under-test.ts';

const MOST_ROWS = 1000;

/** Everything that reads: each persona selects the row, its hidden columns, and asks admin_read for it. */
export function tableReads(table: TableUnderTest, callers: readonly Caller[]): Attempt[] {
  return callers.flatMap((caller): Attempt[] => {
    const subject = table.name;
    const { persona } = caller;
    const hidden = table.expectation.hidden ?? [];
    return [
      { subject, persona, operation: 'select', run: () => select(table, caller) },
      { subject, persona, operation: 'admin_read', run: () => adminRead(table, caller) },
      ...hidden.map(
        (column): Attempt => ({
          subject,
          persona,
          operation: 'hidden',
          run: () => selectHidden(table, caller, column),
        }),
      ),
    ];
  });
}

async function select(table: TableUnderTest, caller: Caller): Promise<string | undefined> {
  const { name, facts, expectation } = table;
  const filter = filterFor(table, caller.tenant, caller.role);
  const granted = columnsFor(facts, caller.role, 'select');
  const columns = granted.length > 0 ? granted : Object.keys(filter);
  const answer = await caller.client.from(name).select(columns.join(',')).match(filter).limit(MOST_ROWS);
  const judge = expectation.select.includes(caller.persona) ? judgeSuccess : judgeRefusal;
  return judge(answer, answer.data?.length ?? 0) ?? (await seesStrangers(table, caller));
}

/** Reads without a filter: whatever comes must be the caller's. */
async function seesStrangers(table: TableUnderTest, caller: Caller): Promise<string | undefined> {
  const { seesAs } = caller;
  if (!seesAs || !hasUserId(table) || !columnsFor(table.facts, caller.role, 'select').includes('user_id'))
    return undefined;
  const { data, error } = await caller.client.from(table.name).select('user_id').limit(MOST_ROWS);
  if (error) return `inconclusive: reading without a filter failed with ${error.code}: ${error.message}`;
  const seesOwn = table.expectation.select.includes(seesAs.persona);
  const strangers = data.filter(({ user_id }) => user_id !== null && !(seesOwn && user_id === seesAs.userId));
  return strangers.length === 0 ? undefined : `reads ${strangers.length} rows that are not theirs, without a filter`;
}

async function selectHidden(
  { name, facts, expectation }: TableUnderTest,
  caller: Caller,
  column: string,
): Promise<string | undefined> {
  const filter = filterFor({ name, facts, expectation }, caller.tenant, caller.role);
  const answer = await caller.client.from(name).select(column).match(filter);
  return isRefusal(answer)
    ? undefined
    : `the column ${column} must be refused, and was not: ${answer.error?.message ?? 'it was read'}`;
}

async function adminRead(table: TableUnderTest, { persona, client, tenant }: Caller): Promise<string | undefined> {
  const { name, expectation } = table;
  const answer: Answer & { data: Row[] | null } = await client.rpc('admin_read', {
    p_table: name,
    p_filter: filterFor(table, tenant, 'tradebase_admin'),
  });
  const rows = answer.data ?? [];
  if (persona !== 'admin_aal2' || expectation.adminRead === false) return judgeRefusal(answer, rows.length);
  const shown = (expectation.hidden ?? []).filter((column) => rows.some((row) => column in row));
  return judgeSuccess(answer, rows.length) ?? (shown.length > 0 ? `shows the hidden ${shown.join(', ')}` : undefined);
}
