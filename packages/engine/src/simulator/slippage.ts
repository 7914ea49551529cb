import type { SlippageModel } from '@tradebase/contracts';

/**
 * How much worse than the reference price a taker fills, a unit. A buy pays this much more, a sale gets this much less. It is not held
 * within the range of the candle: what was traded there was traded by others.
 *
 * @param quantity units, above 0
 * @param volume of the candle; without any, the share counts as the largest
 */
export function slippageOf(model: SlippageModel, price: number, quantity: number, volume: number): number {
  switch (model.type) {
    case 'none':
      return 0;
    case 'fixed':
      return model.amount;
    case 'bps':
      return price * (model.bps / 10_000);
    case 'spread':
      return price * (model.spread_bps / 20_000);
    case 'volume_share': {
      const share = volume > 0 ? Math.min(quantity / volume, model.max_share) : model.max_share;
      return price * (model.impact * share * share);
    }
  }
}
