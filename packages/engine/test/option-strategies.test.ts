import { describe, expect, it } from 'vitest';
import { buyWrite } from '../src/strategies/built-in/buy-write.ts';
import { condor } from '../src/strategies/built-in/condor.ts';
import { gammaBurst } from '../src/strategies/built-in/gamma-burst.ts';
import { putLite } from '../src/strategies/built-in/put-lite.ts';
import type { OptionFill } from '../src/trading/options-desk.ts';
import { middleOf, quotesOn, simulateOptions, valuesOf } from './support/option-market.ts';
import { seriesOf } from './support/options-harness.ts';

// At 18 days and 30 % the 95 put has a delta of -0.21 and the 90 put of -0.05; the 105 call has 0.24, the 110 call 0.08.
const EXPIRY_DAY = 19;
const flat = (bars: number) => Array.from({ length: bars }, () => 100);
/** Closes of 100 until bar `from`, then `after`. */
const jump = (bars: number, from: number, after: number) =>
  Array.from({ length: bars }, (_, bar) => (bar < from ? 100 : after));
const brief = ({ bar, contract, quantity, reason }: OptionFill) => [bar, contract, quantity, reason];
const NO_FEES = { fee_per_contract: 0 };

describe('put-lite', () => {
  const run = (closes: readonly number[], chosen = {}) =>
    simulateOptions(putLite, seriesOf(closes), {
      rows: quotesOn(closes, EXPIRY_DAY),
      chosen: { dte: 18, ...chosen },
      options: NO_FEES,
    });

  it('sells the put of its delta, as many as there is cash for, and takes half of the premium', () => {
    const { desk } = run(flat(19));
    const premium = middleOf('put', 95, 100, 17) - 0.05;
    // Seen at a close, done at the next bar.
    let bar = 1;
    while (middleOf('put', 95, 100, 18 - bar) + 0.05 > 0.5 * premium) bar++;
    expect(desk.fills.slice(0, 2).map(brief)).toEqual([
      [1, '2024-01-19 95 put', -9, 'entry'],
      [bar + 1, '2024-01-19 95 put', 9, 'take_profit'],
    ]);
    expect(desk.fills[0]?.price).toBeCloseTo(premium, 9);
  });

  it('buys it back at the stop', () => {
    const { desk, result } = run(jump(19, 5, 90));
    expect(brief(desk.fills[1] as OptionFill)).toEqual([6, '2024-01-19 95 put', 9, 'stop_loss']);
    expect(result.trades.at(0)).toMatchObject({ side: 'short', exit_reason: 'stop_loss', quantity: 900 });
  });

  it('keeps the premium of what expires worthless', () => {
    const { result } = run(flat(20), { profit_target_pct: 100 });
    const premium = middleOf('put', 95, 100, 17) - 0.05;
    expect(result.trades.at(0)).toMatchObject({ exit_reason: 'expiry', exit_bar: 18, exit_price: 0 });
    expect(result.equity[18]).toBeCloseTo(100_000 + 900 * premium, 6);
  });

  it('takes the shares that are assigned and sells them at the next open', () => {
    const { result } = run(jump(21, 18, 93), { profit_target_pct: 100, stop_pct: 1000 });
    expect(result.trades.at(0)).toMatchObject({ exit_reason: 'assignment', exit_bar: 18 });
    expect(result.trades.at(1)).toMatchObject({
      side: 'long',
      entry_price: 95,
      exit_price: 93,
      exit_bar: 19,
      quantity: 900,
    });
    expect(result.open_positions).toEqual([]);
  });
});

describe('buy-write', () => {
  const run = (closes: readonly number[], chosen = {}) =>
    simulateOptions(buyWrite, seriesOf(closes), {
      rows: quotesOn(closes, EXPIRY_DAY),
      chosen: { dte: 18, ...chosen },
      options: NO_FEES,
    });

  it('buys shares by the hundred and sells a call on each', () => {
    const { result, desk } = run(flat(6));
    expect(result.fills?.[0]).toMatchObject({ bar: 1, side: 'buy', quantity: 900, price: 100 });
    expect(desk.fills.map(brief)).toEqual([[2, '2024-01-19 105 call', -9, 'entry']]);
  });

  it('lets them be called away at the strike, and buys again', () => {
    const { result } = run(jump(22, 18, 108), { profit_target_pct: 100 });
    const premium = middleOf('call', 105, 100, 16) - 0.05;
    expect(result.trades.at(0)).toMatchObject({ side: 'short', exit_reason: 'assignment', exit_price: 0 });
    expect(result.trades.at(1)).toMatchObject({ side: 'long', entry_price: 100, exit_price: 105, quantity: 900 });
    expect(result.equity[18]).toBeCloseTo(100_000 + 900 * (5 + premium), 6);
    expect(result.fills?.at(-1)).toMatchObject({ bar: 19, side: 'buy', price: 108 });
  });
});

