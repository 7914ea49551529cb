import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '../../../scripts/audit/verify-audit-log.ts';
import { createNotes, notes, readChain, signUpWithEntries, writeNote } from './support/audited-notes.ts';
import { asService, signUp } from './support/personas.ts';

/** The log of who did what: what an entry tells, that nobody changes it, and what becomes of it. */
let stack: TestStack;
/** The role of the migrations. */
let database: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  database = await connect('postgres');
  await createNotes(stack, database);
});
afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

async function connect(role: 'authenticator' | 'postgres' | 'supabase_admin'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.databaseUrl(role) });
  await client.connect();
  return client;
}

async function verify(): Promise<readonly string[]> {
  return (await verifyAuditLog(database)).problems;
}

describe('An entry', () => {
  it('says who did what to what, with the change, and from where', async () => {
    const user = await signUp(stack, 'teller');
    const id = crypto.randomUUID();
    const created = await notes(user).insert({ id, body: 'before', api_secret: 'hush' } as never);
    const updated = await notes(user)
      .update({ body: 'after', api_secret: 'hush hush' } as never)
      .setHeader('user-agent', 'Test/1.0')
      .setHeader('x-request-id', 'request-1')
      .eq('id', id as never);
    const deleted = await notes(user)
      .delete()
      .eq('id', id as never);
    expect([created.error, updated.error, deleted.error]).toEqual([null, null, null]);

    const { data: entries } = await user.client.from('audit_log').select('*').order('seq');
    expect(entries).toMatchObject([
      { seq: 1, action: 'user_roles.created', actor: 'auth' },
      { seq: 2, action: 'notes.created', before: null, after: { body: 'before' } },
      {
        seq: 3,
        action: 'notes.updated',
        chain: user.id,
        user_id: user.id,
        actor: 'user',
        actor_id: user.id,
        resource_type: 'notes',
        resource_id: id,
        before: { body: 'before' },
        after: { body: 'after' },
        ip: '127.0.0.1',
        user_agent: 'Test/1.0',
        request_id: 'request-1',
      },
      { seq: 4, action: 'notes.deleted', before: { body: 'after' }, after: null },
    ]);
    expect(JSON.stringify(entries)).not.toContain('hush');
    expect(entries?.[2]?.before).toEqual({ body: 'before' });
  });

  it('has the address from which the gateway was asked, whatever the client claims', async () => {
    const user = await signUp(stack, 'pretender');
    const { error } = await notes(user)
      .insert({ body: 'from afar' } as never)
      .setHeader('x-forwarded-for', '203.0.113.7')
      .setHeader('cf-connecting-ip', '203.0.113.8');
    expect(error).toBeNull();
    const { data } = await user.client.from('audit_log').select('ip').eq('action', 'notes.created');
    expect(data).toEqual([{ ip: '127.0.0.1' }]);
  });

  it('has the address that Cloudflare saw on hosted, where a client writes the head of x-forwarded-for', async () => {
    const user = await signUp(stack, 'hosted');
    const client = await connect('postgres');
    await client.query('begin');
    await client.query(`select set_config('request.headers', $1, true)`, [
      JSON.stringify({ 'x-forwarded-for': '203.0.113.7, 198.51.100.1', 'cf-connecting-ip': '198.51.100.1' }),
    ]);
    await client.query(`select private.write_audit('test.done', 'test', null, $1)`, [user.id]);
    await client.query('commit');
    await client.end();
    const { data } = await user.client.from('audit_log').select('ip').eq('action', 'test.done');
    expect(data).toEqual([{ ip: '198.51.100.1' }]);
  });

  it.each([
    ['plans', `update public.plans set title = 'Audited' where plan = 'free'`, 'free'],
    [
      'plan_quotas',
      `update public.plan_quotas set value = value + 1 where plan = 'pro' and quota = 'bots'`,
      'pro/bots',
    ],
    ['channel_configs', `update public.channel_configs set max_attempts = 7 where channel = 'email'`, 'email'],
    [
      'system_config',
      `update public.system_config set value = '2000' where key = 'retention.audit_log_days'`,
      'retention.audit_log_days',
    ],
  ])('says by the primary key which row it is about, of %s too', async (table, update, key) => {
    await database.query(update);
    const { rows } = await database.query(
      `select resource_id from public.audit_log where chain = 'system' and action = $1 order by seq desc limit 1`,
      [`${table}.updated`],
    );
    expect(rows).toEqual([{ resource_id: key }]);
  });

  it('is not written for a change that changes nothing, nor for one that does not commit', async () => {
    const user = await signUp(stack, 'idle');
    await writeNote(user, 'same');
    await notes(user)
      .update({ body: 'same' } as never)
      .eq('user_id' as 'name', user.id);
    const refused = await notes(user).insert([{ body: 'good' }, { body: null }] as never);
    expect(refused.error?.code).toBe('23502');
    expect(await readChain(database, user.id)).toHaveLength(2);
  });

  it('keeps the size and the hash of what is too large to tell, and the change goes through', async () => {
    const user = await signUp(stack, 'verbose');
    await writeNote(user, 'x'.repeat(200_000));
    const [, entry] = await readChain(database, user.id);
    expect(entry?.after).toEqual({
      left_out: { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(entry?.after.left_out.bytes).toBeGreaterThan(200_000);
  });

  it('can be read by the user it is about, and not by another', async () => {
    const [user, other] = [await signUp(stack, 'subject'), await signUp(stack, 'curious')];
    const { data } = await other.client.from('audit_log').select('user_id');
    expect(data).toEqual([{ user_id: other.id }]);
    const { data: own } = await user.client.from('audit_log').select('action');
    expect(own).toEqual([{ action: 'user_roles.created' }]);
  });

  it('tells operators from callers of the Data API without a session', async () => {
    const callerOf = async (client: pg.Client) => {
      const { rows } = await client.query('select actor from private.caller()');
      return rows[0]?.actor;
    };
    await database.query(
      'begin; grant usage on schema private to authenticator; grant execute on function private.caller() to authenticator; commit',
    );
    const api = await connect('authenticator');
    try {
      expect([await callerOf(database), await callerOf(api)]).toEqual(['operator', 'anonymous']);
    } finally {
      await api.end();
    }
  });
});

describe('The log is append-only', () => {
  const CHANGES = [
    `update public.audit_log set action = 'nothing.happened'`,
    `update public.audit_log set before = null, after = null, details = null, ip = null, user_agent = null, user_id = null`,
    'update public.audit_log set ip = null, user_agent = null',
    'delete from public.audit_log',
    'truncate public.audit_log',
  ];
  const FORGERY = `insert into public.audit_log (chain, seq, created_at, actor, action, resource_type, content_hash, hash)
    values ('system', 1000000, now(), 'operator', 'made.up', 'nothing', '', '')`;
  const BEHIND = ['select * from private.audit_pending', 'delete from private.audit_chains'];

  beforeAll(async () => {
    await signUpWithEntries(stack, 'kept');
    // Also the chain that belongs to nobody has an entry.
    await database.query(
      `insert into public.system_config (key, value, description) values ('test.setting', '1', 'For a test')`,
    );
  });

  it.each(['anon', 'authenticated', 'service_role', 'tradebase_worker', 'tradebase_admin', 'supabase_auth_admin'])(
    'for the role %s',
    async (role) => {
      const client = await connect('supabase_admin');
      try {
        await client.query(`set role ${role}`);
        for (const statement of [...CHANGES, FORGERY, ...BEHIND]) {
          await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' });
        }
      } finally {
        await client.end();
      }
    },
  );

  it.each(['postgres', 'supabase_admin'] as const)('also for %s, who owns it or may do anything', async (role) => {
    const client = await connect(role);
    const month = new Date().toISOString().slice(0, 7).replace('-', '_');
    try {
      for (const statement of [
        ...CHANGES,
        `delete from partitions.audit_log_${month}`,
        `truncate partitions.audit_log_${month}`,
        'truncate partitions.audit_log_default',
        `update public.audit_log set after = null where chain = 'system'`,
      ]) {
        await expect(client.query(statement), statement).rejects.toThrow('the audit log is append-only');
      }
    } finally {
      await client.end();
    }
  });
});

describe('The chain of a user', () => {
  it('has no gap when many write at once', async () => {
    await database.query(`update public.system_config set value = 'null' where key = 'limits.writes_at_once'`);
    const user = await signUp(stack, 'busy');
    await Promise.all(Array.from({ length: 60 }, (_, i) => writeNote(user, `note ${i}`)));
    const entries = await readChain(database, user.id);
    expect(entries.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 61 }, (_, i) => i + 1));
    expect(await verify()).toEqual([]);
  });

  it('does not deadlock with others, whatever order transactions write to them in', async () => {
    const users = [await signUp(stack, 'one'), await signUp(stack, 'two'), await signUp(stack, 'three')];
    const ids = users.map(({ id }) => id);
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect('postgres')));
    try {
      const work = clients.map(async (client, n) => {
        const order = n % 2 === 0 ? ids : [...ids].reverse();
        for (let i = 0; i < 20; i += 1) {
          await client.query('begin');
          for (const id of order) {
            await client.query(`insert into public.notes (user_id, body) values ($1, 'shared')`, [id]);
          }
          await client.query('commit');
        }
      });
      await Promise.all(work);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
    for (const { id } of users) expect(await readChain(database, id)).toHaveLength(121);
    expect(await verify()).toEqual([]);
    const { rows } = await database.query('select count(*)::int as left_over from private.audit_pending');
    expect(rows).toEqual([{ left_over: 0 }]);
  });
});

