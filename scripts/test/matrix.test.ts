import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSONAS } from '../matrix/expectation.ts';
import type { Case } from '../matrix/findings.ts';
import { type Expectations, loadExpectations } from '../matrix/load-expectations.ts';
import { type MatrixReport, runMatrix } from '../matrix/run-matrix.ts';

const MATRIX_TIMEOUT_MS = 240_000;

let expectations: Expectations;
beforeAll(async () => {
  expectations = await loadExpectations();
});

function casesOf({ cases }: MatrixReport, operation: Case['operation']): string[] {
  return cases.filter((tried) => tried.operation === operation).map(({ subject, persona }) => `${subject} ${persona}`);
}

function everyPersonaWith(subjects: Iterable<string>): string[] {
  return [...subjects].flatMap((subject) => PERSONAS.map((persona) => `${subject} ${persona}`));
}

describe('The matrix of tables, functions and topics', () => {
  let stack: TestStack;
  let report: MatrixReport;

  beforeAll(async () => {
    stack = await startStack();
    report = await runMatrix(stack, expectations);
  }, MATRIX_TIMEOUT_MS);
  afterAll(() => stack?.stop());

  it('is as expected, and leaves nothing out', () => {
    expect(report.failures).toEqual([]);
    expect(report.result).toMatchObject({ failed: 0, skipped: 0, personas: PERSONAS.length });
    expect(report.result.tables).toBe(expectations.tables.size);
  });

  it.each(['select', 'insert', 'update', 'delete', 'admin_read'] as const)(
    'tried %s on every table as every persona',
    (operation) => {
      expect(casesOf(report, operation).sort()).toEqual(everyPersonaWith(expectations.tables.keys()).sort());
    },
  );

  it('called every function and joined every topic as every persona', () => {
    expect(casesOf(report, 'call').sort()).toEqual(everyPersonaWith(Object.keys(expectations.functions)).sort());
    expect(casesOf(report, 'join').sort()).toEqual(everyPersonaWith(Object.keys(expectations.topics)).sort());
  });

  it('looked into every table after the refusals, and after the owner was deleted', () => {
    for (const operation of ['unchanged', 'forget'] as const) {
      expect(casesOf(report, operation)).toEqual(
        expect.arrayContaining([...expectations.tables.keys()].map((table) => `${table} nobody`)),
      );
    }
  });
});

describe('The matrix notices', () => {
  let stack: TestStack;
  let report: MatrixReport;

  /** One mistake of every kind, each as a migration could make it. */
  const MISTAKES = `
    create policy "Everyone can read" on public.backtests for select to authenticated using (true);
    grant update (name) on public.instruments to authenticated;
    create policy "Everyone can update" on public.instruments for update to authenticated using (true) with check (true);
    grant insert on public.backtest_trades to authenticated;
    create policy "Everyone can insert" on public.backtest_trades for insert to authenticated with check (true);
    grant delete on public.candles to authenticated;
    create policy "Everyone can delete" on public.candles for delete to authenticated using (true);
    revoke delete on public.candles from service_role;
    grant select on public.candle_coverage to anon;
    create policy "Anyone can read" on public.candle_coverage for select to anon using (true);
    alter table public.events disable row level security;
    alter table public.instruments add column feed_token text;
    grant select on public.system_config to authenticated;
    create table public.unheard_of (id int primary key);
    create function public.unheard_of() returns int language sql return 1;
    grant execute on function public.cancel_backtest(uuid) to anon;
    create policy "Everyone can listen" on realtime.messages for select to authenticated using (true);
    create policy "Everyone can send" on realtime.messages for insert to authenticated with check (true);
    drop policy "Admins can read roles" on public.user_roles;
    create table private.diary (user_id uuid, words text);
    create function private.write_diary() returns trigger language plpgsql security definer as $$
      begin insert into private.diary values (new.id, new.email); return null; end $$;
    create trigger diary after insert on auth.users for each row execute function private.write_diary();`;

  beforeAll(async () => {
    stack = await startStack();
    const database = new pg.Client({ connectionString: stack.databaseUrl() });
    await database.connect();
    await database.query(MISTAKES);
    await database.end();
    const tables = new Map(expectations.tables);
    tables.set('ghosts', { kind: 'shared', row: null, select: [] });
    const roles = tables.get('user_roles');
    if (roles) tables.set('user_roles', { ...roles, hidden: ['granted_by'] });
    const events = tables.get('events');
    if (events) tables.set('events', { ...events, row: () => ({ topic: 'incomplete' }) });
    report = await runMatrix(stack, { ...expectations, tables });
  }, MATRIX_TIMEOUT_MS);
  afterAll(() => stack?.stop());

  it.each([
    ["a policy that shows another's row", 'backtests: select by other: must be refused'],
    ['and shows it without a filter', 'backtests: select by owner: reads'],
    ['an update that everyone may make', 'instruments: update by viewer: must be refused'],
    ['what it changed', 'instruments: unchanged: rows changed'],
    ["a row forged in another's name", 'backtest_trades: insert by other:'],
    ['a deletion that everyone may make', 'candles: unchanged: rows changed'],
    ['a grant for what nobody may do', 'candles: catalogue: authenticated holds a grant for delete'],
    ['a refusal to one who may', 'candles: delete by service: must be allowed'],
    ['an anonymous reader', 'candle_coverage: select by anonymous: must be refused'],
    ['row level security that is off', 'events: catalogue: row level security is off'],
    ['a row that cannot be made', 'events: catalogue: its row cannot be made: null value in column "seq"'],
    ['a secret that a grant on the table shows', 'instruments: catalogue: the column feed_token sounds like a secret'],
    ['a grant without a policy', 'system_config: catalogue: authenticated holds a grant for select'],
    ['a table without an expectation', 'unheard_of: catalogue: the table has no expectation'],
    ['an expectation without a table', 'ghosts: catalogue: there is an expectation, and no such table'],
    ['a function without an expectation', 'unheard_of: catalogue: the function has no expectation'],
    ['a function granted to one role too many', 'cancel_backtest: catalogue: anon may execute it'],
    ['a hidden column that is not', 'user_roles: hidden by owner: the column granted_by must be refused'],
    ['and is granted', 'user_roles: catalogue: the hidden column granted_by may be selected by'],
    ['a table that admins can no longer read', 'user_roles: admin_read by admin_aal2: must be allowed'],
    ["another's topic that can be joined", 'user:<id>: join by other: must be refused'],
    ['a topic that can be sent to', 'user:<id>: send by other: must be refused'],
    ['what is left of a deleted user', 'diary: forget: 1 rows still carry the id of a deleted user'],
  ])('%s', (_what, failure) => {
    expect(
      report.failures.find((line) => line.startsWith(failure)),
      report.failures.join('\n'),
    ).toBeDefined();
  });

  it('that it could not try everything', () => {
    expect(report.result.failed).toBeGreaterThan(20);
    expect(report.result.skipped).toBeGreaterThan(0);
  });
});

describe('npm run matrix', () => {
  function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [join(import.meta.dirname, '..', 'matrix.ts'), ...args], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  }

  it('says how it is used', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: npm run matrix') });
    expect(await run('--persona', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('no persona') });
    expect(await run('--table', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no expectation'),
    });
  });

  it(
    'tries one table as one persona, and prints one line of JSON',
    async () => {
      const { code, stdout, stderr } = await run('--table', 'user_roles', '--persona', 'other');
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ failed: 0, skipped: 0 });
    },
    MATRIX_TIMEOUT_MS,
  );
});
