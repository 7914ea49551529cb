import type { StrategyParameters } from '@tradebase/contracts';
import { daysToExpiry } from '../../options/option-calendar.ts';
import { quoteByDelta, quotesOfExpiryNear } from '../../options/select-quotes.ts';
import { closeStock, manageCredit } from '../../options/unwind.ts';
import type { OptionsDesk } from '../../trading/options-desk.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

const parameters: StrategyParameters = {
  delta: {
    type: 'number',
    default: 0.2,
    min: 0.02,
    max: 0.6,
    step: 0.02,
    description: 'Of the put that is sold, in size',
  },
  dte: { type: 'integer', default: 30, min: 1, max: 365, step: 1, description: 'Days to expiry at entry, about' },
  profit_target_pct: {
    type: 'number',
    default: 50,
    min: 1,
    max: 100,
    step: 5,
    description: 'Bought back once this share of the premium is won',
  },
  stop_pct: {
    type: 'number',
    default: 200,
    min: 10,
    max: 1000,
    step: 10,
    description: 'Bought back once this share of the premium is lost',
  },
  exit_dte: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 60,
    step: 1,
    description: 'Bought back at so many days left; 0 for never',
  },
  allocation_pct: {
    type: 'number',
    default: 90,
    min: 1,
    max: 100,
    step: 1,
    description: 'Most of equity that the strikes of the puts may come to',
  },
};

interface PutLiteValues {
  readonly delta: number;
  readonly dte: number;
  readonly profitTarget: number;
  readonly stop: number;
  readonly exitDte: number;
  readonly allocation: number;
}

/** Sells one put at a time, never more than there is cash to take the shares for, and sells shares that come in. */
class PutLiteAgent implements TradingAgent {
  readonly #values: PutLiteValues;

  constructor(values: PutLiteValues) {
    this.#values = values;
  }

  onBar(context: TradingContext): void {
    const desk = context.options;
    if (desk === null || closeStock(context)) return;
    const held = desk.positions[0];
    if (held === undefined) this.#enter(desk, context);
    else manageCredit(desk, this.#values, daysToExpiry(held.contract.expiry, context.ts));
  }

  #enter(desk: OptionsDesk, { ts, equity }: TradingContext): void {
    const { delta, dte, allocation } = this.#values;
    const put = quoteByDelta(quotesOfExpiryNear(desk.chain(), ts, dte), 'put', delta);
    if (put === null) return;
    const contracts = Math.floor((allocation * equity) / (put.contract.strike * desk.multiplier));
    if (contracts > 0) desk.submit([{ contract: put.contract, quantity: -contracts }], 'entry');
  }
}

export const putLite: StrategyDefinition = {
  name: 'put-lite',
  title: 'Put Lite',
  description:
    'Sells a put out of the money, with the cash for its shares at hand, and buys it back at a profit target or a stop. ' +
    'Earns the premium while the market rises or stands still; loses like the shares below the strike when it falls fast. ' +
    'Shares that are assigned are sold at the next open.',
  parameters,
  needs: { options: true },
  build(values) {
    const chosen: PutLiteValues = {
      delta: numberOf(values, 'delta'),
      dte: numberOf(values, 'dte'),
      profitTarget: numberOf(values, 'profit_target_pct') / 100,
      stop: numberOf(values, 'stop_pct') / 100,
      exitDte: numberOf(values, 'exit_dte'),
      allocation: numberOf(values, 'allocation_pct') / 100,
    };
    return { kind: 'events', name: 'put-lite', warm_up_bars: 0, start: () => new PutLiteAgent(chosen) };
  },
};
