import { type ApiRole, roleOf } from './api-role.ts';
import { columnsFor, type FunctionFacts, type TableFacts } from './catalogue.ts';
import type { FunctionExpectation, Persona, TableExpectation } from './expectation.ts';

const SOUNDS_SECRET = /secret|hash|ciphertext|password|token/;
const CALLERS: readonly ApiRole[] = ['anon', 'authenticated', 'service_role'];

/** What the grants on a table say that its expectation does not. */
export function tableProblems(facts: TableFacts, expectation: TableExpectation): string[] {
  return [
    ...securityProblems(facts),
    ...grantProblems(facts, expectation),
    ...hiddenProblems(facts, expectation),
    ...secretProblems(facts, expectation),
    ...viewerProblems(expectation),
  ];
}

/** Whether those who may execute a function are those who are expected to. */
export function functionProblems({ execute }: FunctionFacts, { by }: FunctionExpectation): string[] {
  return CALLERS.flatMap((role) => {
    const wanted = by.some((persona) => roleOf(persona) === role);
    if (execute.includes(role) === wanted) return [];
    return [
      wanted ? `${role} may not execute it, and should` : `${role} may execute it, and nobody should as that role`,
    ];
  });
}

function securityProblems({ kind, rowSecurity }: TableFacts): string[] {
  return (kind === 'r' || kind === 'p') && !rowSecurity ? ['row level security is off'] : [];
}

function grantProblems(
  facts: TableFacts,
  { select, insert, update, delete: deleters, adminRead }: TableExpectation,
): string[] {
  const expected: Record<'select' | 'insert' | 'update' | 'delete', readonly Persona[]> = {
    select,
    insert: insert?.by ?? [],
    update: update?.by ?? [],
    delete: deleters ?? [],
  };
  const holds = (role: ApiRole, operation: keyof typeof expected) =>
    operation === 'delete' ? facts.delete.includes(role) : columnsFor(facts, role, operation).length > 0;
  const operations = Object.keys(expected) as (keyof typeof expected)[];
  const problems = operations.flatMap((operation) =>
    CALLERS.filter(
      (role) => holds(role, operation) && !expected[operation].some((persona) => roleOf(persona) === role),
    ).map((role) => `${role} holds a grant for ${operation}, and no persona of that role may do it`),
  );
  if (holds('tradebase_admin', 'select') !== (adminRead !== false)) {
    problems.push(
      `tradebase_admin ${adminRead === false ? 'may select it, and should not' : 'may not select it, and should'}`,
    );
  }
  for (const operation of ['insert', 'update', 'delete'] as const) {
    if (holds('tradebase_admin', operation))
      problems.push(`tradebase_admin, who only reads, holds a grant for ${operation}`);
  }
  return problems;
}

function hiddenProblems({ columns }: TableFacts, { hidden = [] }: TableExpectation): string[] {
  return hidden.flatMap((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) return [`it has no column ${name} to hide`];
    return column.select.length > 0 ? [`the hidden column ${name} may be selected by ${column.select.join(', ')}`] : [];
  });
}

function secretProblems({ columns }: TableFacts, { notSecret = {} }: TableExpectation): string[] {
  const names = columns.map(({ name }) => name);
  return [
    ...columns
      .filter(({ name, select }) => SOUNDS_SECRET.test(name) && select.length > 0 && !Object.hasOwn(notSecret, name))
      .map(
        ({ name, select }) =>
          `the column ${name} sounds like a secret, and may be selected by ${select.join(', ')}: hide it, or say in notSecret why it is none`,
      ),
    ...Object.keys(notSecret)
      .filter((name) => !names.includes(name))
      .map((name) => `notSecret names ${name}, which it does not have`),
  ];
}

function viewerProblems({ insert, update, delete: deleters }: TableExpectation): string[] {
  return [insert?.by, update?.by, deleters].some((by) => by?.includes('viewer'))
    ? ['the viewer is expected to write, and a viewer writes nothing']
    : [];
}
