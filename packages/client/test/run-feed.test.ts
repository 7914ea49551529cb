import {
  createTradebaseClient,
  type RunChange,
  type RunState,
  type RunWatch,
  type TradebaseClient,
} from '@tradebase/client';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liftLimits } from './support/lift-limits.ts';
import { accessTokenOf, grantRole, type Persona, signUp } from './support/personas.ts';
import { anyTransaction, makeRun, type WrittenRun, writeRun, writeTransaction } from './support/run-writer.ts';
import { makeBot } from './support/seed-trading.ts';
import { UnreliableNetwork } from './support/unreliable-network.ts';

let stack: TestStack;
let owner: Persona;
let postgres: pg.Client;
let watches: RunWatch[] = [];
let bots = 0;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
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

async function newRun(persona: Persona = owner): Promise<WrittenRun> {
  bots += 1;
  return makeRun(postgres, await makeBot(persona, { name: `Bot ${bots}` }), persona.id);
}

/** The owner at another browser, whose connections can be cut and lose messages. */
async function connect(network: UnreliableNetwork): Promise<TradebaseClient> {
  const token = await accessTokenOf(owner.client);
  return network.connect(() =>
    createTradebaseClient(stack.apiUrl, stack.keys.publishableKey, {
      accessToken: async () => token,
      realtime: { reconnectAfterMs: () => 20 },
    }),
  );
}

/** Watches a run and keeps what onChange was told. */
function watchRun(
  client: TradebaseClient,
  { runId }: WrittenRun,
  options: { throttle_ms?: number; max_logs?: number } = {},
) {
  const changes: RunChange[] = [];
  const troubles: Error[] = [];
  const watch = client.runs.watch(runId, {
    throttle_ms: 0,
    ...options,
    onChange: (_state, change) => changes.push(change),
    onTrouble: (error) => troubles.push(error),
  });
  watches.push(watch);
  return { watch, changes, troubles };
}