describe('When a user is deleted', () => {
  /** Entries of a chain that still say something personal. */
  async function personal(userId: string) {
    const entries = await readChain(database, userId);
    return entries.filter(({ before, after, details, ip, user_agent, user_id }) =>
      [before, after, details, ip, user_agent, user_id].some((value) => value !== null),
    );
  }

  it('their entries stay without what is personal, and the chain still proves them', async () => {
    const user = await signUpWithEntries(stack, 'leaving');
    const before = await readChain(database, user.id);
    const { error } = await asService(stack).auth.admin.deleteUser(user.id);
    expect(error).toBeNull();
    const after = await readChain(database, user.id);
    expect(after.length).toBeGreaterThan(before.length);
    expect(after.slice(0, before.length).map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash));
    expect(await personal(user.id)).toEqual([]);
    expect(JSON.stringify(after)).not.toContain(user.email);
    expect(await verify()).toEqual([]);
  });

  /** Where the entries about a subject say that the actor acted from. */
  async function origins(subject: string, actor: string) {
    const { rows } = await database.query(
      'select ip, user_agent, after from public.audit_log where chain = $1 and actor_id = $2 order by seq',
      [subject, actor],
    );
    return rows;
  }

  /** Writes to the log, in an open transaction, that one user did something to another. */
  async function actOn(client: pg.Client, subject: string | null, actor: string): Promise<void> {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true), set_config('request.headers', $2, true)`, [
      JSON.stringify({ sub: actor, role: 'authenticated' }),
      JSON.stringify({ 'cf-connecting-ip': '198.51.100.1', 'user-agent': 'Test/1.0' }),
    ]);
    await client.query(`select private.write_audit('test.done', 'test', 'id', $1, null, '{"kept": true}')`, [subject]);
  }

  it('what they did to others stays, without where they did it from', async () => {
    const [actor, subject] = [await signUp(stack, 'actor'), await signUp(stack, 'acted-on')];
    const client = await connect('postgres');
    try {
      for (const about of [subject.id, null]) {
        await actOn(client, about, actor.id);
        await client.query('commit');
      }
    } finally {
      await client.end();
    }
    const after = { kept: true };
    const told = [{ ip: '198.51.100.1', user_agent: 'Test/1.0', after }];
    expect(await origins(subject.id, actor.id)).toEqual(told);
    expect(await origins('system', actor.id)).toEqual(told);
    expect((await asService(stack).auth.admin.deleteUser(actor.id)).error).toBeNull();
    expect(await origins(subject.id, actor.id)).toEqual([{ ip: null, user_agent: null, after }]);
    expect(await origins('system', actor.id)).toEqual([{ ip: null, user_agent: null, after }]);
    await expect(
      database.query(`update public.audit_log set after = null where chain = 'system' and actor_id = $1`, [actor.id]),
    ).rejects.toThrow('the audit log is append-only');
    expect(await verify()).toEqual([]);
    expect((await asService(stack).auth.admin.deleteUser(subject.id)).error).toBeNull();
    expect(await origins(subject.id, actor.id)).toEqual([{ ip: null, user_agent: null, after: null }]);
    expect(await verify()).toEqual([]);
  });

  it.each(['before', 'while'])('what they did to others is told so, too, if they go %s it is sealed', async (when) => {
    const [actor, subject] = [await signUp(stack, `actor-${when}`), await signUp(stack, `acted-on-${when}`)];
    const slow = await connect('postgres');
    try {
      await actOn(slow, subject.id, actor.id);
      if (when === 'while') await slow.query('set constraints all immediate');
      const deletion = asService(stack).auth.admin.deleteUser(actor.id);
      if (when === 'while') await untilSomebodyWaits();
      else expect((await deletion).error).toBeNull();
      await slow.query('commit');
      expect((await deletion).error).toBeNull();
    } finally {
      await slow.end();
    }
    expect(await origins(subject.id, actor.id)).toEqual([{ ip: null, user_agent: null, after: { kept: true } }]);
    expect(await verify()).toEqual([]);
  });

  it('they and what they are doing to one whose role they granted do not deadlock', async () => {
    const pair = [await signUp(stack, 'one'), await signUp(stack, 'two')];
    // Chains are locked in this order.
    const [subject, actor] = pair.map(({ id }) => id).sort() as [string, string];
    await database.query('update public.user_roles set granted_by = $2 where user_id = $1', [subject, actor]);
    const [holder, doer] = [await connect('postgres'), await connect('postgres')];
    try {
      await holder.query('begin');
      await holder.query(`select private.write_audit('test.held', 'test', 'id', $1)`, [actor]);
      await holder.query('set constraints all immediate');
      const deletion = asService(stack).auth.admin.deleteUser(actor);
      await untilSomebodyWaits();
      await actOn(doer, subject, actor);
      const done = doer.query('commit');
      await untilSomebodyWaits(2);
      await holder.query('commit');
      await done;
      expect((await deletion).error).toBeNull();
    } finally {
      await Promise.all([holder.end(), doer.end()]);
    }
    expect(await origins(subject, actor)).toEqual([{ ip: null, user_agent: null, after: { kept: true } }]);
    expect(await verify()).toEqual([]);
  });

  it('an entry that commits after them is without what is personal, too', async () => {
    const user = await signUpWithEntries(stack, 'overtaken');
    const slow = await connect('postgres');
    try {
      await slow.query(`begin; insert into public.notes (user_id, body) values ('${user.id}', 'late')`);
      expect((await asService(stack).auth.admin.deleteUser(user.id)).error).toBeNull();
      await slow.query('commit');
    } finally {
      await slow.end();
    }
    const entries = await readChain(database, user.id);
    expect(entries.at(-1)).toMatchObject({ action: 'notes.created', after: null });
    expect(await personal(user.id)).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  it('an entry that is being sealed meanwhile is waited for', async () => {
    const user = await signUpWithEntries(stack, 'waiting');
    const slow = await connect('postgres');
    try {
      await slow.query(`begin; insert into public.notes (user_id, body) values ('${user.id}', 'late')`);
      await slow.query('set constraints all immediate');
      const deletion = asService(stack).auth.admin.deleteUser(user.id);
      await untilSomebodyWaits();
      await slow.query('commit');
      expect((await deletion).error).toBeNull();
    } finally {
      await slow.end();
    }
    expect(await personal(user.id)).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  async function untilSomebodyWaits(many = 1): Promise<void> {
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect
      .poll(async () => (await database.query(waiting)).rowCount, { interval: 5 })
      .toBeGreaterThanOrEqual(many);
  }
});