describe('condor', () => {
  const run = (closes: readonly number[], chosen = {}) =>
    simulateOptions(condor, seriesOf(closes), {
      rows: quotesOn(closes, EXPIRY_DAY),
      chosen: { dte: 18, wing_delta: 0.07, ...chosen },
      options: NO_FEES,
    });
  const credit = (daysLeft: number) =>
    middleOf('put', 95, 100, daysLeft) +
    middleOf('call', 105, 100, daysLeft) -
    middleOf('put', 90, 100, daysLeft) -
    middleOf('call', 110, 100, daysLeft) -
    0.2;

  it('sells as many as may lose its share of equity', () => {
    const { desk } = run(flat(3));
    const condors = Math.floor(5000 / (100 * (5 - credit(18))));
    expect(desk.fills.map(brief)).toEqual([
      [1, '2024-01-19 90 put', condors, 'entry'],
      [1, '2024-01-19 95 put', -condors, 'entry'],
      [1, '2024-01-19 105 call', -condors, 'entry'],
      [1, '2024-01-19 110 call', condors, 'entry'],
    ]);
  });

  it('closes all four at the profit target, and at so many days left', () => {
    const won = run(flat(19), { exit_dte: 0 }).result.trades;
    expect(won.length).toBeGreaterThanOrEqual(4);
    expect(won.at(0).exit_reason).toBe('take_profit');
    const late = run(flat(19), { profit_target_pct: 100 }).result.trades;
    // 7 days are left on 12 January, bar 11.
    expect(late.at(0)).toMatchObject({ exit_reason: 'time_exit', exit_bar: 12 });
  });

  it('closes at the stop', () => {
    const { trades } = run(jump(12, 5, 91), { stop_pct: 50 }).result;
    expect(trades.at(0)).toMatchObject({ exit_reason: 'stop_loss', exit_bar: 6 });
  });

  it('needs wings that are further out than what it sells', () => {
    expect(() => condor.build(valuesOf(condor, { wing_delta: 0.3 }))).toThrow('below short_delta');
  });
});

describe('gamma-burst', () => {
  const run = (closes: readonly number[], chosen = {}) =>
    simulateOptions(gammaBurst, seriesOf(closes), {
      rows: quotesOn(closes, EXPIRY_DAY),
      chosen: { dte: 12, lookback: 3, ...chosen },
      options: NO_FEES,
    });
  /** Moves of one either way, then a jump. */
  const restless = (jumpTo: number) => [
    100,
    101,
    100,
    101,
    100,
    jumpTo,
    jumpTo,
    jumpTo,
    jumpTo,
    jumpTo,
    jumpTo,
    jumpTo,
  ];

  it('buys a straddle at the money after a bar that is unusually wide, for its share of equity', () => {
    const { desk } = run(restless(105));
    const price = middleOf('call', 105, 105, 13) + middleOf('put', 105, 105, 13) + 0.1;
    const quantity = Math.floor(2000 / (100 * price));
    expect(desk.fills.slice(0, 2).map(brief)).toEqual([
      [6, '2024-01-19 105 call', quantity, 'entry'],
      [6, '2024-01-19 105 put', quantity, 'entry'],
    ]);
  });

  it('does nothing while bars are as wide as always', () => {
    expect(run(restless(101)).desk.fills).toEqual([]);
  });

  it('buys a call after a rise and a put after a fall, where it takes a direction', () => {
    const rights = (jumpTo: number, trigger: string) =>
      run(restless(jumpTo), { structure: 'directional', trigger, momentum_bars: 1 }).desk.fills[0]?.contract.split(
        ' ',
      )[2];
    expect(rights(105, 'volatility')).toBe('call');
    expect(rights(95, 'volatility')).toBe('put');
    expect(rights(105, 'momentum')).toBe('call');
    expect(rights(95, 'momentum')).toBe('put');
  });

  it('sells after its bars, and at its target', () => {
    const held = run(restless(105), { max_bars: 3, stop_pct: 100 }).result.trades;
    expect(held.at(0)).toMatchObject({ entry_bar: 6, exit_bar: 9, exit_reason: 'time_exit' });
    const closes = [100, 101, 100, 101, 100, 105, 105, 118, 118, 118];
    const won = run(closes, { profit_target_pct: 50 }).result.trades;
    expect(won.at(0)).toMatchObject({ entry_bar: 6, exit_bar: 8, exit_reason: 'take_profit' });
  });

  it('waits for the bars it compares with', () => {
    expect(gammaBurst.build(valuesOf(gammaBurst, { trigger: 'momentum' }))).toMatchObject({ warm_up_bars: 24 });
  });
});
