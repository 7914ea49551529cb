import { describe, expect, it } from 'vitest';
import type { Desk, DeskAccount, DeskBar } from '../src/simulator/desk.ts';
import { simulate } from '../src/simulator/simulate-events.ts';
import { candlesOfRows, evaluatePlan, eventStrategy, marketOf, optionsOf } from './support/rule-double.ts';

/** A desk that holds one short put from the first bar and has 100 shares delivered at 95 in the third. */
class MadeUpDesk implements Desk {
  readonly multiplier = 100;
  readonly positions = [];
  readonly openPositions = [];
  readonly calls: string[] = [];
  #value = 0;

  chain() {
    return [];
  }

  quote() {
    return null;
  }

  submit() {}

  openBar({ bar, candle }: DeskBar, account: DeskAccount): void {
    this.calls.push(`open ${bar} ${candle}`);
    if (bar !== 2) return;
    account.deliverStock(100, 95, 'assignment');
    account.recordTrade({
      side: 'short',
      entry_bar: 0,
      exit_bar: 2,
      entry_ts: 0,
      exit_ts: 2,
      entry_price: 2,
      exit_price: 0,
      quantity: 100,
      fee: 1,
      slippage: 0,
      exit_reason: 'assignment',
    });
    this.#value = 0;
  }

  closeBar({ bar }: DeskBar, account: DeskAccount): void {
    this.calls.push(`close ${bar}`);
    if (bar !== 0) return;
    account.postPremium(200);
    account.postFee(1);
    this.#value = -200;
  }

  valueAtClose(): number {
    return this.#value;
  }

  marginRequirement(): number {
    return 0;
  }

  liquidate(): void {}
}

describe('an options desk', () => {
  it('posts premiums and fees, enters equity, and delivers shares to the account', () => {
    const rows = [100, 98, 94, 97].map((price) => [price, price, price, price]);
    const desk = new MadeUpDesk();
    const seen: boolean[] = [];
    const strategy = eventStrategy((context) => seen.push(context.options === desk));
    const result = simulate(strategy, marketOf(candlesOfRows(rows)), optionsOf(), {
      evaluatePlan,
      openDesk: () => desk,
    });
    expect([...result.equity]).toEqual([9999, 9999, 10_199 - 9500 + 9400, 10_199 - 9500 + 9700]);
    expect(result.costs.fees).toBe(1);
    expect(result.open_positions).toMatchObject([{ instrument: 0, quantity: 100, average_price: 95 }]);
    expect([...result.trades]).toMatchObject([{ pnl: 199, exit_reason: 'assignment' }]);
    expect(desk.calls.slice(0, 4)).toEqual(['open 0 0', 'close 0', 'open 1 1', 'close 1']);
    expect(seen).toEqual([true, true, true, true]);
  });
});
