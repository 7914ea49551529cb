import { ReportReceipt } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { connectRunner, makeKey } from './support/connect-runner.ts';
import { giveEncryptionKey } from './support/encryption-key.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { type HeldBot, holdPosition, seedHeldBot } from './support/seed-lease.ts';
import { BOT } from './support/seed-trading.ts';
import { orderIntent, submitIntents } from './support/submit-intents.ts';

/** What a runner that means harm sends: each gets one clear answer, and nobody else notices. */
let stack: TestStack;
let owner: Persona;
let bot: HeldBot;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  (await giveEncryptionKey(stack)).discard();
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  owner = await signUp(stack, 'owner');
  bot = await seedHeldBot(stack, await connectRunner(stack, owner));
});

/** As JSON, a number of eight characters, that a database keeps in a few bytes and writes out in 131,001. */
const HUGE = '1e131000';
const PLACE = '"number"';

/** Calls a function of the database as the runner, or makes a row as the owner, with huge numbers wherever a value is "number". */
async function send(path: string, body: object, token: string): Promise<[number, string?]> {
  const response = await fetch(`${stack.apiUrl}/rest/v1/${path}`, {
    method: 'POST',
    headers: {
      apikey: stack.keys.publishableKey,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body).replaceAll(PLACE, HUGE),
  });
  const text = await response.text();
  return text === '' ? [response.status] : [response.status, JSON.parse(text).code];
}

const runnerToken = () =>
  mintRunnerToken(stack, {
    sessionId: bot.runner.session_id,
    userId: owner.id,
    apiKeyId: bot.runner.apiKeyId,
    permissions: ['runner:connect', 'runner:execute'],
  });

describe('Numbers that are small to send and huge to read', () => {
  const lease = () => ({ p_run_id: bot.runId, p_fencing_token: 1 });
  const at = new Date().toISOString();

  it.each<[string, () => object]>([
    [
      'submit_order_intents',
      () => ({ ...lease(), p_intents: [{ ...orderIntent(), option_details: { x: 'number' } }] }),
    ],
    ['submit_order_intents', () => ({ ...lease(), p_intents: [{ client_order_id: Array(5000).fill('number') }] })],
    [
      'report_run',
      () => ({
        ...lease(),
        p_first_seq: 1,
        p_items: [{ kind: 'log', at, level: 'INFO', message: 'x', data: { x: 'number' } }],
      }),
    ],
    ['report_run', () => ({ ...lease(), p_first_seq: 1, p_items: [{ kind: Array(5000).fill('number') }] })],
    ['runner_heartbeat', () => ({ p_machine_info: { x: ['number'] }, p_active_bot_ids: [], p_sent_at: at })],
  ])('are refused by %s, as long as they are short', async (name, body) => {
    expect(await send(`rpc/${name}`, body(), await runnerToken())).toEqual([422, 'invalid_request']);
  });

  it.each(['parameters', 'metadata', 'settings'])('are refused in %s of a bot', async (column) => {
    const { data } = await owner.client.auth.getSession();
    const token = data.session?.access_token ?? '';
    const made = { name: 'Mine', ...BOT, [column]: { x: 'number' } };
    expect(await send('bots', made, token)).toEqual([400, '23514']);
  });

  it('are not those that programs hold', async () => {
    const item = {
      kind: 'log',
      at,
      level: 'INFO',
      message: 'x',
      data: { most: Number.MAX_VALUE, least: Number.MIN_VALUE },
    };
    const { data } = await withToken(stack, await runnerToken())
      .rpc('report_run', { ...lease(), p_first_seq: 1, p_items: [item] })
      .throwOnError();
    expect(data).toMatchObject({ rejected: [] });
  });
});

