import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { makeKey } from '../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../client/test/support/personas.ts';
import { makeBot } from '../../client/test/support/seed-trading.ts';
import type { BarRequest, CandleFeed } from '../src/feeds/candle-feed.ts';
import { CandleReader } from '../src/feeds/candle-reader.ts';
import { ReplayFeed } from '../src/feeds/replay-feed.ts';
import { connectRunner, type Runner, RunnerError } from '../src/index.ts';
import { PaperExecutor } from '../src/program/paper-executor.ts';
import { systemClock } from '../src/sdk/clock.ts';
import { CallCounter } from './support/call-counter.ts';
import { RunnerProgram } from './support/runner-program.ts';
import { dayOfMinutes, seedCandles } from './support/seed-candles.ts';

/** Runs on paper that something goes wrong in: what the ledger has in the end is what it has where nothing did. */
let stack: TestStack;
let owner: Persona;
let stateDir: string;
let runner: Runner | undefined;

const FROM = Date.parse('2024-03-05');
const TO = Date.parse('2024-03-06');

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await seedCandles(stack, 'ACME', dayOfMinutes());
  await sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  owner = await signUp(stack, 'trader');
  stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
});

afterEach(async () => {
  await runner?.stop();
  runner = undefined;
  await rm(stateDir, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

const makeMinuteBot = (name: string, more: object = {}) =>
  makeBot(owner, {
    name,
    ...more,
    strategy_type: 'sma-cross',
    parameters: { fast: 2, slow: 4 },
    symbols: ['ACME'],
    timeframe: '1m',
    initial_balance: 10_000,
  });

async function startBot(botId: string): Promise<void> {
  await expect
    .poll(async () => (await owner.client.rpc('start_bot', { p_bot_id: botId })).error?.message ?? null)
    .toBeNull();
}

const botOf = async (botId: string) =>
  (await sql('select status, last_error from public.bots where id = $1', [botId]))[0];

/** All that the ledger says of the runs of a bot, but for ids and times of the clock. */
const ledgerOf = (botId: string) =>
  sql(
    `select r.status, r.total_pnl, r.max_drawdown, r.trade_count, r.last_bar_at,
       (select jsonb_agg(to_jsonb(f) - '{run_id,user_id,order_id,position_id,external_id,created_at}'::text[] order by f.seq) from public.fills f where f.run_id = r.id) as fills,
       (select jsonb_agg(jsonb_build_array(substr(o.client_order_id, 10), o.status, o.quantity, o.filled_quantity, o.average_price) order by o.client_order_id)
        from public.orders o where o.run_id = r.id) as orders,
       (select jsonb_agg(jsonb_build_array(t.entry_at, t.exit_at, t.quantity, t.net_pnl) order by t.entry_at, t.quantity) from public.trades t where t.run_id = r.id) as trades
     from public.trading_runs r where r.bot_id = $1`,
    [botId],
  );

/** A replay whose source opens late, and breaks once, after some bars. */
class BreakingFeed implements CandleFeed {
  readonly name = 'breaking';
  readonly #inner: CandleFeed;
  readonly #opensAfter: Promise<void>;
  #barsLeft: number;

  constructor(inner: CandleFeed, bars: number, opensAfter: Promise<void>) {
    this.#inner = inner;
    this.#barsLeft = bars;
    this.#opensAfter = opensAfter;
  }

  startOf = (started_ms: number) => this.#inner.startOf(started_ms);
  history: CandleFeed['history'] = async (...range) => {
    await this.#opensAfter;
    return this.#inner.history(...range);
  };

  async *bars(request: BarRequest) {
    for await (const bars of this.#inner.bars(request)) {
      this.#barsLeft -= 1;
      if (this.#barsLeft === 0) throw new RunnerError('no_candles', 'the source has broken');
      yield bars;
    }
  }
}

interface Circumstances {
  readonly network?: typeof fetch;
  /** What the source waits for. */
  readonly opensAfter?: Promise<void>;
  /** Is told of each run that is taken up. */
  readonly taken?: string[];
}

async function startInProcess(
  bars: number,
  { network = fetch, opensAfter = Promise.resolve(), taken = [] }: Circumstances = {},
): Promise<PaperExecutor> {
  runner = await connectRunner({
    fetch: network,
    backOff: { first_ms: 20, most_ms: 200 },
    url: stack.apiUrl,
    publishableKey: stack.keys.publishableKey,
    apiKey: (await makeKey(owner)).key,
    version: '9.9',
    stateDir,
  });
  const reader = new CandleReader(runner.server, AbortSignal.timeout(300_000));
  const replay = new ReplayFeed(reader, systemClock, { from_ms: FROM, to_ms: TO, speed: Infinity });
  const log = (_level: string, message: string) => {
    if (message.endsWith('taking up the run')) taken.push(message);
  };
  const feed = new BreakingFeed(replay, bars, opensAfter);
  const executor = new PaperExecutor(runner, {
    clock: systemClock,
    log,
    atEnd: 'close',
    warmUpBars: 1,
    server: runner.server,
    feed,
  });
  await runner.start(executor);
  return executor;
}

describe('A run on paper', () => {
  it('whose feed has failed goes on when its owner starts it again, as if it had not', async () => {
    await startInProcess(100);
    const [broken, whole] = [await makeMinuteBot('broken'), await makeMinuteBot('whole')];
    await startBot(broken);
    await expect.poll(() => botOf(broken)).toEqual({ status: 'error', last_error: 'the source has broken' });
    await startBot(broken);
    await expect.poll(async () => (await botOf(broken)).status).toBe('stopped');
    await startBot(whole);
    await expect.poll(async () => (await botOf(whole)).status).toBe('stopped');
    expect(await ledgerOf(broken)).toEqual(await ledgerOf(whole));
  });

  it('that was about to ask the gate when it was taken to be offline asks once it is started again, and is not refused', async () => {
    const [lost, whole] = [await makeMinuteBot('lost', { offline_policy: 'resume' }), await makeMinuteBot('whole')];
    const asksOfStatus = 3;
    const restarted = Promise.withResolvers<void>();
    let submits = 0;
    let asks = 0;
    const network: typeof fetch = async (input, init) => {
      const url = String(input);
      if (url.includes('/submit_order_intents') && ++submits === 1) {
        await sql(
          `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`,
          [owner.id],
        );
        await sql('select private.mark_silent_runners()');
        throw new TypeError('cut off');
      }
      // The start is acknowledged only when the runner has asked for the status of the bot for a while.
      if (submits > 0 && url.includes('/acknowledge_command')) await restarted.promise;
      if (submits > 0 && url.includes('/bots?select=status') && ++asks === asksOfStatus) restarted.resolve();
      return fetch(input, init);
    };
    await startInProcess(Infinity, { network });
    await startBot(lost);
    await expect.poll(async () => (await botOf(lost)).status).toBe('stopped');
    expect(submits).toBeGreaterThan(1);
    await startBot(whole);
    await expect.poll(async () => (await botOf(whole)).status).toBe('stopped');
    expect(await ledgerOf(lost)).toEqual(await ledgerOf(whole));
  });

  it('that is being taken up when its runner connects anew is taken up once', async () => {
    const gate = Promise.withResolvers<void>();
    const taken: string[] = [];
    const executor = await startInProcess(Infinity, { opensAfter: gate.promise, taken });
    const attach = executor.attach.bind(executor);
    let asked = 0;
    executor.attach = (...held) => {
      asked += 1;
      return attach(...held);
    };
    const [interrupted, whole] = [await makeMinuteBot('interrupted'), await makeMinuteBot('whole')];
    await startBot(interrupted);
    await expect.poll(() => asked).toBe(1);
    await sql(`update public.runner_sessions set status = 'disconnected' where user_id = $1`, [owner.id]);
    await expect.poll(() => asked).toBe(2);
    gate.resolve();
    await expect.poll(async () => (await botOf(interrupted)).status).toBe('stopped');
    expect(taken).toEqual(['interrupted: taking up the run']);
    await startBot(whole);
    await expect.poll(async () => (await botOf(whole)).status).toBe('stopped');
    expect(await ledgerOf(interrupted)).toEqual(await ledgerOf(whole));
  });

  it('that is killed at any of its calls, before the server has it or after, says all of it once', async () => {
    const { key } = await makeKey(owner);
    const line = await CallCounter.to(stack.apiUrl);
    const args = ['--feed', 'replay', '--from', '2024-03-05', '--to', '2024-03-06', '--at-end', 'close'];
    const [killed, whole] = [await makeMinuteBot('killed'), await makeMinuteBot('whole')];
    const kills = 2;
    let program: RunnerProgram | undefined;
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        program = new RunnerProgram({ ...stack, apiUrl: line.url }, key, stateDir, args);
        if (kill === 0) await startBot(killed);
        await line.untilCall(1 + ((kill * 7) % 4), kill % 2 === 0 ? 'before' : 'after');
        await program.end('SIGKILL');
      }
      line.letThrough();
      program = new RunnerProgram({ ...stack, apiUrl: line.url }, key, stateDir, args);
      await expect.poll(async () => (await botOf(killed)).status).toBe('stopped');
      await startBot(whole);
      await expect.poll(async () => (await botOf(whole)).status).toBe('stopped');
      expect(await ledgerOf(killed)).toEqual(await ledgerOf(whole));
    } finally {
      await program?.end('SIGKILL');
      await line.close();
    }
  });
});
