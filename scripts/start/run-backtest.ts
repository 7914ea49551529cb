import { followTaskEvents, type NamedTaskEvent, type TradebaseClient } from '@tradebase/client';
import { Backtest, BacktestReport, BacktestSummary, BacktestTrade } from '@tradebase/contracts';
import { z } from 'zod';
import { postToApi, RequestFailedError } from './post-to-api.ts';

export interface FinishedBacktest {
  readonly summary: BacktestSummary;
  readonly trades: readonly BacktestTrade[];
  readonly equity: { readonly at: readonly string[]; readonly equity: readonly number[] };
  /** Null in results from before reports. */
  readonly report: BacktestReport | null;
}

/** Longest silence about a backtest before giving up. */
const SILENCE_LIMIT_MS = 120_000;
const PAGE_ROWS = 1000;

/**
 * Asks the `api` function for a backtest and follows it over Realtime to its end, with nothing but supabase-js: what any
 * frontend does. Throws RequestFailedError.
 */
export async function runBacktest(
  client: TradebaseClient,
  userId: string,
  request: Record<string, unknown>,
  onEvent: (event: NamedTaskEvent) => void,
): Promise<Backtest> {
  const ended = Promise.withResolvers<NamedTaskEvent>();
  let id: string | undefined;
  const early: NamedTaskEvent[] = [];
  let silence = setTimeout(() => {}, 0);
  const wait = () => {
    clearTimeout(silence);
    silence = setTimeout(
      () =>
        ended.reject(new RequestFailedError('no_news', `no event for ${SILENCE_LIMIT_MS / 1000} s: is a worker up?`)),
      SILENCE_LIMIT_MS,
    );
  };
  const handle = (named: NamedTaskEvent) => {
    if (named.event.id !== id) return;
    wait();
    onEvent(named);
    if (named.name === 'task_completed' || named.name === 'task_failed') ended.resolve(named);
  };
  // Events may arrive before the answer to the request that says which backtest they are about.
  const feed = followTaskEvents(client, userId, (named) => (id === undefined ? early.push(named) : handle(named)));
  try {
    await feed.live;
    wait();
    const backtest = await postToApi(client, 'backtests', Backtest, request);
    id = backtest.id;
    for (const named of early) handle(named);
    const { name, event } = await ended.promise;
    if (name === 'task_failed') {
      throw new RequestFailedError(event.error?.code ?? event.status, event.error?.message ?? 'it was cancelled');
    }
    return backtest;
  } finally {
    clearTimeout(silence);
    await feed.stop();
  }
}

/** Reads a finished backtest back through REST, under RLS. */
export async function readResult(client: TradebaseClient, backtest: Backtest): Promise<FinishedBacktest> {
  const { data: result, error } = await client
    .from('backtest_results')
    .select('summary, equity_at, equity, report')
    .eq('backtest_id', backtest.id)
    .single();
  if (error) throw error;
  return {
    summary: BacktestSummary.parse(result.summary),
    trades: await readTrades(client, backtest.id),
    equity: { at: result.equity_at, equity: result.equity },
    report: BacktestReport.nullable().parse(result.report),
  };
}

async function readTrades(client: TradebaseClient, backtestId: string): Promise<BacktestTrade[]> {
  const trades: BacktestTrade[] = [];
  for (;;) {
    const { data, error } = await client
      .from('backtest_trades')
      .select(
        'seq, side, entry_bar, exit_bar, entry_at, exit_at, entry_price, exit_price, quantity, fee, pnl, return_pct',
      )
      .eq('backtest_id', backtestId)
      .gt('seq', trades.length)
      .order('seq')
      .limit(PAGE_ROWS);
    if (error) throw error;
    trades.push(...z.array(BacktestTrade).parse(data));
    if (data.length < PAGE_ROWS) return trades;
  }
}
