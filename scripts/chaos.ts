// npm run chaos: kills and cuts everything at random moments while bots trade, and checks that nothing was lost or done twice.
import { shareTestServer } from '@tradebase/local-stack/testing';
import { runChaosRound } from './chaos/chaos-round.ts';
import { ChaosWorld } from './chaos/chaos-world.ts';
import { madeUpDay, storeDay } from './chaos/made-up-day.ts';
import { prepareWorld } from './chaos/prepare-world.ts';
import { parseCommandLine, UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';

const HELP = `Usage: npm run chaos [-- options]

Boots a stack of its own, and in each round lets three bots trade a day at speed on a runner behind a bad network, while
the runner, the worker, Realtime with the gateway, the functions, PostgREST and Postgres are killed with kill -9 at random
moments, the network is cut, requests are lost, doubled and held back, and a second runner comes with the same key. Then
everything is let run out, and checked: no command lost or done twice, no fill missing or doubled against the engine's own
backtest, no position left behind, and what a browser has built from the feed equal to the rows.

      --rounds N    how many rounds; 1 by default
      --seed N      seed of the first round; each further round has the next; by default one of chance
      --faults N    faults in a round; 12 by default
  -h, --help        print this

A line a round on standard error, one JSON line on standard output. Exit code: 0 all held, 1 not, 2 wrong usage.
`;

interface Command {
  readonly rounds: number;
  readonly seed: number;
  readonly faults: number;
}

const BARS = 720;
const BARS_PER_S = 90;
const SYMBOLS = ['CHAOSA', 'CHAOSB', 'CHAOSC'];

function readCommand(): Command | 'help' {
  const options = {
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string' },
    faults: { type: 'string', default: '12' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values } = parseCommandLine({ options });
  if (values.help) return 'help';
  const seed =
    values.seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0] : wholeNumber('seed', values.seed);
  return {
    rounds: wholeNumber('rounds', values.rounds),
    seed: seed ?? 1,
    faults: wholeNumber('faults', values.faults),
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new UsageError(`--${name} must be a whole number, at least 0`);
  }
  return number;
}

async function run({ rounds, seed, faults }: Command): Promise<number> {
  const log = (message: string) => process.stderr.write(`${message}\n`);
  const server = await shareTestServer();
  const total: Record<string, number> = {};
  let [failed, fills, commands] = [0, 0, 0];
  const world = await ChaosWorld.start();
  try {
    const days = SYMBOLS.map((symbol, n) => madeUpDay(symbol, n + 1, BARS));
    await world.withPostgres(async (postgres) => {
      await prepareWorld(postgres);
      for (const day of days) await storeDay(postgres, day);
    });
    for (let round = 0; round < rounds; round += 1) {
      const startedAt = performance.now();
      const options = { seed: seed + round, faults, bars_per_s: BARS_PER_S, days, log };
      const result = await runChaosRound(world, options).catch((error: unknown) => ({
        broken: [error instanceof Error ? error.message : String(error)],
        happened: {},
        fills: 0,
        commands: 0,
      }));
      for (const [what, count] of Object.entries(result.happened)) total[what] = (total[what] ?? 0) + count;
      fills += result.fills;
      commands += result.commands;
      if (result.broken.length > 0) failed += 1;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      log(
        `round ${round + 1} of ${rounds}, seed ${seed + round}: ${result.fills} fills, ${seconds} s${result.broken.map((line) => `\n  BROKEN ${line}`).join('')}`,
      );
    }
  } finally {
    await world.stop();
    await server.stop();
  }
  process.stdout.write(`${JSON.stringify({ rounds, failed, fills, commands, happened: total })}\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await runCommandLine(HELP, readCommand, run);
