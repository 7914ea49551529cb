import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from './support/connect-runner.ts';
import { DrivenRunner, LifecycleDriver } from './support/lifecycle-driver.ts';
import { liftLimits } from './support/lift-limits.ts';
import { accessTokenOf, type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';

/** Bots, their owner, two runners and the workers, all at once and in any order. */
let stack: TestStack;
let owner: Persona;
let driver: LifecycleDriver;
let runners: DrivenRunner[];
let bots: string[];
let claims: object;

const SEEDS = [1, 2];
const STEPS = 30;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
  driver = new LifecycleDriver(stack);
  claims = JSON.parse(Buffer.from((await accessTokenOf(owner.client)).split('.')[1] ?? '', 'base64url').toString());
  const { key } = await makeKey(owner);
  runners = ['one', 'two'].map((machine) => new DrivenRunner(driver, key, machine));
  bots = await Promise.all(
    (['hold', 'flatten', 'resume'] as const).map((offline_policy) =>
      makeBot(owner, { name: offline_policy, offline_policy, initial_balance: 10_000 }),
    ),
  );
});

afterAll(async () => {
  await driver?.end();
  await stack?.stop();
});

/** Numbers below a bound, the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Draw = (below: number) => number;
const pick = <T>(draw: Draw, from: readonly T[]): T | undefined => from[draw(from.length)];

function ownerAction(draw: Draw): () => Promise<unknown> {
  const bot = pick(draw, bots);
  const by = (statement: string, ...values: unknown[]) => driver.as(claims, statement, values);
  const session = pick(draw, runners)?.sessionId || null;
  const close = draw(2) === 0;
  const actions = [
    () => by('select public.start_bot($1)', bot),
    () => by('select public.start_bot($1)', bot),
    () => by('select public.start_bot($1, $2)', bot, session),
    () => by('select public.stop_bot($1)', bot),
    () => by('select public.pause_bot($1)', bot),
    () => by('select public.resume_bot($1)', bot),
    () => by(`select public.engage_emergency_stop('bot', 'Fear', $1, $2)`, bot, close),
    () => by(`select public.engage_emergency_stop('user', 'Fear', null, $1)`, close),
    () => by('select public.release_emergency_stop(id) from public.trading_halts where released_at is null'),
    () => by('select public.release_emergency_stop(id) from public.trading_halts where released_at is null'),
    () => by('select public.release_emergency_stop(id) from public.trading_halts where released_at is null'),
    () => by('update public.bots set max_order_value = coalesce(max_order_value, 1000) + 1 where id = $1', bot),
  ];
  return actions[draw(actions.length)] ?? (() => Promise.resolve());
}

function runnerAction(draw: Draw): () => Promise<unknown> {
  const runner = pick(draw, runners);
  const [which, place, flag] = [draw(12), draw(100), draw(2) === 0];
  return async () => {
    if (!runner) return;
    const leases = await runner.leases();
    const commands = await runner.commands();
    const lease = leases[place % Math.max(leases.length, 1)];
    const command = commands[place % Math.max(commands.length, 1)];
    if (which === 0) return runner.connect();
    if (which === 1) return place < 30 ? runner.disconnect() : runner.heartbeat();
    if (which <= 4) return command && runner.carryOut(command);
    if (which === 5) return command && runner.acknowledge(command.seq, flag ? { code: 'failed', message: 'No' } : null);
    if (which === 6) return lease && runner.reconcile(lease, place % 4 > 0);
    if (which <= 9) return lease && runner.open(lease, flag);
    if (which === 10)
      return lease && runner.close(lease, flag, place % 3 === 0 ? 'stopped' : place % 3 === 1 ? 'error' : null);
    return lease && (flag ? runner.fail(lease) : runner.heartbeat());
  };
}

function workerAction(draw: Draw): () => Promise<unknown> {
  const session = pick(draw, runners)?.sessionId || null;
  const [which, place] = [draw(3), draw(5)];
  return async () => {
    if (which === 0) {
      await driver.asService(
        `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where id = $1`,
        [session],
      );
    }
    if (which === 1) {
      await driver.asService(
        `update public.runner_commands set expires_at = created_at where (runner_session_id, seq) in (
           select runner_session_id, seq from public.runner_commands where status in ('queued', 'delivered') order by created_at offset $1 limit 1)`,
        [place],
      );
    }
    await driver.asService('select private.mark_silent_runners()');
    await driver.asService('select private.expire_runner_commands()');
  };
}

/** Lets everyone behave until nothing is left to do. */
async function settle(): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await driver.asService('select private.mark_silent_runners()');
    await driver.asService('select private.expire_runner_commands()');
    for (const runner of runners) {
      await runner.heartbeat();
      for (const lease of await runner.leases()) if (!lease.reconciled) await runner.reconcile(lease);
      for (const command of await runner.commands()) await runner.carryOut(command);
    }
  }
}

const statuses = async () =>
  (await driver.asService('select status from public.bots order by id')).map(({ status }) => status);

describe('Whatever is done to bots, and by whom', () => {
  it.each(SEEDS)('leaves what belongs together, and nothing stuck (%i)', async (seed) => {
    const draw = numbers(seed);
    let before = new Map<string, number[]>();
    for (const runner of runners) await runner.connect();
    for (let step = 0; step < STEPS; step += 1) {
      const actions = Array.from({ length: 1 + draw(5) }, () => {
        const who = draw(10);
        return who < 4 ? ownerAction(draw) : who < 9 ? runnerAction(draw) : workerAction(draw);
      });
      const outcomes = await Promise.allSettled(actions.map((action) => action()));
      // What the API refuses is an answer; anything else is a fault.
      const faults = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' && outcome.reason?.code !== 'PGRST' ? [String(outcome.reason)] : [],
      );
      expect([...driver.faults.splice(0), ...faults]).toEqual([]);
      expect(await driver.contradictions(), `step ${step}: ${actions}`).toEqual([]);
      const now = await driver.asService(
        `select l.bot_id || l.run_id::text as id, l.fencing_token::float8 as token, r.last_report_seq::float8 as seq, r.event_seq::float8 as event
         from public.bot_leases l join public.trading_runs r on r.id = l.run_id`,
      );
      for (const { id, token, seq: last, event } of now) {
        for (const [n, value] of [token, last, event].entries())
          expect(value).toBeGreaterThanOrEqual(before.get(id)?.[n] ?? 0);
      }
      before = new Map(now.map(({ id, token, seq: last, event }) => [id, [token, last, event]]));
    }

    for (const runner of runners) await runner.connect();
    await settle();
    for (const status of await statuses()) expect(['stopped', 'running', 'paused', 'error']).toContain(status);
    await driver.as(
      claims,
      'select public.release_emergency_stop(id) from public.trading_halts where released_at is null',
    );
    for (const bot of bots) await driver.as(claims, 'select public.stop_bot($1)', [bot]);
    await settle();
    expect(await statuses()).toEqual(['stopped', 'stopped', 'stopped']);
    expect(await driver.contradictions()).toEqual([]);
    expect(
      await driver.asService(`select type from public.runner_commands where status in ('queued', 'delivered')`),
    ).toEqual([]);
  });
});
