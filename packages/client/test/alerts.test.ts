import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, grantRole, type Persona, signUp, signUpAdmin, signUpAs } from './support/personas.ts';

/** Preferences, rules, alerts and the messages they cause. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let admin: Persona;

const WEBHOOK = `https://discord.com/api/webhooks/123456789012345678/${'t'.repeat(68)}`;
const RULE = { name: 'Dip', condition: { type: 'price_below', price: '100' }, symbol: 'ACME' };

beforeAll(async () => {
  stack = await startStack();
  [owner, other, admin] = await Promise.all([
    signUp(stack, 'owner'),
    signUp(stack, 'other'),
    signUpAdmin(stack, 'admin'),
  ]);
});

afterAll(() => stack?.stop());

interface AlertOptions {
  readonly type?: string;
  readonly severity?: string;
  readonly ruleId?: string;
}

/** Raises an alert as a worker or a trigger would. */
async function raise(
  { id }: Persona,
  { type = 'entry', severity = 'info', ruleId }: AlertOptions = {},
): Promise<string> {
  const { rows } = await query(
    `select private.create_alert($1, $2, 'Bought 1 ACME', $3, '{"price": "100"}', p_rule_id => $4) as id`,
    [id, type, severity, ruleId ?? null],
  );
  return rows[0].id;
}

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

async function newUser(name: string, preferences: object = {}): Promise<Persona> {
  const persona = await signUp(stack, name);
  if (Object.keys(preferences).length > 0) {
    const { error } = await persona.client.from('alert_preferences').update(preferences).eq('user_id', persona.id);
    if (error) throw error;
  }
  return persona;
}

async function messagesTo({ client }: Persona) {
  const { data, error } = await client
    .from('messages')
    .select(
      'id, alert_id, channels, priority, status, scheduled_for, message_deliveries!message_deliveries_message_id_fkey(channel, status)',
    )
    .order('created_at');
  if (error) throw error;
  return data;
}

describe('Alert preferences', () => {
  it('are there from sign-up on, and can be changed by their owner alone', async () => {
    const { data } = await owner.client
      .from('alert_preferences')
      .select('email_enabled, telegram_enabled, alert_types');
    expect(data).toEqual([
      { email_enabled: true, telegram_enabled: false, alert_types: ['entry', 'exit', 'risk', 'error'] },
    ]);
    const change = { alert_types: ['risk'] };
    const byOther = await other.client
      .from('alert_preferences')
      .update(change)
      .eq('user_id', owner.id)
      .select('user_id');
    expect(byOther).toMatchObject({ error: null, data: [] });
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    const byViewer = await viewer.client
      .from('alert_preferences')
      .update(change)
      .eq('user_id', viewer.id)
      .select('user_id');
    expect(byViewer).toMatchObject({ error: null, data: [] });
  });

  it('take a Discord webhook that nobody can read again: a hint says which one it is', async () => {
    const set = await owner.client
      .from('alert_preferences')
      .update({ discord_webhook_url: WEBHOOK, discord_enabled: true })
      .eq('user_id', owner.id);
    expect(set.error).toBeNull();
    const hint = await owner.client.from('alert_preferences').select('discord_webhook_hint').single();
    expect(hint.data).toEqual({ discord_webhook_hint: '123456789012345678' });
    for (const { client } of [owner, { client: asService(stack) }]) {
      const { error } = await client.from('alert_preferences').select('discord_webhook_url');
      expect(error?.code).toBe('42501');
    }
    const { rows } = await query(`select count(*)::int from public.audit_log where audit_log::text like '%tttttt%'`);
    expect(rows).toEqual([{ count: 0 }]);
  });

  it.each([
    ['a webhook elsewhere', { discord_webhook_url: WEBHOOK.replace('discord.com', 'discord.com.evil.example') }],
    ['a webhook without TLS', { discord_webhook_url: WEBHOOK.replace('https', 'http') }],
    ['an unknown kind of alert', { alert_types: ['gossip'] }],
    ['quiet hours without an end', { quiet_hours_start: '22:00' }],
    ['a time zone that does not exist', { quiet_hours_timezone: 'Europe/Atlantis' }],
    ['an offset for a time zone', { quiet_hours_timezone: 'XYZ+3' }],
  ])('refuse %s', async (_what, change) => {
    const { error } = await owner.client.from('alert_preferences').update(change).eq('user_id', owner.id);
    expect(error?.code).toBe('23514');
  });

  it('leave the Telegram chat to what verifies it', async () => {
    const { error } = await owner.client
      .from('alert_preferences')
      .update({ telegram_chat_id: '42' })
      .eq('user_id', owner.id);
    expect(error?.code).toBe('42501');
  });
});

