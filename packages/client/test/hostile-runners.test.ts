import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { connectRunner, type HeldBot, seedHeldBot } from './support/seed-lease.ts';
import { BOT } from './support/seed-trading.ts';
import { orderIntent } from './support/submit-intents.ts';

/** What a runner that means harm sends: each gets one clear answer, and nobody else notices. */
let stack: TestStack;
let owner: Persona;
let bot: HeldBot;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
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
    sessionId: bot.runner.sessionId,
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
