import { type RunConfig, timeframeLengthMs } from '@tradebase/contracts';
import { type SessionBar, startTradingSession, type TradingSession } from '@tradebase/engine';
import type { CandleFeed, FeedBars } from '../feeds/candle-feed.ts';
import { RunnerError } from '../sdk/runner-error.ts';
import type { PaperSession } from './paper-session.ts';
import type { RunLedger } from './run-ledger.ts';
import type { Assignment } from './strategy-of.ts';

/** Bars that are asked for to find those of the warm-up: markets have nights and weekends. */
const WARM_UP_SPAN = 4;

/** A session of the engine for what is to be executed, its indicators warmed up with what the feed has of the past. */
export async function startSession(
  feed: CandleFeed,
  { symbols }: Pick<RunConfig, 'symbols'>,
  { timeframe, strategy, initial_cash, settings }: Assignment,
  { from_ms, warmUpBars }: { from_ms: number; warmUpBars: number },
): Promise<TradingSession> {
  const span_ms = warmUpBars * WARM_UP_SPAN * timeframeLengthMs(timeframe);
  const instruments = await Promise.all(
    symbols.map(async (symbol) => {
      if (warmUpBars === 0) return { symbol, timeframe };
      const bars = await feed.history(symbol, timeframe, from_ms - span_ms, from_ms);
      return { symbol, timeframe, warm_up: columnsOf(bars.slice(-warmUpBars)) };
    }),
  );
  return startTradingSession({ strategy, instruments, initial_cash, settings });
}

/**
 * Reckons a run again from its beginning, up to where the ledger has it: the same bars, with the decisions that were taken
 * then. Stops behind a bar that was not reported to its end: the gate is asked again, once runner and ledger agree.
 *
 * @throws RunnerError `no_candles` where the feed ends before
 */
export async function repeatRun(
  session: PaperSession,
  bars: AsyncIterator<FeedBars>,
  ledger: RunLedger,
  isOfSession: (name: string) => boolean,
): Promise<void> {
  await repeatDecisions(session, ledger, null);
  while (!session.hasClosed && (session.seen_ms < ledger.last_bar_at_ms || session.isBehind(ledger, isOfSession))) {
    const next = await bars.next();
    if (next.done) {
      throw new RunnerError(
        'no_candles',
        `the feed ends before ${new Date(ledger.last_bar_at_ms).toISOString()}, where the run was`,
      );
    }
    await session.push(next.value.bars, next.value.next_ts);
    if (session.seen_ms > ledger.last_bar_at_ms) return;
    session.repeatOpenings(ledger);
    await repeatDecisions(session, ledger, session.seen_ms);
  }
}

async function repeatDecisions(session: PaperSession, ledger: RunLedger, after_ms: number | null): Promise<void> {
  for (const { decision, bar_at, reason } of ledger.decisions) {
    if ((bar_at === null ? null : Date.parse(bar_at)) !== after_ms) continue;
    switch (decision) {
      case 'start':
        break;
      case 'pause':
      case 'resume':
        await session.setPaused(decision === 'pause');
        break;
      case 'cancel_all':
        await session.setPaused(true);
        await session.cancelAll();
        break;
      case 'close_all':
        await session.closeAll(reason);
        break;
    }
  }
}

function columnsOf(bars: readonly SessionBar[]) {
  const column = (value: (bar: SessionBar) => number) => Float64Array.from(bars, value);
  return {
    ts: column(({ ts }) => ts),
    open: column(({ open }) => open),
    high: column(({ high }) => high),
    low: column(({ low }) => low),
    close: column(({ close }) => close),
    volume: column(({ volume }) => volume),
  };
}
