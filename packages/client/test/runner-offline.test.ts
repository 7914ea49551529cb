import { Reconciliation } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';

/** A runner that is gone, and what it holds when it is back. */
let stack: TestStack;
let owner: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

interface HeldBot {
  readonly botId: string;
  readonly runId: string;
}

/** A running bot that the runner holds, with a position if one is wanted. */
async function running(
  runner: ConnectedRunner,
  { offline_policy = 'hold', positions = [] }: { offline_policy?: string; positions?: [string, number][] } = {},
  user = owner,
): Promise<HeldBot> {
  const botId = await makeBot(user, { name: crypto.randomUUID(), offline_policy });
  const runId = crypto.randomUUID();
  await asPostgres(stack, async (client) => {
    await client.query(`insert into public.trading_runs (id, bot_id, user_id, mode) values ($1, $2, $3, 'PAPER')`, [
      runId,
      botId,
      user.id,
    ]);
    await client.query(
      `insert into public.bot_leases (bot_id, user_id, run_id, runner_session_id, fencing_token) values ($1, $2, $3, $4, 1)`,
      [botId, user.id, runId, runner.session_id],
    );
    for (const [symbol, quantity] of positions) {
      await client.query(
        `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, entry_price, opened_at)
         values ($1, $2, $3, $4, $5, $6, $6, 100, now())`,
        [runId, botId, user.id, symbol, quantity > 0 ? 'long' : 'short', Math.abs(quantity)],
      );
    }
    for (const status of ['starting', 'running'])
      await client.query('update public.bots set status = $2 where id = $1', [botId, status]);
  });
  return { botId, runId };
}

/** The runner was last heard of so long ago. */
function silence({ session_id }: ConnectedRunner, seconds: number) {
  return sql(`update public.runner_sessions set last_heartbeat_at = now() - $2 * interval '1 second' where id = $1`, [
    session_id,
    seconds,
  ]);
}

async function markSilent(): Promise<number> {
  return (await sql('select private.mark_silent_runners()::int as marked')).rows[0].marked;
}

async function stateOf(runner: ConnectedRunner, { botId }: HeldBot) {
  const { rows } = await sql(
    `select s.status as session, b.status as bot, r.status as run, l.released_at is not null as released, l.reconciled
     from public.runner_sessions s, public.bots b
     join public.bot_leases l on l.bot_id = b.id
     join public.trading_runs r on r.id = l.run_id
     where s.id = $1 and b.id = $2`,
    [runner.session_id, botId],
  );
  return rows[0];
}

async function alertsOf({ session_id }: ConnectedRunner) {
  const { data } = await owner.client
    .from('alert_history')
    .select('alert_type, severity, message')
    .eq('metadata->>runner_session_id', session_id);
  return data ?? [];
}

function reconcile({ client }: ConnectedRunner, { runId }: HeldBot, holding: unknown, token = 2) {
  return client.rpc('reconcile_run', { p_run_id: runId, p_fencing_token: token, p_holding: holding as never });
}

const holdingOf = (positions: [string, number][], open_orders: string[] = []) => ({
  positions: positions.map(([symbol, quantity]) => ({ symbol, quantity })),
  open_orders,
});

