import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { anonymous, asService, type Persona, signUp } from './support/personas.ts';
import { seedBot } from './support/seed-trading.ts';

/** Tables partitioned by time: where rows land, and what maintenance makes, moves and drops. */
let stack: TestStack;
let user: Persona;

beforeAll(async () => {
  stack = await startStack();
  user = await signUp(stack, 'user');
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

const TABLE = 'telegram_command_audits';

/** Name of the partition of a month, counted from this one. */
function partition(months: number, table = TABLE): string {
  const now = new Date();
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString();
  return `${table}_${month.slice(0, 7).replace('-', '_')}`;
}

/** An instant in the middle of a month, counted from this one. */
function within(months: number): string {
  return `${partition(months)
    .slice(TABLE.length + 1)
    .replace('_', '-')}-15T12:00:00Z`;
}

async function addCommand(at: string, command = '/status'): Promise<string> {
  const { rows } = await query(
    `insert into public.${TABLE} (user_id, command, created_at) values ($1, $2, $3) returning tableoid::regclass::text as partition`,
    [user.id, command, at],
  );
  return rows[0].partition.replace('partitions.', '');
}

async function partitionsOf(table = TABLE): Promise<string[]> {
  const { rows } = await query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = ('public.' || $1)::regclass order by 1`,
    [table],
  );
  return rows.map(({ name }) => name.replace('partitions.', ''));
}

async function maintain(): Promise<{ partition_name: string; action: string }[]> {
  return (await query('select * from private.maintain_partitions()')).rows;
}

/** What maintenance did about one table. */
async function maintained(table = TABLE): Promise<string[]> {
  return (await maintain())
    .filter(({ partition_name }) => partition_name.startsWith(table))
    .map(({ partition_name, action }) => `${action} ${partition_name.replace(/(-\d\d)-01$/, '$1')}`);
}

async function setRetention(days: number | null): Promise<void> {
  await query(
    `update public.system_config set value = $1::jsonb where key = 'retention.telegram_command_audits_days'`,
    [JSON.stringify(days)],
  );
}

describe('A row', () => {
  it('lands in the partition of its month', async () => {
    expect(await addCommand(within(0))).toBe(partition(0));
    expect(await addCommand(within(2))).toBe(partition(2));
  });

  it('lands in the default partition where there is none for its month', async () => {
    expect(await addCommand(within(30))).toBe(`${TABLE}_default`);
  });
});

describe('Maintenance', () => {
  it('has nothing to do where all is made', async () => {
    await maintain();
    expect(await maintained()).toEqual([]);
  });

  it('makes the partitions ahead that are missing', async () => {
    await query(`drop table partitions.${partition(3)}`);
    expect(await maintained()).toEqual([`made ${TABLE} from ${within(3).slice(0, 7)}`]);
    expect(await partitionsOf()).toContain(partition(3));
  });

  it('moves what the default partition holds into the partition it makes for it', async () => {
    await query(`drop table partitions.${partition(3)}`);
    expect(await addCommand(within(3), '/moved')).toBe(`${TABLE}_default`);
    await maintain();
    const { rows } = await query(
      `select tableoid::regclass::text as home from public.${TABLE} where command = '/moved'`,
    );
    expect(rows).toEqual([{ home: `partitions.${partition(3)}` }]);
  });

  it('makes partitions for months that passed without one, so that their rows do not outlive the retention', async () => {
    await setRetention(null);
    expect(await addCommand(within(-2), '/late')).toBe(`${TABLE}_default`);
    await maintain();
    const { rows } = await query(
      `select tableoid::regclass::text as home from public.${TABLE} where command = '/late'`,
    );
    expect(rows).toEqual([{ home: `partitions.${partition(-2)}` }]);
  });

  it('moves rows of the audit log, whose deletion a trigger refuses, and its chain stays whole', async () => {
    const { rows: before } = await query('select * from public.audit_log order by chain, seq');
    expect(before.length).toBeGreaterThan(0);
    await asPostgres(stack, async (client) => {
      // As if this month had come before its partition.
      await client.query('begin');
      await client.query(`alter table public.audit_log detach partition partitions.${partition(0, 'audit_log')}`);
      await client.query(`insert into public.audit_log select * from partitions.${partition(0, 'audit_log')}`);
      await client.query(`drop table partitions.${partition(0, 'audit_log')}`);
      await client.query('commit');
    });
    expect(await maintained('audit_log')).toHaveLength(1);
    expect((await query('select * from public.audit_log order by chain, seq')).rows).toEqual(before);
    expect((await query('select count(*)::int from partitions.audit_log_default')).rows).toEqual([{ count: 0 }]);
    const deleting = query('delete from public.audit_log where chain is not null');
    await expect(deleting).rejects.toMatchObject({ code: '42501' });
  });

  it('drops partitions past the retention, with all their rows, and no others', async () => {
    await setRetention(null);
    for (const months of [-5, -4, -1, 0]) await addCommand(within(months));
    await maintain();
    const kept = [partition(-1), partition(0), partition(1), partition(2), partition(3)];
    expect(await partitionsOf()).toEqual(expect.arrayContaining([partition(-5), partition(-4), ...kept]));
    await setRetention(62);
    const done = await maintained();
    expect(done).toContain(`dropped ${partition(-5)}`);
    expect(done).toContain(`dropped ${partition(-4)}`);
    const left = await partitionsOf();
    expect(left).toEqual(expect.arrayContaining([`${TABLE}_default`, ...kept]));
    expect(left).not.toContain(partition(-5));
    const { rows } = await query(`select min(created_at) > now() - interval '94 days' as recent from public.${TABLE}`);
    expect(rows).toEqual([{ recent: true }]);
    // A month whose last day is younger than the retention stays whole.
    expect(done).not.toContain(`dropped ${partition(-1)}`);
  });

  it('waits for nobody: what is in use is left to a later run', async () => {
    await query(`drop table partitions.${partition(3)}`);
    await asPostgres(stack, async (holder) => {
      await holder.query('begin');
      await holder.query(`lock table public.${TABLE} in access exclusive mode`);
      expect(await maintained()).toEqual([`in use: looked after by a later run ${TABLE}`]);
      await holder.query('rollback');
    });
    expect(await maintained()).toEqual([`made ${TABLE} from ${within(3).slice(0, 7)}`]);
  });

  it('drops old log lines of a run that is saying more, which neither fails nor deadlocks', async () => {
    const run = await seedBot(stack, user, 'Talkative');
    const say = (client: Pick<pg.Client, 'query'>, seq: number, at: string) =>
      client.query(
        `insert into public.run_logs (run_id, user_id, seq, logged_at, message) values ($1, $2, $3, $4, 'a line')`,
        [run.runId, user.id, seq, at],
      );
    const keepFor = (days: string) =>
      query(`update public.system_config set value = $1::jsonb where key = 'retention.run_logs_days'`, [days]);
    await keepFor('36500');
    await asPostgres(stack, (client) => say(client, 2, within(-5)));
    await maintain();
    await keepFor('62');
    await asPostgres(stack, async (runner) => {
      await runner.query('begin');
      await runner.query('lock table public.run_logs in row exclusive mode');
      const maintaining = maintained('run_logs');
      const waits = `select from pg_locks where not granted and pid <> pg_backend_pid()`;
      await expect.poll(async () => (await query(waits)).rowCount, { interval: 5 }).toBeGreaterThan(0);
      await say(runner, 3, new Date().toISOString());
      await runner.query('commit');
      expect(await maintaining).toContain(`dropped ${partition(-5, 'run_logs')}`);
    });
    const { rows } = await query('select line_count::integer from private.run_log_counts where run_id = $1', [
      run.runId,
    ]);
    expect(rows).toEqual([{ line_count: 2 }]);
  });
});

describe('A status', () => {
  it('changes in a partition as the transitions of its table say', async () => {
    const { rows } = await query(`select private.create_alert($1, 'entry', 'Bought') as id`, [user.id]);
    const become = (status: string) =>
      query('update public.alert_history set status = $2, sent_at = now() where id = $1', [rows[0].id, status]);
    await become('sent');
    await expect(become('failed')).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
  });
});

describe('Partitions', () => {
  it('refuse to be emptied where their table does, those that maintenance makes too', async () => {
    const guarded = ['audit_log', 'credential_access_log'];
    for (const table of guarded) await query(`drop table partitions.${partition(3, table)}`);
    await maintain();
    for (const table of guarded) {
      const partitions = await partitionsOf(table);
      expect(partitions).toEqual(
        expect.arrayContaining([`${table}_default`, partition(0, table), partition(3, table)]),
      );
      for (const name of partitions) {
        await expect(query(`truncate partitions.${name}`), name).rejects.toThrow('is append-only');
      }
    }
  });

  it('cannot be reached through the API, by any key', async () => {
    for (const client of [user.client, anonymous(stack), asService(stack)]) {
      // The schema is not exposed, and what is not exposed has no table of that name.
      const elsewhere = await client
        .schema('partitions' as 'public')
        .from('events')
        .select();
      expect(elsewhere.error?.code).toBe('PGRST106');
      const here = await client.from(partition(0) as 'events').select();
      expect(['42P01', 'PGRST205']).toContain(here.error?.code);
    }
  });

  it('grant the API roles nothing', async () => {
    const { rows } = await query(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
       where n.nspname = 'partitions' and a.grantee <> c.relowner`,
    );
    expect(rows).toEqual([]);
    const { rows: usage } = await query(
      `select r.rolname from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
       and has_schema_privilege(r.oid, 'partitions', 'usage')`,
    );
    expect(usage).toEqual([]);
  });
});
