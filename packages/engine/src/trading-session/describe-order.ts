import { contractName } from '../options/chain-source.ts';
import type { DeskOrder, SimulatedOptionsDesk } from '../options/simulated-options-desk.ts';
import { BookedOrder } from '../simulator/booked-order.ts';
import { bracketOrders } from '../simulator/bracket-orders.ts';
import { settleQuantity } from '../simulator/order-quantity.ts';
import type { Simulation } from '../simulator/simulation.ts';
import type { SessionOptionOrder, SessionOrder } from './session-outcome.ts';

/** An order as the driver sees it, reckoned with the prices of now. */
export function describeOrder(order: BookedOrder, simulation: Simulation): SessionOrder {
  const { market } = simulation;
  const reference_price = order.limit_price ?? order.stop_price ?? market.close(order.instrument);
  const { tick_size, multiplier } = market.rulesOf(order.instrument);
  const inBracket = (request: ConstructorParameters<typeof BookedOrder>[1]) => new BookedOrder(0, request, -1, NaN);
  const bracket = bracketOrders(order, reference_price, 1, tick_size, inBracket);
  const levels = (isTarget: boolean) =>
    bracket.filter(({ isLimit, level }) => isLimit === isTarget && level > 0).map(({ level }) => level);
  const isSizedAtFill = order.size !== undefined && order.quantity === 0;
  return {
    id: String(order.id),
    symbol: market.series(order.instrument).symbol,
    side: order.side,
    type: order.type,
    quantity: isSizedAtFill ? estimate(order, reference_price, simulation) : order.quantity,
    is_sized_at_fill: isSizedAtFill,
    limit_price: order.limit_price ?? null,
    stop_price: order.stop_price ?? null,
    trail_distance: order.trail_distance ?? null,
    time_in_force: order.time_in_force,
    reduce_only: order.reduce_only,
    reference_price,
    stop_loss: nearest(levels(false), order.direction),
    take_profit: nearest(levels(true), order.direction === 1 ? -1 : 1),
    multiplier,
    reason: order.reason,
    parent_order_id: order.oco_group !== undefined && order.oco_group < 0 ? String(-order.oco_group) : null,
    placed_ts: order.placed_ts,
    status: order.status,
    filled_quantity: order.filled_quantity,
    reject_reason: order.reject_reason ?? null,
  };
}

/** The highest of levels for a direction of 1, the lowest for -1; null where there are none. */
export function nearest(levels: readonly number[], direction: 1 | -1): number | null {
  if (levels.length === 0) return null;
  return direction === 1 ? Math.max(...levels) : Math.min(...levels);
}

function estimate(order: BookedOrder, price: number, { account, market, settings }: Simulation): number {
  const position = account.positions[order.instrument];
  if (position === undefined || order.size === undefined) return 0;
  const liquidity = order.type === 'limit' ? 'maker' : 'taker';
  const quantity = settleQuantity(account, position, order, order.size, { settings, market, price, liquidity });
  return quantity > 0 && quantity < Infinity ? quantity : 0;
}

/** As `describeOrder`, of an order of options. */
export function describeOptionOrder(
  order: DeskOrder,
  desk: SimulatedOptionsDesk,
  symbol: string,
  reduce_only: boolean,
): SessionOptionOrder {
  return {
    id: `o${order.id}`,
    symbol,
    legs: order.legs.map(({ contract, quantity }) => {
      const quote = desk.quote(contract);
      const price = (quantity > 0 ? quote?.ask : quote?.bid) ?? NaN;
      const reference_price = Number.isNaN(price) ? null : price;
      return { contract: contractName(contract), terms: contract, quantity, reference_price };
    }),
    multiplier: desk.multiplier,
    reduce_only,
    reason: order.reason,
    placed_ts: order.placed_ts,
    status: order.status,
    reject_reason: order.reject_reason,
  };
}
