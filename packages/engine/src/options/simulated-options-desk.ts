import type { OptionsSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { Desk, DeskAccount, DeskBar } from '../simulator/desk.ts';
import type {
  OptionContract,
  OptionFill,
  OptionLeg,
  OptionPosition,
  OptionQuote,
  OptionRejection,
} from '../trading/options-desk.ts';
import type { OpenPosition } from '../trading/simulation-result.ts';
import { EXIT_REASONS, type ExitReason } from '../trading/trade-list.ts';
import { type ChainSource, contractName, type OpeningPrices } from './chain-source.ts';
import { type BookPosition, OptionBook, splitContract } from './option-book.ts';
import { intrinsic, optionObligation } from './option-margin.ts';
import { settleOptions } from './settle-options.ts';

/** An order of legs and what became of it. */
export interface DeskOrder {
  /** From 1, in the order in which they were submitted. */
  readonly id: number;
  /** Adjusted to splits while it waits. */
  legs: readonly OptionLeg[];
  readonly reason: string;
  readonly placed_ts: number;
  status: 'working' | 'filled' | 'cancelled' | 'rejected';
  reject_reason: string | null;
}

/**
 * Options of one instrument within a backtest: buys at the ask and sells at the bid, holds the contracts, marks them in the
 * middle, settles them.
 *
 * What is submitted at the close of a bar fills in the next bar of the instrument, all legs or none: at its opening quotes
 * where all legs have them (data of daily bars), else at its closing quotes (the model). It is rejected where nobody bids for
 * what is sold, a contract has no quote or has expired, or the account cannot bear it.
 */
export class SimulatedOptionsDesk implements Desk {
  readonly multiplier: number;
  readonly fills: OptionFill[] = [];
  readonly rejections: OptionRejection[] = [];
  /** All that were submitted. */
  readonly orders: DeskOrder[] = [];
  /** The order of each fill, by its index; 0 for what comes without one. */
  readonly orderOfFill: number[] = [];
  /** Why an order of the agent is not taken, if it is not: a session that is paused says so. */
  refuse: ((order: DeskOrder) => string | null) | null = null;
  readonly #series: InstrumentSeries;
  readonly #settings: OptionsSettings;
  readonly #source: ChainSource;
  readonly #book = new OptionBook();
  #pending: DeskOrder[] = [];
  #bar: DeskBar | null = null;
  #chain: readonly OptionQuote[] | null = null;
  #stock = 0;
  /** New shares for one of those that the last close was of: 1 but between the open and the close of a day of a split. */
  #splitSinceClose = 1;

  constructor(series: InstrumentSeries, settings: OptionsSettings, source: ChainSource) {
    this.#series = series;
    this.#settings = settings;
    this.#source = source;
    this.multiplier = settings.multiplier;
  }

  get positions(): readonly OptionPosition[] {
    return this.#book.positions;
  }

  /** Positions with what they are valued at. */
  get bookPositions(): readonly BookPosition[] {
    return this.#book.positions;
  }

  get openPositions(): readonly OpenPosition[] {
    return this.#book.positions.map(({ contract, quantity, average_price, entry_bar, entry_ts }) => ({
      instrument: 0,
      quantity,
      average_price,
      entry_bar,
      entry_ts,
      contract: contractName(contract),
    }));
  }

  chain(): readonly OptionQuote[] {
    if (this.#bar === null) return [];
    this.#chain ??= this.#source.chainAtClose(this.#bar);
    return this.#chain;
  }

  quote(contract: OptionContract): OptionQuote | null {
    return this.#bar === null ? null : this.#source.quoteAtClose(contract, this.#bar);
  }

  submit(legs: readonly OptionLeg[], reason = 'signal'): void {
    if (legs.length === 0) throw new EngineError('invalid_option', 'an order has no legs; it needs at least one');
    for (const { contract, quantity } of legs) {
      if (Number.isInteger(quantity) && quantity !== 0 && contract.strike > 0 && Number.isFinite(contract.expiry))
        continue;
      const message = `${quantity} of an option with strike ${contract.strike} were ordered; contracts are whole, and not 0`;
      throw new EngineError('invalid_option', message, { quantity, strike: contract.strike });
    }
    const id = this.orders.length + 1;
    const placed_ts = this.#bar?.ts ?? NaN;
    const order: DeskOrder = { id, legs, reason, placed_ts, status: 'working', reject_reason: null };
    this.orders.push(order);
    const refusal = this.refuse?.(order) ?? null;
    if (refusal !== null) this.end(id, 'rejected', refusal);
    else this.#pending.push(order);
  }

  /** Ends an order that has not filled yet. False where it does not work. */
  end(id: number, status: 'cancelled' | 'rejected', reason: string | null): boolean {
    const order = this.orders[id - 1];
    if (order?.status !== 'working') return false;
    order.status = status;
    order.reject_reason = reason;
    this.#pending = this.#pending.filter((pending) => pending !== order);
    return true;
  }

  /** Whether each leg makes a position smaller. */
  reduces({ legs }: DeskOrder): boolean {
    return legs.every(({ contract, quantity }) => {
      const held = this.#book.quantityOf(contract);
      return held * quantity < 0 && Math.abs(quantity) <= Math.abs(held);
    });
  }

  openBar(bar: DeskBar, account: DeskAccount): void {
    for (const { ts, ratio } of this.#series.splits ?? []) {
      if (ts > bar.ts || (this.#bar !== null && ts <= this.#bar.ts)) continue;
      this.#book.split(ratio);
      this.#splitSinceClose *= this.#bar === null ? 1 : ratio;
      for (const order of this.#pending) order.legs = splitLegs(order.legs, ratio);
    }
    this.#stock = account.stockPosition;
    if (this.#pending.length === 0) return;
    const waiting: DeskOrder[] = [];
    for (const order of this.#pending) {
      const prices = order.legs.map(({ contract }) => this.#source.pricesAtOpen(contract, bar));
      const known = prices.filter((price) => price !== null);
      if (known.length < prices.length) waiting.push(order);
      else this.#fillOrReject(order, known, this.#series.candles.open[bar.candle] ?? NaN, bar, account);
    }
    this.#pending = waiting;
  }

  closeBar(bar: DeskBar, account: DeskAccount): void {
    this.#bar = bar;
    this.#splitSinceClose = 1;
    this.#chain = null;
    this.#stock = account.stockPosition;
    const spot = this.#series.candles.close[bar.candle] ?? NaN;
    const orders = this.#pending;
    this.#pending = [];
    for (const order of orders) {
      const quotes = order.legs.map(({ contract }) => this.#source.quoteAtClose(contract, bar));
      const known = quotes.filter((quote) => quote !== null);
      if (known.length < quotes.length) this.#reject(order, 'a leg has no quote', bar);
      else this.#fillOrReject(order, known, spot, bar, account);
    }
    if (this.#book.isEmpty) return;
    for (const { contract, mark } of this.#book.positions) {
      const quote = this.#source.quoteAtClose(contract, bar);
      this.#book.setMark(contract, quote?.mid ?? Math.max(mark, intrinsic(contract, spot)));
    }
    settleOptions({
      book: this.#book,
      settings: this.#settings,
      spot,
      bar,
      account,
      close: (contract, quantity, price, reason) => {
        const execution = { leg: { contract, quantity }, price, middle: price, fee: 0, source: 'settlement' } as const;
        this.#execute(execution, reason, bar, account);
      },
    });
    this.#stock = account.stockPosition;
  }

  valueAtClose(): number {
    if (this.#book.isEmpty) return 0;
    return this.multiplier * this.#book.positions.reduce((sum, { quantity, mark }) => sum + quantity * mark, 0);
  }

  /**
   * What the options are worth (shorts count below 0) and the cash that shorts may come to need: equity less this and the
   * margin of the stock is free cash.
   */
  marginRequirement(): number {
    if (this.#book.isEmpty) return 0;
    const close = this.#bar === null ? NaN : (this.#series.candles.close[this.#bar.candle] ?? NaN);
    const spot = close / this.#splitSinceClose;
    const positions = this.#book.positions;
    const obligation = (method: 'reg_t' | 'defined_risk') =>
      optionObligation(positions, spot, this.#stock, this.multiplier, method);
    const needed = obligation(this.#settings.margin);
    // Calls that were covered when they were sold may not be any more.
    return Math.max(0, this.valueAtClose() + (needed === Infinity ? obligation('reg_t') : needed));
  }

  liquidate(bar: DeskBar, account: DeskAccount): void {
    for (const { id } of this.#pending) this.end(id, 'cancelled', null);
    for (const { contract, quantity, mark } of this.#book.positions) {
      // Quotes before a split are of other contracts than those after.
      const isQuoted = this.#splitSinceClose === 1;
      const quote = isQuoted ? this.#source.quoteAtClose(contract, this.#bar ?? bar) : null;
      const side = quantity > 0 ? quote?.bid : quote?.ask;
      const price = quote === null || side === undefined ? mark : Number.isNaN(side) ? 0 : side;
      const leg = { contract, quantity: -quantity };
      const execution = { leg, price, middle: mark, fee: this.#feeOf(quantity), source: quote?.source ?? 'model' };
      this.#execute(execution, 'liquidation', bar, account);
    }
  }

  #fillOrReject(
    order: DeskOrder,
    prices: readonly OpeningPrices[],
    spot: number,
    bar: DeskBar,
    account: DeskAccount,
  ): void {
    const executions = order.legs.map((leg, i) => {
      const { bid = NaN, ask = NaN, source = 'model' } = prices[i] ?? {};
      const middle = Number.isNaN(ask) ? bid : 0.5 * ((Number.isNaN(bid) ? 0 : bid) + ask);
      return { leg, price: leg.quantity > 0 ? ask : bid, middle, fee: this.#feeOf(leg.quantity), source };
    });
    const reason = this.#refusal(executions, spot, bar, account);
    if (reason !== null) {
      this.#reject(order, reason, bar);
      return;
    }
    order.status = 'filled';
    for (const execution of executions) {
      this.orderOfFill[this.fills.length] = order.id;
      this.#execute(execution, order.reason, bar, account);
      this.#book.setMark(execution.leg.contract, execution.middle);
    }
  }

  /** Why an order cannot fill, or null. */
  #refusal(executions: readonly LegExecution[], spot: number, bar: DeskBar, account: DeskAccount): string | null {
    for (const { leg, price } of executions) {
      const { contract, quantity } = leg;
      if (contract.expiry <= bar.ts) return `${contractName(contract)} has expired`;
      if (!(price >= 0 && price < Infinity)) {
        return quantity > 0 ? `nobody offers ${contractName(contract)}` : `nobody bids for ${contractName(contract)}`;
      }
    }
    const before = this.#book.positions;
    const after = new Map(before.map((position) => [contractName(position.contract), position]));
    let cash = 0;
    for (const { leg, price, middle, fee } of executions) {
      cash -= leg.quantity * price * this.multiplier + fee;
      const held = after.get(contractName(leg.contract));
      const quantity = (held?.quantity ?? 0) + leg.quantity;
      after.set(contractName(leg.contract), {
        ...(held ?? { contract: leg.contract, average_price: price, entry_bar: bar.bar, entry_ts: bar.ts }),
        quantity,
        mark: middle,
      });
    }
    const obligation = (positions: typeof before) =>
      optionObligation(positions, spot, account.stockPosition, this.multiplier, this.#settings.margin);
    const needed = obligation([...after.values()].filter(({ quantity }) => quantity !== 0));
    // Free cash: see `marginRequirement`, which the account has subtracted from its equity.
    const free = account.freeMargin + this.marginRequirement() - this.valueAtClose();
    const freeAfter = free + cash - needed;
    if (freeAfter >= 0 || freeAfter >= free - obligation(before)) return null;
    return needed === Infinity ? 'the loss has no bound' : `the account lacks ${(-freeAfter).toFixed(2)} of margin`;
  }

  #execute(
    { leg: { contract, quantity }, price, middle, fee, source }: LegExecution,
    reason: string,
    bar: DeskBar,
    account: DeskAccount,
  ): void {
    const shares = quantity * this.multiplier;
    const slippage = Math.abs(shares) * Math.abs(price - middle);
    account.postPremium(-shares * price);
    if (fee > 0) account.postFee(fee);
    if (slippage > 0) account.recordSlippage(slippage);
    if (price > 0) account.recordTurnover(Math.abs(shares) * price);
    const entry = { contract, quantity, price, fee, slippage, bar: bar.bar, ts: bar.ts };
    for (const lot of this.#book.enter(entry)) {
      account.recordTrade({ ...lot, quantity: lot.quantity * this.multiplier, exit_reason: exitReasonOf(reason) });
    }
    this.fills.push({ ...entry, contract: contractName(contract), reason, source });
  }

  #feeOf(quantity: number): number {
    return Math.abs(quantity) * this.#settings.fee_per_contract;
  }

  #reject(order: DeskOrder, reason: string, { bar, ts }: DeskBar): void {
    const { legs } = order;
    order.status = 'rejected';
    order.reject_reason = reason;
    this.rejections.push({ bar, ts, contracts: legs.map(({ contract }) => contractName(contract)), reason });
  }
}

interface LegExecution {
  readonly leg: OptionLeg;
  readonly price: number;
  readonly middle: number;
  readonly fee: number;
  readonly source: OptionFill['source'];
}

function splitLegs(legs: readonly OptionLeg[], ratio: number): OptionLeg[] {
  return legs.map(({ contract, quantity }) => ({
    contract: splitContract(contract, ratio),
    quantity: quantity * ratio,
  }));
}

function exitReasonOf(reason: string): ExitReason {
  return EXIT_REASONS.find((known) => known === reason) ?? 'signal';
}
