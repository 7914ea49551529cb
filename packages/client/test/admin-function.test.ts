import { AdminUser, UserPage } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { type Answer, invoke } from './support/invoke.ts';
import { anonymous, asService, type Persona, signUp, signUpAdmin, signUpAs, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';

/** The function `admin`: what operators do about users, forms and settings, and who may. */
let stack: TestStack;
let admin: Persona;
let careless: Persona;
let trader: Persona;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  [admin, careless, trader] = await Promise.all([
    signUpAdmin(stack, 'admin'),
    signUpAdmin(stack, 'careless', 'aal1'),
    signUp(stack, 'trader'),
  ]);
});

afterAll(() => stack?.stop());

type Method = Parameters<typeof invoke>[1];

const NOBODY = '00000000-0000-4000-8000-000000000000';

const call = (method: Method, path: string, body?: object): Promise<Answer> =>
  invoke(admin.client, method, `admin${path}`, body);

async function listUsers(query: string): Promise<UserPage> {
  const { status, body } = await call('GET', `/users?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return UserPage.parse(body);
}

async function getUser(id: string): Promise<AdminUser> {
  const { status, body } = await call('GET', `/users/${id}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return AdminUser.parse(body);
}

const sql = (statement: string, values: unknown[] = []) =>
  asPostgres(stack, (client) => client.query(statement, values));

/** The entries that a call adds to the audit log as the admin's. */
async function audited<T>(work: () => Promise<T>): Promise<{ answer: T; actions: string[] }> {
  const { rows: begun } = await sql('select clock_timestamp()::text as at');
  const answer = await work();
  const { rows } = await sql(
    'select action from public.audit_log where created_at > $1 and actor_id = $2 order by created_at',
    [begun[0].at, admin.id],
  );
  return { answer, actions: rows.map(({ action }) => action) };
}

async function joinWaitlist(name: string): Promise<string> {
  const { rows } = await sql('insert into public.waitlist (email) values ($1) returning id', [`${name}@example.com`]);
  return rows[0].id;
}

async function writeToUs(name: string): Promise<string> {
  const { rows } = await sql(
    `insert into public.contact_messages (name, email, message) values ($1, $2, 'Hello') returning id`,
    [name, `${name}@example.com`],
  );
  return rows[0].id;
}

const ROUTES: [Method, string, object?][] = [
  ['GET', '/users'],
  ['GET', `/users/${NOBODY}`],
  ['PATCH', `/users/${NOBODY}`, { plan: 'pro' }],
  ['GET', '/waitlist'],
  ['POST', `/waitlist/${NOBODY}/invite`],
  ['GET', '/contact-messages'],
  ['POST', `/contact-messages/${NOBODY}/answer`, { response: 'Hello' }],
  ['GET', '/system-health'],
  ['GET', '/config'],
  ['PUT', '/config/quota.calls_per_minute', { value: 1 }],
];

describe('Every route', () => {
  const callers: [string, () => Promise<TradebaseClient> | TradebaseClient, number, string][] = [
    ['an anonymous caller', () => anonymous(stack), 401, 'missing_token'],
    ['a server with the secret key', () => asService(stack), 401, 'missing_token'],
    ['a trader', () => trader.client, 403, 'forbidden'],
    ['a viewer', async () => (await signUpAs(stack, 'viewer', 'viewer')).client, 403, 'forbidden'],
    ['an admin without a second factor', () => careless.client, 403, 'second_factor_required'],
    [
      'a runner of an admin',
      async () => {
        const runner = { sessionId: crypto.randomUUID(), userId: admin.id, apiKeyId: crypto.randomUUID() };
        return withToken(stack, await mintRunnerToken(stack, { ...runner, permissions: ['data:read'] }));
      },
      401,
      'invalid_token',
    ],
  ];

  it.each(callers)('refuses %s', async (_, connect, status, code) => {
    const client = await connect();
    for (const [method, path, body] of ROUTES) {
      const answer = await invoke(client, method, `admin${path}`, body);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, status, code]);
    }
  });

  it('refuses other methods, and says which there are', async () => {
    for (const path of ['/users', '/config', '/system-health', `/waitlist/${NOBODY}/invite`]) {
      expect(await call('DELETE', path)).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    }
    expect((await call('GET', '/secrets')).body.code).toBe('not_found');
  });
});

