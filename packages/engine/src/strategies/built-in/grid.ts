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
    'has risen by more than a step. What a bar buys is offered from the next bar on.',
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
      description: 'Of equity, spread over the levels, fees included',
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

/** A price at which is bought, what it bought, and the orders that rest for it. */
interface Level {
  price: number;
  /** Where it is sold: one step higher. */
  target: number;
  /** Units bought that are not sold yet; their sales rest at the target. */
  held: number;
  /** The purchase that rests, or the last one that did. */
  purchase: Order;
}

class GridAgent implements TradingAgent {
  readonly #settings: GridSettings;
  #levels: Level[] = [];
  /** Level of each resting sale, by the id of its order. */
  #sales = new Map<number, Level>();
  #anchor = NaN;
  /** Money for each level, fee included. */
  #stake = NaN;
  #isLeaving = false;
  #adjustedTs = -Infinity;

  constructor(settings: GridSettings) {
    this.#settings = settings;
  }

  onBar(context: TradingContext): void {
    this.#adjustForSplits(context);
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
    const isWorking = context.workingOrders.length > 0;
    if (stopLoss > 0 && held > 0 && close <= lowest * (1 - stopLoss)) this.#leave(context, held);
    else if (held === 0 && (!isWorking || close > this.#anchor * (1 + spacing))) this.#begin(context, close);
    else this.#restAgain(context, close);
  }

  onFill(fill: Fill, context: TradingContext): void {
    if (this.#isLeaving) return;
    this.#adjustForSplits(context);
    const bought = this.#levels.find(({ purchase }) => purchase.id === fill.order_id);
    const level = bought ?? this.#sales.get(fill.order_id);
    if (level === undefined) return;
    level.held += bought ? fill.quantity : -fill.quantity;
    // What the volume took so far is offered at once: the rest may never come.
    if (bought) this.#sell(context, level, fill.quantity);
    else if (isNothing(level.held, fill.quantity)) {
      level.held = 0;
      this.#rest(context, level);
    }
  }

  #begin(context: TradingContext, close: number): void {
    for (const { id } of [...context.workingOrders]) context.cancel(id);
    const { levels, spacing, budget } = this.#settings;
    this.#stake = (context.equity * budget) / levels;
    this.#anchor = close;
    this.#levels = [];
    this.#sales = new Map();
    for (let step = 1; step <= levels; step++) {
      const price = close * (1 - step * spacing);
      const purchase = this.#buy(context, price);
      // What is refused now is refused at every level: the grid begins when the instrument is taken again.
      if (purchase.status === 'rejected') return;
      this.#levels.push({ price, target: price + close * spacing, held: 0, purchase });
    }
  }

  /** A purchase that there was no cash for rests again once price is above its level. */
  #restAgain(context: TradingContext, close: number): void {
    for (const level of this.#levels) {
      const wasRefused = level.purchase.status === 'rejected' && level.purchase.placed_bar < context.bar;
      if (wasRefused && level.held === 0 && close > level.price && !this.#rest(context, level)) return;
    }
  }

  /** Lets the purchase of a level rest; false where it is refused. One that is filled in part still rests. */
  #rest(context: TradingContext, level: Level): boolean {
    if (level.purchase.status === 'working') return true;
    level.purchase = this.#buy(context, level.price);
    return level.purchase.status === 'working';
  }

  #leave(context: TradingContext, held: number): void {
    for (const { id } of [...context.workingOrders]) context.cancel(id);
    this.#isLeaving = true;
    const sale = { instrument: 0, side: 'sell', type: 'market', quantity: held } as const;
    context.submit({ ...sale, reduce_only: true, reason: 'stop_loss' });
  }

  /** For the stake, settled at the fill: a better price buys more, and the last level what cash is left. */
  #buy(context: TradingContext, price: number): Order {
    const size = { method: 'value', value: this.#stake } as const;
    const purchase = { instrument: 0, side: 'buy', type: 'limit', limit_price: price, quantity: 0, size } as const;
    return context.submit({ ...purchase, reason: 'entry' });
  }

  #sell(context: TradingContext, level: Level, quantity: number): void {
    const sale = { instrument: 0, side: 'sell', type: 'limit', limit_price: level.target, quantity } as const;
    this.#sales.set(context.submit({ ...sale, reduce_only: true, reason: 'take_profit' }).id, level);
  }

  /** Orders are adjusted by the market; what is remembered is not. */
  #adjustForSplits({ instruments, ts }: TradingContext): void {
    const since = this.#adjustedTs;
    this.#adjustedTs = ts;
    for (const split of instruments[0]?.splits ?? []) {
      if (split.ts <= since || split.ts > ts) continue;
      this.#anchor /= split.ratio;
      for (const level of this.#levels) {
        level.price /= split.ratio;
        level.target /= split.ratio;
        level.held *= split.ratio;
      }
    }
  }
}

/** Whether what is left of a quantity is rounding. */
function isNothing(left: number, quantity: number): boolean {
  return left <= 1e-9 * quantity;
}
