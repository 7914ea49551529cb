import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestDatabase, type TestDatabase } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** `npm run admin` as an operator runs it, against a database of its own. */
const SCRIPT = join(import.meta.dirname, '..', 'admin.ts');
let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  const client = new pg.Client({ connectionString: database.urlFor('postgres') });
  await client.connect();
  await client.query(
    `insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com'), (gen_random_uuid(), 'bob@example.com')`,
  );
  await client.end();
});

afterAll(() => database?.drop());

async function admin(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, TRADEBASE_DATABASE_URL: database.urlFor('postgres') };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT, ...args], { env });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe('npm run admin', () => {
  it('makes an admin of whoever signed up with an address, in any case of its letters', async () => {
    const { code, out } = await admin('grant', 'Ada@Example.com', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ role: 'admin' });
    expect((await admin('grant', 'ada@example.com')).out).toContain('ada@example.com is admin');
  });

  it('gives other roles, but takes none from the last admin', async () => {
    expect((await admin('grant', 'bob@example.com', '--role', 'viewer')).out).toContain('is viewer');
    await admin('grant', 'ada@example.com');
    const { code, err } = await admin('grant', 'ada@example.com', '--role', 'trader');
    expect([code, err]).toEqual([1, expect.stringContaining('last_admin')]);
  });

  it('says that nobody has an address', async () => {
    const { code, err } = await admin('grant', 'nobody@example.com');
    expect([code, err]).toEqual([1, expect.stringContaining('user_not_found')]);
  });

  it('explains itself', async () => {
    expect(await admin('--help')).toMatchObject({ code: 0, out: expect.stringContaining('grant EMAIL') });
    expect(await admin('grant')).toMatchObject({ code: 2, err: expect.stringContaining('name one e-mail address') });
    expect((await admin('grant', 'ada@example.com', '--role', 'god')).code).toBe(2);
  });
});
