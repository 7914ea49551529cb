import { contractName } from '../options/chain-source.ts';
import type { OptionContract, OptionLeg, OptionQuote, OptionsDesk } from '../trading/options-desk.ts';
import type { Order, OrderRequest } from '../trading/order.ts';
import type { TradingContext } from '../trading/trading-context.ts';
import type { Decision } from './decision.ts';

type Tell = (decision: Decision) => void;

/** A context that passes everything on, and tells of what an agent orders. */
export class RecordingContext implements TradingContext {
  readonly #inner: TradingContext;
  readonly #record: Tell;

  constructor(inner: TradingContext, record: Tell) {
    this.#inner = inner;
    this.#record = record;
  }

  get bar(): number {
    return this.#inner.bar;
  }

  get ts(): number {
    return this.#inner.ts;
  }

  get available_at(): number {
    return this.#inner.available_at;
  }

  get cash(): number {
    return this.#inner.cash;
  }

  get equity(): number {
    return this.#inner.equity;
  }

  get instruments(): TradingContext['instruments'] {
    return this.#inner.instruments;
  }

  get workingOrders(): readonly Order[] {
    return this.#inner.workingOrders;
  }

  get options(): OptionsDesk | null {
    const { options } = this.#inner;
    return options && new RecordingDesk(options, ({ what, detail }) => this.#tell(what, detail));
  }

  candleIndex(instrument: number): number {
    return this.#inner.candleIndex(instrument);
  }

  close(instrument: number): number {
    return this.#inner.close(instrument);
  }

  position(instrument: number): number {
    return this.#inner.position(instrument);
  }

  averagePrice(instrument: number): number {
    return this.#inner.averagePrice(instrument);
  }

  submit(request: OrderRequest): Order {
    const { instrument, side, type, reason = '', ...rest } = request;
    const symbol = this.instruments[instrument]?.symbol ?? instrument;
    this.#tell(`${side} ${symbol} ${type} ${reason}`.trimEnd(), JSON.stringify(rest));
    return this.#inner.submit(request);
  }

  cancel(orderId: number): boolean {
    this.#tell('cancel', `order ${orderId}`);
    return this.#inner.cancel(orderId);
  }

  #tell(what: string, detail: string): void {
    this.#record({ ts: this.ts, what, detail });
  }
}

/** The same of an options desk. */
class RecordingDesk implements OptionsDesk {
  readonly #inner: OptionsDesk;
  readonly #record: (order: Omit<Decision, 'ts'>) => void;

  constructor(inner: OptionsDesk, record: (order: Omit<Decision, 'ts'>) => void) {
    this.#inner = inner;
    this.#record = record;
  }

  get multiplier(): number {
    return this.#inner.multiplier;
  }

  get positions(): OptionsDesk['positions'] {
    return this.#inner.positions;
  }

  chain(): readonly OptionQuote[] {
    return this.#inner.chain();
  }

  quote(contract: OptionContract): OptionQuote | null {
    return this.#inner.quote(contract);
  }

  submit(legs: readonly OptionLeg[], reason = ''): void {
    const sides = legs.map(({ contract, quantity }) => `${quantity < 0 ? 'sell' : 'buy'} ${contractName(contract)}`);
    const quantities = legs.map(({ quantity }) => quantity);
    this.#record({ what: `${sides.join(', ')} ${reason}`.trimEnd(), detail: JSON.stringify(quantities) });
    this.#inner.submit(legs, reason);
  }
}
