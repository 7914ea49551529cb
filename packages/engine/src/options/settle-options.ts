import type { OptionsSettings } from '@tradebase/contracts';
import type { DeskAccount, DeskBar } from '../simulator/desk.ts';
import type { OptionContract } from '../trading/options-desk.ts';
import type { BookPosition, OptionBook } from './option-book.ts';
import { DAY_MS, dayOf, lastTradingDay } from './option-calendar.ts';
import { intrinsic } from './option-margin.ts';

/** In the money by less than a cent is out of it: the clearing house exercises from there on. */
const EXERCISED_FROM = 0.01;
/** A short option with less time value than this, a share, is taken to be exercised by who holds it. */
const LEAST_TIME_VALUE = 0.005;

export interface Settlement {
  readonly book: OptionBook;
  readonly settings: OptionsSettings;
  /** Close of the underlying. */
  readonly spot: number;
  readonly bar: DeskBar;
  readonly account: DeskAccount;
  /** Takes contracts off the book: `quantity` is what is bought (above 0) or sold to close, at a price a share. */
  close(contract: OptionContract, quantity: number, price: number, reason: 'expiry' | 'assignment'): void;
}

/**
 * Settles, at the close of a bar, what ends with it.
 *
 * Expiry: at the last bar that is not after the last trading day, by the close of the underlying. What is in the money by a
 * cent is exercised: shares change hands at the strike, or cash does. A long option that the account cannot exercise (too
 * little cash for the call, no shares for the put) is settled in cash.
 *
 * Early assignment of short American options that are in the money: a call at the last close before a share goes ex, where
 * the dividend is more than the time value; any option without time value, which whoever holds it gives nothing up by
 * exercising.
 */
export function settleOptions(settlement: Settlement): void {
  const { book, spot } = settlement;
  // Shorts first: what is delivered to them may be what a long delivers.
  const positions = book.positions.toSorted((a, b) => Math.sign(a.quantity) - Math.sign(b.quantity));
  for (const position of positions) {
    if (isLastBar(position.contract, settlement)) expire(position, settlement);
    else if (position.quantity < 0 && isAssignedEarly(position, settlement)) {
      exercise(position, intrinsic(position.contract, spot), settlement);
    }
  }
}

function isLastBar({ expiry }: OptionContract, { bar }: Settlement): boolean {
  const lastDay = lastTradingDay(expiry);
  return bar.next_ts === null ? dayOf(bar.ts) >= lastDay : dayOf(bar.next_ts) > lastDay;
}

function expire(position: BookPosition, settlement: Settlement): void {
  const { contract, quantity } = position;
  const value = intrinsic(contract, settlement.spot);
  if (value < EXERCISED_FROM) settlement.close(contract, -quantity, 0, 'expiry');
  else exercise(position, value, settlement);
}

function exercise({ contract, quantity }: BookPosition, value: number, settlement: Settlement): void {
  const { settings, account, close } = settlement;
  const reason = quantity < 0 ? 'assignment' : 'expiry';
  const shares = quantity * settings.multiplier * (contract.right === 'call' ? 1 : -1);
  if (settings.settlement === 'cash' || (quantity > 0 && !canDeliver(shares, contract.strike, account))) {
    close(contract, -quantity, value, reason);
    return;
  }
  close(contract, -quantity, 0, reason);
  account.deliverStock(shares, contract.strike, reason);
}

/** Whether shares can be bought at this price, or sold, without borrowing. */
function canDeliver(shares: number, price: number, { cash, stockPosition }: DeskAccount): boolean {
  if (shares < 0) return stockPosition >= -shares;
  return cash >= shares * price || stockPosition <= -shares;
}

function isAssignedEarly({ contract, mark }: BookPosition, { settings, spot, bar }: Settlement): boolean {
  const value = intrinsic(contract, spot);
  if (settings.style !== 'american' || value < EXERCISED_FROM) return false;
  const timeValue = mark - value;
  if (timeValue < LEAST_TIME_VALUE) return true;
  if (contract.right === 'put' || bar.next_ts === null) return false;
  const [today, next] = [dayOf(bar.ts), dayOf(bar.next_ts)];
  return settings.dividends.some(({ ex_date, amount }) => {
    const exDay = Date.parse(ex_date) / DAY_MS;
    return exDay > today && exDay <= next && amount > timeValue;
  });
}
