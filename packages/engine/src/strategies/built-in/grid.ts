import type { ParameterValues } from '@tradebase/contracts';
import { EngineError } from '../../engine-error.ts';
import type { Fill, Order } from '../../trading/order.ts';
import type { TradingContext } from '../../trading/trading-context.ts';
import { numberOf } from '../parameter-values.ts';
import type { StrategyDefinition, TradingAgent } from '../strategy-definition.ts';

/** Buys at levels below the price at which it began, and sells each lot one level higher, over and over. */
export const grid: StrategyDefinition = {
  name: 'grid',
  title: 'Grid',
  description:
    'Rests buy orders at even steps below the price it began at. What one buys is offered one step higher, and once sold ' +
    'the buy order rests again. Earns in a market that swings sideways; in one that falls through all levels it ends up ' +
    'holding everything at a loss, which the stop bounds. Begins anew, around the new price, once all is sold and price ' +
    'has risen by more than a step.',
  parameters: {
    levels: {
      type: 'integer',
      default: 10,
      min: 1,
      max: 100,
      step: 1,
      description: 'Buy orders below the first price',
    },
    spacing_pct: {
      type: 'number',
      default: 1,
      min: 0.01,
      max: 50,
      step: 0.1,
      description: 'Between levels, of the price',
    },
    budget_pct: {
      type: 'number',
      default: 90,
      min: 1,
      max: 100,
      step: 1,
      description: 'Of equity, spread over the levels',
    },
    stop_loss_pct: {
      type: 'number',
      default: 0,
      min: 0,
      max: 99,
      step: 1,
      description: 'Sells all when the close is so far below the lowest level, and begins anew; 0 for never',
    },
  },
  build(values: ParameterValues) {
    const settings = {
      levels: numberOf(values, 'levels'),
      spacing: numberOf(values, 'spacing_pct') / 100,
      budget: numberOf(values, 'budget_pct') / 100,
      stopLoss: numberOf(values, 'stop_loss_pct') / 100,
    };
    if (settings.levels * settings.spacing >= 1) {
      throw new EngineError(
        'invalid_params',
        `levels is ${settings.levels} and spacing_pct ${numberOf(values, 'spacing_pct')}: the lowest level would be at or below a price of 0; their product must be below 100`,
      );
    }
    return { kind: 'events', name: 'grid', warm_up_bars: 0, start: () => new GridAgent(settings) };
  },
};

interface GridSettings {
  readonly levels: number;
  readonly spacing: number;
  readonly budget: number;
  readonly stopLoss: number;
}

/** A price at which is bought, and the order that rests there or, once filled, one step above. */
interface Level {
  readonly price: number;
  readonly target: number;
  readonly quantity: number;
  orderId: number;
}

class GridAgent implements TradingAgent {
  readonly #settings: GridSettings;
  #levels: Level[] = [];
  #anchor = NaN;
  #isLeaving = false;

  constructor(settings: GridSettings) {
    this.#settings = settings;
  }

  onBar(context: TradingContext): void {
    const close = context.close(0);
    if (Number.isNaN(close)) return;
    const held = context.position(0);
    if (this.#isLeaving) {
      if (held !== 0) return;
      this.#isLeaving = false;
      this.#levels = [];
    }
    const { spacing, stopLoss } = this.#settings;
    const lowest = this.#levels.at(-1)?.price ?? NaN;
    if (stopLoss > 0 && close <= lowest * (1 - stopLoss)) this.#leave(context, held);
    else if (this.#levels.length === 0 || (held === 0 && close > this.#anchor * (1 + spacing)))
      this.#begin(context, close);
  }

  onFill(fill: Fill, context: TradingContext): void {
    const level = this.#levels.find(({ orderId }) => orderId === fill.order_id);
    if (!level || this.#isLeaving) return;
    // A part that the volume did not take fills later, under the same order.
    if (context.workingOrders.some(({ id }) => id === fill.order_id)) return;
    level.orderId = fill.side === 'buy' ? this.#sell(context, level).id : this.#buy(context, level).id;
  }

  #begin(context: TradingContext, close: number): void {
    this.#cancelAll(context);
    const { levels, spacing, budget } = this.#settings;
    const value = (context.equity * budget) / levels;
    this.#anchor = close;
    this.#levels = Array.from({ length: levels }, (_, index) => {
      const price = close * (1 - (index + 1) * spacing);
      return { price, target: price + close * spacing, quantity: value / price, orderId: -1 };
    });
    for (const level of this.#levels) level.orderId = this.#buy(context, level).id;
  }

  #leave(context: TradingContext, held: number): void {
    this.#cancelAll(context);
    this.#isLeaving = true;
    if (held <= 0) return;
    context.submit({
      instrument: 0,
      side: 'sell',
      type: 'market',
      quantity: held,
      reduce_only: true,
      reason: 'stop_loss',
    });
  }

  #cancelAll(context: TradingContext): void {
    for (const { id } of [...context.workingOrders]) context.cancel(id);
  }

  #buy(context: TradingContext, { price, quantity }: Level): Order {
    return context.submit({ instrument: 0, side: 'buy', type: 'limit', limit_price: price, quantity, reason: 'entry' });
  }

  #sell(context: TradingContext, { target, quantity }: Level): Order {
    return context.submit({
      instrument: 0,
      side: 'sell',
      type: 'limit',
      limit_price: target,
      quantity,
      reduce_only: true,
      reason: 'take_profit',
    });
  }
}