describe('The Telegram chat of the preferences', () => {
  async function link(user: Persona, chat: string): Promise<string> {
    const { data: codes } = await user.client.rpc('start_account_link', { p_provider: 'telegram' });
    const { data, error } = await asService(stack).rpc('finish_account_link', {
      p_provider: 'telegram',
      p_external_id: chat,
      p_code: codes?.[0]?.code ?? '',
    });
    if (error) throw error;
    return Object(data).linked_account_id;
  }
  const unlink = ({ client }: Persona, id: string) => client.rpc('unlink_account', { p_linked_account_id: id });
  const chatOf = async ({ client }: Persona) =>
    (await client.from('alert_preferences').select('telegram_chat_id').single()).data?.telegram_chat_id;

  it('is that of the account linked last, and none once all are unlinked', async () => {
    const user = await newUser('telegram-chat', { telegram_enabled: true });
    const first = await link(user, '1001');
    expect(await chatOf(user)).toBe('1001');
    const group = await link(user, '-1002');
    expect(await chatOf(user)).toBe('-1002');
    expect(await chatOf(owner)).toBeNull();
    await link(user, '1001');
    expect(await chatOf(user)).toBe('1001');
    expect((await unlink(user, first)).error).toBeNull();
    expect(await chatOf(user)).toBe('-1002');
    expect((await unlink(user, group)).error).toBeNull();
    expect(await chatOf(user)).toBeNull();
  });

  it('gets alerts, once its owner wants them there', async () => {
    const user = await newUser('telegram-alerts', { email_enabled: false, telegram_enabled: true });
    await raise(user);
    expect(await messagesTo(user)).toEqual([]);
    await link(user, '2001');
    await raise(user);
    expect(await messagesTo(user)).toMatchObject([{ channels: ['telegram'] }]);
  });
});

describe('A security event', () => {
  it('goes out whatever the preferences, with one event', async () => {
    const user = await newUser('security-message', { email_enabled: false, alert_types: [] });
    await asService(stack).auth.admin.updateUserById(user.id, { password: 'another correct horse' });
    const { data: alert } = await user.client.from('alert_history').select('id, alert_type, metadata').single();
    expect(alert).toMatchObject({ alert_type: 'security', metadata: { what: 'password_changed' } });
    expect(await messagesTo(user)).toMatchObject([{ alert_id: alert?.id, channels: ['email'], status: 'pending' }]);
    const { data: events } = await user.client.from('events').select('payload').eq('event', 'alert');
    expect(events).toMatchObject([{ payload: { kind: 'security', what: 'password_changed', alert_id: alert?.id } }]);
  });

  it('of a new address is told to the old one too', async () => {
    const user = await newUser('security-address');
    await asService(stack).auth.admin.updateUserById(user.id, { email: `moved-${user.email}` });
    const { data } = await user.client.from('messages').select('recipient').order('recipient');
    expect(data).toEqual([{ recipient: user.email }, { recipient: null }]);
  });

  it('that its user caused knowingly is shown and sends nothing', async () => {
    const user = await newUser('security-shown');
    await grantRole(stack, user, 'viewer');
    const { data: events } = await user.client.from('events').select('payload').eq('event', 'alert');
    expect(events?.at(-1)).toMatchObject({ payload: { what: 'role_changed', alert_id: null } });
    expect(await messagesTo(user)).toEqual([]);
  });
});

