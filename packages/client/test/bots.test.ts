import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EncryptionKey, giveEncryptionKey } from './support/encryption-key.ts';
import { asService, type Persona, signUp } from './support/personas.ts';
import { BOT, makeBot } from './support/seed-trading.ts';

/** Bots as their owners make and change them, and what they keep from being deleted. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

async function setQuota(quota: string, value: number): Promise<void> {
  await postgres.query('update public.system_config set value = to_jsonb($2::numeric) where key = $1', [
    `quota.${quota}`,
    value,
  ]);
}

/** Tells a new runner of a user to start a bot. Returns the runner's session. */
async function commandTo({ id: userId, client }: Persona, botId: string): Promise<string> {
  const { data, error } = await client
    .rpc('create_api_key', { p_name: 'Commander', p_permissions: ['runner:connect'] })
    .single<{ id: string }>();
  if (error) throw error;
  const { rows } = await postgres.query(
    `insert into public.runner_sessions (user_id, api_key_id, machine_id) values ($1, $2, 'a machine') returning id`,
    [userId, data.id],
  );
  await postgres.query(
    `insert into public.runner_commands (runner_session_id, user_id, type, bot_id) values ($1, $2, 'start_bot', $3)`,
    [rows[0].id, userId, botId],
  );
  return rows[0].id;
}

describe('A bot', () => {
  it('is made, changed and deleted by its owner', async () => {
    const id = await makeBot(owner, { name: 'Own', risk_per_trade: 50, schedule_timezone: 'America/New_York' });
    const changed = await owner.client
      .from('bots')
      .update({ symbols: ['EURUSD'] })
      .eq('id', id)
      .select('symbols');
    expect(changed.data).toEqual([{ symbols: ['EURUSD'] }]);
    const foreign = await other.client
      .from('bots')
      .update({ symbols: ['GOOG'] })
      .eq('id', id)
      .select();
    expect(foreign.data).toEqual([]);
    expect((await other.client.from('bots').delete().eq('id', id).select()).data).toEqual([]);
    expect((await owner.client.from('bots').delete().eq('id', id).select()).data).toHaveLength(1);
  });

  it.each([
    { status: 'running' },
    { total_pnl: 1_000_000 },
    { current_balance: 1 },
    { error_count: 0 },
    { last_heartbeat_at: '2024-01-01Z' },
    { user_id: crypto.randomUUID() },
  ])('cannot be given %o by its owner', async (forged) => {
    const made = await owner.client.from('bots').insert({ ...BOT, name: 'Forged', ...forged });
    expect(made.error?.code).toBe('42501');
    const changed = await owner.client.from('bots').update(forged).eq('name', 'Statuses');
    expect(changed.error?.code).toBe('42501');
  });

  it.each([
    ['no symbols', { symbols: [] }],
    ['51 symbols', { symbols: Array.from({ length: 51 }, (_, n) => `S${n}`) }],
    ['a symbol that is none', { symbols: ['acme'] }],
    ['two symbols in one', { symbols: ['GOOG\nMSFT'] }],
    ['an unknown mode', { mode: 'DEMO' }],
    ['an eighth day', { schedule_days: [8] }],
    ['half a schedule', { schedule_start_time: '09:30' }],
    ['a risk of nothing', { risk_per_trade: 0 }],
    ['parameters that are a list', { parameters: [] }],
    ['a strategy without its version', { strategy_id: crypto.randomUUID() }],
    ['real money and no credential', { mode: 'LIVE', risk_per_trade: 1, daily_risk_cap: 1 }],
    ['real money and no caps', { mode: 'LIVE', credential_id: crypto.randomUUID() }],
    ['real money and no cap for the day', { mode: 'LIVE', credential_id: crypto.randomUUID(), risk_per_trade: 1 }],
  ])('is refused with %s', async (_what, settings) => {
    await expect(makeBot(owner, { name: 'Refused', ...settings })).rejects.toMatchObject({ code: '23514' });
  });

  it('is refused with a time zone that there is not', async () => {
    await expect(makeBot(owner, { name: 'Nowhere', schedule_timezone: 'Moon/Crater' })).rejects.toMatchObject({
      code: '23514',
    });
    await expect(makeBot(owner, { name: 'Nowhere', schedule_timezone: 'XYZ-3' })).rejects.toMatchObject({
      code: '23514',
    });
  });

  it('cannot run a strategy of another user', async () => {
    const strategy = await other.client.from('strategies').insert({ name: 'Secret' }).select('id').single();
    const strategyId = strategy.data?.id ?? '';
    await other.client
      .from('strategy_versions')
      .insert({ strategy_id: strategyId, spec: { name: 'sma-cross' } } as never);
    const stolen = { name: 'Thief', strategy_id: strategyId, strategy_version: 1 };
    await expect(makeBot(owner, stolen)).rejects.toMatchObject({ code: '23503' });
    await expect(makeBot(other, stolen)).resolves.toBeTypeOf('string');
  });

  it('leaves the commands about it without it', async () => {
    const botId = await makeBot(owner, { name: 'Commanded' });
    const command = await commandTo(owner, botId);
    await expect(commandTo(other, botId)).rejects.toMatchObject({ code: '23503' });
    await owner.client.from('bots').delete().eq('id', botId);
    const { data } = await owner.client.from('runner_commands').select('bot_id').eq('runner_session_id', command);
    expect(data).toEqual([{ bot_id: null }]);
  });

  it('is refused beyond the most that the plan of its user allows', async () => {
    const many = await signUp(stack, 'many');
    await setQuota('bots', 2);
    await makeBot(many, { name: '1' });
    await makeBot(many, { name: '2' });
    await expect(makeBot(many, { name: '3' })).rejects.toMatchObject({ code: 'quota_exceeded' });
    await asService(stack).rpc('set_user_plan', { p_user_id: many.id, p_plan: 'pro' });
    await makeBot(many, { name: '3' });
    await setQuota('bots', 20);
  });

  it('that runs keeps its mode, credential and strategy, and may get other settings', async () => {
    const id = await makeBot(owner, { name: 'Running' });
    await postgres.query(`update public.bots set status = 'starting' where id = $1`, [id]);
    for (const change of [{ mode: 'LIVE' }, { strategy_type: 'condor' }, { credential_id: crypto.randomUUID() }]) {
      const { status, error } = await owner.client.from('bots').update(change).eq('id', id);
      expect([status, error?.code]).toEqual([409, 'bot_not_stopped']);
    }
    expect((await owner.client.from('bots').update({ risk_per_trade: 5 }).eq('id', id)).error).toBeNull();
    const deleted = await owner.client.from('bots').delete().eq('id', id);
    expect([deleted.status, deleted.error?.code]).toEqual([409, 'bot_not_stopped']);
    await postgres.query(`update public.bots set status = 'stopped' where id = $1`, [id]);
    expect((await owner.client.from('bots').delete().eq('id', id)).error).toBeNull();
  });

  it('leaves an audit entry for its settings and none for a heartbeat', async () => {
    const id = await makeBot(owner, { name: 'Audited' });
    await postgres.query('update public.bots set last_heartbeat_at = now(), total_pnl = 7 where id = $1', [id]);
    await owner.client.from('bots').update({ risk_per_trade: 5 }).eq('id', id);
    const { data } = await owner.client.from('audit_log').select('action, after').eq('resource_id', id).order('seq');
    expect(data).toMatchObject([{ action: 'bots.created' }, { action: 'bots.updated', after: { risk_per_trade: 5 } }]);
  });
});

