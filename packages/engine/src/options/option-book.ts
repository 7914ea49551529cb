import type { DeskTrade } from '../simulator/desk.ts';
import type { OptionContract, OptionPosition } from '../trading/options-desk.ts';
import { compareContracts, contractName } from './chain-source.ts';

/** Contracts that one fill opened and none has closed yet. */
interface Lot {
  readonly bar: number;
  readonly ts: number;
  readonly price: number;
  /** Contracts, above 0. */
  quantity: number;
  /** Fee and slippage of what is left of it. */
  fee: number;
  slippage: number;
}

/** An execution of contracts, as the book enters it. */
export interface BookEntry {
  readonly contract: OptionContract;
  /** Contracts, below 0 when sold. */
  readonly quantity: number;
  /** A share. */
  readonly price: number;
  readonly fee: number;
  readonly slippage: number;
  readonly bar: number;
  readonly ts: number;
}

/** A lot, or a part of one, that an execution closed. Quantity in contracts. */
export type ClosedLot = Omit<DeskTrade, 'exit_reason'>;

/** A contract that is held. Lots are all of one side, oldest first. */
export interface BookPosition extends OptionPosition {
  readonly entry_bar: number;
  readonly entry_ts: number;
  /** Price a share at which it is valued. */
  readonly mark: number;
}

interface Holding {
  contract: OptionContract;
  /** 1 long, -1 short. */
  direction: number;
  lots: Lot[];
  mark: number;
}

/** Holds option contracts and closes them first in, first out. */
export class OptionBook {
  #holdings = new Map<string, Holding>();

  get isEmpty(): boolean {
    return this.#holdings.size === 0;
  }

  get positions(): BookPosition[] {
    return [...this.#holdings.values()]
      .sort((a, b) => compareContracts(a.contract, b.contract))
      .map(({ contract, direction, lots, mark }) => {
        const quantity = lots.reduce((sum, lot) => sum + lot.quantity, 0);
        const paid = lots.reduce((sum, lot) => sum + lot.quantity * lot.price, 0);
        const first = lots[0];
        return {
          contract,
          quantity: direction * quantity,
          average_price: paid / quantity,
          entry_bar: first?.bar ?? -1,
          entry_ts: first?.ts ?? NaN,
          mark,
        };
      });
  }

  /** Contracts held, below 0 when short. */
  quantityOf(contract: OptionContract): number {
    const holding = this.#holdings.get(contractName(contract));
    return holding === undefined ? 0 : holding.direction * holding.lots.reduce((sum, lot) => sum + lot.quantity, 0);
  }

  setMark(contract: OptionContract, mark: number): void {
    const holding = this.#holdings.get(contractName(contract));
    if (holding !== undefined) holding.mark = mark;
  }

  /** Enters an execution: it closes what is held of the other side, oldest lot first, and opens with the rest. */
  enter(entry: BookEntry): ClosedLot[] {
    const name = contractName(entry.contract);
    const direction = Math.sign(entry.quantity);
    const holding = this.#holdings.get(name) ?? { contract: entry.contract, direction, lots: [], mark: entry.price };
    const closed: ClosedLot[] = [];
    const size = Math.abs(entry.quantity);
    let rest = size;
    while (rest > 0 && holding.direction !== direction && holding.lots[0] !== undefined) {
      const lot = holding.lots[0];
      const quantity = Math.min(rest, lot.quantity);
      closed.push(closeLot(lot, quantity, quantity / size, holding.direction, entry));
      rest -= quantity;
      if (lot.quantity === 0) holding.lots.shift();
    }
    if (rest > 0) {
      const share = rest / size;
      holding.direction = direction;
      holding.lots.push({
        bar: entry.bar,
        ts: entry.ts,
        price: entry.price,
        quantity: rest,
        fee: entry.fee * share,
        slippage: entry.slippage * share,
      });
    }
    if (holding.lots.length === 0) this.#holdings.delete(name);
    else this.#holdings.set(name, holding);
    return closed;
  }

  /** Adjusts all contracts to a split: 7 new shares for 1 old make 7 contracts of a seventh of the strike, to the cent. */
  split(ratio: number): void {
    const holdings = [...this.#holdings.values()];
    this.#holdings = new Map();
    for (const holding of holdings) {
      const adjusted = splitContract(holding.contract, ratio);
      // Two strikes may round to one cent: they stay two contracts.
      const isTaken = this.#holdings.has(contractName(adjusted));
      holding.contract = isTaken ? { ...adjusted, strike: holding.contract.strike / ratio } : adjusted;
      holding.mark /= ratio;
      holding.lots = holding.lots.map((lot) => ({ ...lot, quantity: lot.quantity * ratio, price: lot.price / ratio }));
      this.#holdings.set(contractName(holding.contract), holding);
    }
  }
}

export function splitContract(contract: OptionContract, ratio: number): OptionContract {
  return { ...contract, strike: Math.round((100 * contract.strike) / ratio) / 100 };
}

function closeLot(lot: Lot, quantity: number, shareOfExit: number, direction: number, exit: BookEntry): ClosedLot {
  const shareOfLot = quantity / lot.quantity;
  const fee = lot.fee * shareOfLot;
  const slippage = lot.slippage * shareOfLot;
  lot.fee -= fee;
  lot.slippage -= slippage;
  lot.quantity = quantity === lot.quantity ? 0 : lot.quantity - quantity;
  return {
    side: direction > 0 ? 'long' : 'short',
    entry_bar: lot.bar,
    exit_bar: exit.bar,
    entry_ts: lot.ts,
    exit_ts: exit.ts,
    entry_price: lot.price,
    exit_price: exit.price,
    quantity,
    fee: fee + exit.fee * shareOfExit,
    slippage: slippage + exit.slippage * shareOfExit,
  };
}
