import type { BacktestSettings } from '@tradebase/contracts';
import type { Account } from './account.ts';
import type { Position } from './position.ts';

type Margin = BacktestSettings['margin'];

/**
 * LIQUIDATION. The account is liquidated once equity falls below `maintenance_pct` of the exposure (the sum of the absolute
 * values of all positions, plus what the desk requires): with 0 percent, once there is no equity left. It is looked at
 *
 * - at the open of each bar, before orders fill: a breach there is a gap, and all is closed at the opens;
 * - within the bar, for each instrument, with the others at their opens: a breach closes the instrument at the price at which
 *   equity reaches the bound, as a stop there would, and the others at the worse of their open and close;
 * - at the close of each bar, at the closes.
 *
 * Fills are without slippage, and pay the taker fee as far as there is equity. So equity ends below 0 by a gap alone. All
 * orders are cancelled, and nothing is traded any more.
 */
export function isBreached(account: Account, margin: Margin): boolean {
  if (!canBreach(account, margin)) return false;
  const required = (margin.maintenance_pct / 100) * account.grossExposure + (account.desk?.marginRequirement() ?? 0);
  return account.equity < required;
}

/** Price of one position at which equity reaches the bound, with all else at its mark; NaN where there is none above 0. */
export function liquidationPrice(account: Account, margin: Margin, position: Position): number {
  if (position.quantity === 0 || !canBreach(account, margin)) return NaN;
  const maintenance = margin.maintenance_pct / 100;
  const units = Math.abs(position.quantity) * position.multiplier;
  const equityOfRest = account.equity - position.value;
  const exposureOfRest = account.grossExposure - Math.abs(position.value);
  const needed = maintenance * exposureOfRest + (account.desk?.marginRequirement() ?? 0) - equityOfRest;
  const price = position.quantity > 0 ? needed / (units * (1 - maintenance)) : -needed / (units * (1 + maintenance));
  return price > 0 && price < Infinity ? price : NaN;
}

/** Longs that were paid for cannot lose more than there is: no bound but one on exposure concerns them. */
export function canBreach({ cash, held, desk }: Account, { maintenance_pct }: Margin): boolean {
  if (desk !== null || cash < 0 || maintenance_pct > 0) return held.length > 0 || desk !== null;
  for (let i = 0; i < held.length; i++) if ((held[i] as Position).quantity < 0) return true;
  return false;
}

/**
 * Whether the account may hold `after` units of a position at `price`, the fee paid: exposure within leverage times equity. With a leverage
 * of 1 and no shorts, this says that cash does not go below 0.
 */
export function canCarry(
  account: Account,
  leverage: number,
  position: Position,
  after: number,
  price: number,
  fee: number,
): boolean {
  const atPrice = position.quantity * price * position.multiplier;
  const equity = account.equity - position.value + atPrice - fee - (account.desk?.marginRequirement() ?? 0);
  const restExposure = account.grossExposure - Math.abs(position.value);
  const exposure = restExposure + Math.abs(after) * price * position.multiplier;
  return exposure <= leverage * equity * (1 + 1e-12);
}