describe('A credential', () => {
  let key: EncryptionKey;

  beforeAll(async () => {
    key = await giveEncryptionKey(stack);
  });

  afterAll(() => key?.discard());

  async function makeCredential({ client }: Persona): Promise<string> {
    // The function's one parameter has no name; the types make it an empty one.
    const { data, error } = await client.rpc('create_credential', {
      exchange: 'kraken',
      name: crypto.randomUUID(),
      key: 'abcdKEYKEYKEYKEYKEYwxyz',
      secret: 'bXkgc2VjcmV0',
    } as never);
    if (error) throw error;
    return data;
  }

  const live = (credentialId: string) => ({
    mode: 'LIVE',
    credential_id: credentialId,
    risk_per_trade: 10,
    daily_risk_cap: 50,
  });

  it('is traded with by bots of its user alone', async () => {
    const id = await makeCredential(owner);
    await expect(makeBot(other, { name: 'Thief of keys', ...live(id) })).rejects.toMatchObject({ code: '23503' });
    await expect(makeBot(owner, { name: 'Live', ...live(id) })).resolves.toBeTypeOf('string');
  });

  it('cannot be deleted while a bot trades with it, and says which', async () => {
    const id = await makeCredential(owner);
    const bot = await makeBot(owner, { name: 'Trading', ...live(id) });
    const refused = await owner.client.from('exchange_credentials').delete().eq('id', id);
    expect([refused.status, refused.error?.code]).toEqual([409, 'credential_in_use']);
    expect(refused.error?.message).toContain("'Trading'");
    const without = await owner.client.from('bots').update({ credential_id: null }).eq('id', bot);
    expect(without.error?.code).toBe('23514');
    await owner.client.from('bots').update({ mode: 'PAPER', credential_id: null }).eq('id', bot);
    expect((await owner.client.from('exchange_credentials').delete().eq('id', id)).error).toBeNull();
  });

  it('goes with its user, and the bot that trades with it too', async () => {
    const leaving = await signUp(stack, 'leaving');
    await makeBot(leaving, { name: 'Live', ...live(await makeCredential(leaving)) });
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    for (const table of ['bots', 'exchange_credentials']) {
      const { rowCount } = await postgres.query(`select from public.${table} where user_id = $1`, [leaving.id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });
});

describe('A strategy', () => {
  it('cannot be deleted while a bot uses it, and says which', async () => {
    const made = await owner.client.from('strategies').insert({ name: 'In use' }).select('id').single();
    const id = made.data?.id ?? '';
    await owner.client.from('strategy_versions').insert({ strategy_id: id, spec: { name: 'sma-cross' } } as never);
    const bot = { name: 'User', strategy_type: 'sma-cross', symbols: ['ACME'], strategy_id: id, strategy_version: 1 };
    expect((await owner.client.from('bots').insert(bot)).error).toBeNull();
    const refused = await owner.client.from('strategies').delete().eq('id', id);
    expect([refused.status, refused.error?.code]).toEqual([409, 'strategy_in_use']);
    expect(refused.error?.message).toContain("'User'");
    await owner.client.from('bots').update({ strategy_id: null, strategy_version: null }).eq('name', 'User');
    expect((await owner.client.from('strategies').delete().eq('id', id)).error).toBeNull();
  });
});
