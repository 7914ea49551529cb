import type { OptionsDesk } from '../trading/options-desk.ts';
import type { TradingContext } from '../trading/trading-context.ts';

/**
 * What it would take to close all options now, in the quote currency: bought back at the ask, sold at the bid. Above 0 is
 * paid. Null where one of them has no quote; what nobody bids for is given away.
 */
export function costToClose(desk: OptionsDesk): number | null {
  let cost = 0;
  for (const { contract, quantity } of desk.positions) {
    const quote = desk.quote(contract);
    if (quote === null) return null;
    const price = quantity < 0 ? quote.ask : Number.isNaN(quote.bid) ? 0 : quote.bid;
    if (Number.isNaN(price)) return null;
    cost -= quantity * desk.multiplier * price;
  }
  return cost;
}

/** What was received for the options that are held, less what was paid; below 0 for a debit. */
export function creditReceived(desk: OptionsDesk): number {
  return (
    -desk.positions.reduce((sum, { quantity, average_price }) => sum + quantity * average_price, 0) * desk.multiplier
  );
}

/** When a position that was sold for a credit is closed. */
export interface CreditExits {
  /** Shares of the credit: what is earned, or lost. */
  readonly profitTarget: number;
  readonly stop: number;
  /** Days to expiry; 0 holds to the end. */
  readonly exitDte: number;
}

/** Closes what was sold for a credit at its profit target, its stop, or when few days are left. */
export function manageCredit(desk: OptionsDesk, { profitTarget, stop, exitDte }: CreditExits, daysLeft: number): void {
  const cost = costToClose(desk);
  if (cost === null) return;
  const credit = creditReceived(desk);
  const profit = credit - cost;
  if (profit >= profitTarget * credit) closeOptions(desk, 'take_profit');
  else if (-profit >= stop * credit) closeOptions(desk, 'stop_loss');
  else if (daysLeft <= exitDte && exitDte > 0) closeOptions(desk, 'time_exit');
}

/** Sells shares at the next open, or buys them back: an assignment or an exercise left them. False where there are none. */
export function closeStock(context: TradingContext, reason = 'assignment'): boolean {
  const held = context.position(0);
  if (held === 0) return false;
  const side = held > 0 ? 'sell' : 'buy';
  context.submit({ instrument: 0, side, quantity: Math.abs(held), type: 'market', reduce_only: true, reason });
  return true;
}

/**
 * Closes all options that somebody trades; longs that nobody bids for are left to expire, since one leg without a bid would
 * hold back all.
 */
export function closeOptions(desk: OptionsDesk, reason: string): void {
  const legs = desk.positions.flatMap(({ contract, quantity }) => {
    const isWorthless = quantity > 0 && !((desk.quote(contract)?.bid ?? 0) > 0);
    return isWorthless ? [] : [{ contract, quantity: -quantity }];
  });
  if (legs.length > 0) desk.submit(legs, reason);
}
