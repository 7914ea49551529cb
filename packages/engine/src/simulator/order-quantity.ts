import type { BacktestSettings } from '@tradebase/contracts';
import type { OrderSize } from '../trading/order.ts';
import type { Account } from './account.ts';
import type { BookedOrder } from './booked-order.ts';
import { distanceFrom } from './bracket-orders.ts';
import { type Liquidity, quantityWithin } from './fees.ts';
import type { MarketNow } from './market-now.ts';
import type { Position } from './position.ts';
import { roundDown } from './round-to-step.ts';
import { slippageOf } from './slippage.ts';

/** What a size is settled with. */
export interface SizingMarket {
  readonly settings: BacktestSettings;
  readonly market: MarketNow;
  /** Price before slippage. */
  readonly price: number;
  readonly liquidity: Liquidity;
}

/**
 * Units that an order with a size asks for, settled at its fill with equity at the present marks: at most what the
 * account can pay for, rounded down to lots; 0 or less where that is nothing. See docs/rule-semantics.md.
 */
export function settleQuantity(
  account: Account,
  position: Position,
  order: BookedOrder,
  size: OrderSize,
  sizing: SizingMarket,
): number {
  const { settings, market, price, liquidity } = sizing;
  let quantity = quantityAt(account, position, order, size, sizing, price);
  if (liquidity === 'taker' && settings.slippage.type !== 'none') {
    const volume = market.volume(order.instrument);
    const slip = slippageOf(settings.slippage, price, Math.max(quantity, 0), volume);
    quantity = quantityAt(account, position, order, size, sizing, price + order.direction * slip);
  }
  return roundDown(quantity, market.rulesOf(order.instrument).lot_size);
}

function quantityAt(
  account: Account,
  position: Position,
  order: BookedOrder,
  size: OrderSize,
  { settings, market, liquidity }: SizingMarket,
  price: number,
): number {
  const { margin } = settings;
  const { multiplier, fees = settings.fees } = market.rulesOf(order.instrument);
  const unitPrice = price * multiplier;
  const { equity } = account;
  const others = account.held.length === 0 ? 0 : exposureOfOthers(account, position, order);
  const room = margin.leverage * (equity - (account.desk?.marginRequirement() ?? 0)) - others;
  const most = quantityWithin(fees, liquidity, room, unitPrice, margin.leverage);
  const budget = size.method === 'value' ? size.value : (shareOf(size) / 100) * equity;
  const within = Math.min(most, quantityWithin(fees, liquidity, budget, unitPrice, 1));
  if (size.method !== 'risk') return within;
  const loss = distanceFrom(price, size.stop) * multiplier;
  return Math.min(((size.risk_pct / 100) * equity) / loss, within);
}

function shareOf(size: Exclude<OrderSize, { method: 'value' }>): number {
  return size.method === 'risk' ? size.max_percent : size.percent;
}

/** Exposure without the position itself where the order first closes it. */
function exposureOfOthers(account: Account, position: Position, order: BookedOrder): number {
  const closes = position.quantity * order.direction < 0;
  return account.grossExposure - (closes ? Math.abs(position.value) : 0);
}