describe('A runner that is silent', () => {
  it('for too long is disconnected, its owner told, and its bots are treated by their policies', async () => {
    const runner = await connectRunner(stack, owner);
    const [empty, holding] = [await running(runner), await running(runner, { positions: [['ACME', 10]] })];
    await silence(runner, 31);
    expect(await markSilent()).toBe(1);
    expect(await stateOf(runner, empty)).toMatchObject({ session: 'disconnected', bot: 'stopped', released: true });
    expect(await stateOf(runner, holding)).toMatchObject({ bot: 'error', run: 'running', released: false });
    expect(await alertsOf(runner)).toEqual([
      {
        alert_type: 'error',
        severity: 'critical',
        message: `The runner on ${runner.machineId} has not been heard of for 30 s; it executed 2 bots`,
      },
    ]);
    expect(await markSilent()).toBe(0);
    const { data } = await owner.client.from('events').select('payload').eq('event', 'runner_status').order('seq');
    expect(data?.at(-1)?.payload).toMatchObject({ session_id: runner.session_id, connected: false });
  });

  it('for less long is not, and nor is one that is just being heard of', async () => {
    const [recent, beating] = [await connectRunner(stack, owner), await connectRunner(stack, owner)];
    await Promise.all([silence(recent, 20), silence(beating, 40)]);
    await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query('update public.runner_sessions set last_heartbeat_at = now() where id = $1', [
        beating.session_id,
      ]);
      expect(await markSilent()).toBe(0);
      await client.query('commit');
    });
    expect(await markSilent()).toBe(0);
  });

  it('is marked one of each user at a time, and each of them at last', async () => {
    const stranger = await signUp(stack, 'stranger');
    const runners = await Promise.all([
      connectRunner(stack, owner),
      connectRunner(stack, owner),
      connectRunner(stack, stranger),
    ]);
    await Promise.all(runners.map((runner) => silence(runner, 60)));
    const marked = [await markSilent(), await markSilent(), await markSilent()];
    expect(marked).toEqual([2, 1, 0]);
  });

  it('keeps no other from being marked when its bots cannot be treated', async () => {
    const stranger = await signUp(stack, 'broken');
    const [broken, whole] = [await connectRunner(stack, stranger), await connectRunner(stack, owner)];
    const { botId } = await running(broken, {}, stranger);
    await Promise.all([silence(broken, 60), silence(whole, 50)]);
    await sql(`alter table public.bots add constraint never_stopped check (id <> '${botId}' or status <> 'stopped')`);
    expect(await markSilent()).toBe(1);
    expect((await sql('select status from public.runner_sessions where id = $1', [broken.session_id])).rows).toEqual([
      { status: 'connected' },
    ]);
    await sql('alter table public.bots drop constraint never_stopped');
    expect(await markSilent()).toBe(1);
  });
});

describe('The bots of a runner', () => {
  it('that says goodbye are treated at once, without an alert', async () => {
    const runner = await connectRunner(stack, owner);
    const held = await running(runner);
    expect((await runner.client.rpc('disconnect_runner')).error).toBeNull();
    expect(await stateOf(runner, held)).toMatchObject({ session: 'disconnected', bot: 'stopped', released: true });
    expect(await alertsOf(runner)).toEqual([]);
    expect((await runner.client.rpc('disconnect_runner')).error?.code).toBe('runner_not_connected');
  });

  it('whose key is revoked are treated too, though it never falls silent', async () => {
    const runner = await connectRunner(stack, owner);
    const [empty, holding] = [await running(runner), await running(runner, { positions: [['ACME', 10]] })];
    await owner.client.rpc('revoke_api_key', { p_api_key_id: runner.apiKeyId });
    expect(await markSilent()).toBe(1);
    expect(await stateOf(runner, empty)).toMatchObject({ session: 'revoked', bot: 'stopped', released: true });
    expect(await stateOf(runner, holding)).toMatchObject({ session: 'revoked', bot: 'error', released: false });
    expect(await markSilent()).toBe(0);
    const { data } = await owner.client.from('events').select('payload').eq('event', 'runner_status').order('seq');
    expect(data?.at(-1)?.payload).toMatchObject({ session_id: runner.session_id, status: 'revoked', connected: false });
  });

  it('that comes back in time just go on, once they are reconciled', async () => {
    const runner = await connectRunner(stack, owner);
    const held = await running(runner, { positions: [['ACME', 10]] });
    const back = await connectRunner(stack, owner, runner);
    expect(await stateOf(back, held)).toMatchObject({ session: 'connected', bot: 'running', reconciled: false });
    const { data } = await reconcile(back, held, holdingOf([['ACME', 10]]));
    expect(Reconciliation.parse(data)).toEqual({ matched: true, differences: [] });
    expect(await stateOf(back, held)).toMatchObject({ bot: 'running', reconciled: true });
  });

  it.each([
    ['hold', 'error', undefined],
    ['resume', 'starting', 'start_bot'],
    ['flatten', 'stopping', 'stop_bot'],
  ])('that comes back too late follow the policy %s', async (offline_policy, status, type) => {
    const runner = await connectRunner(stack, owner);
    const held = await running(runner, { offline_policy, positions: [['ACME', 10]] });
    await silence(runner, 60);
    await markSilent();
    expect(await stateOf(runner, held)).toMatchObject({ bot: 'error', run: 'running' });
    const back = await connectRunner(stack, owner, runner);
    expect((await reconcile(back, held, holdingOf([['ACME', 10]]))).data).toMatchObject({ matched: true });
    expect(await stateOf(back, held)).toMatchObject({ bot: status });
    const { rows } = await sql(
      `select type from public.runner_commands where runner_session_id = $1 and status = 'queued'`,
      [back.session_id],
    );
    expect(rows).toEqual(type === undefined ? [] : [{ type }]);
  });
});

