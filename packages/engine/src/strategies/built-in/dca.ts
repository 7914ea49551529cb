import type { ParameterValues } from '@tradebase/contracts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

/** Dollar-cost averaging: the same amount at fixed intervals. */
export const dca: StrategyDefinition = {
  name: 'dca',
  title: 'Dollar-cost averaging',
  description:
    'Buys for the same amount every so many bars, more after a fall if asked to, until its cash is spent. Sells everything ' +
    'once the close is far enough above the average price, if asked to, and begins again. Follows the market: it does well ' +
    'where the market rises in the end, and spreads the risk of a bad moment to begin.',
  parameters: {
    every_bars: { type: 'integer', default: 20, min: 1, max: 10_000, step: 1, description: 'Bars between purchases' },
    amount_pct: {
      type: 'number',
      default: 2,
      min: 0.01,
      max: 100,
      step: 0.5,
      description: 'Of the cash at the first purchase of a round, spent by each, fee included',
    },
    dip_pct: {
      type: 'number',
      default: 10,
      min: 0.1,
      max: 99,
      step: 1,
      description: 'How far below the average price the close must be to buy dip_factor times as much',
    },
    dip_factor: { type: 'number', default: 1, min: 1, max: 10, step: 0.5, description: '1 buys the same after a fall' },
    take_profit_pct: {
      type: 'number',
      default: 0,
      min: 0,
      max: 1000,
      step: 5,
      description: 'Sells all at a close so far above the average price; 0 for never',
    },
  },
  build(values: ParameterValues) {
    const settings = {
      everyBars: numberOf(values, 'every_bars'),
      amount: numberOf(values, 'amount_pct') / 100,
      dip: numberOf(values, 'dip_pct') / 100,
      dipFactor: numberOf(values, 'dip_factor'),
      takeProfit: numberOf(values, 'take_profit_pct') / 100,
    };
    return { kind: 'events', name: 'dca', warm_up_bars: 0, start: () => new DcaAgent(settings) };
  },
};

interface DcaSettings {
  readonly everyBars: number;
  readonly amount: number;
  readonly dip: number;
  readonly dipFactor: number;
  readonly takeProfit: number;
}

class DcaAgent implements TradingAgent {
  readonly #settings: DcaSettings;
  #amount = NaN;
  #barsSincePurchase = Infinity;

  constructor(settings: DcaSettings) {
    this.#settings = settings;
  }

  onBar(context: TradingContext): void {
    const close = context.close(0);
    if (Number.isNaN(close)) return;
    this.#barsSincePurchase += 1;
    if (context.workingOrders.length > 0) return;
    const held = context.position(0);
    const average = context.averagePrice(0);
    const { everyBars, takeProfit } = this.#settings;

    if (takeProfit > 0 && held > 0 && close >= average * (1 + takeProfit)) {
      const sale = { instrument: 0, side: 'sell', type: 'market', quantity: held } as const;
      context.submit({ ...sale, reduce_only: true, reason: 'take_profit' });
      this.#amount = NaN;
    } else if (this.#barsSincePurchase >= everyBars) {
      this.#purchase(context, close, average);
    }
  }

  /** @param average price of what is held; NaN where nothing is, which is no dip */
  #purchase(context: TradingContext, close: number, average: number): void {
    const { amount, dip, dipFactor } = this.#settings;
    if (Number.isNaN(this.#amount)) this.#amount = context.cash * amount;
    const isDip = close <= average * (1 - dip);
    const value = Math.min(this.#amount * (isDip ? dipFactor : 1), context.cash);
    // The rounding that earlier purchases left behind is not worth an order.
    if (!(value > this.#amount / 1000)) return;
    // Settled at the fill, fee included: an open above this close buys less instead of being rejected.
    const size = { method: 'value', value } as const;
    context.submit({ instrument: 0, side: 'buy', type: 'market', quantity: 0, size, reason: 'entry' });
    this.#barsSincePurchase = 0;
  }
}
