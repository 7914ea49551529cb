import {
  barEndMs,
  type OrderIntent,
  type RunConfig,
  type RunHolding,
  type RunnerLease,
  timeframeLengthMs,
} from '@tradebase/contracts';
import {
  type BarOutcome,
  EngineError,
  type OrderNews,
  type SessionBar,
  type SessionOrder,
  type SessionPosition,
  startTradingSession,
  type TradingSession,
} from '@tradebase/engine';
import type { z } from 'zod';
import type { CandleFeed } from '../feeds/candle-feed.ts';
import type { Clock } from '../sdk/clock.ts';
import type { Run } from '../sdk/run.ts';
import { RunnerError } from '../sdk/runner-error.ts';
import type { Server } from '../sdk/server.ts';
import { Boundary } from './boundary.ts';
import { acceptedItems, closeItems, executionItems, type Item, intentOf, signalOf } from './describe-outcome.ts';
import type { Log } from './log.ts';
import { DECISION_EVENT, type Decision, isOpenStatus, type RunLedger, readRunLedger } from './run-ledger.ts';
import { type Assignment, assignmentOf } from './strategy-of.ts';
import { untilBotTrades } from './until-bot-trades.ts';

export interface PaperRunParts {
  readonly run: Run;
  readonly server: Server;
  readonly feed: CandleFeed;
  readonly clock: Clock;
  readonly log: Log;
  /** What becomes of positions when the feed ends. */
  readonly atEnd: 'close' | 'hold';
  /** Bars before the first one that indicators see. */
  readonly warmUpBars: number;
}

/** Bars that are asked for to find those of the warm-up: markets have nights and weekends. */
const WARM_UP_SPAN = 4;

/**
 * One run that is traded on paper: a session of the engine, pushed the bars of a feed. What it does is a function of the run's
 * configuration, the bars, and the decisions in the ledger; so after a crash it is reckoned again from the run's beginning,
 * and says only what the ledger does not have yet.
 */
export class PaperRun {
  readonly run: Run;
  readonly #parts: PaperRunParts;
  readonly #config: RunConfig;
  readonly #assignment: Assignment;
  /** Time of what happens before the first bar. */
  #start_ms: number;
  readonly #boundary = new Boundary();
  #session: TradingSession | undefined;
  #bars: AsyncIterator<readonly SessionBar[]> | undefined;
  /** Known to the ledger while the run is reckoned again; then there is nothing to leave out any more. */
  #ledger: RunLedger | undefined;
  #outcome: BarOutcome | undefined;
  /** Orders of the latest bar that open, until the gate has decided. */
  #openings: SessionOrder[] = [];
  /** Orders that work, as the ledger has them. */
  readonly #working = new Map<string, SessionOrder>();
  #marked = new Map<string, SessionPosition>();
  readonly #lastBars = new Map<string, SessionBar>();
  #decisions = 0;
  /** Fills and orders of the session so far. */
  #seenFills = 0;
  #seenOrders = 0;
  /** Whether the latest bar was reported to its end. */
  #isSettled = true;
  #hasClosed = false;
  #hold = new AbortController();
  #isLooping = false;

  /** @throws RunnerError where this program cannot execute the bot */
  constructor(parts: PaperRunParts, { config, started_at }: Pick<RunnerLease, 'config' | 'started_at'>) {
    this.#parts = parts;
    this.run = parts.run;
    this.#config = config;
    this.#assignment = assignmentOf(config);
    this.#start_ms = Date.parse(started_at);
  }

