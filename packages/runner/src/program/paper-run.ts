import type { RunConfig, RunHolding, RunnerLease } from '@tradebase/contracts';
import { EngineError } from '@tradebase/engine';
import type { CandleFeed, FeedBars } from '../feeds/candle-feed.ts';
import type { Clock } from '../sdk/clock.ts';
import type { Run } from '../sdk/run.ts';
import { RunnerError } from '../sdk/runner-error.ts';
import type { Server } from '../sdk/server.ts';
import { untilBotTrades } from '../sdk/until-bot-trades.ts';
import { askGate } from './ask-gate.ts';
import { Boundary } from './boundary.ts';
import { closeLedger, isNameOfSession } from './close-ledger.ts';
import { iso, logItem, type Moment } from './ledger-items.ts';
import type { Log } from './log.ts';
import { PaperSession } from './paper-session.ts';
import { repeatRun, startSession } from './rebuild-run.ts';
import { RunCommentary } from './run-commentary.ts';
import { DECISION_EVENT, type Decision, isOpenStatus, readRunLedger } from './run-ledger.ts';
import { RunReporter } from './run-reporter.ts';
import { type Assignment, assignmentOf } from './strategy-of.ts';

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

/** A run that was taken up. */
interface Trading {
  readonly session: PaperSession;
  readonly bars: AsyncIterator<FeedBars>;
}

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
  readonly #started_ms: number;
  /** Time of the market before the first bar. */
  #start_ms: number;
  readonly #boundary = new Boundary();
  readonly #reporter: RunReporter;
  readonly #commentary: RunCommentary;
  #trading: Trading | undefined;
  #decisions = 0;
  #hold = new AbortController();
  #isLooping = false;
  #hasFailed = false;

  /** @throws RunnerError where this program cannot execute the bot */
  constructor(parts: PaperRunParts, { config, started_at }: Pick<RunnerLease, 'config' | 'started_at'>) {
    this.#parts = parts;
    this.run = parts.run;
    this.#config = config;
    this.#assignment = assignmentOf(config);
    this.#started_ms = Date.parse(started_at);
    this.#start_ms = this.#started_ms;
    const { run, clock, log } = parts;
    this.#commentary = new RunCommentary({ name: config.name, runId: run.runId, clock, log });
    this.#reporter = new RunReporter(run, (items) => this.#commentary.tell(items));
  }

  /** Reckons the run up to where the ledger has it, or, where it is executed already, holds it at the next boundary. */
  async attach(): Promise<RunHolding> {
    this.#boundary.pause();
    if (this.#trading === undefined) await this.#rebuild();
    await this.#boundary.reached();
    const { session } = this.#theTrading;
    // Orders that the gate may have let through, though nobody heard of it here.
    const asked = session.pendingNames;
    if (asked.length === 0) return session.holding(new Set());
    const { orders } = await readRunLedger(this.#parts.server, this.run);
    return session.holding(new Set(asked.filter((name) => isOpenStatus(orders.get(name)?.status))));
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

  /** Touches nothing until `proceed` or `stop`; what the gate was to be asked waits as well. */
  hold(): void {
    this.#boundary.pause();
  }

  async setPaused(isPaused: boolean): Promise<void> {
    const { session } = this.#theTrading;
    // Commands come one at a time. Where there is nothing to do, the loop is not waited for: it may be waiting for the end of this one.
    if (session.isPaused === isPaused) return;
    await this.#boundary.run(async () => {
      await this.#decide(isPaused ? 'pause' : 'resume', '');
      await session.setPaused(isPaused);
    });
  }

  /** Cancels what works and opens nothing more; positions are kept. */
  cancelAll(reason: string): Promise<void> {
    this.#hold.abort(new RunnerError('not_reconciled', reason));
    return this.#boundary.run(async () => {
      this.#hold = new AbortController();
      const { session } = this.#theTrading;
      await this.#decide('cancel_all', reason);
      await session.setPaused(true);
      await session.cancelAll();
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

  /** Of the bot, as its owner calls it. */
  get name(): string {
    return this.#config.name;
  }

  /** Whether it trades no more: what it has reckoned may end in the middle of a bar, and is to be reckoned again. */
  get hasFailed(): boolean {
    return this.#hasFailed;
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

  get #theTrading(): Trading {
    if (this.#trading === undefined) throw new RunnerError('not_held', 'the run was not taken up yet');
    return this.#trading;
  }

  get #now(): Moment {
    return this.#trading?.session.now ?? { market_ms: this.#start_ms, wall_ms: this.#parts.server.now() };
  }

  readonly #name = (id: string): string => `${this.run.runId.slice(0, 8)}-${id}`;

  async #rebuild(): Promise<void> {
    const { run, server, feed } = this.#parts;
    await run.flush();
    const ledger = await readRunLedger(server, run);
    this.#decisions = ledger.decisions.length;
    const start = ledger.decisions.find(({ decision }) => decision === 'start');
    const from_ms = start?.from === undefined ? feed.startOf(this.#started_ms) : Date.parse(start.from);
    this.#start_ms = from_ms;
    const warmUpBars = start?.warm_up_bars ?? this.#parts.warmUpBars;
    const { timeframe } = this.#assignment;
    const session = new PaperSession({
      session: await startSession(feed, this.#config, this.#assignment, { from_ms, warmUpBars }),
      reporter: this.#reporter,
      name: this.#name,
      timeframe,
      start_ms: from_ms,
      now: () => server.now(),
    });
    if (!start) await this.#decide('start', feed.name, { from: iso(from_ms), warm_up_bars: warmUpBars });
    const { symbols } = this.#config;
    const seen_until_ms = ledger.last_bar_at_ms;
    const bars = feed.bars({ symbols, timeframe, from_ms, seen_until_ms, signal: run.signal })[Symbol.asyncIterator]();
    this.#reporter.leaveOut(ledger);
    await repeatRun(session, bars, ledger, (name) => isNameOfSession(name, this.#name));
    this.#reporter.leaveOut(undefined);
    this.#trading = { session, bars };
  }

  async #loop(): Promise<void> {
    const { session, bars } = this.#theTrading;
    await this.#boundary.enter();
    try {
      await this.#boundary.until(Promise.resolve(), this.run.signal);
      if (!session.isSettled) await this.#settle(session);
      for (;;) {
        const next = bars.next();
        // What is waited for may fail while a command is carried out.
        next.catch(() => {});
        const { value, done } = await this.#boundary.until(next, this.run.signal);
        if (done) break;
        await session.push(value.bars, value.next_ts);
        await this.#settle(session);
        this.#commentary.place(session);
      }
      await this.#atEndOfFeed(session);
    } finally {
      this.#boundary.leave();
    }
  }

  #settle(session: PaperSession): Promise<void> {
    return session.settle((openings) => {
      return this.#boundary.during(() => askGate(this.run, openings, this.#hold.signal));
    });
  }

  /** Notes a decision, first of all: whoever takes the run over takes it at the same bar. */
  async #decide(decision: Decision['decision'], reason: string, more: Partial<Decision> = {}): Promise<void> {
    this.#decisions += 1;
    const seen_ms = this.#trading?.session.seen_ms ?? -Infinity;
    const bar_at = seen_ms === -Infinity ? null : iso(seen_ms);
    const metadata = { decision, bar_at, place: this.#decisions, reason: reason.slice(0, 500), ...more };
    const message = `${decision.replaceAll('_', ' ')}${reason === '' ? '' : `: ${reason}`}`.slice(0, 4000);
    const now = this.#now;
    await this.run.report(
      { kind: 'event', type: DECISION_EVENT, message, metadata, at: iso(now.wall_ms) },
      logItem('INFO', message, now),
    );
  }

  async #closeAll(reason: string): Promise<void> {
    const { session } = this.#theTrading;
    if (session.hasClosed || session.isFlat) return;
    await this.#decide('close_all', reason);
    await session.closeAll(reason);
  }

  /** Reports the end of the run, once the ledger holds nothing. */
  async #end(status: 'completed' | 'stopped'): Promise<void> {
    const { session } = this.#theTrading;
    await session.cancelAll();
    await closeLedger(this.#parts.server, this.run, session, this.#name);
    await this.run.report({ kind: 'run_ended', status, at: iso(session.at_ms) });
    await this.run.flush();
    await this.run.end(
      new RunnerError('run_stopped', `the run has ${status === 'completed' ? 'come to its end' : 'stopped'}`),
      { keepSpool: false },
    );
  }

  async #atEndOfFeed(session: PaperSession): Promise<void> {
    const { atEnd, feed, log } = this.#parts;
    const holds = session.positions.length > 0;
    log(
      'info',
      `${this.#config.name}: the feed ${feed.name} has come to its end${holds && atEnd === 'hold' ? ', and the positions are held: stop the bot to close them' : ''}`,
    );
    if (holds && atEnd === 'hold') return;
    if (holds) await this.#closeAll('end of data');
    await this.#end('completed');
  }

  #fail(error: unknown): void {
    if (this.run.signal.aborted) return;
    this.#hasFailed = true;
    const code = error instanceof EngineError || error instanceof RunnerError ? error.code : 'internal_error';
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log('error', `${this.#config.name}: ${message}`, { code, run_id: this.run.runId });
    const at = iso(this.#parts.server.now());
    this.run.report({ kind: 'error', code, message: message.slice(0, 4000), is_fatal: true, at }).catch(() => {});
  }
}