async function rowsOf(table: string, { runId }: WrittenRun, order: string): Promise<Record<string, unknown>[]> {
  const { rows } = await postgres.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) - 'updated_at' as row from public.${table} t where run_id = $1 order by ${order}`,
    [runId],
  );
  return rows.map(({ row }) => row);
}

/** What the database has of a run, in the shape of `shown`. */
async function stored(run: WrittenRun) {
  await postgres.query(`set timezone = 'UTC'`);
  const { rows } = await postgres.query<{ total_pnl: number; status: string }>(
    'select total_pnl::float8, status from public.trading_runs where id = $1',
    [run.runId],
  );
  return {
    run: rows[0],
    orders: await rowsOf('orders', run, 'id'),
    positions: await rowsOf('positions', run, 'id'),
    trades: await rowsOf('trades', run, 'id'),
    fills: await rowsOf('fills', run, 'seq'),
    logs: (await rowsOf('run_logs', run, 'seq')).map(({ seq, logged_at, level, message, data }) => ({
      seq,
      logged_at,
      level,
      message,
      data,
    })),
  };
}

/** What a client shows of a run. `updated_at` is left out: a statement that changes nothing moves it, and is not told. */
function shown(state: RunState | undefined) {
  if (!state) return undefined;
  const sorted = <T extends { id: string; updated_at: string }>(rows: ReadonlyMap<string, T>) =>
    [...rows.values()].map(({ updated_at, ...row }) => row).sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    run: { total_pnl: state.run.total_pnl, status: state.run.status },
    orders: sorted(state.orders),
    positions: sorted(state.positions),
    trades: sorted(state.trades),
    fills: state.fills,
    logs: state.logs,
  };
}

/** Fails where a change was told twice, was left out or came out of its order. */
function expectEachOnce(changes: readonly RunChange[]): void {
  let seq = 0;
  const rowSeqs = new Map<string, number>();
  const lastSeqs = { fills: 0, logs: changes[0]?.logs[0] ? changes[0].logs[0].seq - 1 : 0 };
  for (const change of changes) {
    expect(change.after_seq).toBe(seq);
    seq = change.seq;
    for (const { id, event_seq } of [...change.orders, ...change.positions, ...change.trades]) {
      expect(event_seq).toBeGreaterThan(rowSeqs.get(id) ?? -1);
      rowSeqs.set(id, event_seq);
    }
    for (const kind of ['fills', 'logs'] as const) {
      for (const entry of change[kind]) {
        expect(entry.seq).toBe(lastSeqs[kind] + 1);
        lastSeqs[kind] = entry.seq;
      }
    }
  }
}

describe('A watched run', () => {
  it('is what the database has, from the first read on, and with every change', async () => {
    const run = await newRun();
    await writeRun(postgres, run, { kind: 'orders', count: 3 });
    await writeRun(postgres, run, { kind: 'logs', count: 3 });
    const { watch, changes, troubles } = watchRun(owner.client, run);
    await watch.ready;
    expect(shown(watch.state)).toEqual(await stored(run));
    for (const kind of ['positions', 'fills', 'logs', 'trades'] as const) {
      await writeRun(postgres, run, { kind, count: 2 });
      await expect.poll(async () => shown(watch.state)).toEqual(await stored(run));
    }
    expectEachOnce(changes);
    expect(troubles).toEqual([]);
  });

  it('is what the database has after any transactions, lost messages and cut connections', async () => {
    const network = new UnreliableNetwork();
    const client = await connect(network);
    const step = fc.record({
      transaction: anyTransaction,
      meanwhile: fc.constantFrom('nothing', 'nothing', 'cut', 'lose', 'hear'),
      writer: fc.nat(1),
    });
    const second = new pg.Client({ connectionString: stack.databaseUrl() });
    await second.connect();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 20 }),
        fc.constantFrom(0, 5),
        async (steps, throttle_ms) => {
          const run = await newRun();
          const { watch, changes } = watchRun(client, run, { throttle_ms });
          for (const { transaction, meanwhile, writer } of steps) {
            if (meanwhile === 'cut') network.cut();
            else if (meanwhile !== 'nothing') network.isLosing = meanwhile === 'lose';
            await writeTransaction(writer === 0 ? postgres : second, run, transaction);
          }
          await watch.ready;
          network.isLosing = false;
          // What was lost before it shows when this arrives.
          await expect.poll(() => watch.status).toBe('live');
          await writeRun(postgres, run, { kind: 'logs', count: 1 });
          await expect.poll(() => shown(watch.state)).toEqual(await stored(run));
          await expect.poll(() => changes.at(-1)?.logs.at(-1)?.seq).toBe(watch.state?.logs.at(-1)?.seq);
          expectEachOnce(changes);
          await watch.stop();
        },
      ),
      { numRuns: 12 },
    );
    await second.end();
    await client.realtime.disconnect();
  });

  it('notices soon after it was joined what was lost, even when nothing more happens', async () => {
    const network = new UnreliableNetwork();
    const client = await connect(network);
    const run = await newRun();
    const { watch } = watchRun(client, run);
    await watch.ready;
    network.isLosing = true;
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await expect.poll(() => watch.state?.orders.size).toBe(1);
    await client.realtime.disconnect();
  });

  it('tells of one statement over several runs in each of them', async () => {
    const runs = [await newRun(), await newRun()];
    const watched = runs.map((run) => watchRun(owner.client, run));
    for (const run of runs) await writeRun(postgres, run, { kind: 'positions', count: 2 });
    await Promise.all(watched.map(({ watch }) => watch.ready));
    await postgres.query('update public.positions set mark_price = 7 where run_id = any ($1)', [
      runs.map(({ runId }) => runId),
    ]);
    for (const [place, { watch, changes }] of watched.entries()) {
      await expect
        .poll(() => [...(watch.state?.positions.values() ?? [])].map((row) => row.mark_price))
        .toEqual([7, 7]);
      expect(shown(watch.state)).toEqual(await stored(runs[place] ?? (await newRun())));
      expectEachOnce(changes);
    }
  });

  it('keeps the latest log lines only, and does not read what it would throw away', async () => {
    const network = new UnreliableNetwork();
    const client = await connect(network);
    const run = await newRun();
    const { watch } = watchRun(client, run, { max_logs: 10 });
    await watch.ready;
    network.isLosing = true;
    for (let round = 0; round < 4; round += 1) await writeRun(postgres, run, { kind: 'logs', count: 900 });
    network.isLosing = false;
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await expect
      .poll(() => watch.state?.logs.map(({ seq }) => seq))
      .toEqual(Array.from({ length: 10 }, (_, i) => 3591 + i));
    await client.realtime.disconnect();
  });

  it('is read in pages where it is large, and what is too large for messages is read from the rows', async () => {
    const run = await newRun();
    for (let round = 0; round < 2; round += 1) await writeRun(postgres, run, { kind: 'orders', count: 700 });
    await writeRun(postgres, run, { kind: 'fills', count: 1500 });
    const { watch, changes } = watchRun(owner.client, run);
    await watch.ready;
    await writeRun(postgres, run, { kind: 'orders', count: 2500 });
    await expect.poll(() => watch.state?.orders.size).toBe(3900);
    expect(shown(watch.state)).toEqual(await stored(run));
    expectEachOnce(changes);
  });

  it('of another user, or of nobody, is denied', async () => {
    const run = await newRun();
    const stranger = await signUp(stack, 'stranger');
    for (const watch of [stranger.client.runs.watch(run.runId), owner.client.runs.watch(crypto.randomUUID())]) {
      await expect(watch.ready).rejects.toThrow(/unauthorized/i);
      expect(watch.status).toBe('denied');
    }
    const { data, error } = await stranger.client.rpc('run_changes', { p_run_id: run.runId });
    expect([data, error?.code]).toEqual([null, 'run_not_found']);
  });

  it('that is deleted is not shown as if it still went on', async () => {
    const run = await newRun();
    const { watch, troubles } = watchRun(owner.client, run);
    await watch.ready;
    await postgres.query('delete from public.bots where id = $1', [run.botId]);
    const said = { run_id: run.runId, from_seq: 1000, seq: 1000, orders: [], fills: [] };
    await postgres.query(`select realtime.send($1, 'order_update', $2, true)`, [said, `run:${run.runId}`]);
    await expect.poll(() => watch.status).toBe('denied');
    expect(troubles).toMatchObject([{ code: 'run_not_found', message: 'there is no such run' }]);
  });

  it('can be watched by a viewer who owns it', async () => {
    const viewer = await signUp(stack, 'viewer');
    const run = await newRun(viewer);
    await grantRole(stack, viewer, 'viewer');
    const { watch } = watchRun(viewer.client, run);
    await watch.ready;
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await expect.poll(() => watch.state?.orders.size).toBe(1);
  });

  it('is watched several times over one channel, which is left with the last watch', async () => {
    const run = await newRun();
    const first = watchRun(owner.client, run);
    const second = watchRun(owner.client, run);
    await Promise.all([first.watch.ready, second.watch.ready]);
    const channels = () => owner.client.getChannels().filter(({ topic }) => topic.includes(run.runId)).length;
    expect(channels()).toBe(1);
    await first.watch.stop();
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await expect.poll(() => second.watch.state?.orders.size).toBe(1);
    expect(first.watch.state?.orders.size).toBe(0);
    await second.watch.stop();
    expect(channels()).toBe(0);
    const again = watchRun(owner.client, run);
    await again.watch.ready;
    expect(again.watch.state?.orders.size).toBe(1);
  });

  it('sends one message for each kind of change in a transaction, none for what changes nothing', async () => {
    const run = await newRun();
    await writeTransaction(postgres, run, {
      writes: [
        { kind: 'orders', count: 2 },
        { kind: 'fills', count: 2 },
        { kind: 'positions', count: 1 },
        { kind: 'change_orders', from: 0, count: 2 },
        { kind: 'profit', amount: 5 },
        { kind: 'logs', count: 3 },
      ],
      undone: [],
    });
    await writeRun(postgres, run, { kind: 'nothing' });
    await writeRun(postgres, run, { kind: 'report_only' });
    const { rows } = await postgres.query(
      `select event, payload ->> 'from_seq' as from_seq, payload ->> 'seq' as seq from realtime.messages where topic = $1 order by from_seq`,
      [`run:${run.runId}`],
    );
    expect(rows).toEqual([
      { event: 'order_update', from_seq: '1', seq: '1' },
      { event: 'position_update', from_seq: '2', seq: '2' },
      { event: 'pnl_update', from_seq: '3', seq: '3' },
      { event: 'log_message', from_seq: '4', seq: '16' },
    ]);
  });

  it('sends no message beyond what hosted Realtime takes', async () => {
    const run = await newRun();
    await postgres.query(
      `insert into public.run_logs (run_id, user_id, seq, logged_at, message, data)
       select $1, $2, i, now(), repeat('é', 4000), jsonb_build_object('x', repeat('y', 16000)) from generate_series(1, 60) i`,
      [run.runId, run.userId],
    );
    const { rows } = await postgres.query(
      `select count(*)::integer as messages, max(octet_length(payload::text)) < 200000 as fits, sum(jsonb_array_length(payload -> 'logs'))::integer as lines
       from realtime.messages where topic = $1`,
      [`run:${run.runId}`],
    );
    expect(rows).toEqual([{ messages: 11, fits: true, lines: 60 }]);
  });

  it('goes on with its numbers where rows were restored without its feed', async () => {
    const run = await newRun();
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await postgres.query('delete from private.run_feeds where run_id = $1', [run.runId]);
    const { watch, changes } = watchRun(owner.client, run);
    await watch.ready;
    await writeRun(postgres, run, { kind: 'orders', count: 1 });
    await expect.poll(() => watch.state?.orders.size).toBe(2);
    expectEachOnce(changes);
    expect(changes.map(({ seq }) => seq)).toEqual([16, 32]);
  });

  it('leaves nothing behind when its bot is deleted', async () => {
    const run = await newRun();
    await writeRun(postgres, run, { kind: 'logs', count: 1 });
    await postgres.query('begin');
    await writeRun(postgres, run, { kind: 'logs', count: 1 });
    await postgres.query(`update public.trading_runs set status = 'completed' where id = $1`, [run.runId]);
    await postgres.query('delete from public.bots where id = $1', [run.botId]);
    await postgres.query('commit');
    expect((await postgres.query('select from private.run_feeds where run_id = $1', [run.runId])).rowCount).toBe(0);
  });
});
