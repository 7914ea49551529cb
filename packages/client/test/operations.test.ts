import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { anonymous, asService, type Persona, signUp, signUpAdmin } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Tasks, health, and what admins do about those who knock. */
let stack: TestStack;
let user: Persona;
let other: Persona;
let admin: Persona;
let weakAdmin: Persona;

beforeAll(async () => {
  stack = await startStack();
  await seedMarket(stack);
  [user, other, admin, weakAdmin] = await Promise.all([
    signUp(stack, 'user'),
    signUp(stack, 'other'),
    signUpAdmin(stack, 'admin'),
    signUpAdmin(stack, 'weak', 'aal1'),
  ]);
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

async function requestBacktest({ client }: Persona): Promise<string> {
  const { data, error } = await client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
  });
  if (error) throw error;
  return data.id;
}

async function taskOf({ client }: Persona, backtestId: string) {
  const { data, error } = await client
    .from('tasks')
    .select('kind, title, status, progress, queue_position, error, started_at, finished_at')
    .eq('subject_id', backtestId)
    .maybeSingle();
  if (error) throw error;
  return data;
}

function changeBacktest(id: string, change: string) {
  return query(`update public.backtests set ${change} where id = $1`, [id]);
}

describe('The task of a backtest', () => {
  it('is listed from the request on, with its place in the queue, for its owner alone', async () => {
    const [first, second] = [await requestBacktest(user), await requestBacktest(user)];
    const position = (await taskOf(user, first))?.queue_position ?? 0;
    expect(await taskOf(user, second)).toEqual({
      kind: 'backtest',
      title: 'sma-cross ACME 1d',
      status: 'queued',
      progress: 0,
      queue_position: position + 1,
      error: null,
      started_at: null,
      finished_at: null,
    });
    expect(await taskOf(other, second)).toBeNull();
    const forged = await user.client.from('tasks').update({ status: 'completed' }).eq('subject_id', second);
    expect(forged.error?.code).toBe('42501');
  });

  it('follows the backtest to its end', async () => {
    const id = await requestBacktest(user);
    await changeBacktest(id, `status = 'running', progress = 0.5, started_at = now()`);
    expect(await taskOf(user, id)).toMatchObject({ status: 'running', progress: 0.5, queue_position: null });
    await changeBacktest(id, `status = 'failed', error = '{"code": "worker_failed", "message": "gone"}'`);
    expect(await taskOf(user, id)).toMatchObject({
      status: 'failed',
      error: { code: 'worker_failed', message: 'gone' },
      finished_at: expect.any(String),
    });
  });

  it('is cancelled with it, and goes with it', async () => {
    const id = await requestBacktest(user);
    await user.client.rpc('cancel_backtest', { p_backtest_id: id });
    expect(await taskOf(user, id)).toMatchObject({ status: 'cancelled' });
    await query('delete from public.backtests where id = $1', [id]);
    expect(await taskOf(user, id)).toBeNull();
  });

  it('goes with its user', async () => {
    const leaving = await signUp(stack, 'leaving');
    await requestBacktest(leaving);
    expect((await asService(stack).auth.admin.deleteUser(leaving.id)).error).toBeNull();
    const { rows } = await query('select count(*)::int from public.tasks where user_id = $1', [leaving.id]);
    expect(rows).toEqual([{ count: 0 }]);
  });
});

async function join(email: string, ip = '192.0.2.1') {
  return asService(stack).rpc('join_waitlist', { p_email: email, p_source: 'website', p_ip: ip });
}

async function entry(email: string) {
  const { rows } = await query('select id, status, invited_by, converted_at from public.waitlist where email = $1', [
    email,
  ]);
  return rows[0];
}

