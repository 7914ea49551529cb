import type { StrategyParameters } from '@tradebase/contracts';
import { quoteByDelta, quotesOfExpiryNear } from '../../options/select-quotes.ts';
import { closeOptions, costToClose, creditReceived } from '../../options/unwind.ts';
import type { OptionsDesk } from '../../trading/options-desk.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

const parameters: StrategyParameters = {
  delta: { type: 'number', default: 0.3, min: 0.02, max: 0.7, step: 0.02, description: 'Of the call that is sold' },
  dte: { type: 'integer', default: 30, min: 1, max: 365, step: 1, description: 'Days to expiry at sale, about' },
  profit_target_pct: {
    type: 'number',
    default: 80,
    min: 1,
    max: 100,
    step: 5,
    description: 'Calls are bought back once this share of the premium is won',
  },
  allocation_pct: {
    type: 'number',
    default: 95,
    min: 1,
    max: 100,
    step: 1,
    description: 'Most of equity that is spent on shares',
  },
};

interface BuyWriteValues {
  readonly delta: number;
  readonly dte: number;
  readonly profitTarget: number;
  readonly allocation: number;
}

/** Holds shares by the hundred and has a call sold on each hundred. */
class BuyWriteAgent implements TradingAgent {
  readonly #values: BuyWriteValues;

  constructor(values: BuyWriteValues) {
    this.#values = values;
  }

  onBar(context: TradingContext): void {
    const desk = context.options;
    if (desk === null) return;
    const lots = Math.floor(context.position(0) / desk.multiplier);
    if (desk.positions.length > 0) this.#manage(desk);
    else if (lots > 0) this.#sellCalls(desk, lots, context.ts);
    else this.#buyShares(desk.multiplier, context);
  }

  #buyShares(multiplier: number, context: TradingContext): void {
    const lots = Math.floor((this.#values.allocation * context.equity) / (multiplier * context.close(0)));
    if (lots < 1) return;
    context.submit({ instrument: 0, side: 'buy', quantity: lots * multiplier, type: 'market', reason: 'entry' });
  }

  #sellCalls(desk: OptionsDesk, lots: number, ts: number): void {
    const call = quoteByDelta(quotesOfExpiryNear(desk.chain(), ts, this.#values.dte), 'call', this.#values.delta);
    if (call !== null) desk.submit([{ contract: call.contract, quantity: -lots }], 'entry');
  }

  #manage(desk: OptionsDesk): void {
    const cost = costToClose(desk);
    const credit = creditReceived(desk);
    if (cost !== null && credit - cost >= this.#values.profitTarget * credit) closeOptions(desk, 'take_profit');
  }
}

export const buyWrite: StrategyDefinition = {
  name: 'buy-write',
  title: 'Buy-Write',
  description:
    'Buys shares and sells a call out of the money on each hundred of them (covered calls). Called away, it buys again. ' +
    'Does better than the shares in markets that stand still or rise slowly, worse in fast rises; it falls with them.',
  parameters,
  needs: { options: true },
  build(values) {
    const chosen: BuyWriteValues = {
      delta: numberOf(values, 'delta'),
      dte: numberOf(values, 'dte'),
      profitTarget: numberOf(values, 'profit_target_pct') / 100,
      allocation: numberOf(values, 'allocation_pct') / 100,
    };
    return { kind: 'events', name: 'buy-write', warm_up_bars: 0, start: () => new BuyWriteAgent(chosen) };
  },
};
