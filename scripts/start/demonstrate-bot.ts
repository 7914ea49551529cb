import { join } from 'node:path';
import type { TradebaseClient } from '@tradebase/client';
import { readDemoKey } from './demo-key.ts';
import type { OpenStack } from './open-stack.ts';
import { type DemoBot, type FinishedRun, INITIAL_BALANCE, startBot, watchToEnd } from './run-bot.ts';
import { formatProfit, RunPanel } from './run-panel.ts';
import { startRunnerProcess } from './runner-process.ts';
import type { Steps } from './steps.ts';

export interface BotDemonstration extends DemoBot {
  /** Open times of the first and the last bar that it trades. */
  readonly from: string;
  readonly to: string;
  readonly bars: number;
  /** What the backtest has earned, for comparison. */
  readonly backtest_pnl: number;
}

interface Surroundings {
  readonly stack: OpenStack;
  readonly steps: Steps;
  /** Resolves when it is to be given up. */
  readonly interrupted: Promise<void>;
}

/** How fast the replay goes, and how long it takes at most, however long the market took. */
const BARS_PER_S = 100;
const LONGEST_REPLAY_S = 10;

/** What a trader would do next: connect a runner, start a PAPER bot on it, and watch it trade the candles again. */
export async function demonstrateBot(
  client: TradebaseClient,
  { from, to, bars, backtest_pnl, ...bot }: BotDemonstration,
  { stack: { apiUrl, keys, stateDir }, steps, interrupted }: Surroundings,
): Promise<FinishedRun | undefined> {
  steps.begin('runner');
  const [from_ms, to_ms] = [Date.parse(from), Date.parse(to) + 1];
  const replay_s = Math.min(bars / BARS_PER_S, LONGEST_REPLAY_S);
  const speed = Math.max(1, Math.round((to_ms - from_ms) / 1000 / replay_s));
  const replay = ['--from', from, '--to', new Date(to_ms).toISOString(), '--speed', String(speed)];
  const runner = await startRunnerProcess({
    url: apiUrl,
    publishableKey: keys.publishableKey,
    apiKey: await readDemoKey(client, stateDir),
    stateDir: join(stateDir, 'demo-runner'),
    logPath: join(stateDir, 'runner.log'),
    args: ['--name', 'npm start', '--feed', 'replay', ...replay, '--at-end', 'close'],
  });
  try {
    steps.end('connected with an API key');
    steps.begin('bot');
    const panel = new RunPanel({ from_ms, to_ms, initial_balance: INITIAL_BALANCE });
    const trading = startBot(client, bot, runner.sessionId).then((started) =>
      watchToEnd(client, started, (state) => steps.show((columns) => panel.draw(state, columns))),
    );
    const run = await Promise.race([trading, runner.failed, interrupted.then(() => undefined)]);
    if (run) {
      const profit = `${formatProfit(run.total_pnl)} in ${run.trade_count} trades`;
      steps.end(`on paper, watched over Realtime: ${profit}; the backtest ${formatProfit(backtest_pnl)}`);
    }
    return run;
  } finally {
    await runner.stop();
  }
}
