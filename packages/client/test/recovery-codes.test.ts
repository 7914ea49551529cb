import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { anonymous, type Persona, signUp } from './support/personas.ts';
import { signIn } from './support/sign-in.ts';

/** Ten codes for the day on which the second factor is lost. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack?.stop());

/** A user with a factor and codes, and a session that has only the password. */
async function locked(): Promise<{ user: Persona; codes: string[]; atLogin: Persona }> {
  const user = await signUp(stack, 'owner');
  await showSecondFactor(user.client);
  const { data, error } = await user.client.rpc('generate_recovery_codes');
  if (error) throw error;
  const { client } = await signIn(stack, user, user.password);
  return { user, codes: data, atLogin: { ...user, client } };
}

async function factorsOf({ id }: Persona): Promise<number> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query('select count(*)::int as factors from auth.mfa_factors where user_id = $1', [id]),
  );
  return rows[0].factors;
}

const use = ({ client }: Persona, code = '') => client.rpc('use_recovery_code', { p_code: code });

describe('Recovery codes', () => {
  it('are ten, different, of 80 bits, and stored as hashes alone', async () => {
    const { user, codes } = await locked();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
    const { data } = await user.client.from('recovery_codes').select('seq, used_at').order('seq');
    expect(data).toEqual(codes.map((_, index) => ({ seq: index + 1, used_at: null })));
    const hashes = await user.client.from('recovery_codes').select('code_hash' as 'seq');
    expect(hashes.error?.code).toBe('42501');
    const { rows } = await asPostgres(stack, (client) =>
      client.query('select to_jsonb(r)::text as row from public.recovery_codes r where user_id = $1', [user.id]),
    );
    expect(rows.some(({ row }) => codes.some((code) => row.includes(code)))).toBe(false);
  });

  it('are given only to a session that has shown a second factor', async () => {
    const { user, atLogin } = await locked();
    const without = await signUp(stack, 'without');
    for (const { client } of [atLogin, without]) {
      const { error, status } = await client.rpc('generate_recovery_codes');
      expect([error?.code, status]).toEqual(['second_factor_required', 403]);
    }
    expect((await anonymous(stack).rpc('generate_recovery_codes')).error?.code).toBe('42501');
    expect((await user.client.rpc('generate_recovery_codes')).data).toHaveLength(10);
  });

  it('let the user in again: the factor is gone, and so are the other sessions', async () => {
    const { user, codes, atLogin } = await locked();
    const { data, error } = await use(atLogin, codes[3]);
    expect(error).toBeNull();
    expect(data).toEqual({ factors_removed: 1, sessions_ended: 1, codes_left: 9 });
    expect(await factorsOf(user)).toBe(0);
    expect((await user.client.auth.refreshSession()).error).not.toBeNull();
    expect((await atLogin.client.auth.refreshSession()).error).toBeNull();
    const events = await atLogin.client.from('security_events').select('kind').eq('kind', 'recovery_code_used');
    expect(events.data).toHaveLength(1);
    const audit = await atLogin.client.from('audit_log').select('action').eq('action', 'recovery_codes.used');
    expect(audit.data).toHaveLength(1);
  });

  it('may be typed in small letters, with spaces, and with O for 0', async () => {
    const { codes, atLogin } = await locked();
    const typed = ` ${codes[0]?.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect((await use(atLogin, typed)).error).toBeNull();
  });

  it('are good once', async () => {
    const { user, codes, atLogin } = await locked();
    await use(atLogin, codes[0]);
    await showSecondFactor(atLogin.client);
    const { client } = await signIn(stack, user, user.password);
    const again = await use({ ...user, client }, codes[0]);
    expect([again.error?.code, again.status]).toEqual(['invalid_recovery_code', 422]);
    expect(await factorsOf(user)).toBe(1);
  });

  it('are good once when presented twice at the same time', async () => {
    const { codes, user } = await locked();
    const [one, two] = await Promise.all([signIn(stack, user, user.password), signIn(stack, user, user.password)]);
    const answers = await Promise.all([one, two].map(({ client }) => use({ ...user, client }, codes[0])));
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
  });

  it.each([
    ['expired', async (user: Persona) => expire(user)],
    ['replaced by new ones', async (user: Persona) => user.client.rpc('generate_recovery_codes')],
  ])('that are %s are refused, and change nothing', async (_, spoil) => {
    const { user, codes, atLogin } = await locked();
    await spoil(user);
    const { error, status } = await use(atLogin, codes[0]);
    expect([error?.code, status]).toEqual(['invalid_recovery_code', 422]);
    expect(await factorsOf(user)).toBe(1);
    expect((await user.client.auth.refreshSession()).error).toBeNull();
  });

  it('of another user are refused, and stay good for that one', async () => {
    const [mine, theirs] = await Promise.all([locked(), locked()]);
    const { error } = await use(mine.atLogin, theirs.codes[0]);
    expect(error?.code).toBe('invalid_recovery_code');
    expect(await factorsOf(mine.user)).toBe(1);
    expect((await use(theirs.atLogin, theirs.codes[0])).error).toBeNull();
  });

  it('are refused for a while after five wrong ones, good ones too', async () => {
    const { user, codes, atLogin } = await locked();
    const wrong = await Promise.all(Array.from({ length: 5 }, () => use(atLogin, 'AAAA-AAAA-AAAA-AAAA')));
    expect(wrong.map(({ error }) => error?.code)).toEqual(Array(5).fill('invalid_recovery_code'));
    const good = await use(atLogin, codes[0]);
    expect([good.error?.code, good.status]).toEqual(['rate_limited', 429]);
    expect(await factorsOf(user)).toBe(1);
    await asPostgres(stack, (client) =>
      client.query('update private.attempt_counters set locked_until = now() where subject = $1', [user.id]),
    );
    expect((await use(atLogin, codes[0])).error).toBeNull();
  });

  it('are not taken from a session that has shown its factor, or of a user without one', async () => {
    const { user, codes } = await locked();
    const shown = await use(user, codes[0]);
    expect([shown.error?.code, shown.status]).toEqual(['recovery_not_needed', 409]);
    const without = await signUp(stack, 'without');
    expect((await use(without, codes[0])).error?.code).toBe('recovery_not_needed');
    expect((await use({ ...user, client: anonymous(stack) }, codes[0])).error?.code).toBe('42501');
  });
});

describe('Second factors', () => {
  it('that come and go are told to their user', async () => {
    const user = await signUp(stack, 'owner');
    const factor_id = await showSecondFactor(user.client);
    expect((await user.client.auth.mfa.unenroll({ factorId: factor_id })).error).toBeNull();
    await user.client.auth.refreshSession();
    await user.client.auth.refreshSession();
    const { data } = await user.client.from('security_events').select('kind, details').order('id');
    expect(data).toEqual([
      { kind: 'factor_added', details: { factor_id } },
      { kind: 'factor_removed', details: { factor_id } },
    ]);
  });
});

async function expire({ id }: Persona): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query('update public.recovery_codes set expires_at = now() where user_id = $1', [id]),
  );
}