describe('GET /users', () => {
  it('answers pages, newest first, with the count of all', async () => {
    const mark = crypto.randomUUID();
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.unshift((await signUp(stack, `${name}-${mark}`)).id);
    const first = await listUsers(`email=${mark}&limit=2`);
    const rest = await listUsers(`email=${mark}&limit=2&offset=2`);
    expect([...first.users, ...rest.users].map(({ id }) => id)).toEqual(ids);
    expect([first.total_count, rest.total_count]).toEqual([3, 3]);
    expect((await listUsers(`email=${mark}&offset=100`)).users).toEqual([]);
  });

  it('filters by role, by activity, and by part of an address in any case', async () => {
    const mark = crypto.randomUUID();
    const [viewer, gone] = await Promise.all([signUpAs(stack, 'viewer', `v-${mark}`), signUp(stack, `g-${mark}`)]);
    await call('PATCH', `/users/${gone.id}`, { is_active: false });
    const idsOf = async (query: string) =>
      (await listUsers(`email=${mark.toUpperCase()}&${query}`)).users.map(({ id }) => id);
    expect(await idsOf('role=viewer')).toEqual([viewer.id]);
    expect(await idsOf('status=inactive')).toEqual([gone.id]);
    expect(await idsOf('status=active')).toEqual([viewer.id]);
    expect(await idsOf('role=admin')).toEqual([]);
  });

  it.each(['50%', 'a_b', 'c\\d'])('takes %s in an address literally', async (part) => {
    const mark = crypto.randomUUID();
    const [wanted] = await Promise.all([signUp(stack, mark), signUp(stack, mark.replace(/^./, 'z'))]);
    await sql('update auth.users set email = $2 where id = $1', [wanted.id, `${part}${mark}@example.com`]);
    const { users } = await listUsers(`email=${encodeURIComponent(`${part}${mark}`)}`);
    expect(users.map(({ id }) => id)).toEqual([wanted.id]);
    expect((await listUsers(`email=${encodeURIComponent(`%${mark.slice(9)}`)}`)).total_count).toBe(0);
    expect((await listUsers(`email=${encodeURIComponent(mark.slice(9).replace('-', '_'))}`)).total_count).toBe(0);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=many', 'limit'],
    ['offset=-1', 'offset'],
    ['status=banned', 'status'],
    ['role=god', 'role'],
    ['email=a', 'email'],
    ['colour=red', ''],
  ])('refuses ?%s', async (query, path) => {
    const { status, body } = await call('GET', `/users?${query}`);
    expect([status, body.code, body.details.map((detail: { path: string }) => detail.path)]).toEqual([
      422,
      'invalid_request',
      [path],
    ]);
  });

  it('refuses an address with a character that the database has not', async () => {
    expect(await call('GET', '/users?email=%00%00')).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  });

  it('is in the audit log, with what was asked for', async () => {
    const { actions } = await audited(() => listUsers('role=viewer'));
    expect(actions).toEqual(['admin.users_listed']);
    const { rows } = await sql(
      `select details from public.audit_log where action = 'admin.users_listed' order by created_at desc limit 1`,
    );
    expect(rows[0].details).toMatchObject({ limit: 50, offset: 0, role: 'viewer' });
  });
});

describe('GET /users/:id', () => {
  it('answers what Auth and the account know of a user, and their audit log has it', async () => {
    const user = await signUp(stack, 'known', { first_name: 'Ada' });
    const { answer, actions } = await audited(() => getUser(user.id));
    expect(answer).toMatchObject({
      id: user.id,
      email: user.email,
      role: 'trader',
      plan: 'free',
      is_active: true,
      first_name: 'Ada',
      second_factor: false,
    });
    expect(actions).toEqual(['admin.users_listed']);
    const { data } = await user.client.from('audit_log').select('action').eq('actor_id', admin.id);
    expect(data).toEqual([{ action: 'admin.users_listed' }]);
    expect((await getUser(admin.id)).second_factor).toBe(true);
  });

  it('knows no others', async () => {
    expect(await call('GET', `/users/${NOBODY}`)).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    const { status, body } = await call('GET', '/users/me');
    expect([status, body.details[0].path]).toEqual([422, 'id']);
  });
});