describe('A runner that reconciles', () => {
  it('is told each difference between what it holds and the ledger, and its bot is held with an error', async () => {
    const runner = await connectRunner(stack, owner);
    const held = await running(runner, {
      positions: [
        ['ACME', 10],
        ['BTC/USDT', -2],
        ['SAME', 0.3],
      ],
    });
    await sql(
      `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity) values ($1, $2, $3, '7', 'ACME', 'buy', 'market', 1)`,
      [held.runId, held.botId, owner.id],
    );
    const { data, error } = await reconcile(
      runner,
      held,
      holdingOf(
        [
          ['ACME', 4],
          ['ACME', 3],
          ['SAME', 0.1 + 0.2],
          ['ELSE', 1],
        ],
        ['8'],
      ),
      1,
    );
    expect(error).toBeNull();
    expect(Reconciliation.parse(data)).toEqual({
      matched: false,
      differences: [
        { kind: 'order', subject: '7', runner: 0, ledger: 1 },
        { kind: 'order', subject: '8', runner: 1, ledger: 0 },
        { kind: 'position', subject: 'ACME', runner: 7, ledger: 10 },
        { kind: 'position', subject: 'BTC/USDT', runner: 0, ledger: -2 },
        { kind: 'position', subject: 'ELSE', runner: 1, ledger: 0 },
      ],
    });
    expect(await stateOf(runner, held)).toMatchObject({ bot: 'error', run: 'running', reconciled: false });
  });

  it('for a run that it does not hold, or not any more, is refused', async () => {
    const [runner, sibling] = [await connectRunner(stack, owner), await connectRunner(stack, owner)];
    const stranger = await connectRunner(stack, await signUp(stack, 'thief'));
    const held = await running(runner);
    const nothing = holdingOf([]);
    expect((await reconcile(sibling, held, nothing, 1)).error?.code).toBe('stale_lease');
    expect((await reconcile(stranger, held, nothing, 1)).error?.code).toBe('run_not_found');
    expect((await reconcile(runner, held, nothing, 2)).error?.code).toBe('stale_lease');
    const back = await connectRunner(stack, owner, runner);
    expect((await reconcile(runner, held, nothing, 1)).error?.code).toBe('runner_superseded');
    expect((await reconcile(back, held, nothing, 1)).error?.code).toBe('stale_lease');
    expect((await reconcile(back, held, nothing, 2)).error).toBeNull();
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no orders', { positions: [] }],
    ['an unknown field', { ...holdingOf([]), balance: 1 }],
    ['a quantity in quotes', { positions: [{ symbol: 'ACME', quantity: '1' }], open_orders: [] }],
    ['a quantity that is not finite', { positions: [{ symbol: 'ACME', quantity: 'NaN' }], open_orders: [] }],
    ['a quantity beyond all bounds', holdingOf([['ACME', 1e18]])],
    ['a position without a symbol', { positions: [{ quantity: 1 }], open_orders: [] }],
    ['orders that are numbers', { positions: [], open_orders: [7] }],
    [
      'more orders than there can be',
      holdingOf(
        [],
        Array.from({ length: 1001 }, (_, n) => `${n}`),
      ),
    ],
  ])('with %s is refused', async (_what, holding) => {
    const runner = await connectRunner(stack, owner);
    const held = await running(runner);
    expect((await reconcile(runner, held, holding, 1)).error?.code).toBe('invalid_request');
    expect(await stateOf(runner, held)).toMatchObject({ bot: 'running', reconciled: true });
  });
});

describe('A session that is over', () => {
  it('is kept as long as a lease remembers it', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId } = await running(runner);
    await runner.client.rpc('disconnect_runner');
    const age = (id: string) =>
      sql(`update public.runner_sessions set disconnected_at = now() - interval '91 days' where id = $1`, [id]);
    await age(runner.session_id);
    await sql('select private.prune_runner_sessions()');
    const { rows } = await sql('select fencing_token::int from public.bot_leases where bot_id = $1', [botId]);
    expect(rows).toEqual([{ fencing_token: 1 }]);
  });
});
