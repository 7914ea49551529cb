import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type TestStack } from '../src/testing.ts';

/** The public function's forms, from the gateway to the database. */
let stack: TestStack;
let database: pg.Client;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  database = new pg.Client({ connectionString: stack.databaseUrl() });
  await database.connect();
  // All of this file comes from one address.
  await setLimit('limits.forms_per_address_per_hour', 1000);
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

async function setLimit(key: string, most: number): Promise<void> {
  await database.query('update public.system_config set value = $2::jsonb where key = $1', [key, String(most)]);
}

interface FormAnswer {
  readonly status: number;
  readonly body: { message: string; code?: string; details?: { path: string }[] };
}

/** A request without any key, as a form on a web page makes it. */
async function post(path: string, body: unknown): Promise<FormAnswer> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/public${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as FormAnswer['body'] };
}

async function count(table: string, email: string): Promise<number> {
  const { rows } = await database.query(`select count(*)::int from public.${table} where lower(email) = lower($1)`, [
    email,
  ]);
  return rows[0].count;
}

const letter = { name: 'Ann', email: 'ann@example.com', message: 'Hello' };

describe('POST /waitlist', () => {
  test('takes an address with where it came from', async () => {
    const { status, body } = await post('/waitlist', { email: 'new@example.com', source: 'referral' });
    expect([status, Object.keys(body)]).toEqual([202, ['message']]);
    const { rows } = await database.query(`select status, source from public.waitlist where email = 'new@example.com'`);
    expect(rows).toEqual([{ status: 'pending', source: 'referral' }]);
  });

  test('answers the same for an address it knows, and for the address of a user', async () => {
    const first = await post('/waitlist', { email: 'known@example.com' });
    const again = await post('/waitlist', { email: 'Known@Example.com', source: 'website' });
    const signUp = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
      method: 'POST',
      headers: { apikey: stack.keys.publishableKey, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'user@example.com', password: 'correct horse' }),
    });
    expect(signUp.status).toBe(200);
    const user = await post('/waitlist', { email: 'user@example.com' });
    expect(again).toEqual(first);
    expect(user).toEqual(first);
    expect(await count('waitlist', 'known@example.com')).toBe(1);
  });

  test('forgets what a program filled in, and answers it like a person', async () => {
    const person = await post('/waitlist', { email: 'person@example.com' });
    const program = await post('/waitlist', { email: 'bot@example.com', website: 'https://spam.example' });
    expect(program).toEqual(person);
    expect(await count('waitlist', 'bot@example.com')).toBe(0);
  });

  test.each([
    ['no address', {}, 'email'],
    ['what is no address', { email: 'nobody' }, 'email'],
    ['an address that is too long', { email: `${'a'.repeat(250)}@example.com` }, 'email'],
    ['a source that is too long', { email: 'a@example.com', source: 'x'.repeat(51) }, 'source'],
    ['an unknown field', { email: 'a@example.com', status: 'invited' }, ''],
  ])('refuses %s', async (_what, request, path) => {
    const { status, body } = await post('/waitlist', request);
    expect([status, body.code, body.details?.[0]?.path]).toEqual([422, 'invalid_request', path]);
  });

  test('answers 429 once the address has asked too often', async () => {
    await setLimit('limits.forms_per_address_per_hour', 0);
    const { status, body } = await post('/waitlist', { email: 'late@example.com' });
    expect([status, body.code]).toEqual([429, 'rate_limited']);
    expect(await count('waitlist', 'late@example.com')).toBe(0);
    await setLimit('limits.forms_per_address_per_hour', 1000);
  });

  test('shows nothing', async () => {
    const response = await fetch(`${stack.apiUrl}/functions/v1/public/waitlist`);
    expect(response.status).toBe(405);
  });
});

describe('POST /contact', () => {
  test('takes a message', async () => {
    const { status, body } = await post('/contact', letter);
    expect([status, Object.keys(body)]).toEqual([202, ['message']]);
    const { rows } = await database.query(
      `select name, message, status from public.contact_messages where email = 'ann@example.com'`,
    );
    expect(rows).toEqual([{ name: 'Ann', message: 'Hello', status: 'new' }]);
  });

  test('forgets what a program filled in, and answers it like a person', async () => {
    const answer = await post('/contact', { ...letter, email: 'bot@example.com', website: 'x' });
    expect(answer.status).toBe(202);
    expect(await count('contact_messages', 'bot@example.com')).toBe(0);
  });

  test.each([
    ['no name', { ...letter, name: '  ' }, 'name'],
    ['no message', { ...letter, message: undefined }, 'message'],
    ['a message that is too long', { ...letter, message: 'x'.repeat(5001) }, 'message'],
    ['an unknown field', { ...letter, response: 'x' }, ''],
  ])('refuses %s', async (_what, request, path) => {
    const { status, body } = await post('/contact', request);
    expect([status, body.code, body.details?.[0]?.path]).toEqual([422, 'invalid_request', path]);
  });

  test('answers 429 once one e-mail address was named too often', async () => {
    for (let n = 0; n < 5; n += 1)
      expect((await post('/contact', { ...letter, email: 'eve@example.com' })).status).toBe(202);
    const { status, body } = await post('/contact', { ...letter, email: 'EVE@example.com' });
    expect([status, body.code]).toEqual([429, 'rate_limited']);
  });
});
