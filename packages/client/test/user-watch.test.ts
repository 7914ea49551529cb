import {
  createTradebaseClient,
  followTaskEvents,
  type TradebaseClient,
  type UserChange,
  type UserWatch,
} from '@tradebase/client';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { accessTokenOf, anonymous, type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';
import { UnreliableNetwork } from './support/unreliable-network.ts';

let stack: TestStack;
let postgres: pg.Client;
let watches: UserWatch[] = [];

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterEach(async () => {
  await Promise.all(watches.map((watch) => watch.stop()));
  watches = [];
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

/** The user at a browser, whose connections can be cut and lose messages. */
async function connect(user: Persona, network: UnreliableNetwork): Promise<TradebaseClient> {
  const token = await accessTokenOf(user.client);
  return network.connect(() =>
    createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, {
      accessToken: async () => token,
      realtime: { reconnectAfterMs: () => 20 },
    }),
  );
}

function watchUser(client: TradebaseClient, user_id?: string) {
  const changes: UserChange[] = [];
  const troubles: Error[] = [];
  const watch = client.user.watch({
    ...(user_id === undefined ? {} : { user_id }),
    throttle_ms: 0,
    onChange: (_state, change) => changes.push(change),
    onTrouble: (error) => troubles.push(error),
  });
  watches.push(watch);
  return { watch, changes, troubles };
}

async function setStatus(botId: string, status: string): Promise<void> {
  await postgres.query('update public.bots set status = $2 where id = $1', [botId, status]);
}

async function emit(user: Persona, event: string, payload: object): Promise<void> {
  await postgres.query('select private.emit_event($1, $2, $3, $4)', [
    user.id,
    `user:${user.id}`,
    event,
    JSON.stringify(payload),
  ]);
}

function statuses({ state }: UserWatch): string[] {
  return [...state.bots.values()].map(({ status }) => status);
}

function namesOf(changes: readonly UserChange[]): string[] {
  return changes.flatMap(({ events }) => events.map(({ name }) => name));
}

function seqsOf(changes: readonly UserChange[]): number[] {
  return changes.flatMap(({ events }) => events.map(({ event }) => event.seq));
}

describe('A watched user', () => {
  it('has the bots and runners of the rows, then every status of them, and alerts', async () => {
    const user = await signUp(stack, 'watching');
    const botId = await makeBot(user, { name: 'Watched' });
    const { watch, changes, troubles } = watchUser(user.client);
    await watch.ready;
    expect([...watch.state.bots.values()]).toMatchObject([
      { bot_id: botId, run_id: null, status: 'stopped', error: null },
    ]);
    expect(changes).toMatchObject([{ isSnapshot: true, events: [] }]);
    await setStatus(botId, 'starting');
    const { session_id: sessionId } = await connectRunner(stack, user, { machineId: 'machine' });
    await postgres.query(`select private.create_alert($1, 'error', 'Out of luck')`, [user.id]);
    await expect.poll(() => namesOf(changes)).toEqual(['bot_status', 'runner_status', 'alert']);
    expect(statuses(watch)).toEqual(['starting']);
    expect(watch.state.runners.get(sessionId)).toMatchObject({
      connected: true,
      status: 'connected',
      machine_id: 'machine',
    });
    expect(watch.state.alerts).toMatchObject([{ alert_type: 'error', message: 'Out of luck' }]);
    expect(troubles).toEqual([]);
  });

  it('misses nothing where messages are lost and connections are cut, and hears nothing twice', async () => {
    const user = await signUp(stack, 'unlucky');
    const network = new UnreliableNetwork();
    const client = await connect(user, network);
    const botId = await makeBot(user, { name: 'Unlucky' });
    const { watch, changes } = watchUser(client, user.id);
    await watch.ready;
    const cycle = ['starting', 'running', 'paused', 'running', 'stopping', 'stopped'];
    for (let round = 0; round < 5; round += 1) {
      for (const [place, status] of cycle.entries()) {
        if (place === round) network.cut();
        network.isLosing = place === round + 1;
        await setStatus(botId, status);
      }
    }
    network.isLosing = false;
    await expect.poll(() => watch.status).toBe('live');
    await setStatus(botId, 'starting');
    await expect.poll(() => seqsOf(changes)).toEqual(Array.from({ length: 31 }, (_, place) => place + 1));
    expect(statuses(watch)).toEqual(['starting']);
    await client.realtime.disconnect();
  });

  it('begins anew where more was missed than the events that are kept', async () => {
    const user = await signUp(stack, 'absent');
    const network = new UnreliableNetwork();
    const client = await connect(user, network);
    const botId = await makeBot(user, { name: 'Absent' });
    const { watch, changes } = watchUser(client, user.id);
    await watch.ready;
    await client.realtime.disconnect();
    await setStatus(botId, 'starting');
    await postgres.query(`select private.emit_event($1, $2, 'unheard_of', '{}') from generate_series(1, 1001)`, [
      user.id,
      `user:${user.id}`,
    ]);
    client.realtime.connect();
    await expect.poll(() => statuses(watch)).toEqual(['starting']);
    expect(changes.map(({ isSnapshot }) => isSnapshot)).toEqual([true, true]);
    expect(namesOf(changes)).toEqual([]);
    await client.realtime.disconnect();
  });

  it('passes over events that are not known here, and reports malformed ones', async () => {
    const user = await signUp(stack, 'hearing');
    const { watch, changes, troubles } = watchUser(user.client);
    await watch.ready;
    await emit(user, 'unheard_of', {});
    await emit(user, 'bot_status', { bot_id: 'nonsense' });
    await connectRunner(stack, user);
    await expect.poll(() => namesOf(changes)).toEqual(['runner_status']);
    expect(troubles.length).toBeGreaterThan(0);
    expect(troubles[0]?.message).toContain('bot_id');
  });

  it('is watched over one channel by several watches and feeds', async () => {
    const user = await signUp(stack, 'popular');
    const tasks: string[] = [];
    const feed = followTaskEvents(user.client, user.id, ({ name }) => tasks.push(name));
    const [first, second] = [watchUser(user.client), watchUser(user.client)];
    await Promise.all([feed.live, first.watch.ready, second.watch.ready]);
    expect(user.client.getChannels()).toHaveLength(1);
    await feed.stop();
    await first.watch.stop();
    await connectRunner(stack, user);
    await expect.poll(() => namesOf(second.changes)).toEqual(['runner_status']);
    expect(namesOf(first.changes)).toEqual([]);
    await second.watch.stop();
    expect(user.client.getChannels()).toHaveLength(0);
  });

  it('goes on with a new token when the old one has been refreshed', async () => {
    const user = await signUp(stack, 'refreshing');
    const { watch, changes } = watchUser(user.client);
    await watch.ready;
    const { error } = await user.client.auth.refreshSession();
    expect(error).toBeNull();
    await connectRunner(stack, user);
    await expect.poll(() => namesOf(changes)).toContain('runner_status');
    expect(watch.status).toBe('live');
  });

  it('is somebody who is signed in, and nobody else', async () => {
    await expect(watchUser(anonymous(stack)).watch.ready).rejects.toThrow('nobody is signed in');
    const [user, other] = await Promise.all([signUp(stack, 'private'), signUp(stack, 'curious')]);
    const { watch } = watchUser(other.client, user.id);
    await expect(watch.ready).rejects.toThrow(/unauthorized/i);
    expect(watch.status).toBe('denied');
  });
});
