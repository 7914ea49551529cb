import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTradebaseClient, followTaskEvents, type NamedTaskEvent, type TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { anonymous, type Persona, signUp } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Task events as a browser gets them: Realtime for speed, rows for what it missed. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startStack();
  await seedMarket(stack);
});

afterAll(() => stack?.stop());

async function requestBacktest({ client }: Persona): Promise<string> {
  const { data, error } = await client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
  });
  if (error) throw error;
  return data.id;
}

/** Collects events and lets a test wait for the n-th. */
class Collected {
  readonly events: NamedTaskEvent[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  add = (event: NamedTaskEvent): void => {
    this.events.push(event);
    for (const { count, resolve } of this.#waiting) if (this.events.length >= count) resolve();
  };

  until(count: number): Promise<void> {
    if (this.events.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

function worker(statement: string, values: unknown[]): Promise<unknown> {
  return asPostgres(stack, (client) => client.query(statement, values));
}

function join(client: TradebaseClient, topic: string): Promise<{ status: string; reason: string }> {
  return new Promise((resolve) => {
    client
      .channel(topic, { config: { private: true } })
      .subscribe((status, error) => resolve({ status, reason: String(error?.message ?? '') }));
  });
}

describe('A feed of task events', () => {
  it('tells of each step of a backtest, in order', async () => {
    const user = await signUp(stack, 'feed');
    const collected = new Collected();
    const feed = followTaskEvents(user.client, user.id, collected.add);
    await feed.live;
    const id = await requestBacktest(user);
    await worker(`update public.backtests set status = 'running', attempt = 1 where id = $1`, [id]);
    await worker(`update public.backtests set progress = 0.5 where id = $1`, [id]);
    await worker(`update public.backtests set status = 'completed', progress = 1 where id = $1`, [id]);
    await collected.until(4);
    await feed.stop();
    expect(collected.events.map(({ name }) => name)).toEqual([
      'task_queued',
      'task_running',
      'task_progress',
      'task_completed',
    ]);
    expect(collected.events.map(({ event }) => event.seq)).toEqual([1, 2, 3, 4]);
    expect(collected.events.every(({ event }) => event.id === id)).toBe(true);
  });

  it('says why a backtest failed', async () => {
    const user = await signUp(stack, 'failing');
    const collected = new Collected();
    const feed = followTaskEvents(user.client, user.id, collected.add);
    await feed.live;
    const id = await requestBacktest(user);
    const error = { code: 'worker_failed', message: 'out of luck' };
    await worker(`update public.backtests set status = 'failed', error = $2 where id = $1`, [
      id,
      JSON.stringify(error),
    ]);
    await collected.until(2);
    await feed.stop();
    expect(collected.events[1]).toMatchObject({ name: 'task_failed', event: { status: 'failed', error } });
  });

  it('catches up from the rows with what happened while it was not connected, each event once', async () => {
    const user = await signUp(stack, 'offline');
    const first = await requestBacktest(user);
    await worker(`update public.backtests set status = 'running', attempt = 1 where id = $1`, [first]);
    const collected = new Collected();
    const feed = followTaskEvents(user.client, user.id, collected.add, { after: 1 });
    await feed.live;
    await worker(`update public.backtests set status = 'completed', progress = 1 where id = $1`, [first]);
    await collected.until(2);
    await feed.stop();
    expect(collected.events.map(({ name, event }) => [event.seq, name])).toEqual([
      [2, 'task_running'],
      [3, 'task_completed'],
    ]);
  });

  it('reads from the rows what Realtime did not deliver', async () => {
    const user = await signUp(stack, 'breaking');
    const collected = new Collected();
    const feed = followTaskEvents(user.client, user.id, collected.add);
    await feed.live;
    const id = await requestBacktest(user);
    await collected.until(1);
    // Realtime says nothing of this event: as if it had been sent while the connection was down.
    await worker(
      `with n as (update private.event_counters set last_seq = last_seq + 1 where user_id = $1 returning topic, last_seq)
       insert into public.events (topic, seq, user_id, event, payload)
       select n.topic, n.last_seq, $1, 'task_running',
         jsonb_build_object('kind', 'backtest', 'id', $2::text, 'status', 'running', 'progress', 0, 'error', null, 'at', now())
       from n`,
      [user.id, id],
    );
    await worker(`update public.backtests set status = 'cancelled' where id = $1`, [id]);
    await collected.until(3);
    await feed.stop();
    expect(collected.events.map(({ event }) => event.seq)).toEqual([1, 2, 3]);
  });

  it('reads an event of another kind once, and not again at each event after it', async () => {
    const user = await signUp(stack, 'alerted');
    let reads = 0;
    const counting = createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: {
        fetch: (input, init) => {
          if (String(input).includes('payload')) reads += 1;
          return fetch(input, init);
        },
      },
    });
    await counting.auth.signInWithPassword(user);
    await worker(`select private.create_alert($1, 'error', 'x')`, [user.id]);
    const collected = new Collected();
    const feed = followTaskEvents(counting, user.id, collected.add, { after: 0 });
    await feed.live;
    const id = await requestBacktest(user);
    await worker(`update public.backtests set status = 'running', attempt = 1 where id = $1`, [id]);
    await collected.until(2);
    await feed.stop();
    expect(collected.events.map(({ name }) => name)).toEqual(['task_queued', 'task_running']);
    // The one when the feed began.
    expect(reads).toBe(1);
  });

  it('is refused for the topic of another user, and without a session', async () => {
    const [owner, other] = await Promise.all([signUp(stack, 'heard'), signUp(stack, 'listening')]);
    await expect(followTaskEvents(other.client, owner.id, () => {}).live).rejects.toThrow(
      /unauthorized|refused|permission/i,
    );
    expect(await join(anonymous(stack), `user:${owner.id}`)).toMatchObject({ status: 'CHANNEL_ERROR' });
  });

  it('cannot be forged: a user may not send to any topic, not even to their own', async () => {
    const user = await signUp(stack, 'forger');
    const collected = new Collected();
    const feed = followTaskEvents(user.client, user.id, collected.add);
    await feed.live;
    const payload = {
      seq: 1,
      kind: 'backtest',
      id: crypto.randomUUID(),
      status: 'completed',
      progress: 1,
      error: null,
      at: '',
    };
    const response = await fetch(`${stack.apiUrl}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: {
        apikey: stack.keys.publishableKey,
        authorization: `Bearer ${(await user.client.auth.getSession()).data.session?.access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        messages: [{ topic: `user:${user.id}`, event: 'task_completed', payload, private: true }],
      }),
    });
    expect([202, 403]).toContain(response.status);
    const forged = await user.client
      .from('events')
      .insert({ topic: `user:${user.id}`, seq: 1, user_id: user.id, event: 'x', payload });
    expect(forged.error?.code).toBe('42501');
    // A true event that comes after shows that the forged one did not come before.
    await requestBacktest(user);
    await collected.until(1);
    await feed.stop();
    expect(collected.events.map(({ name }) => name)).toEqual(['task_queued']);
  });
});
