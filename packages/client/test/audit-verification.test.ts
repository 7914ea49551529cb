import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '../../../scripts/audit/verify-audit-log.ts';
import { createNotes, readChain, signUpWithEntries } from './support/audited-notes.ts';
import { signUp } from './support/personas.ts';

/** That whoever changes the audit log past its guards is found out, and nobody else accused. */
let stack: TestStack;
let database: pg.Client;

async function start(): Promise<void> {
  stack = await startStack();
  database = new pg.Client({ connectionString: stack.databaseUrl() });
  await database.connect();
  await createNotes(stack, database);
}
async function stop(): Promise<void> {
  await database?.end();
  await stack?.stop();
}

/** Runs statements as one who owns the table and switches its guards off. */
async function tamper(statement: string, values: unknown[] = []): Promise<void> {
  await database.query('begin; alter table public.audit_log disable trigger all');
  await database.query(statement, values);
  await database.query('alter table public.audit_log enable trigger all; commit');
}

/** Writes a chain anew from a changed entry on, hashes, end and all, as one could who has all rights. */
async function rewrite(chain: string): Promise<void> {
  await tamper(`
    do $$
    declare
      entry public.audit_log;
      previous bytea := '';
    begin
      for entry in select * from public.audit_log where chain = '${chain}' order by seq loop
        if entry.seq = 3 then
          entry.action := 'notes.forged';
        end if;
        entry.hash := private.audit_hash(previous, entry.chain, entry.seq, entry.created_at, entry.actor, entry.actor_id, entry.action,
          entry.resource_type, entry.resource_id, entry.request_id, entry.content_hash, entry.origin_hash);
        update public.audit_log set action = entry.action, hash = entry.hash where chain = entry.chain and seq = entry.seq;
        previous := entry.hash;
      end loop;
      update private.audit_chains set last_hash = previous where chain = '${chain}';
    end
    $$`);
}