describe('A runner that means harm', () => {
  const soon = () => new Date().toISOString();

  async function take(fill: object, seq: number) {
    const { data } = await bot.runner.client
      .rpc('report_run', {
        p_run_id: bot.runId,
        p_fencing_token: 1,
        p_first_seq: seq,
        p_items: [{ kind: 'fill', at: soon(), external_id: `fill ${seq}`, side: 'buy', price: 100, ...fill }],
      })
      .throwOnError();
    return ReportReceipt.parse(data).rejected.map(({ code }) => code);
  }

  it('makes no position up as an assignment beyond the options that the run has had', async () => {
    const shares = { symbol: 'ACME', quantity: 100, reason: 'assignment' };
    expect(await take(shares, 1)).toEqual(['order_not_admitted']);
    const option = { option_details: JSON.stringify({ underlying: 'ACME', strike: 100 }), multiplier: 100 };
    const put = { symbol: 'ACME260116P100', direction: 'short', quantity: 1, open_quantity: 1, entered_quantity: 1 };
    await asPostgres(stack, (postgres) => holdPosition(postgres, bot, { ...put, ...option }));
    expect(await take(shares, 2)).toEqual([]);
    expect(await take(shares, 3)).toEqual(['order_not_admitted']);
    await take({ ...shares, side: 'sell' }, 4);
    expect(await take(shares, 5)).toEqual(['order_not_admitted']);
  });

  it('makes no option of what the risk gate let through as something else, nor of what an option delivers', async () => {
    const cheap = { client_order_id: 'cheap', quantity: 100, reference_price: 1, stop_loss: undefined };
    expect(await submitIntents(bot, [orderIntent(cheap)])).toMatchObject([{ accepted: true }]);
    const on = { option_details: { underlying: 'BTC/USDT', strike: 1 } };
    expect(await take({ client_order_id: 'cheap', symbol: 'ACME', quantity: 100, price: 1, ...on }, 1)).toEqual([]);
    const coins = { symbol: 'BTC/USDT', quantity: 100, price: 60_000, reason: 'assignment' };
    expect(await take(coins, 2)).toEqual(['order_not_admitted']);

    const call = { symbol: 'BTC260116C1', quantity: 1, open_quantity: 1, entered_quantity: 1, multiplier: 10 };
    await asPostgres(stack, (postgres) =>
      holdPosition(postgres, bot, { ...call, option_details: JSON.stringify(on.option_details) }),
    );
    expect(await take({ ...coins, quantity: 1, multiplier: 1000 }, 3)).toEqual(['order_not_admitted']);
    expect(await take({ ...coins, quantity: 1, ...on }, 4)).toEqual(['order_not_admitted']);
    expect(await take({ ...coins, quantity: 10 }, 5)).toEqual([]);
    expect(await take({ ...coins, quantity: 1 }, 6)).toEqual(['order_not_admitted']);
  });

  describe('with real money', () => {
    let live: HeldBot;
    let credentialId: string;

    beforeEach(async () => {
      // The function's one parameter has no name; the types make it an empty one.
      const made = await owner.client.rpc('create_credential', {
        exchange: 'kraken',
        name: 'Main',
        key: 'abcdKEYKEYKEYKEYKEYwxyz',
        secret: 'bXkgc2VjcmV0',
      } as never);
      if (made.error) throw made.error;
      credentialId = String(made.data);
      const caps = { risk_per_trade: 1000, daily_risk_cap: 10_000, max_daily_trades: 1 };
      live = await seedHeldBot(stack, bot.runner, { mode: 'LIVE', credential_id: credentialId, ...caps });
    });

    it('does not trade on days long past, on which nothing counts yet', async () => {
      const codes = await submitIntents(live, [orderIntent({ at: soon() }), orderIntent()]);
      expect(codes.map(({ code }) => code)).toEqual([null, 'max_daily_trades_exceeded']);
    });

    it('opens nothing once its credential is disabled', async () => {
      await asPostgres(stack, (postgres) =>
        postgres.query(`update public.exchange_credentials set status = 'disabled' where id = $1`, [credentialId]),
      );
      const [decision] = await submitIntents(live, [orderIntent({ at: soon() })]);
      expect(decision?.code).toBe('credential_disabled');
    });
  });

  it('hears of no command once its key is revoked, though its channel is still open', async () => {
    await owner.client.rpc('revoke_api_key', { p_api_key_id: bot.runner.apiKeyId }).throwOnError();
    await owner.client.rpc('pause_bot', { p_bot_id: bot.botId }).throwOnError();
    const { rows } = await asPostgres(stack, (postgres) =>
      postgres.query('select from realtime.messages where topic = $1', [`runner:${bot.runner.session_id}`]),
    );
    expect(rows).toEqual([]);
  });

  it('fills no table by connecting under ever new names, and loses no bot by it', async () => {
    const { session_id: sessionId, apiKeyId } = bot.runner;
    await asPostgres(stack, (postgres) =>
      postgres.query(
        `insert into public.runner_sessions (user_id, api_key_id, machine_id, status)
         select $1, $2, 'machine ' || i, 'disconnected' from generate_series(1, 600) i`,
        [owner.id, apiKeyId],
      ),
    );
    await asPostgres(stack, (postgres) =>
      postgres.query(`update public.runner_sessions set status = 'disconnected' where id = $1`, [sessionId]),
    );
    await connectRunner(stack, owner);
    const { rows } = await asPostgres(stack, (postgres) =>
      postgres.query(
        'select count(*)::int, count(*) filter (where id = $2)::int as holding from public.runner_sessions where user_id = $1',
        [owner.id, sessionId],
      ),
    );
    expect(rows).toEqual([{ count: 502, holding: 1 }]);
  });

  it('keeps its bot through a hundred keys that were revoked later', async () => {
    await asPostgres(stack, async (postgres) => {
      await postgres.query('update public.api_keys set revoked_at = now() where id = $1', [bot.runner.apiKeyId]);
      await postgres.query(
        `insert into public.api_keys (user_id, name, prefix, secret_hash, permissions, revoked_at)
         select $1::uuid, 'key', lpad(to_hex(i), 8, '0'), sha256('x'), '{data:read}', now() + interval '1 second'
         from generate_series(1, 101) i`,
        [owner.id],
      );
    });
    await makeKey(owner);
    const { data } = await owner.client.from('bot_leases').select('bot_id').eq('bot_id', bot.botId);
    expect(data).toEqual([{ bot_id: bot.botId }]);
  });
});