describe('The waitlist', () => {
  it('has an address once, whatever its case, and the answer does not tell', async () => {
    const [first, again] = [await join('ann@example.com'), await join('Ann@Example.com')];
    expect([first.error, again.error]).toEqual([null, null]);
    expect(again.status).toBe(first.status);
    const { rows } = await query(`select email from public.waitlist where lower(email) = 'ann@example.com'`);
    expect(rows).toEqual([{ email: 'ann@example.com' }]);
  });

  it('is filled by the operator alone, and read by no user', async () => {
    for (const client of [anonymous(stack), user.client, admin.client]) {
      const { error } = await client.rpc('join_waitlist', { p_email: 'x@example.com', p_source: 'x', p_ip: 'x' });
      expect(error?.code).toBe('42501');
      expect((await client.from('waitlist').select()).error?.code).toBe('42501');
    }
  });

  it('takes so many an hour from one network address, and so many from all', async () => {
    const answers = [];
    for (let n = 0; n < 11; n += 1) answers.push(await join(`crowd${n}@example.com`, '192.0.2.7'));
    expect(answers.slice(0, 10).map(({ error }) => error)).toEqual(Array(10).fill(null));
    expect([answers[10]?.error?.code, answers[10]?.status]).toEqual(['rate_limited', 429]);
    expect((await join('elsewhere@example.com', '192.0.2.8')).error).toBeNull();
    await query(`update public.system_config set value = '1' where key = 'limits.forms_per_hour'`);
    expect((await join('last@example.com', '192.0.2.9')).error?.code).toBe('rate_limited');
    await query(`update public.system_config set value = '500' where key = 'limits.forms_per_hour'`);
    const { rows } = await query(`select count(*)::int from private.form_counts where key like '%192.0%'`);
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('counts a network of IPv6 as one address, and an IPv4 address as itself, however it came', async () => {
    const from = async (...ips: string[]) => {
      const answers = [];
      for (const ip of ips) answers.push((await join(`${crypto.randomUUID()}@example.com`, ip)).error?.code);
      return answers.filter((code) => code === 'rate_limited').length;
    };
    expect(await from(...Array.from({ length: 11 }, (_, n) => `2001:db8:1:2:${n}::1`))).toBe(1);
    expect(await from('2001:db8:1:3::1')).toBe(0);
    expect(await from(...Array.from({ length: 11 }, (_, n) => `::ffff:198.51.100.${n}`))).toBe(0);
    expect(await from(...Array.from({ length: 5 }, () => ['198.51.100.77', '::ffff:198.51.100.77']).flat())).toBe(0);
    expect(await from('198.51.100.77')).toBe(1);
  });

  it('is where admins invite from, once, with a message and an audit entry', async () => {
    await join('bea@example.com', '192.0.2.20');
    const { id } = await entry('bea@example.com');
    for (const [{ client }, code] of [
      [user, 'forbidden'],
      [weakAdmin, 'second_factor_required'],
    ] as const) {
      const { error, status } = await client.rpc('invite_from_waitlist', { p_waitlist_id: id });
      expect([error?.code, status]).toEqual([code, 403]);
    }
    const invited = await admin.client.rpc('invite_from_waitlist', { p_waitlist_id: id });
    expect(invited.data).toMatchObject({ status: 'invited', invited_by: admin.id });
    expect((await admin.client.rpc('invite_from_waitlist', { p_waitlist_id: id })).data).toMatchObject({ id });
    const messages = await query('select template, channels from public.messages where recipient = $1', [
      'bea@example.com',
    ]);
    expect(messages.rows).toEqual([{ template: 'waitlist_invitation', channels: ['email'] }]);
    const audit = await query('select actor, action, after from public.audit_log where resource_id = $1', [id]);
    expect(audit.rows).toEqual([{ actor: 'admin', action: 'waitlist.invited', after: null }]);
    const nobody = await admin.client.rpc('invite_from_waitlist', { p_waitlist_id: crypto.randomUUID() });
    expect([nobody.error?.code, nobody.status]).toEqual(['not_found', 404]);
  });

  it('is left by signing up, and forgets an address with its user', async () => {
    const email = `cleo-${crypto.randomUUID()}@example.com`;
    await join(email.toUpperCase().replace('@EXAMPLE.COM', '@example.com'), '192.0.2.21');
    const { data } = await anonymous(stack).auth.signUp({ email, password: 'correct horse cleo' });
    const { rows } = await query('select status from public.waitlist where lower(email) = $1', [email]);
    expect(rows).toEqual([{ status: 'converted' }]);
    await asService(stack).auth.admin.deleteUser(data.user?.id ?? '');
    const left = await query('select count(*)::int from public.waitlist where lower(email) = $1', [email]);
    expect(left.rows).toEqual([{ count: 0 }]);
  });
});

async function write(email: string, ip = '192.0.2.30'): Promise<string> {
  const { error } = await asService(stack).rpc('submit_contact_message', {
    p_name: 'Dan',
    p_email: email,
    p_message: 'Do you trade tulips?',
    p_ip: ip,
  });
  if (error) throw error;
  const { rows } = await query('select id from public.contact_messages where email = $1 order by created_at desc', [
    email,
  ]);
  return rows[0].id;
}

describe('A contact message', () => {
  it('is read, answered and closed by admins, and the answer waits as a message', async () => {
    const id = await write('dan@example.com');
    const byUser = await user.client.rpc('answer_contact_message', { p_contact_message_id: id, p_response: 'No' });
    expect(byUser.error?.code).toBe('forbidden');
    const read = await admin.client.rpc('set_contact_status', { p_contact_message_id: id, p_status: 'read' });
    expect(read.data).toMatchObject({ status: 'read', responded_at: null });
    const unanswered = await admin.client.rpc('set_contact_status', {
      p_contact_message_id: id,
      p_status: 'responded',
    });
    expect([unanswered.status, unanswered.error?.code]).toEqual([422, 'invalid_request']);
    for (const response of ['', 'x'.repeat(10_001)]) {
      const refused = await admin.client.rpc('answer_contact_message', {
        p_contact_message_id: id,
        p_response: response,
      });
      expect([refused.status, refused.error?.code]).toEqual([422, 'invalid_request']);
    }
    const answered = await admin.client.rpc('answer_contact_message', { p_contact_message_id: id, p_response: 'No' });
    expect(answered.data).toMatchObject({ status: 'responded', response: 'No', responded_by: admin.id });
    const { rows } = await query(`select body from public.messages where recipient = 'dan@example.com'`);
    expect(rows).toEqual([{ body: 'No' }]);
    await admin.client.rpc('set_contact_status', { p_contact_message_id: id, p_status: 'closed' });
    const back = await admin.client.rpc('set_contact_status', { p_contact_message_id: id, p_status: 'read' });
    expect([back.error?.code, back.status]).toEqual(['invalid_transition', 409]);
    const audit = await query('select action from public.audit_log where resource_id = $1 order by seq', [id]);
    expect(audit.rows.map(({ action }) => action)).toEqual([
      'contact_messages.read',
      'contact_messages.responded',
      'contact_messages.closed',
    ]);
  });

  it('is refused when its address has been named five times in a day', async () => {
    for (let n = 0; n < 5; n += 1) await write('eve@example.com', `192.0.2.${40 + n}`);
    await expect(write('Eve@example.com', '192.0.2.50')).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

describe('The health of a system', () => {
  const report = (status: string, ms: number | null, error: string | null = null) =>
    query(`select private.report_health('api_service', 'rest', $1, $2, $3)`, [status, ms, error]);

  it('is the latest of each component, with what went before in its counts', async () => {
    await report('HEALTHY', 100);
    await report('DOWN', null, 'refused');
    await report('DEGRADED', 200, 'slow');
    const { data } = await asService(stack).from('system_health').select().eq('system', 'api_service');
    expect(data).toMatchObject([
      { component: 'rest', status: 'DEGRADED', failure_count: 2, avg_response_time_ms: 120, error_message: 'slow' },
    ]);
    await report('HEALTHY', 100);
    const healed = await asService(stack).from('system_health').select().eq('system', 'api_service').single();
    expect(healed.data).toMatchObject({ status: 'HEALTHY', failure_count: 0, error_message: null });
  });

  it('is told by admins, audited, and by the operator, and by no user', async () => {
    const health = { p_system: 'web_ui', p_component: 'frontend', p_status: 'DOWN', p_error_message: 'Deploying' };
    expect((await admin.client.rpc('set_system_health', health)).data).toMatchObject({ status: 'DOWN' });
    const byService = await asService(stack).rpc('set_system_health', { ...health, p_status: 'HEALTHY' });
    expect(byService.data).toMatchObject({ status: 'HEALTHY', failure_count: 0 });
    for (const { client } of [user, weakAdmin]) {
      expect((await client.rpc('set_system_health', health)).error?.code).toBe('forbidden');
      expect((await client.from('system_health').select()).error?.code).toBe('42501');
    }
    const { rows } = await query(`select actor from public.audit_log where action = 'system_health.updated'`);
    expect(rows).toEqual([{ actor: 'admin' }]);
  });
});

/** Deletes what maintenance would, as it does. */
async function maintain(): Promise<{ done: Record<string, number>; failed: Record<string, string> }> {
  return (await query('select private.run_maintenance() as report')).rows[0].report;
}

describe('Maintenance', () => {
  it('deletes what is past its retention and nothing else', async () => {
    await maintain();
    const [old, recent] = [await requestBacktest(user), await requestBacktest(user)];
    await changeBacktest(old, `status = 'cancelled', finished_at = now() - interval '31 days'`);
    await user.client.rpc('cancel_backtest', { p_backtest_id: recent });
    await query(`update public.events set created_at = now() - interval '31 days' where payload ->> 'id' = $1`, [old]);
    const messages = `insert into public.messages (message_type, channels, recipient, body, status, created_at)
      values ('test', '{email}', 'old@example.com', 'x', $1, now() - interval '31 days')`;
    for (const status of ['delivered', 'failed', 'pending']) await query(messages, [status]);
    const { done, failed } = await maintain();
    expect(failed).toEqual({});
    expect(done).toMatchObject({ prune_tasks: 1, prune_events: 2, prune_messages: 2, prune_backtests: 0 });
    expect(await taskOf(user, old)).toBeNull();
    expect(await taskOf(user, recent)).toMatchObject({ status: 'cancelled' });
    const left = await query(`select status from public.messages where recipient = 'old@example.com'`);
    expect(left.rows).toEqual([{ status: 'pending' }]);
  });

  it('deletes backtests only where a retention is set, and only ended ones', async () => {
    const [old, open] = [await requestBacktest(user), await requestBacktest(user)];
    await changeBacktest(old, `status = 'cancelled', finished_at = now() - interval '400 days'`);
    await query(`update public.backtests set created_at = now() - interval '400 days' where id = $1`, [open]);
    expect((await maintain()).done.prune_backtests).toBe(0);
    await query(`update public.system_config set value = '365' where key = 'retention.backtests_days'`);
    expect((await maintain()).done.prune_backtests).toBe(1);
    await query(`update public.system_config set value = 'null' where key = 'retention.backtests_days'`);
    const { data } = await user.client.from('backtests').select('id').in('id', [old, open]);
    expect(data).toEqual([{ id: open }]);
  });

  it('deletes what a worker wrote for a user who was being deleted', async () => {
    const gone = crypto.randomUUID();
    await query(
      `insert into public.tasks (user_id, kind, subject_id, title) values ($1, 'study', gen_random_uuid(), 'x')`,
      [gone],
    );
    await query(`select private.create_alert($1, 'error', 'x')`, [gone]);
    const { done } = await maintain();
    // The task, the alert and its event.
    expect(done.prune_orphans).toBe(3);
    expect(await taskOf(user, await requestBacktest(user))).not.toBeNull();
  });

  it('deletes at most 20,000 rows of a table in a run, so that none takes long', async () => {
    const left = await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query(`insert into private.form_counts (key, window_started_at)
        select 'old ' || n, now() - interval '3 days' from generate_series(1, 20005) n`);
      await client.query(`insert into public.messages (user_id, message_type, channels, recipient, body)
        select gen_random_uuid(), 'test', '{email}', 'gone@example.com', 'x' from generate_series(1, 20005) n`);
      const count = async (sources: string) =>
        Number((await client.query(`select count(*) from ${sources}`)).rows[0].count);
      const forms = `private.form_counts where key like 'old %'`;
      const messages = `public.messages where recipient = 'gone@example.com'`;
      const counts: number[][] = [];
      for (let run = 0; run < 2; run += 1) {
        await client.query('select private.prune_forms(), private.prune_orphans()');
        counts.push([await count(forms), await count(messages)]);
      }
      await client.query('rollback');
      return counts;
    });
    expect(left).toEqual([
      [5, 5],
      [0, 0],
    ]);
  });

  it('leaves to the next run what someone holds, and waits for nobody', async () => {
    const old = await requestBacktest(user);
    await changeBacktest(old, `status = 'cancelled', finished_at = now() - interval '400 days'`);
    await query(`update public.events set created_at = now() - interval '31 days' where payload ->> 'id' = $1`, [old]);
    await query(`insert into public.messages (message_type, channels, recipient, body, status, created_at)
      values ('test', '{email}', 'held@example.com', 'x', 'failed', now() - interval '31 days')`);
    await query(`insert into public.contact_messages (name, email, message, created_at)
      values ('x', 'held@example.com', 'x', now() - interval '731 days')`);
    await query(`update public.system_config set value = '365' where key = 'retention.backtests_days'`);
    await asPostgres(stack, async (holder) => {
      await holder.query('begin');
      await holder.query('select from public.backtests where id = $1 for update', [old]);
      await holder.query('select from public.tasks where subject_id = $1 for update', [old]);
      await holder.query(`select from public.events where payload ->> 'id' = $1 for update`, [old]);
      await holder.query(`select from public.messages where recipient = 'held@example.com' for update`);
      await holder.query(`select from public.contact_messages where email = 'held@example.com' for update`);
      const { rows } = await asPostgres(stack, async (client) => {
        await client.query(`set lock_timeout = '1s'`);
        return client.query('select private.run_maintenance() as report');
      });
      const none = { prune_tasks: 0, prune_events: 0, prune_messages: 0, prune_backtests: 0, prune_forms: 0 };
      expect(rows[0].report).toMatchObject({ failed: {}, done: none });
      await holder.query('rollback');
    });
    expect((await maintain()).done).toMatchObject({
      prune_events: 2,
      prune_messages: 1,
      prune_backtests: 1,
      prune_forms: 1,
    });
    await query(`update public.system_config set value = 'null' where key = 'retention.backtests_days'`);
  });

  it('goes on after a step that fails, and health says which', async () => {
    await query(`alter function private.prune_tasks() rename to prune_tasks_elsewhere`);
    const { done, failed } = await maintain();
    expect(Object.keys(failed)).toEqual(['prune_tasks']);
    expect(Object.keys(done)).toContain('maintain_partitions');
    const health = () => asService(stack).from('system_health').select().eq('system', 'maintenance').single();
    expect((await health()).data).toMatchObject({
      status: 'DEGRADED',
      error_message: expect.stringContaining('prune_tasks'),
    });
    await query(`alter function private.prune_tasks_elsewhere() rename to prune_tasks`);
    await maintain();
    expect((await health()).data).toMatchObject({ status: 'HEALTHY', failure_count: 0, error_message: null });
  });
});