describe('PATCH /users/:id', () => {
  it('changes role, plan and activity together, and says so in the audit log', async () => {
    const user = await signUp(stack, 'changed');
    const change = { role: 'viewer', plan: 'pro', is_active: false };
    const { answer, actions } = await audited(() => call('PATCH', `/users/${user.id}`, change));
    expect(answer).toMatchObject({ status: 200, body: { id: user.id, ...change } });
    AdminUser.parse(answer.body);
    expect(actions).toEqual(
      expect.arrayContaining(['user_roles.updated', 'profiles.updated', 'user.deactivated', 'admin.users_listed']),
    );
    expect((await user.client.auth.refreshSession()).error).not.toBeNull();
    expect(await call('PATCH', `/users/${user.id}`, { is_active: true })).toMatchObject({
      body: { ...change, is_active: true },
    });
  });

  it('changes nothing when a part of it is refused', async () => {
    const user = await signUp(stack, 'unchanged');
    const unknown = await call('PATCH', `/users/${user.id}`, { role: 'viewer', plan: 'platinum' });
    expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_plan' } });
    expect(await getUser(user.id)).toMatchObject({ role: 'trader', plan: 'free', is_active: true });
  });

  it('leaves the last admin one', async () => {
    await sql(`update public.user_roles set role = 'trader' where user_id = $1`, [careless.id]);
    for (const change of [{ plan: 'pro', role: 'trader' }, { is_active: false }]) {
      const refused = await call('PATCH', `/users/${admin.id}`, change);
      expect(refused).toMatchObject({ status: 409, body: { code: 'last_admin' } });
    }
    expect(await getUser(admin.id)).toMatchObject({ role: 'admin', plan: 'free', is_active: true });
    await sql(`update public.user_roles set role = 'admin' where user_id = $1`, [careless.id]);
  });

  it.each([
    ['nothing', {}, ''],
    ['a role that there is not', { role: 'god' }, 'role'],
    ['no plan', { plan: '' }, 'plan'],
    ['an activity that is a word', { is_active: 'yes' }, 'is_active'],
    ['another address', { email: 'me@example.com' }, ''],
  ])('refuses %s', async (_, change, path) => {
    const { status, body } = await call('PATCH', `/users/${trader.id}`, change);
    expect([status, body.code, body.details[0].path]).toEqual([422, 'invalid_request', path]);
  });

  it('knows nobody else', async () => {
    for (const change of [{ role: 'viewer' }, { plan: 'pro' }, { is_active: false }]) {
      expect((await call('PATCH', `/users/${NOBODY}`, change)).body.code).toBe('user_not_found');
    }
  });
});

describe('The waitlist', () => {
  it('is read in pages, all of it or with a status', async () => {
    await joinWaitlist('early');
    const late = await joinWaitlist('late');
    const { answer, actions } = await audited(() => call('GET', '/waitlist?limit=1'));
    expect(answer).toMatchObject({ status: 200, body: { waitlist_entries: [{ id: late }], total_count: 2 } });
    expect(actions).toEqual(['admin.read']);
    expect((await call('GET', '/waitlist?status=invited')).body).toEqual({ waitlist_entries: [], total_count: 0 });
    expect((await call('GET', '/waitlist?limit=1000')).body.details[0].path).toBe('limit');
  });

  it('lets an admin invite someone, once, with a message to them', async () => {
    const id = await joinWaitlist('wanted');
    const { answer, actions } = await audited(() => call('POST', `/waitlist/${id}/invite`));
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'invited', invited_by: admin.id } });
    expect(actions).toEqual(['waitlist.invited']);
    expect((await call('POST', `/waitlist/${id}/invite`)).status).toBe(200);
    const { rows } = await sql(`select message_type from public.messages where recipient = 'wanted@example.com'`);
    expect(rows).toEqual([{ message_type: 'waitlist_invitation' }]);
    expect((await call('POST', `/waitlist/${NOBODY}/invite`)).body.code).toBe('not_found');
    expect((await call('POST', '/waitlist/first/invite')).body.details[0].path).toBe('id');
  });
});

