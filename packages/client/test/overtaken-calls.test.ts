import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRunner } from './support/connect-runner.ts';
import { signUp } from './support/personas.ts';
import { openRunnerConnection } from './support/runner-connection.ts';
import { seedHeldBot } from './support/seed-lease.ts';
import { orderIntent } from './support/submit-intents.ts';

let stack: TestStack;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

/** Connections to this database that wait for a lock. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

describe('A call that waits for its lease', () => {
  it.each([
    ['its runner is taken to be offline', 'runner_not_connected', `select private.mark_silent_runner($1)`],
    ['its key is revoked', 'invalid_api_key', `update public.runner_sessions set status = 'revoked' where id = $1`],
  ])('while %s is refused as if it had come after', async (_, code, end) => {
    const runner = await connectRunner(stack, await signUp(stack, 'owner'));
    const bot = await seedHeldBot(stack, runner, { offline_policy: 'resume' });
    const connection = await openRunnerConnection(stack, runner);
    await postgres.query(
      `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where id = $1`,
      [runner.session_id],
    );
    await postgres.query('begin');
    await postgres.query('select from public.bot_leases where bot_id = $1 for update', [bot.botId]);
    const refused = connection
      .query('select public.submit_order_intents($1, 1, $2)', [bot.runId, JSON.stringify([orderIntent()])])
      .then(
        () => 'decided',
        (error: pg.DatabaseError) => JSON.parse(error.message).code,
      );
    await expect.poll(async () => (await postgres.query(WAITING)).rowCount).toBe(1);
    await postgres.query(end, [runner.session_id]);
    await postgres.query('commit');
    expect(await refused).toBe(code);
    // Nothing was decided: asked again once the bot trades again, the gate decides anew.
    expect((await postgres.query('select from public.orders where bot_id = $1', [bot.botId])).rowCount).toBe(0);
    await connection.end();
  });
});
