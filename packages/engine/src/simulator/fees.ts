import type { FeeModel } from '@tradebase/contracts';

/** `maker` for what rested as a limit order, `taker` for everything else. */
export type Liquidity = 'maker' | 'taker';

/** What the fee rates of a fill in proportion to its value: 0 for models that do not. */
export function feeRate(model: FeeModel, liquidity: Liquidity): number {
  if (model.type !== 'bps') return 0;
  return (liquidity === 'maker' ? model.maker_bps : model.taker_bps) / 10_000;
}

/**
 * Fee of a fill, in the quote currency.
 *
 * @param quantity units, above 0
 * @param price of a unit, times the multiplier of a contract
 */
export function feeOf(model: FeeModel, liquidity: Liquidity, quantity: number, price: number): number {
  switch (model.type) {
    case 'bps': {
      const fee = feeRate(model, liquidity) * quantity * price;
      return fee < model.minimum ? model.minimum : fee;
    }
    case 'per_share': {
      const fee = Math.max(model.amount * quantity, model.minimum);
      if (model.maximum_pct === undefined) return fee;
      return Math.min(fee, (model.maximum_pct / 100) * quantity * price);
    }
    case 'per_trade':
      return model.amount;
  }
}

/**
 * The largest quantity whose value and `feeWeight` times its fee stay within a budget; below 0 where the fee alone is more.
 *
 * @param feeWeight 1 where the budget is money; the leverage where it is exposure, as a fee takes that much of what equity carries
 */
export function quantityWithin(
  model: FeeModel,
  liquidity: Liquidity,
  budget: number,
  price: number,
  feeWeight: number,
): number {
  switch (model.type) {
    case 'bps': {
      const quantity = budget / (price * (1 + feeWeight * feeRate(model, liquidity)));
      if (model.minimum === 0) return quantity;
      return Math.min(quantity, (budget - feeWeight * model.minimum) / price);
    }
    case 'per_share': {
      const byAmount = Math.min(
        budget / (price + feeWeight * model.amount),
        (budget - feeWeight * model.minimum) / price,
      );
      if (model.maximum_pct === undefined) return byAmount;
      // The fee is the smaller of two, so the quantity is the larger of those that each would allow.
      return Math.max(byAmount, budget / (price * (1 + (feeWeight * model.maximum_pct) / 100)));
    }
    case 'per_trade':
      return (budget - feeWeight * model.amount) / price;
  }
}
