import { barEndMs, type RunHolding, type Timeframe } from '@tradebase/contracts';
import type { BarOutcome, SessionBar, SessionPosition, TradingSession } from '@tradebase/engine';
import type { Refusal } from './ask-gate.ts';
import { endedLegItems, legNames, optionOpeningOf } from './describe-options.ts';
import { closeItems, type ExecutionNews, executionItems, type KnownExits, openingOf } from './describe-outcome.ts';
import { type Item, logItem, type Moment, type NameOrder } from './ledger-items.ts';
import { namesOf, type Opening, type OrderSize } from './opening.ts';
import { ledgerSymbol } from './option-contract.ts';
import { isOpenStatus, type RunLedger } from './run-ledger.ts';
import type { RunReporter } from './run-reporter.ts';

export interface PaperSessionParts {
  readonly session: TradingSession;
  readonly reporter: RunReporter;
  readonly name: NameOrder;
  readonly timeframe: Timeframe;
  /** Time of the market before the first bar, in milliseconds since the Unix epoch. */
  readonly start_ms: number;
  /** The server's time. */
  readonly now: () => number;
}

/** An order that works, as the ledger has it: its name, or those of its legs. */
interface Working {
  readonly names: readonly string[];
  /** Null where it is of several legs. */
  readonly size: OrderSize | null;
}

/** Bars in which everything is closed at most: shares that an option delivers meanwhile take another one. */
const MOST_CLOSING_BARS = 5;

/** A session of the engine whose every move is reported: what it does at a bar, and what is decided between two bars. */
export class PaperSession {
  readonly #parts: PaperSessionParts;
  readonly #session: TradingSession;
  readonly #name: NameOrder;
  #outcome: BarOutcome | undefined;
  /** Orders of the latest bar that open, until the gate has decided. */
  #openings: Opening[] = [];
  readonly #working = new Map<string, Working>();
  #marked: ReadonlyMap<string, KnownExits> = new Map();
  readonly #lastBars = new Map<string, SessionBar>();
  /** Names in the ledger of all orders so far. */
  readonly #names = new Set<string>();
  #fills = 0;
  #isSettled = true;
  #hasClosed = false;

  constructor(parts: PaperSessionParts) {
    this.#parts = parts;
    this.#session = parts.session;
    this.#name = parts.name;
  }

  get isPaused(): boolean {
    return this.#session.is_paused;
  }

  /** Close of the latest bar, in milliseconds since the Unix epoch; -Infinity before the first. */
  get seen_ms(): number {
    return this.#outcome?.available_at ?? -Infinity;
  }

  /** The market's time of whatever happens now. */
  get at_ms(): number {
    return this.#outcome?.available_at ?? this.#parts.start_ms;
  }

