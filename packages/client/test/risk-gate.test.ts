import { GateDecision } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TradebaseClient } from '../src/index.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, type Persona, signUp } from './support/personas.ts';
import { type ConnectedRunner, connectRunner, type HeldBot, seedHeldBot } from './support/seed-lease.ts';

/** What the risk gate lets through and refuses, through PostgREST with a runner's token. */
let stack: TestStack;
let owner: Persona;
let runner: ConnectedRunner;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
  runner = await connectRunner(stack, owner);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

// Each bot is alone with the limits of its account.
beforeEach(async () => {
  owner = await signUp(stack, 'owner');
  runner = await connectRunner(stack, owner);
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

const AT = '2024-01-02T15:00:00Z';
let names = 0;

/** A buy of ten at 100 that may lose 50. */
function intent(changes: Record<string, unknown> = {}) {
  names += 1;
  return {
    client_order_id: `order-${names}`,
    symbol: 'ACME',
    side: 'buy',
    type: 'market',
    quantity: 10,
    reference_price: 100,
    stop_loss: 95,
    at: AT,
    ...changes,
  };
}

async function submit(bot: HeldBot, intents: object[], client: TradebaseClient = bot.runner.client, token = 1) {
  const { data, error } = await client.rpc('submit_order_intents', {
    p_run_id: bot.runId,
    p_fencing_token: token,
    p_intents: JSON.parse(JSON.stringify(intents)),
  });
  if (error) throw error;
  return z.array(GateDecision).parse(data);
}

/** Codes of the decisions on intents, null for what is let through. */
async function codes(bot: HeldBot, intents: object[]) {
  return (await submit(bot, intents)).map(({ code }) => code);
}

async function rows(statement: string, values: unknown[] = []) {
  return (await postgres.query(statement, values)).rows;
}

function limitAccount(limits: Record<string, number>) {
  return owner.client.from('account_limits').update(limits).eq('user_id', owner.id).throwOnError();
}

async function hold(bot: HeldBot, changes: Record<string, unknown> = {}): Promise<void> {
  const position = {
    run_id: bot.runId,
    bot_id: bot.botId,
    user_id: bot.runner.owner.id,
    symbol: 'ACME',
    direction: 'long',
    quantity: 10,
    open_quantity: 10,
    entry_price: 100,
    mark_price: 100,
    reserved_risk: 50,
    opened_at: AT,
    ...changes,
  };
  const columns = Object.keys(position);
  await postgres.query(
    `insert into public.positions (${columns}) values (${columns.map((_, at) => `$${at + 1}`)})`,
    Object.values(position),
  );
}

describe('An order within the caps', () => {
  it('is let through, and reserves what it may cost and lose', async () => {
    const bot = await seedHeldBot(stack, runner);
    const [decision] = await submit(bot, [intent({ client_order_id: 'first', reason: 'entry' })]);
    expect(decision).toMatchObject({ client_order_id: 'first', accepted: true, code: null, message: null });
    expect(await rows('select * from public.orders where id = $1', [decision?.order_id])).toMatchObject([
      {
        run_id: bot.runId,
        status: 'new',
        reserved_value: '1000',
        reserved_risk: '50',
        reference_price: '100',
        reason: 'entry',
        refusal_code: null,
      },
    ]);
  });

  it('is an entry of the audit log, with all others of the call', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 1500 });
    await submit(bot, [intent(), intent({ quantity: 20 })]);
    const entries = await rows(`select * from public.audit_log where action = 'orders.decided' and resource_id = $1`, [
      bot.runId,
    ]);
    expect(entries).toMatchObject([
      {
        actor: 'runner',
        actor_id: runner.sessionId,
        user_id: owner.id,
        details: { orders: [{ refusal_code: null }, { refusal_code: 'max_order_value_exceeded' }] },
      },
    ]);
  });

  it('gets the same decision when it is submitted again', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 1500 });
    const intents = [intent(), intent({ quantity: 20 })];
    const decisions = await submit(bot, [...intents, ...intents]);
    expect(decisions.map(({ accepted }) => accepted)).toEqual([true, false, true, false]);
    expect(decisions.slice(2)).toEqual(decisions.slice(0, 2));
    const later = intents.map((one) => ({ ...one, reference_price: 101, at: '2024-01-02T16:00:00Z' }));
    expect(await submit(bot, later)).toEqual(decisions.slice(0, 2));
    expect(await rows('select from public.orders where run_id = $1', [bot.runId])).toHaveLength(2);
  });

  it('is refused with other terms under a name that is taken, and changes nothing', async () => {
    const bot = await seedHeldBot(stack, runner);
    const first = intent();
    await submit(bot, [first]);
    for (const changed of [
      { quantity: 11 },
      { side: 'sell', stop_loss: 105 },
      { symbol: 'BTC/USDT' },
      { stop_loss: 96 },
    ]) {
      expect(await submit(bot, [{ ...first, ...changed }])).toMatchObject([
        { accepted: false, order_id: null, code: 'duplicate_client_order_id' },
      ]);
    }
    expect(await rows('select quantity from public.orders where run_id = $1', [bot.runId])).toEqual([
      { quantity: '10' },
    ]);
  });
});
