import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, type Persona, signUp, signUpAs } from './support/personas.ts';

/** Schedules of users, and the runs that workers will write. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

const DAILY = { name: 'Daily report', job_type: 'report', target: 'daily', cron: '0 7 * * mon-fri' };

beforeAll(async () => {
  stack = await startStack();
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

async function addSchedule({ client }: Persona, change: object = {}): Promise<string> {
  const { data, error } = await client
    .from('schedules')
    .insert({ ...DAILY, ...change })
    .select('id')
    .single();
  if (error) throw error;
  return data.id;
}

async function addRun(scheduleId: string, status = 'pending', at = '2026-01-05 07:00Z'): Promise<string> {
  const { rows } = await query(
    `insert into public.schedule_runs (schedule_id, user_id, job_type, scheduled_for, status)
     select id, user_id, job_type, $2, $3 from public.schedules where id = $1 returning id`,
    [scheduleId, at, status],
  );
  return rows[0].id;
}

describe('A schedule', () => {
  it('is kept by its owner', async () => {
    const id = await addSchedule(owner, { timezone: 'Europe/Berlin', task_params: { format: 'pdf' } });
    const { data } = await owner.client.from('schedules').select('user_id, enabled, next_run_at').eq('id', id).single();
    expect(data).toEqual({ user_id: owner.id, enabled: true, next_run_at: null });
    for (const client of [other.client]) {
      expect((await client.from('schedules').select().eq('id', id)).data).toEqual([]);
      expect((await client.from('schedules').update({ enabled: false }).eq('id', id).select()).data).toEqual([]);
      expect((await client.from('schedules').delete().eq('id', id).select()).data).toEqual([]);
    }
    const forged = await owner.client.from('schedules').update({ next_run_at: '2020-01-01Z' }).eq('id', id);
    expect(forged.error?.code).toBe('42501');
    expect((await owner.client.from('schedules').delete().eq('id', id).select('id')).data).toEqual([{ id }]);
  });

  it('cannot be added by a viewer', async () => {
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    expect((await viewer.client.from('schedules').insert(DAILY)).error?.code).toBe('42501');
  });

  it.each(['* * * * *', '*/5 * * * *', '0,15,30-45 9-17 1 jan,Mar-jun MON-FRI', '0 0 1-31/2 * 7', '5/10 0 * * *'])(
    'may come round at "%s"',
    async (cron) => {
      await addSchedule(owner, { cron });
    },
  );

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '30-10 * * * *',
    '1,,2 * * * *',
    '-1 * * * *',
    '@daily',
    '* * * foo *',
    '* * * * mon; drop',
  ])('may not come round at "%s"', async (cron) => {
    const { error } = await owner.client.from('schedules').insert({ ...DAILY, cron });
    expect(error?.code).toBe('23514');
  });

  it.each([
    ['an unknown kind of job', { job_type: 'mining' }],
    ['a backup, which only the system makes', { job_type: 'backup' }],
    ['a time zone that does not exist', { timezone: 'Moon/Tranquility' }],
    ['parameters that are no object', { task_params: [1] }],
  ])('is refused with %s', async (_what, change) => {
    const { error } = await owner.client.from('schedules').insert({ ...DAILY, ...change });
    expect(error?.code).toBe('23514');
  });

  it('of the system may be a backup, and no user sees it', async () => {
    await query(
      `insert into public.schedules (user_id, name, job_type, target, cron) values (null, 'Nightly', 'backup', 'all', '0 3 * * *')`,
    );
    expect((await owner.client.from('schedules').select().eq('job_type', 'backup')).data).toEqual([]);
  });

  it('is refused over the limit of a user', async () => {
    const keen = await signUp(stack, 'keen');
    const rows = (count: number) => Array.from({ length: count }, () => DAILY);
    const refused = await keen.client.from('schedules').insert(rows(51));
    expect([refused.error?.code, refused.status]).toEqual(['quota_exceeded', 409]);
    expect((await keen.client.from('schedules').insert(rows(50))).error).toBeNull();
  });

  it('forgets its next occurrence when it changes', async () => {
    const id = await addSchedule(owner);
    await query(`update public.schedules set next_run_at = '2026-01-05 07:00Z' where id = $1`, [id]);
    await owner.client.from('schedules').update({ name: 'Renamed' }).eq('id', id);
    const kept = await owner.client.from('schedules').select('next_run_at').eq('id', id).single();
    expect(kept.data?.next_run_at).not.toBeNull();
    await owner.client.from('schedules').update({ cron: '0 8 * * *' }).eq('id', id);
    const changed = await owner.client.from('schedules').select('next_run_at').eq('id', id).single();
    expect(changed.data?.next_run_at).toBeNull();
  });

  it('leaves its changes in the audit log of its owner', async () => {
    const id = await addSchedule(owner);
    await owner.client.from('schedules').delete().eq('id', id);
    const { data } = await owner.client.from('audit_log').select('action').eq('resource_id', id).order('seq');
    expect(data).toEqual([{ action: 'schedules.created' }, { action: 'schedules.deleted' }]);
  });
});

describe('A run of a schedule', () => {
  it('happens once an occurrence', async () => {
    const id = await addSchedule(owner);
    await addRun(id);
    await expect(addRun(id)).rejects.toMatchObject({ code: '23505' });
  });

  it('is read by the owner of its schedule alone, and written by no user', async () => {
    const id = await addSchedule(owner);
    const runId = await addRun(id);
    const read = await owner.client.from('schedule_runs').select('id, status').eq('schedule_id', id);
    expect(read.data).toEqual([{ id: runId, status: 'pending' }]);
    expect((await other.client.from('schedule_runs').select().eq('schedule_id', id)).data).toEqual([]);
    const forged = await owner.client.from('schedule_runs').update({ status: 'completed' }).eq('id', runId);
    expect(forged.error?.code).toBe('42501');
  });

  it('cannot hang on the schedule of another user', async () => {
    const id = await addSchedule(owner);
    const forged = query(
      `insert into public.schedule_runs (schedule_id, user_id, job_type, scheduled_for) values ($1, $2, 'report', now())`,
      [id, other.id],
    );
    await expect(forged).rejects.toMatchObject({ code: '23503' });
  });

  it('goes from status to status as a job does', async () => {
    const runId = await addRun(await addSchedule(owner));
    const become = (status: string) =>
      query('update public.schedule_runs set status = $2 where id = $1 returning finished_at', [runId, status]);
    await expect(become('completed')).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
    for (const status of ['enqueued', 'running', 'enqueued', 'running']) {
      expect((await become(status)).rows).toEqual([{ finished_at: null }]);
    }
    expect((await become('completed')).rows[0].finished_at).not.toBeNull();
    await expect(become('running')).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
  });

  it('goes with its schedule, and all go with their user', async () => {
    const leaving = await signUp(stack, 'leaving');
    const [kept, deleted] = [await addSchedule(leaving), await addSchedule(leaving)];
    await Promise.all([addRun(kept), addRun(deleted)]);
    await leaving.client.from('schedules').delete().eq('id', deleted);
    const count = 'select count(*)::int from public.schedule_runs where user_id = $1';
    expect((await query(count, [leaving.id])).rows).toEqual([{ count: 1 }]);
    expect((await asService(stack).auth.admin.deleteUser(leaving.id)).error).toBeNull();
    expect((await query(count, [leaving.id])).rows).toEqual([{ count: 0 }]);
  });
});