describe('An alert rule', () => {
  it('is made, changed and deleted by its owner', async () => {
    const made = await owner.client.from('alert_rules').insert(RULE).select('id, enabled, last_triggered_at').single();
    expect(made.data).toMatchObject({ enabled: true, last_triggered_at: null });
    const id = made.data?.id ?? '';
    const byOther = await other.client.from('alert_rules').delete().eq('id', id).select();
    expect(byOther.data).toEqual([]);
    const forged = await owner.client.from('alert_rules').update({ last_triggered_at: '2020-01-01Z' }).eq('id', id);
    expect(forged.error?.code).toBe('42501');
    expect((await owner.client.from('alert_rules').delete().eq('id', id).select('id')).data).toEqual([{ id }]);
  });

  it('is refused over the limit of a user, which a setting decides', async () => {
    const keen = await newUser('keen');
    await query(`update public.system_config set value = '3' where key = 'limits.alert_rules_per_user'`);
    const refused = await keen.client.from('alert_rules').insert([RULE, RULE, RULE, RULE]);
    expect([refused.error?.code, refused.status]).toEqual(['quota_exceeded', 409]);
    expect((await keen.client.from('alert_rules').insert([RULE, RULE, RULE])).error).toBeNull();
    expect((await keen.client.from('alert_rules').insert(RULE)).error?.code).toBe('quota_exceeded');
    await query(`update public.system_config set value = '100' where key = 'limits.alert_rules_per_user'`);
  });
});

