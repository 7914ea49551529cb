import { contractName } from '../options/chain-source.ts';
import type { SimulatedOptionsDesk } from '../options/simulated-options-desk.ts';
import type { Position } from '../simulator/position.ts';
import type { Simulation } from '../simulator/simulation.ts';
import { nearest } from './describe-order.ts';
import type { SessionPosition } from './session-outcome.ts';

/** All that is held: stock and the like in order of instruments, then options by expiry and strike. */
export function describePositions(simulation: Simulation, desk: SimulatedOptionsDesk | null): SessionPosition[] {
  const { account, market } = simulation;
  const stocks = account.held.map((position) => ({
    symbol: market.series(position.instrument).symbol,
    quantity: position.quantity,
    average_price: position.averagePrice,
    mark: position.mark,
    multiplier: position.multiplier,
    entry_ts: position.lots[0]?.ts ?? NaN,
    ...exitsOf(position, simulation),
    contract: null,
  }));
  if (desk === null) return stocks;
  const options = desk.bookPositions.map(({ contract, quantity, average_price, mark, entry_ts }) => ({
    symbol: market.series(0).symbol,
    quantity,
    average_price,
    mark,
    multiplier: desk.multiplier,
    entry_ts,
    stop_loss: null,
    take_profit: null,
    contract: contractName(contract),
  }));
  return [...stocks, ...options];
}

function exitsOf({ instrument, quantity }: Position, { broker }: Simulation) {
  const direction = quantity > 0 ? 1 : -1;
  const levels = (isTarget: boolean) =>
    broker.book
      .bookOf(instrument)
      .filter(({ order, isLimit, level }) => order.direction === -direction && isLimit === isTarget && level > 0)
      .map(({ level }) => level);
  return { stop_loss: nearest(levels(false), direction), take_profit: nearest(levels(true), direction === 1 ? -1 : 1) };
}
