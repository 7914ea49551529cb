import type { BacktestSettings } from '@tradebase/contracts';
import type { Account } from './account.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * DAY_MS;

/**
 * Charges what the positions and the debt of the last bar have cost until now: from the open of one bar of the clock to the
 * open of the next, before anything fills there. A position that is closed at an open pays until then, and the funding due at that very
 * time; one that is opened there does not.
 *
 * Borrow is a yearly rate of 365 days on the value of shorts at their last mark, interest one on cash below 0. Funding is paid
 * at each funding time on the value at the last mark: by longs when the rate is positive, to shorts.
 */
export function chargeCarry(account: Account, margin: BacktestSettings['margin'], fromTs: number, toTs: number): void {
  const years = (toTs - fromTs) / YEAR_MS;
  const fundingTimes = margin.funding_rate_pct === 0 ? 0 : fundingTimesBetween(fromTs, toTs, margin.funding_hours);
  if (account.cash < 0 && margin.interest_rate_pct > 0) {
    const interest = -account.cash * (margin.interest_rate_pct / 100) * years;
    account.cash -= interest;
    account.interest += interest;
  }
  for (const position of account.held) {
    if (position.quantity < 0 && margin.borrow_rate_pct > 0) {
      account.payCarry(position, 'borrow', -position.value * (margin.borrow_rate_pct / 100) * years);
    }
    if (fundingTimes > 0) {
      account.payCarry(position, 'funding', position.value * (margin.funding_rate_pct / 100) * fundingTimes);
    }
  }
}

/** Funding times after `fromTs` and until `toTs`: every `hours` hours from each midnight UTC. */
export function fundingTimesBetween(fromTs: number, toTs: number, hours: number): number {
  return fundingTimesUntil(toTs, hours) - fundingTimesUntil(fromTs, hours);
}

/** Funding times since the epoch, it excluded. */
function fundingTimesUntil(ts: number, hours: number): number {
  const every = hours * HOUR_MS;
  const day = Math.floor(ts / DAY_MS);
  return day * Math.ceil(DAY_MS / every) + Math.floor((ts - day * DAY_MS) / every);
}
