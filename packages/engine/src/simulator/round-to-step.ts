import { EQUALITY_TOLERANCE } from '../plan/plan.ts';

/** The largest multiple of `step` that is at most `value`, up to rounding of doubles; `value` itself for a step of 0. */
export function roundDown(value: number, step: number): number {
  return step > 0 ? Math.floor((value / step) * (1 + EQUALITY_TOLERANCE)) * step : value;
}

/** The smallest multiple of `step` that is at least `value`, up to rounding of doubles; `value` itself for a step of 0. */
export function roundUp(value: number, step: number): number {
  return step > 0 ? Math.ceil((value / step) * (1 - EQUALITY_TOLERANCE)) * step : value;
}

/**
 * The price of an order as the exchange takes it: down for buys and up for sells. So a limit is never worse than asked for,
 * and a stop never loses more.
 */
export function roundOrderPrice(side: 'buy' | 'sell', price: number, tickSize: number): number {
  return side === 'buy' ? roundDown(price, tickSize) : roundUp(price, tickSize);
}