describe('The verifier', () => {
  beforeAll(start);
  afterAll(stop);

  it('finds nothing wrong with a log that was left alone', async () => {
    await signUpWithEntries(stack, 'honest');
    const seen: number[] = [];
    const report = await verifyAuditLog(database, { onProgress: (entries) => seen.push(entries) });
    expect(report).toMatchObject({ problems: [], problemCount: 0 });
    expect(report.entries).toBeGreaterThanOrEqual(5);
    expect(seen.at(-1)).toBe(report.entries);
  });

  const NOT_FROM = (seq: number) =>
    `entry ${seq} (notes.created, TIME) was changed, or what came before it was: it does not follow from entry ${seq - 1}`;

  it.each<[string, string, string[]]>([
    ['a removed entry', 'delete from public.audit_log where chain = $1 and seq = 3', ['entry 3 is missing']],
    [
      'several removed entries',
      'delete from public.audit_log where chain = $1 and seq in (2, 3)',
      ['entries 2 to 3 are missing'],
    ],
    ['the first entry removed', 'delete from public.audit_log where chain = $1 and seq = 1', ['entry 1 is missing']],
    [
      'the last entries removed',
      'delete from public.audit_log where chain = $1 and seq >= 4',
      ['entries 4 to 5 are missing at the end'],
    ],
    ['all entries removed', 'delete from public.audit_log where chain = $1', ['entries 1 to 5 are missing at the end']],
    ['another actor', `update public.audit_log set actor = 'operator' where chain = $1 and seq = 3`, [NOT_FROM(3)]],
    [
      'another time',
      `update public.audit_log set created_at = created_at + interval '1 microsecond' where chain = $1 and seq = 3`,
      [NOT_FROM(3)],
    ],
    [
      'another content',
      `update public.audit_log set after = '{"body": "forged"}' where chain = $1 and seq = 3`,
      ['entry 3 (notes.created, TIME) was changed: it does not say what it said when it was written'],
    ],
    [
      'contents forgotten of a user who is there',
      `update public.audit_log set before = null, after = null, details = null, ip = null, user_agent = null, user_id = null
       where chain = $1 and seq = 3`,
      [
        'entry 3 (notes.created, TIME) was changed: it does not say what it said when it was written',
        'entry 3 (notes.created, TIME) was changed: it is not about the user whose chain it is in',
      ],
    ],
    [
      'an address forgotten of an actor who is there',
      'update public.audit_log set ip = null, user_agent = null where chain = $1 and seq = 3',
      ['entry 3 (notes.created, TIME) was changed: it does not say what it said when it was written'],
    ],
    [
      'another address',
      `update public.audit_log set ip = '203.0.113.7' where chain = $1 and seq = 3`,
      ['entry 3 (notes.created, TIME) was changed: it does not say what it said when it was written'],
    ],
    [
      'an entry hidden from its user',
      'update public.audit_log set user_id = gen_random_uuid() where chain = $1 and seq = 3',
      ['entry 3 (notes.created, TIME) was changed: it is not about the user whose chain it is in'],
    ],
    [
      'a change with its hash put right',
      `update public.audit_log e set actor = 'operator', hash = private.audit_hash(p.hash, e.chain, e.seq, e.created_at, 'operator',
         e.actor_id, e.action, e.resource_type, e.resource_id, e.request_id, e.content_hash, e.origin_hash)
       from public.audit_log p where e.chain = $1 and e.seq = 3 and p.chain = e.chain and p.seq = 2`,
      [NOT_FROM(4)],
    ],
    [
      'entries that changed places',
      `update public.audit_log set seq = 7 - seq where chain = $1 and seq in (3, 4)`,
      [NOT_FROM(3), 'entry 4 (notes.created, TIME) was reordered: it was written as entry 3', NOT_FROM(5)],
    ],
    [
      'an entry twice',
      `insert into public.audit_log select (jsonb_populate_record(l, '{"created_at": "2027-01-01Z"}')).*
       from public.audit_log l where chain = $1 and seq = 3`,
      ['entry 3 (notes.created, TIME) is there twice'],
    ],
    [
      'an entry put in at the end',
      `insert into public.audit_log select (jsonb_populate_record(l, '{"seq": 6}')).* from public.audit_log l where chain = $1 and seq = 5`,
      ['entry 6 (notes.created, TIME) was reordered: it was written as entry 5', 'it goes on after its last entry, 5'],
    ],
    [
      'an end that is not recorded',
      'delete from private.audit_chains where chain = $1',
      ['it has entries, and its end is not recorded'],
    ],
  ])('shows %s', async (_what, statement, problems) => {
    const { id } = await signUpWithEntries(stack, 'tampered');
    await tamper(statement, [id]);
    const report = await verifyAuditLog(database);
    const told = report.problems
      .filter((problem) => problem.includes(id))
      .map((problem) => problem.replace(`chain ${id}: `, '').replace(/\d{4}-\d\d-\d\d [\d:]{8}/, 'TIME'));
    expect(told).toEqual(problems);
  });
});