  /** Reckons the run up to where the ledger has it, or, where it is executed already, holds it at the next boundary. */
  async attach(): Promise<RunHolding> {
    this.#boundary.pause();
    if (this.#session === undefined) await this.#rebuild();
    await this.#boundary.reached();
    return this.#holding();
  }

  /** Trades on, as soon as its bot does: after a reconciliation that found no difference. */
  proceed(): void {
    this.#hold = new AbortController();
    const { server, clock } = this.#parts;
    untilBotTrades(server, clock, this.run)
      .then(() => this.#boundary.resume())
      .catch((error: unknown) => this.#fail(error));
    if (this.#isLooping) return;
    this.#isLooping = true;
    this.#loop().catch((error: unknown) => this.#fail(error));
  }

  /** Touches nothing until `proceed` or `stop`. */
  hold(reason: string): void {
    this.#hold.abort(new RunnerError('not_reconciled', reason));
    this.#boundary.pause();
  }

  setPaused(isPaused: boolean): Promise<void> {
    return this.#boundary.run(async () => {
      if (this.#theSession.is_paused === isPaused) return;
      await this.#decide(isPaused ? 'pause' : 'resume', '');
      await this.#tell(this.#theSession.setPaused(isPaused));
    });
  }

  /** Cancels what works and opens nothing more; positions are kept. */
  cancelAll(reason: string): Promise<void> {
    return this.#boundary.run(async () => {
      await this.#decide('cancel_all', reason);
      await this.#tell(this.#theSession.setPaused(true));
      await this.#tell(this.#theSession.cancelAll());
    });
  }

  /** Closes everything at the last prices, and ends the run. Resolves when the database has all of it. */
  stop(reason: string): Promise<void> {
    this.#hold.abort(new RunnerError('run_stopped', reason));
    return this.#boundary.run(async () => {
      await this.#closeAll(reason);
      await this.#end('stopped');
    });
  }

  /** Whether a configuration can be taken up without starting anew: the database applies risk and schedule by itself. */
  accepts(config: RunConfig): boolean {
    const essence = ({
      mode,
      strategy,
      strategy_type,
      parameters,
      symbols,
      timeframe,
      settings,
      initial_balance,
    }: RunConfig) =>
      JSON.stringify([mode, strategy, strategy_type, parameters, symbols, timeframe, settings, initial_balance]);
    return essence(config) === essence(this.#config);
  }

  get #theSession(): TradingSession {
    if (this.#session === undefined) throw new RunnerError('not_held', 'the run was not taken up yet');
    return this.#session;
  }

  get #theBars(): AsyncIterator<readonly SessionBar[]> {
    if (this.#bars === undefined) throw new RunnerError('not_held', 'the run was not taken up yet');
    return this.#bars;
  }

  get #at_ms(): number {
    return this.#outcome?.available_at ?? this.#start_ms;
  }

  readonly #name = (id: string): string => `${this.run.runId.slice(0, 8)}-${id}`;

  async #rebuild(): Promise<void> {
    const { run, server, feed } = this.#parts;
    await run.flush();
    const ledger = await readRunLedger(server, run);
    this.#ledger = ledger;
    this.#decisions = ledger.decisions.length;
    const start = ledger.decisions.find(({ decision }) => decision === 'start');
    const from_ms = start?.from === undefined ? feed.startOf(this.#start_ms) : Date.parse(start.from);
    this.#start_ms = from_ms;
    const warmUpBars = start?.warm_up_bars ?? this.#parts.warmUpBars;
    this.#session = await this.#startSession(from_ms, warmUpBars);
    if (!start)
      await this.#decide('start', feed.name, { from: new Date(from_ms).toISOString(), warm_up_bars: warmUpBars });
    const { timeframe } = this.#assignment;
    const request = {
      symbols: this.#config.symbols,
      timeframe,
      from_ms,
      seen_until_ms: ledger.last_bar_at_ms,
      signal: run.signal,
    };
    this.#bars = feed.bars(request)[Symbol.asyncIterator]();
    await this.#repeatDecisions(ledger, null);
    while (!this.#hasClosed && (this.#seen_ms < ledger.last_bar_at_ms || this.#isBehind(ledger))) {
      const next = await this.#theBars.next();
      if (next.done) {
        throw new RunnerError(
          'no_candles',
          `the feed ${feed.name} ends before ${new Date(ledger.last_bar_at_ms).toISOString()}, where the run was`,
        );
      }
      await this.#step(next.value);
      // This one was not reported to its end: the gate is asked again, once runner and ledger agree.
      if (this.#seen_ms > ledger.last_bar_at_ms) break;
      this.#repeatOpenings(ledger);
      await this.#repeatDecisions(ledger, this.#seen_ms);
    }
    this.#ledger = undefined;
  }

  /** Whether the ledger knows of what the session has not come to: of a bar that was not reported to its end. */
  #isBehind({ orders, fills }: RunLedger): boolean {
    const numbers = [...orders.keys()].map((name) => Number(name.slice(name.lastIndexOf('-') + 1)));
    return (
      this.#seenFills < fills.size ||
      numbers.some((number) => number > this.#seenOrders) ||
      [...this.#working.keys()].some((id) => !isOpenStatus(orders.get(this.#name(id))?.status))
    );
  }

  get #seen_ms(): number {
    return this.#outcome?.available_at ?? -Infinity;
  }

  async #startSession(from_ms: number, warmUpBars: number): Promise<TradingSession> {
    const { timeframe, strategy, initial_cash, settings } = this.#assignment;
    const { symbols } = this.#config;
    const span_ms = warmUpBars * WARM_UP_SPAN * timeframeLengthMs(timeframe);
    const instruments = await Promise.all(
      symbols.map(async (symbol) => {
        if (warmUpBars === 0) return { symbol, timeframe };
        const bars = await this.#parts.feed.history(symbol, timeframe, from_ms - span_ms, from_ms);
        return { symbol, timeframe, warm_up: columnsOf(bars.slice(-warmUpBars)) };
      }),
    );
    return startTradingSession({ strategy, instruments, initial_cash, settings });
  }

  async #loop(): Promise<void> {
    await this.#boundary.enter();
    try {
      await this.#boundary.until(Promise.resolve(), this.run.signal);
      if (!this.#isSettled) await this.#settle();
      for (;;) {
        const next = this.#theBars.next();
        // What is waited for may fail while a command is carried out.
        next.catch(() => {});
        const { value, done } = await this.#boundary.until(next, this.run.signal);
        if (done) break;
        await this.#step(value);
        await this.#settle();
      }
      await this.#atEndOfFeed();
    } finally {
      this.#boundary.leave();
    }
  }

  /** Pushes the bars of one time, and reports what they did. */
  async #step(bars: readonly SessionBar[]): Promise<void> {
    for (const bar of bars) this.#lastBars.set(bar.symbol, bar);
    const outcome = this.#theSession.push(bars);
    this.#outcome = outcome;
    this.#isSettled = false;
    await this.#tell(outcome);
    this.#openings = outcome.new_orders.filter(({ status, reduce_only }) => status === 'working' && !reduce_only);
  }

  /** Reports what a bar or a decision did to orders. */
  async #tell(news: OrderNews & Partial<Pick<BarOutcome, 'fills'>>): Promise<void> {
    const items = executionItems(
      news,
      this.#name,
      (id) => this.#working.get(id)?.is_sized_at_fill ?? false,
      this.#at_ms,
    );
    this.#seenFills += news.fills?.length ?? 0;
    this.#seenOrders = Math.max(this.#seenOrders, ...news.new_orders.map(({ id }) => Number(id)));
    for (const order of news.new_orders)
      if (order.status === 'working' && order.reduce_only) this.#working.set(order.id, order);
    for (const { id, status, quantity } of news.order_changes) {
      const order = this.#working.get(id);
      if (status !== 'working') this.#working.delete(id);
      // Its first fill has settled it.
      else if (order) this.#working.set(id, { ...order, quantity, is_sized_at_fill: false });
    }
    await this.#report(items);
  }

  /** Asks the gate for what the latest bar wants to open, then reports the bar as done. */
  async #settle(): Promise<void> {
    const outcome = this.#outcome;
    if (!outcome) return;
    const items: Item[] = [];
    const wanted = this.#openings.filter(({ quantity }) => quantity > 0);
    const refusals = await this.#ask(wanted);
    for (const order of this.#openings) {
      const refusal = refusals.get(order.id) ?? (order.quantity > 0 ? undefined : 'nothing to trade');
      if (refusal !== undefined) this.#refuse(order, refusal, items);
      else {
        this.#working.set(order.id, order);
        items.push(
          ...acceptedItems(order, this.#name, outcome.available_at),
          signalOf(order, this.#name, this.#assignment.timeframe, outcome.available_at),
        );
      }
    }
    this.#openings = [];
    items.push(...closeItems(outcome, this.#marked));
    this.#isSettled = true;
    this.#marked = new Map(outcome.positions.map((position) => [position.symbol, position]));
    await this.#report(items);
  }

  #refuse(order: SessionOrder, refusal: string, items: Item[]): void {
    const news = this.#theSession.reject(order.id, refusal.slice(0, 200));
    const at = new Date(this.#at_ms).toISOString();
    items.push({
      kind: 'log',
      level: 'WARN',
      message: `No order to ${order.side} ${order.symbol}: ${refusal}`.slice(0, 4000),
      at,
    });
    items.push(
      ...executionItems(
        { ...news, order_changes: news.order_changes.filter(({ id }) => id !== order.id) },
        this.#name,
        () => false,
        this.#at_ms,
      ),
    );
  }

  /** Why orders were refused, by their ids; those that are not in it were let through. */
  async #ask(orders: readonly SessionOrder[]): Promise<Map<string, string>> {
    const refusals = new Map<string, string>();
    if (orders.length === 0) return refusals;
    const intents: z.input<typeof OrderIntent>[] = orders.map((order) => intentOf(order, this.#name, this.#at_ms));
    try {
      const decisions = await this.#boundary.during(() => this.run.submit(intents, this.#hold.signal));
      for (const [n, decision] of decisions.entries()) {
        const order = orders[n];
        if (order && !decision.accepted) refusals.set(order.id, decision.message ?? decision.code ?? 'refused');
      }
    } catch (error) {
      if (!this.#hold.signal.aborted || this.run.signal.aborted) throw error;
      for (const { id } of orders) refusals.set(id, 'the run is being held or stopped');
    }
    return refusals;
  }

  /** While the run is reckoned again: what the gate decided then. */
  #repeatOpenings({ orders }: RunLedger): void {
    for (const order of this.#openings) {
      const known = orders.get(this.#name(order.id));
      // What was never asked for was given up: the run was held, or there was nothing to trade.
      if (known === undefined || known.status === 'rejected') this.#theSession.reject(order.id, 'refused');
      else this.#working.set(order.id, order);
    }
    this.#openings = [];
    this.#isSettled = true;
    if (this.#outcome) this.#marked = new Map(this.#outcome.positions.map((position) => [position.symbol, position]));
  }

  async #repeatDecisions({ decisions }: RunLedger, after_ms: number | null): Promise<void> {
    for (const { decision, bar_at } of decisions) {
      if ((bar_at === null ? null : Date.parse(bar_at)) !== after_ms) continue;
      if (decision === 'pause' || decision === 'resume')
        await this.#tell(this.#theSession.setPaused(decision === 'pause'));
      if (decision === 'cancel_all') {
        await this.#tell(this.#theSession.setPaused(true));
        await this.#tell(this.#theSession.cancelAll());
      }
      if (decision === 'close_all') await this.#pushClosingBar('stop');
    }
  }

  /** Notes a decision, first of all: whoever takes the run over takes it at the same bar. */
  async #decide(decision: Decision['decision'], reason: string, more: Partial<Decision> = {}): Promise<void> {
    this.#decisions += 1;
    const bar_at = this.#outcome ? new Date(this.#at_ms).toISOString() : null;
    const metadata = { decision, bar_at, place: this.#decisions, reason: reason.slice(0, 500), ...more };
    const message = `${decision.replaceAll('_', ' ')}${reason === '' ? '' : `: ${reason}`}`.slice(0, 4000);
    const at = new Date(this.#at_ms).toISOString();
    await this.run.report(
      { kind: 'event', type: DECISION_EVENT, message, metadata, at },
      { kind: 'log', level: 'INFO', message, at },
    );
  }

  async #closeAll(reason: string): Promise<void> {
    if (this.#hasClosed) return;
    const isFlat = this.#outcome === undefined || (this.#outcome.positions.length === 0 && this.#working.size === 0);
    if (isFlat) return;
    await this.#decide('close_all', reason);
    await this.#pushClosingBar(reason);
  }

  /** Orders everything closed, and lets that fill at the last prices, by a bar in which nothing moves. */
  async #pushClosingBar(reason: string): Promise<void> {
    this.#hasClosed = true;
    const session = this.#theSession;
    await this.#tell(session.setPaused(true));
    await this.#tell(session.closeAll(reason.slice(0, 100)));
    const { timeframe } = this.#assignment;
    const ts = Math.max(...[...this.#lastBars.values()].map((bar) => barEndMs(bar.ts, timeframe)));
    const bars = [...this.#lastBars.values()].map(({ symbol, close, volume }) => {
      return { symbol, ts, open: close, high: close, low: close, close, volume };
    });
    const outcome = session.push(bars);
    this.#outcome = outcome;
    await this.#tell(outcome);
    const at = new Date(outcome.available_at).toISOString();
    await this.#report([{ kind: 'balance', balance: outcome.cash, at }]);
  }

  /** Reports the end of the run, once the ledger holds nothing; what it holds and the session does not is closed too. */
  async #end(status: 'completed' | 'stopped'): Promise<void> {
    await this.#tell(this.#theSession.cancelAll());
    await this.run.flush();
    await this.#closeRest();
    await this.run.flush();
    const { positions } = await readRunLedger(this.#parts.server, this.run);
    if (positions.length > 0) {
      const what = positions.map(({ symbol, quantity }) => `${quantity} ${symbol}`).join(', ');
      throw new RunnerError('bot_has_open_positions', `the run cannot end: the ledger still holds ${what}`);
    }
    await this.run.report({ kind: 'run_ended', status, at: new Date(this.#at_ms).toISOString() });
    await this.run.flush();
    await this.run.end(
      new RunnerError('run_stopped', `the run has ${status === 'completed' ? 'come to its end' : 'stopped'}`),
      { keepSpool: false },
    );
  }

  /** Where the ledger differs from the session, it is the ledger that must be flat. */
  async #closeRest(): Promise<void> {
    const { positions, orders } = await readRunLedger(this.#parts.server, this.run);
    const at = new Date(this.#at_ms).toISOString();
    const items: Item[] = [...orders]
      .filter(([, { status }]) => isOpenStatus(status))
      .map(([client_order_id]) => ({ kind: 'order', client_order_id, status: 'cancelled', at }));
    for (const { symbol, quantity } of positions) {
      const price = this.#lastBars.get(symbol)?.close;
      if (price === undefined) continue;
      const client_order_id = this.#name(`close-${symbol}`);
      const side = quantity > 0 ? 'sell' : 'buy';
      const terms = { symbol, side, type: 'market', quantity: Math.abs(quantity), reason: 'stop' } as const;
      items.push({ kind: 'order', client_order_id, status: 'submitted', terms, at });
      items.push({
        kind: 'fill',
        client_order_id,
        external_id: client_order_id,
        symbol,
        side,
        quantity: Math.abs(quantity),
        price,
        reason: 'stop',
        at,
      });
    }
    if (items.length > 0) await this.run.report(...items);
  }

  async #atEndOfFeed(): Promise<void> {
    const { atEnd, feed, log } = this.#parts;
    const holds = (this.#outcome?.positions.length ?? 0) > 0;
    log(
      'info',
      `${this.#config.name}: the feed ${feed.name} has come to its end${holds && atEnd === 'hold' ? ', and the positions are held: stop the bot to close them' : ''}`,
    );
    if (holds && atEnd === 'hold') return;
    if (holds) await this.#closeAll('end of data');
    await this.#end('completed');
  }

  /** What of these the ledger does not have. */
  async #report(items: readonly Item[]): Promise<void> {
    const ledger = this.#ledger;
    if (ledger === undefined) {
      if (items.length > 0) await this.run.report(...items);
      return;
    }
    if (this.#at_ms <= ledger.last_bar_at_ms && !this.#hasClosed) return;
    const unknown = items.filter((item) => {
      if (item.kind === 'fill') return !ledger.fills.has(item.external_id);
      if (item.kind !== 'order') return false;
      const status = ledger.orders.get(item.client_order_id)?.status;
      return status === undefined || isOpenStatus(status);
    });
    if (unknown.length > 0) await this.run.report(...unknown);
  }

  async #holding(): Promise<RunHolding> {
    // Orders that the gate may have let through, though nobody heard of it here.
    const taken = this.#openings.length === 0 ? undefined : await readRunLedger(this.#parts.server, this.run);
    const isTaken = (name: string) => isOpenStatus(taken?.orders.get(name)?.status);
    const positions = (this.#outcome?.positions ?? []).map(({ symbol, quantity }) => ({ symbol, quantity }));
    const pending = this.#openings.map(({ id }) => this.#name(id));
    const open_orders = [...[...this.#working.keys()].map(this.#name), ...pending.filter(isTaken)];
    return { positions, open_orders };
  }

  #fail(error: unknown): void {
    if (this.run.signal.aborted) return;
    const code = error instanceof EngineError || error instanceof RunnerError ? error.code : 'internal_error';
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log('error', `${this.#config.name}: ${message}`, { code, run_id: this.run.runId });
    const at = new Date(this.#at_ms).toISOString();
    this.run.report({ kind: 'error', code, message: message.slice(0, 4000), is_fatal: true, at }).catch(() => {});
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