describe('Contact messages', () => {
  it('are read in pages, all of them or with a status', async () => {
    const id = await writeToUs('curious');
    const { answer, actions } = await audited(() => call('GET', '/contact-messages?status=new'));
    expect(answer).toMatchObject({ status: 200, body: { contact_messages: [{ id, status: 'new' }], total_count: 1 } });
    expect(actions).toEqual(['admin.read']);
  });

  it('are answered, with a message to who wrote', async () => {
    const id = await writeToUs('asking');
    const { answer, actions } = await audited(() =>
      call('POST', `/contact-messages/${id}/answer`, { response: ' With pleasure ' }),
    );
    expect(answer).toMatchObject({
      status: 200,
      body: { id, status: 'responded', response: 'With pleasure', responded_by: admin.id },
    });
    expect(actions).toEqual(['contact_messages.responded']);
    const { rows } = await sql(`select body from public.messages where recipient = 'asking@example.com'`);
    expect(rows).toEqual([{ body: 'With pleasure' }]);
  });

  it.each([
    ['no answer', {}, 'response'],
    ['an answer of spaces', { response: '  ' }, 'response'],
    ['an answer beyond its length', { response: 'x'.repeat(10_001) }, 'response'],
    ['a status with it', { response: 'x', status: 'closed' }, ''],
  ])('are not answered with %s', async (_, body, path) => {
    const answer = await call('POST', `/contact-messages/${NOBODY}/answer`, body);
    expect([answer.status, answer.body.details[0].path]).toEqual([422, path]);
  });

  it('are not answered when they are closed, nor with what cannot be stored, nor when there are none', async () => {
    const id = await writeToUs('closed');
    await sql(`update public.contact_messages set status = 'closed' where id = $1`, [id]);
    const answer = (message: string, response: string) =>
      call('POST', `/contact-messages/${message}/answer`, { response });
    expect(await answer(id, 'Hello')).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
    expect(await answer(id, 'a\0b')).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect((await answer(NOBODY, 'Hello')).body.code).toBe('not_found');
  });
});

describe('GET /system-health', () => {
  it('tells of the database, workers, Realtime, runners and components, and is audited', async () => {
    const { answer, actions } = await audited(() => call('GET', '/system-health'));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        database: { size_bytes: expect.any(Number), connections: expect.any(Number) },
        workers: { connections: 0, queues: { backtest: { waiting: 0, active: 0 } } },
        realtime: { events_last_minute: expect.any(Number) },
        runner_connections: 0,
        components: [],
      },
    });
    expect(actions).toEqual(['admin.system_report_read']);
  });
});

describe('Settings', () => {
  it('are read, all of them, and changed one at a time', async () => {
    const read = await audited(() => call('GET', '/config'));
    expect(read.actions).toEqual(['admin.read']);
    expect(read.answer.body.settings).toContainEqual(
      expect.objectContaining({ key: 'quota.backtests_per_hour', value: 10 }),
    );
    const changed = await audited(() => call('PUT', '/config/quota.backtests_per_hour', { value: 20 }));
    expect(changed.answer).toMatchObject({ status: 200, body: { value: 20, updated_by: admin.id } });
    expect(changed.actions).toEqual(['system_config.updated']);
    expect((await call('PUT', '/config/quota.backtests_per_hour', { value: null })).body.value).toBeNull();
  });

  it.each([
    ['no value', 'quota.backtests_per_hour', {}, 'value'],
    ['an unknown field', 'quota.backtests_per_hour', { value: 1, min_value: 0 }, ''],
    ['a key that is none', 'x', { value: 1 }, 'key'],
  ])('are not changed with %s', async (_, key, body, path) => {
    const answer = await call('PUT', `/config/${key}`, body);
    expect([answer.status, answer.body.details[0].path]).toEqual([422, path]);
  });

  it('keep their type and their bounds', async () => {
    for (const value of ['many', -1, 'a\0b', { deep: [null] }]) {
      const answer = await call('PUT', '/config/quota.calls_per_minute', { value });
      expect([answer.status, answer.body.code], JSON.stringify(value)).toEqual([422, 'invalid_request']);
    }
    expect((await call('PUT', '/config/no.such_setting', { value: 1 })).body.code).toBe('not_found');
  });
});