describe('What becomes old', () => {
  beforeAll(start);
  afterAll(stop);

  /** Lets what was written until now have been written months ago, in a partition of its own. */
  const AGE = `
    do $$
    declare
      entry public.audit_log;
      head private.audit_chains;
      old_start constant timestamptz := date_trunc('month', now(), 'UTC') - interval '6 months';
    begin
      perform private.add_partition('audit_log', 'month', 'created_at', old_start);
      for head in select * from private.audit_chains loop
        head.last_hash := '';
        for entry in select * from public.audit_log where chain = head.chain order by seq loop
          delete from public.audit_log where chain = entry.chain and seq = entry.seq;
          entry.created_at := old_start + interval '1 day';
          entry.hash := private.audit_hash(head.last_hash, entry.chain, entry.seq, entry.created_at, entry.actor, entry.actor_id,
            entry.action, entry.resource_type, entry.resource_id, entry.request_id, entry.content_hash, entry.origin_hash);
          insert into public.audit_log select entry.*;
          head.last_hash := entry.hash;
        end loop;
        update private.audit_chains set last_hash = head.last_hash where chain = head.chain;
      end loop;
    end
    $$`;

  it('is dropped at the end of its retention, and what is kept still verifies', async () => {
    const user = await signUpWithEntries(stack, 'old');
    const silent = await signUpWithEntries(stack, 'silent');
    await tamper(AGE);
    expect(await verifyAuditLog(database)).toMatchObject({ problems: [] });
    await database.query(`insert into public.notes (user_id, body) values ($1, 'new')`, [user.id]);
    await database.query(`update public.system_config set value = '90' where key = 'retention.audit_log_days'`);
    const { rows } = await database.query('select * from private.maintain_partitions()');
    expect(rows).toEqual([{ partition_name: expect.stringMatching(/^audit_log_/), action: 'dropped' }]);

    expect((await readChain(database, user.id)).map(({ seq }) => seq)).toEqual(['6']);
    expect(await readChain(database, silent.id)).toEqual([]);
    const report = await verifyAuditLog(database);
    expect(report.problems).toEqual([]);
    expect(report.heads).toMatchObject({ [user.id]: { seq: 6 }, [silent.id]: { seq: 5 } });
  });

  it('is still missed when it goes before its time', async () => {
    const user = await signUpWithEntries(stack, 'early');
    await tamper('delete from public.audit_log where chain = $1 and seq < 3', [user.id]);
    const { problems } = await verifyAuditLog(database);
    expect(problems).toEqual([`chain ${user.id}: entries 1 to 2 are missing`]);
  });

  it('moves out of the default partition when its own is made', async () => {
    const { rows: partitions } = await database.query(
      `select inhrelid::regclass::text as name from pg_inherits
       where inhparent = 'public.audit_log'::regclass and inhrelid::regclass::text not like '%default'`,
    );
    await tamper(partitions.map(({ name }) => `drop table ${name}`).join('; '));
    await database.query('truncate private.audit_chains');
    const user = await signUp(stack, 'unprepared');
    const inDefault = async () =>
      (await database.query('select chain from partitions.audit_log_default where chain = $1', [user.id])).rowCount;
    expect(await inDefault()).toBe(1);
    await database.query('select private.maintain_partitions()');
    expect(await inDefault()).toBe(0);
    expect(await readChain(database, user.id)).toHaveLength(1);
    await expect(database.query('delete from partitions.audit_log_default')).resolves.toMatchObject({ rowCount: 0 });
  });
});

describe('npm run audit -- verify', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tradebase-audit-'));
  const anchor = join(dir, 'anchor.json');
  beforeAll(start);
  afterAll(stop);
  afterAll(() => rmSync(dir, { recursive: true }));

  function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const command = join(import.meta.dirname, '..', '..', '..', 'scripts', 'audit.ts');
    const env = { ...process.env, TRADEBASE_DATABASE_URL: stack.databaseUrl() };
    return new Promise((resolve) => {
      execFile(process.execPath, [command, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  }

  it('says that all is well, and notes the ends of the chains', async () => {
    const user = await signUpWithEntries(stack, 'anchored');
    const { code, stdout } = await run('verify', '--anchor', anchor);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ entries in \d+ chains: nothing is changed or missing\n$/);
    expect(JSON.parse(readFileSync(anchor, 'utf8')).chains[user.id].seq).toBe(5);
  });

  it('notices with its anchor a chain that was rewritten and that holds by itself', async () => {
    const user = await signUpWithEntries(stack, 'rewritten');
    expect((await run('verify', '--anchor', anchor)).code).toBe(0);
    const noted = readFileSync(anchor, 'utf8');
    await rewrite(user.id);
    expect((await run('verify')).code).toBe(0);
    const { code, stdout } = await run('verify', '--anchor', anchor, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problemCount: 1,
      problems: [expect.stringContaining(`chain ${user.id}: it was rewritten: entry 5 is not the one`)],
    });
    expect(readFileSync(anchor, 'utf8')).toBe(noted);
  });

  it('tells each problem in a sentence', async () => {
    const user = await signUpWithEntries(stack, 'cut');
    await tamper('delete from public.audit_log where chain = $1 and seq = 2', [user.id]);
    const { code, stdout } = await run('verify');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^chain ${user.id}: entry 2 is missing\n\\d+ entries in \\d+ chains: 1 problems\n$`),
    );
  });

  it('says how it is used', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: npm run audit') });
    expect(await run('check')).toMatchObject({ code: 2, stderr: expect.stringContaining('say what to do') });
    writeFileSync(anchor, '{}');
    expect(await run('verify', '--anchor', anchor)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no anchor'),
    });
  });
});
