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

const NAME = 'npm start';
const INITIAL_BALANCE = 10_000;

/** Makes a PAPER bot in place of that of the last start, and starts it on a runner. Returns the id of its run. */
export async function startBot(
  client: TradebaseClient,
  { symbol, timeframe, strategy, feeBps }: DemoBot,
  sessionId: string,
): Promise<string> {
  const { error } = await client.from('bots').delete().eq('name', NAME).eq('status', 'stopped');
  if (error) throw error;
  const bot = await postToApi(client, 'bots', z.object({ id: z.guid() }), {
    name: NAME,
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
  return run_id;
}

/** Watches a run to its end, as any frontend does. */
export async function watchToEnd(
  client: TradebaseClient,
  runId: string,
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
  try {
    await watch.ready;
    return await ended.promise;
  } finally {
    await watch.stop();
  }
}

const money = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'always',
});

/** How far a run has come, in one line. */
export function describeRun({ run, positions, logs }: RunState): string {
  const held = [...positions.values()].filter(({ status }) => status === 'open');
  const holds = held.map(({ direction, open_quantity, symbol }) => `${direction} ${open_quantity} ${symbol}`);
  const latest = logs.at(-1)?.message;
  return [
    run.last_bar_at?.slice(0, 16).replace('T', ' ') ?? 'starting',
    `P&L ${money.format(run.total_pnl)}`,
    `${run.trade_count} trades`,
    holds.join(', ') || 'flat',
    ...(latest === undefined ? [] : [latest]),
  ].join('  ');
}
