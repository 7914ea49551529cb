import type { RunState, TradebaseClient } from '@tradebase/client';
import { BotControl, type Timeframe } from '@tradebase/contracts';
import { z } from 'zod';
import { postToApi, RequestFailedError } from './post-to-api.ts';

/** What the bot of the demonstration trades. */
export interface DemoBot {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly strategy: { readonly name: string; readonly params: Record<string, number | string> };
  readonly feeBps: number;
}

export interface FinishedRun {
  readonly id: string;
  readonly total_pnl: number;
  readonly trade_count: number;
}

interface StartedBot {
  readonly botId: string;
  readonly runId: string;
}

/** What names begin with; the rest is the time, because a bot whose demonstration was broken off may still be trading. */
const NAME = 'npm start';
export const INITIAL_BALANCE = 10_000;

/** Makes a PAPER bot in place of those of earlier starts, and starts it on a runner. */
export async function startBot(
  client: TradebaseClient,
  { symbol, timeframe, strategy, feeBps }: DemoBot,
  sessionId: string,
): Promise<StartedBot> {
  const { error } = await client.from('bots').delete().like('name', `${NAME} %`).eq('status', 'stopped');
  if (error) throw error;
  const bot = await postToApi(client, 'bots', z.object({ id: z.guid() }), {
    name: `${NAME} ${new Date().toISOString()}`,
    symbols: [symbol],
    timeframe,
    strategy_type: strategy.name,
    parameters: strategy.params,
    initial_balance: INITIAL_BALANCE,
    settings: { fees: { type: 'bps', maker_bps: feeBps, taker_bps: feeBps } },
    // Should this process be killed, the next start takes the run up where it was.
    offline_policy: 'resume',
  });
  const { run_id } = await postToApi(client, `bots/${bot.id}/start`, BotControl, { runner_session_id: sessionId });
  if (run_id === null) throw new RequestFailedError('internal_error', 'the bot was started and has no run');
  return { botId: bot.id, runId: run_id };
}

/** Watches a bot's run to its end, as any frontend does. @throws RequestFailedError where it does not end well */
export async function watchToEnd(
  client: TradebaseClient,
  { botId, runId }: StartedBot,
  onChange: (state: RunState) => void,
): Promise<FinishedRun> {
  const ended = Promise.withResolvers<FinishedRun>();
  const watch = client.runs.watch(runId, {
    onChange: (state) => {
      onChange(state);
      const { id, status, total_pnl, trade_count, error } = state.run;
      if (status === 'completed') ended.resolve({ id, total_pnl, trade_count });
      else if (status !== 'running') ended.reject(new RequestFailedError(`run_${status}`, error ?? 'see its log'));
    },
  });
  // Of a bot that fails while it holds something the run goes on: it waits for its owner.
  const owner = client.user.watch({
    onChange: ({ bots }) => {
      const { status, error } = bots.get(botId) ?? {};
      if (status === 'error') ended.reject(new RequestFailedError('bot_error', error ?? 'see the log of its run'));
    },
  });
  try {
    await Promise.all([watch.ready, owner.ready]);
    return await ended.promise;
  } finally {
    await Promise.all([watch.stop(), owner.stop()]);
  }
}
