import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, type Persona, signUp, signUpAdmin, signUpAs } from './support/personas.ts';

/** What the Telegram bot writes down, and what admins tell it. */
let stack: TestStack;
let user: Persona;
let other: Persona;
let admin: Persona;

beforeAll(async () => {
  stack = await startStack();
  [user, other, admin] = await Promise.all([
    signUp(stack, 'user'),
    signUp(stack, 'other'),
    signUpAdmin(stack, 'admin'),
  ]);
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

/** Writes a command down as the bot's server does, with the secret key. */
async function audit(persona: Persona, message: string): Promise<string | null> {
  const { data, error } = await asService(stack)
    .from('telegram_command_audits')
    .insert({
      telegram_user_id: '4242',
      user_id: persona.id,
      command: message.split(' ')[0] ?? '',
      full_message: message,
      is_registered_user: true,
      response_time_ms: 12,
    })
    .select('full_message')
    .single();
  if (error) throw error;
  return data.full_message;
}

describe('A command to the bot', () => {
  it.each([
    ['/verify 123456', '/verify [redacted]'],
    ['/LINK tb_abc_secret and more', '/LINK [redacted]'],
    ['/start', '/start'],
    ['/status my code is 123456, thanks', '/status my code is [redacted], thanks'],
    ['/help tb_1a2b3c4d_0123456789abcdef0123456789', '/help [redacted]'],
    ['/alert BTC/USDT above 65000.5', '/alert BTC/USDT above 65000.5'],
    ['/alert price 1234567.5', '/alert price 1234567.5'],
  ])('"%s" is written down as "%s"', async (message, kept) => {
    expect(await audit(user, message)).toBe(kept);
  });

  it('is shown to the user it is linked to and to no other', async () => {
    await audit(user, '/status');
    const { data } = await user.client.from('telegram_command_audits').select('user_id').eq('command', '/status');
    expect(data?.length).toBeGreaterThan(0);
    const byOther = await other.client.from('telegram_command_audits').select().eq('user_id', user.id);
    expect(byOther.data).toEqual([]);
  });

  it('is kept without who sent it and what it said once the user is gone', async () => {
    const leaving = await signUp(stack, 'leaving');
    await audit(leaving, '/leaving now');
    expect((await asService(stack).auth.admin.deleteUser(leaving.id)).error).toBeNull();
    const { rows } = await query(
      `select user_id, telegram_user_id, full_message, success, response_time_ms from public.telegram_command_audits where command = '/leaving'`,
    );
    expect(rows).toEqual([
      { user_id: null, telegram_user_id: null, full_message: null, success: true, response_time_ms: 12 },
    ]);
  });

  it('is a row of this month, to be dropped with it', async () => {
    await audit(user, '/month');
    const { rows } = await query(
      `select tableoid::regclass::text as home from public.telegram_command_audits where command = '/month'`,
    );
    expect(rows[0].home).toMatch(/^partitions\.telegram_command_audits_\d{4}_\d\d$/);
  });
});

describe('Feedback', () => {
  it('is sent and read by its user, and taken on by an admin', async () => {
    const sent = await user.client
      .from('telegram_feedback')
      .insert({ type: 'bug', message: 'It is slow' })
      .select('id, status')
      .single();
    expect(sent.data).toMatchObject({ status: 'open' });
    const id = sent.data?.id ?? '';
    expect((await other.client.from('telegram_feedback').select()).data).toEqual([]);
    const own = await user.client.rpc('set_feedback_status', { p_feedback_id: id, p_status: 'closed' });
    expect([own.error?.code, own.status]).toEqual(['forbidden', 403]);
    const taken = await admin.client.rpc('set_feedback_status', { p_feedback_id: id, p_status: 'in_progress' });
    expect(taken.data).toMatchObject({ id, status: 'in_progress' });
    const back = await admin.client.rpc('set_feedback_status', { p_feedback_id: id, p_status: 'open' });
    expect([back.error?.code, back.status]).toEqual(['invalid_transition', 409]);
    const { data } = await user.client.from('audit_log').select('actor, before, after').eq('resource_id', id);
    expect(data).toEqual([{ actor: 'admin', before: { status: 'open' }, after: { status: 'in_progress' } }]);
  });

  it('cannot be given a status by its user, nor be sent by a viewer', async () => {
    const forged = await user.client
      .from('telegram_feedback')
      .insert({ type: 'bug', message: 'It is slow', status: 'resolved' });
    expect(forged.error?.code).toBe('42501');
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    const refused = await viewer.client.from('telegram_feedback').insert({ type: 'bug', message: 'It is slow' });
    expect(refused.error?.code).toBe('42501');
  });

  it('is refused when its user has sent as much in a day as the setting lets them', async () => {
    const chatty = await signUp(stack, 'chatty');
    const rows = Array.from({ length: 20 }, () => ({ type: 'other', message: 'Hello' }));
    expect((await chatty.client.from('telegram_feedback').insert(rows)).error).toBeNull();
    const more = await chatty.client.from('telegram_feedback').insert({ type: 'other', message: 'Hello' });
    expect([more.error?.code, more.status]).toEqual(['rate_limited', 429]);
    await query(`update public.telegram_feedback set created_at = now() - interval '25 hours' where user_id = $1`, [
      chatty.id,
    ]);
    expect((await chatty.client.from('telegram_feedback').insert({ type: 'other', message: 'Hi' })).error).toBeNull();
  });
});

describe('A broadcast', () => {
  it('is made by an admin with a second factor and by nobody else', async () => {
    const made = await admin.client.rpc('create_broadcast', { p_message: 'We moved' });
    expect(made.data).toMatchObject({ status: 'pending', sent_by: admin.id, success_count: 0, total_count: 0 });
    const weak = await signUpAdmin(stack, 'weak', 'aal1');
    for (const [{ client }, code] of [
      [user, 'forbidden'],
      [weak, 'second_factor_required'],
    ] as const) {
      expect((await client.rpc('create_broadcast', { p_message: 'Spam' })).error?.code).toBe(code);
      expect((await client.from('telegram_broadcasts').select()).error?.code).toBe('42501');
    }
  });

  it('goes from status to status as a job does', async () => {
    const { data } = await admin.client.rpc('create_broadcast', { p_message: 'Again' });
    const become = (status: string) =>
      query('update public.telegram_broadcasts set status = $2 where id = $1', [data?.id, status]);
    await expect(become('completed')).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
    await become('sending');
    await become('completed');
    await expect(become('sending')).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
  });
});

describe('A setting of the bot', () => {
  it('is added and changed by admins, and the change is in the audit log', async () => {
    await admin.client.rpc('set_telegram_setting', { p_key: 'welcome', p_value: 'Hi', p_description: 'First words' });
    const changed = await admin.client.rpc('set_telegram_setting', { p_key: 'welcome', p_value: 'Hello' });
    expect(changed.data).toMatchObject({ key: 'welcome', value: 'Hello', description: 'First words' });
    const { rows } = await query(
      `select action, after ->> 'value' as value from public.audit_log where resource_type = 'telegram_settings' order by seq`,
    );
    expect(rows).toEqual([
      { action: 'telegram_settings.created', value: 'Hi' },
      { action: 'telegram_settings.updated', value: 'Hello' },
    ]);
    const byUser = await user.client.rpc('set_telegram_setting', { p_key: 'welcome', p_value: 'Bye' });
    expect(byUser.error?.code).toBe('forbidden');
  });

  it.each([
    ['a name that sounds like a secret', { p_key: 'bot_token', p_value: 'not-to-be-told' }],
    ['a value that looks like a bot token', { p_key: 'bot', p_value: `1234567890:${'A'.repeat(35)}` }],
  ])('is refused with %s', async (_what, setting) => {
    const { error, status } = await admin.client.rpc('set_telegram_setting', setting);
    expect([error?.code, status]).toEqual(['invalid_request', 422]);
    expect(JSON.stringify(error)).not.toContain(setting.p_value);
  });
});