describe('An alert', () => {
  it('comes with its message, the deliveries of it and its event', async () => {
    const user = await newUser('user');
    const id = await raise(user);
    const { data } = await user.client.from('alert_history').select('id, status, channels, metadata, read_at');
    expect(data).toEqual([{ id, status: 'pending', channels: ['email'], metadata: { price: '100' }, read_at: null }]);
    expect(await messagesTo(user)).toMatchObject([
      { alert_id: id, channels: ['email'], message_deliveries: [{ channel: 'email', status: 'pending' }] },
    ]);
    const { data: events } = await user.client.from('events').select('event, payload');
    expect(events).toMatchObject([{ event: 'alert', payload: { id, alert_type: 'entry' } }]);
  });

  it('is only shown where its kind is not wanted by the channels, unless it is about security', async () => {
    const user = await newUser('user', { alert_types: ['risk'], email_enabled: false });
    await raise(user, { type: 'entry' });
    expect(await messagesTo(user)).toEqual([]);
    const { data } = await user.client.from('alert_history').select('status, channels').single();
    expect(data).toEqual({ status: 'sent', channels: [] });
    await raise(user, { type: 'security' });
    expect(await messagesTo(user)).toMatchObject([{ channels: ['email'], priority: 'high' }]);
  });

  it('of a rule uses the channels of the rule that are switched on', async () => {
    const user = await newUser('user', { discord_webhook_url: WEBHOOK, discord_enabled: true, alert_types: ['price'] });
    const { data } = await user.client
      .from('alert_rules')
      .insert({ ...RULE, channels: ['discord', 'telegram'] })
      .select('id')
      .single();
    const ruleId = data?.id ?? '';
    await raise(user, { type: 'price', ruleId });
    expect((await messagesTo(user)).map(({ channels }) => channels)).toEqual([['discord']]);
    const rule = await user.client.from('alert_rules').select('last_triggered_at').eq('id', ruleId).single();
    expect(rule.data?.last_triggered_at).not.toBeNull();
    await user.client.from('alert_rules').delete().eq('id', ruleId);
    expect((await user.client.from('alert_history').select('rule_id').single()).data).toEqual({ rule_id: null });
  });

  it('waits for the end of quiet hours, unless it is urgent', async () => {
    // From an hour ago to an hour ahead, whatever the time of day.
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 19);
    const quiet = { quiet_hours_start: at(-1), quiet_hours_end: at(1), quiet_hours_timezone: 'UTC' };
    const user = await newUser('user', quiet);
    await raise(user);
    await raise(user, { severity: 'critical' });
    const [calm, urgent] = await messagesTo(user);
    expect(Date.parse(calm?.scheduled_for ?? '') - Date.now()).toBeGreaterThan(50 * 60_000);
    expect(Date.parse(urgent?.scheduled_for ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it('is not sent by a channel whose limit the user has reached', async () => {
    const user = await newUser('user');
    await raise(user);
    await query(`update public.alert_limits set messages_per_window = 2 where user_id = $1`, [user.id]);
    await raise(user);
    await raise(user);
    expect(await messagesTo(user)).toHaveLength(2);
    const { data } = await user.client.from('alert_limits').select('channel, used_count, refused_count');
    expect(data).toEqual([{ channel: 'email', used_count: 2, refused_count: 1 }]);
    await query(`update public.alert_limits set window_started_at = now() - interval '1 day' where user_id = $1`, [
      user.id,
    ]);
    await raise(user);
    expect(await messagesTo(user)).toHaveLength(3);
  });

  it('has been sent when its message is delivered, and cannot go back', async () => {
    const user = await newUser('user');
    const id = await raise(user);
    await query(`update public.messages set status = 'processing', attempts = 1 where alert_id = $1`, [id]);
    await query(`update public.messages set status = 'delivered' where alert_id = $1`, [id]);
    const { data } = await user.client.from('alert_history').select('status, sent_at').single();
    expect(data).toEqual({ status: 'sent', sent_at: expect.any(String) });
    const back = `update public.alert_history set status = 'pending' where id = $1`;
    await expect(query(back, [id])).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
    const again = `update public.messages set status = 'pending' where alert_id = $1`;
    await expect(query(again, [id])).rejects.toMatchObject({ message: expect.stringContaining('invalid_transition') });
  });

  it('is marked as read by its owner, one or all, and never by another', async () => {
    const user = await newUser('user');
    const [first] = [await raise(user), await raise(user), await raise(user)];
    const byOther = await other.client.rpc('mark_alerts_read', { p_alert_ids: [first] });
    expect(byOther.data).toBe(0);
    expect((await user.client.rpc('mark_alerts_read', { p_alert_ids: [first] })).data).toBe(1);
    expect((await user.client.rpc('mark_alerts_read')).data).toBe(2);
    const forged = await user.client.from('alert_history').update({ read_at: null }).eq('id', first);
    expect(forged.error?.code).toBe('42501');
    await grantRole(stack, user, 'viewer');
    expect((await user.client.rpc('mark_alerts_read')).error?.code).toBe('forbidden');
  });

  it('and all around it goes with its user', async () => {
    const leaving = await newUser('leaving');
    await leaving.client.from('alert_rules').insert(RULE);
    await raise(leaving);
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    const tables = [
      'alert_preferences',
      'alert_rules',
      'alert_history',
      'messages',
      'message_deliveries',
      'alert_limits',
    ];
    const counts = tables.map((table) => `(select count(*)::int from public.${table} where user_id = $1) as ${table}`);
    const { rows } = await query(`select ${counts.join(', ')}`, [leaving.id]);
    expect(rows).toEqual([Object.fromEntries(tables.map((table) => [table, 0]))]);
  });
});

describe('The channels of the system', () => {
  it('are changed by admins with a second factor, and the change is in the audit log', async () => {
    const changed = await admin.client.rpc('set_channel_config', {
      p_channel: 'push',
      p_enabled: true,
      p_settings: { sender: 'Tradebase' },
    });
    expect(changed.error).toBeNull();
    expect(changed.data).toMatchObject({ channel: 'push', enabled: true, updated_by: admin.id });
    const { rows } = await query(
      `select actor, actor_id, after ->> 'enabled' as enabled from public.audit_log where action = 'channel_configs.updated'`,
    );
    expect(rows).toEqual([{ actor: 'admin', actor_id: admin.id, enabled: 'true' }]);
  });

  it('are changed by nobody else', async () => {
    const weak = await signUpAdmin(stack, 'weak', 'aal1');
    for (const [{ client }, code] of [
      [owner, 'forbidden'],
      [weak, 'second_factor_required'],
    ] as const) {
      const { error, status } = await client.rpc('set_channel_config', { p_channel: 'email', p_enabled: false });
      expect([error?.code, status]).toEqual([code, 403]);
      expect((await client.from('channel_configs').select()).error?.code).toBe('42501');
    }
  });

  it('take no secrets, however deep', async () => {
    const { error, status } = await admin.client.rpc('set_channel_config', {
      p_channel: 'email',
      p_settings: { smtp: [{ Api_Key: 'not-to-be-told' }] },
    });
    expect([error?.code, status]).toEqual(['invalid_request', 422]);
    expect(JSON.stringify(error)).not.toContain('not-to-be-told');
  });
});
