import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createTradebaseClient, type RunWatch, type TradebaseClient } from '@tradebase/client';
import { Random } from '@tradebase/engine';
import { type ChaosBot, startBots } from './chaos-bots.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { checkRound } from './check-round.ts';
import { type PlannedFault, planFaults } from './fault-plan.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { DayOfCandles } from './made-up-day.ts';
import { RestartableProcess } from './restartable-process.ts';
import { until } from './until.ts';

export interface RoundOptions {
  readonly seed: number;
  /** How many faults happen. */
  readonly faults: number;
  /** Bars that are traded in a second, without faults. */
  readonly bars_per_s: number;
  readonly days: readonly DayOfCandles[];
  readonly log: (message: string) => void;
}

export interface RoundResult {
  /** What does not hold, one sentence each: empty as it should be. */
  readonly broken: readonly string[];
  readonly happened: Readonly<Record<string, number>>;
  readonly fills: number;
  readonly commands: number;
}

const ROOT = join(import.meta.dirname, '..', '..');
const RUNNER = join(ROOT, 'packages', 'runner', 'src', 'main.ts');
const MINUTE_S = 60;
const NETWORK = { lostAnswers: 0.03, duplicates: 0.03, delays: 0.05 };
/** For all runs to end once the faults are over. */
const MOST_RECOVERY_MS = 90_000;

/** One user, three bots, one runner, and faults at random moments; then whether anything was lost, done twice or left behind. */
export async function runChaosRound(world: ChaosWorld, options: RoundOptions): Promise<RoundResult> {
  const { seed, days, log } = options;
  const startedAt = performance.now();
  const random = new Random(seed);
  const owner = await signUp(world, seed);
  const proxy = await FaultProxy.start(world.apiUrl, NETWORK, new Random(seed, 1));
  const keyFile = world.writeSecret(`key-${seed}`, await makeApiKey(owner));
  const runners = ['runner', 'second'].map((name) => newRunner(world, proxy, keyFile, `${name}-${seed}`, options));
  const [runner, second] = runners as [RestartableProcess, RestartableProcess];
  const watches: RunWatch[] = [];
  const keeper = keepRunning(runner);
  try {
    const bots = await startBots(owner, days, seed);
    for (const { runId } of bots) watches.push(owner.runs.watch(runId, { max_logs: 100_000 }));
    await Promise.all(watches.map(({ ready }) => ready));
    const happened: Record<string, number> = {};
    const orders = commandAtRandom(owner, bots.at(-1), new Random(seed, 2));
    for (const planned of planFaults(random, options.faults)) {
      await new Promise((resolve) => setTimeout(resolve, planned.after_ms));
      log(`  ${((performance.now() - startedAt) / 1000).toFixed(1)} s ${planned.fault}`);
      happened[planned.fault] = (happened[planned.fault] ?? 0) + 1;
      await carryOut(planned, { world, proxy, runner, second, owner });
    }
    await orders.stop();
    await until('all runs have ended', MOST_RECOVERY_MS, async () => {
      const { data } = await owner.from('trading_runs').select('status');
      return data?.length === bots.length && data.every(({ status }) => status !== 'running');
    });
    const { broken, fills, commands } = await checkRound(world, owner, bots, watches);
    return { broken, fills, commands, happened: { ...happened, ...proxy.faults, pauses: orders.given } };
  } catch (error) {
    throw new Error(`${String(error)}\n--- what the runner printed\n${runner.output}`, { cause: error });
  } finally {
    keeper.stop();
    await Promise.all(watches.map((watch) => watch.stop()));
    await owner.realtime.disconnect();
    await Promise.all(runners.map((each) => each.kill()));
    await proxy.close();
  }
}

async function signUp(world: ChaosWorld, seed: number): Promise<TradebaseClient> {
  const client = createTradebaseClient(world.apiUrl, world.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `chaos-${seed}-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const { error } = await client.auth.signUp({ email, password: `Chaos-${crypto.randomUUID()}` });
  if (error) throw error;
  return client;
}

async function makeApiKey(owner: TradebaseClient): Promise<string> {
  const permissions = ['runner:connect', 'runner:execute', 'data:read'];
  const { data, error } = await owner.rpc('create_api_key', { p_name: 'chaos', p_permissions: permissions });
  if (error) throw error;
  return String(data.key);
}

function newRunner(world: ChaosWorld, proxy: FaultProxy, keyFile: string, name: string, options: RoundOptions) {
  const stateDir = join(world.dir, 'chaos', name);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const [day] = options.days;
  const time = (ts: number | undefined) => new Date(ts ?? 0).toISOString();
  const feed = ['--feed', 'replay', '--from', time(day?.ts[0]), '--to', time((day?.ts.at(-1) ?? 0) + MINUTE_S * 1000)];
  const connection = ['--url', proxy.url, '--publishable-key', world.publishableKey, '--key-file', keyFile];
  const rest = ['--state-dir', stateDir, '--name', name, '--at-end', 'close', '--json'];
  const speed = ['--speed', String(options.bars_per_s * MINUTE_S)];
  return new RestartableProcess({ name, args: [RUNNER, ...connection, ...feed, ...speed, ...rest], env: {} });
}

/** Starts a program, and starts it again whenever it has ended, as a service manager does. */
function keepRunning(process: RestartableProcess) {
  process.start();
  const timer = setInterval(() => process.start(), 300);
  return { stop: () => clearInterval(timer) };
}

/** Pauses and resumes a bot at random moments, until stopped; each call is made again until it is answered. */
function commandAtRandom(owner: TradebaseClient, bot: ChaosBot | undefined, random: Random) {
  const closing = new AbortController();
  let given = 0;
  const work = async () => {
    for (
      let name: 'pause_bot' | 'resume_bot' = 'pause_bot';
      bot;
      name = name === 'pause_bot' ? 'resume_bot' : 'pause_bot'
    ) {
      await new Promise((resolve) => setTimeout(resolve, 300 + random.uniform() * 900));
      if (closing.signal.aborted && name === 'pause_bot') return;
      // While its runner is away the bot is in the status error, and there is nothing to pause.
      for (let tries = 0; tries < 100; tries += 1) {
        const { error } = await owner.rpc(name, { p_bot_id: bot.botId });
        if (!error) {
          given += 1;
          break;
        }
        if (closing.signal.aborted && error.code === 'bot_not_running') return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  const done = work();
  return {
    get given() {
      return given;
    },
    stop: () => {
      closing.abort();
      return done;
    },
  };
}

interface Stage {
  readonly world: ChaosWorld;
  readonly proxy: FaultProxy;
  readonly runner: RestartableProcess;
  readonly second: RestartableProcess;
  readonly owner: TradebaseClient;
}

async function carryOut({ fault, for_ms }: PlannedFault, { world, proxy, runner, second, owner }: Stage) {
  const lasting = () => new Promise((resolve) => setTimeout(resolve, for_ms));
  switch (fault) {
    case 'kill_runner':
      return runner.kill();
    case 'kill_worker':
      await world.worker.kill();
      await lasting();
      return world.worker.start();
    case 'kill_realtime':
      return world.kill('realtime');
    case 'kill_functions':
      return world.kill('functions');
    case 'kill_rest':
      return world.kill('rest');
    case 'kill_postgres':
      return world.kill('postgres');
    case 'cut_network':
      proxy.cut();
      await lasting();
      return proxy.mend();
    case 'second_runner':
      second.start();
      await lasting();
      return second.kill();
    case 'drop_watchers':
      await owner.realtime.disconnect();
      await lasting();
      return owner.realtime.connect();
  }
}
