import type { TradebaseClient } from '@tradebase/client';
import type { BacktestSettingsInput, StrategySpec } from '@tradebase/contracts';
import type { DayOfCandles } from './made-up-day.ts';
import { until } from './until.ts';

export interface ChaosBot {
  readonly botId: string;
  readonly runId: string;
  readonly day: DayOfCandles;
  readonly strategy: StrategySpec;
  /** Whether it is paused at random: then it does not trade what a backtest does. */
  readonly isPaused: boolean;
}

export const INITIAL_BALANCE = 10_000;
export const SETTINGS: BacktestSettingsInput & { fees: object } = { fees: { type: 'bps', maker_bps: 5, taker_bps: 5 } };

const STRATEGIES: readonly StrategySpec[] = [
  { name: 'sma-cross', params: { fast: 4, slow: 12 } },
  { name: 'sma-cross', params: { fast: 7, slow: 21 } },
  { name: 'sma-cross', params: { fast: 5, slow: 15 } },
];
const MOST_WAIT_MS = 30_000;

/** Makes one bot a day, and starts each as soon as a runner is connected. The last one is there to be paused. */
export async function startBots(
  owner: TradebaseClient,
  days: readonly DayOfCandles[],
  seed: number,
): Promise<ChaosBot[]> {
  const bots: ChaosBot[] = [];
  for (const [n, day] of days.entries()) {
    const strategy = STRATEGIES[n % STRATEGIES.length] as StrategySpec;
    const { data, error } = await owner
      .from('bots')
      .insert({
        name: `chaos ${seed} ${n + 1}`,
        strategy_type: strategy.name,
        parameters: { ...strategy.params },
        symbols: [day.symbol],
        timeframe: '1m',
        initial_balance: INITIAL_BALANCE,
        settings: SETTINGS,
        offline_policy: 'resume',
      })
      .select('id')
      .single();
    if (error) throw error;
    bots.push({ botId: data.id, runId: '', day, strategy, isPaused: n === days.length - 1 });
  }
  return Promise.all(bots.map(async (bot) => ({ ...bot, runId: await start(owner, bot.botId) })));
}

async function start(owner: TradebaseClient, botId: string): Promise<string> {
  let runId = '';
  await until('a runner takes the bot', MOST_WAIT_MS, async () => {
    const { data, error } = await owner.rpc('start_bot', { p_bot_id: botId });
    if (error) throw new Error(`${error.code}: ${error.message}`);
    runId = String((data as { run_id: string }).run_id);
    return true;
  });
  return runId;
}