  get now(): Moment {
    return { market_ms: this.at_ms, wall_ms: this.#parts.now() };
  }

  /** Whether the latest bar was reported to its end. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  get positions(): readonly SessionPosition[] {
    return this.#outcome?.positions ?? [];
  }

  /** At the close of the latest bar; undefined before the first. */
  get equity(): number | undefined {
    return this.#outcome?.equity;
  }

  get isFlat(): boolean {
    return this.positions.length === 0 && this.#working.size === 0;
  }

  /** Last close of a symbol; undefined where it had no bar yet. */
  closeOf(symbol: string): number | undefined {
    return this.#lastBars.get(symbol)?.close;
  }

  /** Pushes the bars of one time, and reports what they did. */
  async push(bars: readonly SessionBar[], next_ts?: number | null): Promise<void> {
    for (const bar of bars) this.#lastBars.set(bar.symbol, bar);
    const outcome = this.#session.push(bars, next_ts === undefined ? {} : { next_ts });
    this.#outcome = outcome;
    this.#isSettled = false;
    await this.#tell(outcome);
    const { timeframe } = this.#parts;
    const at_ms = outcome.available_at;
    const opens = <T extends { status: string; reduce_only: boolean }>({ status, reduce_only }: T) =>
      status === 'working' && !reduce_only;
    this.#openings = [
      ...outcome.new_orders.filter(opens).map((order) => openingOf(order, this.#name, timeframe, at_ms)),
      ...outcome.new_option_orders
        .filter(opens)
        .map((order) => optionOpeningOf(order, outcome.positions, this.#name, timeframe, at_ms)),
    ];
    for (const name of this.#openings.flatMap(namesOf)) this.#names.add(name);
  }

  /** Asks the gate for what the latest bar wants to open, then reports the bar as done. */
  async settle(ask: (openings: readonly Opening[]) => Promise<ReadonlyMap<string, Refusal>>): Promise<void> {
    const outcome = this.#outcome;
    if (!outcome) return;
    const refusals = this.#openings.length === 0 ? new Map<string, Refusal>() : await ask(this.#openings);
    const items = this.#openings.flatMap((opening) => {
      const refusal = refusals.get(opening.id);
      if (refusal !== undefined) return this.#refuse(opening, refusal);
      this.#accept(opening);
      return opening.items;
    });
    items.push(...closeItems(outcome, this.#marked));
    this.#settled();
    await this.#report(items);
  }

  /** While the run is reckoned again: what the gate decided then. */
  repeatOpenings({ orders, refused }: RunLedger): void {
    for (const opening of this.#openings) {
      const names = namesOf(opening);
      // What was never asked for was given up: the run was held, or there was nothing to trade.
      const isRefused = names.length === 0 || names.some((name) => !orders.has(name) || refused.has(name));
      if (isRefused) this.#session.reject(opening.id, 'refused');
      else this.#accept(opening);
    }
    this.#settled();
  }

  async setPaused(isPaused: boolean): Promise<void> {
    await this.#tell(this.#session.setPaused(isPaused));
  }

  async cancelAll(): Promise<void> {
    await this.#tell(this.#session.cancelAll());
  }

  /** Orders everything closed, and lets that fill at the last prices, by bars in which nothing moves. */
  async closeAll(reason: string): Promise<void> {
    this.#hasClosed = true;
    await this.setPaused(true);
    for (let bars = 0; bars < MOST_CLOSING_BARS; bars += 1) {
      const news = this.#session.closeAll(reason.slice(0, 100));
      await this.#tell(news);
      const isOrdered = news.new_orders.length > 0 || news.new_option_orders.length > 0;
      if (bars > 0 && !isOrdered) break;
      const ts = Math.max(...[...this.#lastBars.values()].map((bar) => barEndMs(bar.ts, this.#parts.timeframe)));
      const still = [...this.#lastBars.values()].map(({ symbol, close, volume }) => {
        return { symbol, ts, open: close, high: close, low: close, close, volume };
      });
      for (const bar of still) this.#lastBars.set(bar.symbol, bar);
      const outcome = this.#session.push(still);
      this.#outcome = outcome;
      await this.#tell(outcome);
      if (outcome.positions.length === 0) break;
    }
    const at = new Date(this.at_ms).toISOString();
    if (this.#outcome) await this.#report([{ kind: 'balance', balance: this.#outcome.cash, at }]);
  }

  /** What is held and works; orders that the gate is still to decide on where the ledger has them already. */
  holding(pending: ReadonlySet<string>): RunHolding {
    const positions = this.positions.map((position) => ({
      symbol: ledgerSymbol(position),
      quantity: position.quantity,
    }));
    const working = [...this.#working.values()].flatMap(({ names }) => names);
    return { positions, open_orders: [...working, ...this.pendingNames.filter((name) => pending.has(name))] };
  }

  /** Names of orders that the gate has not decided on, as far as is known here. */
  get pendingNames(): string[] {
    return this.#openings.flatMap(namesOf);
  }

  /** Whether the ledger knows of what the session has not come to: of a bar that was not reported to its end. */
  isBehind({ orders, fills }: RunLedger, isOfSession: (name: string) => boolean): boolean {
    const known = [...fills].filter(isOfSession).length;
    return (
      this.#fills < known ||
      [...orders.keys()].some((name) => isOfSession(name) && !this.#names.has(name)) ||
      [...this.#working.values()].some(({ names }) => names.some((name) => !isOpenStatus(orders.get(name)?.status)))
    );
  }

  /** Reports what a bar or a decision did to orders, and keeps what works. */
  async #tell(news: ExecutionNews): Promise<void> {
    const items = executionItems(news, this.#name, (id) => this.#working.get(id)?.size ?? null, this.now);
    this.#fills += (news.fills?.length ?? 0) + (news.option_fills?.length ?? 0);
    for (const { id, status, reduce_only, quantity } of news.new_orders) {
      if (!reduce_only) continue;
      this.#names.add(this.#name(id));
      const size = { quantity, isSizedAtFill: false };
      if (status === 'working') this.#working.set(id, { names: [this.#name(id)], size });
    }
    for (const { id, status, quantity } of news.order_changes) {
      const order = this.#working.get(id);
      if (status !== 'working') this.#working.delete(id);
      // Its first fill has settled it.
      else if (order) this.#working.set(id, { ...order, size: { quantity, isSizedAtFill: false } });
    }
    for (const order of news.new_option_orders) {
      if (!order.reduce_only) continue;
      const names = legNames(order, this.#name);
      for (const name of names) this.#names.add(name);
      if (order.status === 'working') this.#working.set(order.id, { names, size: null });
    }
    for (const { id, status, reject_reason } of news.option_order_changes) {
      const names = this.#working.get(id)?.names ?? [];
      this.#working.delete(id);
      items.push(...endedLegItems(names, status, reject_reason, this.at_ms));
    }
    await this.#report(items);
  }

  #accept(opening: Opening): void {
    this.#working.set(opening.id, { names: namesOf(opening), size: opening.size });
  }

  #refuse({ id, what }: Opening, { reason, admitted }: Refusal): Item[] {
    const news = this.#session.reject(id, reason.slice(0, 200));
    const others = { ...news, order_changes: news.order_changes.filter((change) => change.id !== id) };
    return [
      logItem('WARN', `No order to ${what}: ${reason}`, this.now),
      ...endedLegItems(admitted, 'cancelled', null, this.at_ms),
      ...executionItems(others, this.#name, () => null, this.now),
    ];
  }

  #settled(): void {
    this.#openings = [];
    this.#isSettled = true;
    this.#marked = new Map(this.positions.map((position) => [ledgerSymbol(position), position]));
  }

  #report(items: readonly Item[]): Promise<void> {
    return this.#parts.reporter.report(items, this.at_ms, !this.#hasClosed);
  }
}
