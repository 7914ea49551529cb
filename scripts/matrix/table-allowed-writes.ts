import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import { type DatabaseState, differences, type State, type TableChange } from './database-state.ts';
import type { Row } from './expectation.ts';
import { type Answer, judgeSuccess } from './judge.ts';
import { filterFor, hasUserId, keyOf, type TableUnderTest } from './table-under-test.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
/** Tables whose rows may hold a row that is to be deleted. */
const MOST_HOLDERS = 20;

/** Every write by a persona who may make it. Each undoes what it did, so they are run one after another. */
export function tableAllowedWrites(
  table: TableUnderTest,
  callers: readonly Caller[],
  database: DatabaseState,
  baseline: State,
): Attempt[] {
  const { name: subject, expectation } = table;
  const { insert, update, delete: deleters } = expectation;
  const write = async (run: () => Promise<string | undefined>) => {
    try {
      return await run();
    } finally {
      await database.restore(baseline);
    }
  };
  const changeOf = async () => differences(baseline, await database.read()).find((change) => change.table === subject);

  return callers.flatMap((caller): Attempt[] => {
    const { persona, client, tenant, role } = caller;
    const attempts: Attempt[] = [];
    if (insert?.by.includes(persona)) {
      const run = async () => {
        const values = ownedBy(table, caller, insert.values(tenant));
        let answer: Answer = await client.from(subject).insert(values);
        if (answer.error?.code === UNIQUE_VIOLATION) {
          // One row a user is all there may be: the row of the fixture makes way.
          await database.remove(subject, keyOf(table, tenant));
          answer = await client.from(subject).insert(values);
        }
        return judgeSuccess(answer, (await changeOf())?.added.length ?? 0);
      };
      attempts.push({ subject, persona, operation: 'insert', run: () => write(run) });
    }
    if (update?.by.includes(persona)) {
      const run = async () => {
        const filter = filterFor(table, tenant, role);
        const answer = await client.from(subject).update(update.values(tenant), { count: 'exact' }).match(filter);
        return judgeSuccess(answer, answer.count ?? 0) ?? unlessChanged(await changeOf());
      };
      attempts.push({ subject, persona, operation: 'update', run: () => write(run) });
    }
    if (deleters?.includes(persona)) {
      const run = async () => {
        const filter = filterFor(table, tenant, role);
        const answer = await withoutHolders(database, () =>
          client.from(subject).delete({ count: 'exact' }).match(filter),
        );
        return judgeSuccess(answer, answer.count ?? 0) ?? unlessChanged(await changeOf());
      };
      attempts.push({ subject, persona, operation: 'delete', run: () => write(run) });
    }
    return attempts;
  });
}

/** Deletes, and where rows of other tables hold the row, clears those away and tries again. */
async function withoutHolders(database: DatabaseState, remove: () => PromiseLike<Answer>): Promise<Answer> {
  let answer = await remove();
  for (let i = 0; i < MOST_HOLDERS && answer.error?.code === FOREIGN_KEY_VIOLATION; i += 1) {
    const holder = /is still referenced from table "(.+)"/.exec(answer.error.details ?? '')?.[1];
    if (holder === undefined) return answer;
    await database.remove(holder, {});
    answer = await remove();
  }
  return answer;
}

/** A server has no user of its own: it says whose row it makes. */
function ownedBy(table: TableUnderTest, { persona, tenant }: Caller, values: Row): Row {
  return persona === 'service' && hasUserId(table) ? { user_id: tenant.userId, ...values } : values;
}

function unlessChanged(change: TableChange | undefined): string | undefined {
  return change ? undefined : 'must be allowed, and changed nothing in the database';
}
