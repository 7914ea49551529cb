import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import type { DatabaseState, State } from './database-state.ts';
import type { FunctionExpectation } from './expectation.ts';
import { type Answer, describe, judgeRefusal } from './judge.ts';

/** Calls by those who may not; that nothing has changed is for the caller to see, in the database. */
export function refusedCalls(subject: string, expectation: FunctionExpectation, callers: readonly Caller[]): Attempt[] {
  return callers
    .filter(({ persona }) => !expectation.by.includes(persona))
    .map((caller) => ({
      subject,
      persona: caller.persona,
      operation: 'call',
      run: async () => {
        const answer = await call(subject, expectation, caller);
        return judgeRefusal(answer, expectation.silent && isNothing(answer.data) ? 0 : 1);
      },
    }));
}

/** Calls by those who may, one after another: each is undone. */
export function allowedCalls(
  subject: string,
  expectation: FunctionExpectation,
  callers: readonly Caller[],
  database: DatabaseState,
  baseline: State,
): Attempt[] {
  return callers
    .filter(({ persona }) => expectation.by.includes(persona))
    .map((caller) => ({
      subject,
      persona: caller.persona,
      operation: 'call',
      run: async () => {
        try {
          const answer = await call(subject, expectation, caller);
          if (!answer.error || expectation.mayEndWith?.includes(answer.error.code)) return undefined;
          return `must be allowed, and failed with ${describe(answer)}`;
        } finally {
          await database.restore(baseline);
        }
      },
    }));
}

async function call(name: string, { args }: FunctionExpectation, { client, tenant }: Caller): Promise<Answer> {
  return client.rpc(name, args?.(tenant) ?? {});
}

function isNothing(data: unknown): boolean {
  return data === null || data === false || data === 0 || (Array.isArray(data) && data.length === 0);
}
