import type { BacktestSettingsInput } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import type { TradeRules } from '../src/plan/rule-program.ts';
import { kellyShare } from '../src/simulator/kelly.ts';
import { appendTrade } from '../src/trading/append-trade.ts';
import { TradeList } from '../src/trading/trade-list.ts';
import { candlesFrom } from './support/made-up-candles.ts';
import {
  candlesOfRows,
  marketOf,
  type ProgramBuilder,
  run,
  SIGNAL_NAMES,
  seriesOf,
  signalAt,
  signalStrategy,
} from './support/rule-double.ts';

type Signals = Partial<Record<(typeof SIGNAL_NAMES)[number], readonly number[]>>;

const strategyOf = (rules: (builder: ProgramBuilder) => Partial<TradeRules>) => signalStrategy(SIGNAL_NAMES, rules);
const columnsOf = (bars: number, signals: Signals) =>
  Object.fromEntries(SIGNAL_NAMES.map((name) => [name, signalAt(bars, ...(signals[name] ?? []))]));

/** Trades on bars whose open and close are the price given. */
function trade(
  prices: readonly number[],
  signals: Signals,
  rules: (builder: ProgramBuilder) => Partial<TradeRules> = () => ({}),
  settings: BacktestSettingsInput = {},
) {
  const columns = columnsOf(prices.length, signals);
  return run(strategyOf(rules), marketOf(candlesFrom(prices, prices), { columns }), settings);
}

const tradesOf = (result: ReturnType<typeof trade>) =>
  [...result.trades].map(({ side, entry_bar, exit_bar, exit_reason }) => [side, entry_bar, exit_bar, exit_reason]);
const flat = (bars: number) => Array.from({ length: bars }, () => 100);

describe('signals', () => {
  it('fill at the next open, an exit signal before anything else', () => {
    const result = trade(flat(6), { enter_long: [0, 2], exit_long: [2] });
    expect(tradesOf(result)).toEqual([['long', 1, 3, 'signal']]);
    expect(result.open_positions).toEqual([]);
  });

  it('of the other side reverse a position at one open', () => {
    const result = trade(flat(6), { enter_long: [0], enter_short: [2], exit_short: [4] });
    expect(tradesOf(result)).toEqual([
      ['long', 1, 3, 'signal'],
      ['short', 3, 5, 'signal'],
    ]);
  });

  it('for both sides at once are none', () => {
    expect(trade(flat(4), { enter_long: [0], enter_short: [0] }).fills).toEqual([]);
  });

  it('add to a position as often as they may', () => {
    const entries = (max_entries: number) =>
      trade(flat(8), { enter_long: [0, 1, 2, 3] }, (builder) => ({
        max_entries,
        sizing: { method: 'percent_of_equity', percent: builder.constant(10) },
      })).fills?.length;
    expect([entries(1), entries(3)]).toEqual([1, 3]);
  });

  it('go short only where that is allowed', () => {
    const fills = (allow_short: boolean) =>
      trade(flat(4), { enter_short: [0] }, undefined, { margin: { allow_short } }).fills;
    expect([fills(true)?.length, fills(false)?.length]).toEqual([1, 0]);
  });
});

describe('sizes', () => {
  const quantity = (sizing: (builder: ProgramBuilder) => TradeRules['sizing'], settings: BacktestSettingsInput = {}) =>
    trade(
      flat(3),
      { enter_long: [0] },
      (builder) => ({
        sizing: sizing(builder),
        stop_loss: { unit: 'price', distance: builder.constant(5) },
      }),
      settings,
    ).fills?.[0]?.quantity;
  const fees = { type: 'bps', maker_bps: 0, taker_bps: 1000 } as const;

  it('are a number, money or a share of equity, fee included', () => {
    expect(quantity((b) => ({ method: 'fixed_quantity', quantity: b.constant(7) }))).toBe(7);
    expect(quantity((b) => ({ method: 'fixed_value', value: b.constant(5500) }), { fees })).toBeCloseTo(50, 9);
    expect(quantity((b) => ({ method: 'percent_of_equity', percent: b.constant(55) }), { fees })).toBeCloseTo(50, 9);
  });

  it('are what the stop may lose, within a share of equity', () => {
    const risk = (max: number) =>
      quantity((b) => ({ method: 'risk', risk_pct: b.constant(2), max_percent: b.constant(max) }));
    expect([risk(100), risk(20)]).toEqual([40, 20]);
  });

  it('are never more than can be paid for, by leverage', () => {
    const percent = (leverage: number) =>
      quantity((b) => ({ method: 'percent_of_equity', percent: b.constant(300) }), { margin: { leverage } });
    expect([percent(1), percent(2), percent(5)]).toEqual([100, 200, 300]);
  });

  it('follow Kelly once enough trades have closed', () => {
    const trades = new TradeList();
    const close = (exit_price: number) =>
      appendTrade(trades, {
        instrument: 0,
        direction: 1,
        entry_bar: 0,
        exit_bar: 1,
        entry_ts: 0,
        exit_ts: 1,
        entry_price: 100,
        exit_price,
        quantity: 1,
        multiplier: 1,
        fee: 0,
        slippage: 0,
        carry: 0,
        exit_reason: 'signal',
      });
    for (const price of [50, 120, 120, 120, 90, 90]) close(price);
    expect(kellyShare(trades, 7)).toBeNaN();
    // Three of five win 20 % and two lose 10 %: 0.6 - 0.4 / 2.
    expect(kellyShare(trades, 5)).toBeCloseTo(0.4, 12);
    expect(kellyShare(trades, 2)).toBe(-Infinity);
    const sized = quantity(() => ({ method: 'kelly', fraction: 0.5, trades: 2, max_percent: 50, start_percent: 10 }));
    expect(sized).toBe(10);
  });
});

describe('rules of time', () => {
  it('close a position of so many bars', () => {
    expect(tradesOf(trade(flat(8), { enter_long: [0] }, () => ({ time_exit_bars: 3 })))).toEqual([
      ['long', 1, 4, 'time_exit'],
    ]);
    expect(tradesOf(trade(flat(8), { enter_long: [0] }, () => ({ time_exit_bars: 1 })))).toEqual([
      ['long', 1, 2, 'time_exit'],
    ]);
  });

  it('let no trade follow an exit too soon', () => {
    const every = [0, 1, 2, 3, 4, 5, 6, 7];
    const entries = (cooldown_bars: number) =>
      trade(flat(9), { enter_long: every }, () => ({ cooldown_bars, time_exit_bars: 1 }))
        .fills?.filter(({ side }) => side === 'buy')
        .map(({ bar }) => bar);
    expect(entries(0)).toEqual([1, 3, 5, 7]);
    // Out at the open of 2: the closes of 2 and 3 are too soon.
    expect(entries(2)).toEqual([1, 5]);
  });

  it('trade within a session and close at its end', () => {
    // Hours from midnight: ordered at the closes, which are the hours after.
    const rows = Array.from({ length: 24 }, (_, hour) => [100, 100, 100, 100 + hour / 100]).map(
      ([open, , low, close]) => [open ?? 0, close ?? 0, low ?? 0, close ?? 0],
    );
    const candles = candlesOfRows(rows, 3_600_000, Date.UTC(2024, 0, 2));
    const columns = columnsOf(24, { enter_long: Array.from({ length: 24 }, (_, hour) => hour) });
    const session = { from_minute: 600, to_minute: 840, days: [1, 2, 3, 4, 5], close_at_end: true };
    const result = run(
      strategyOf(() => ({ session })),
      marketOf(candles, { columns }, '1h'),
    );
    expect(result.fills?.map(({ bar, price, reason }) => [bar, price, reason])).toEqual([
      [10, 100, 'entry'],
      [13, 100.13, 'session_end'],
    ]);
    const weekend = run(
      strategyOf(() => ({ session: { ...session, days: [0, 6] } })),
      marketOf(candles, { columns }, '1h'),
    );
    expect(weekend.fills).toEqual([]);
  });

  it('stop for the day once it has lost too much', () => {
    const prices = [100, 100, 90, 90, 90, 90];
    const signals = { enter_long: [0, 2, 3, 4], exit_long: [1] };
    const candles = candlesFrom(prices, prices, 12 * 3_600_000);
    const entries = (daily_loss_cap_pct: number | null) =>
      run(
        strategyOf(() => ({ daily_loss_cap_pct })),
        marketOf(candles, { columns: columnsOf(6, signals) }, '12h'),
      )
        .fills?.filter(({ side }) => side === 'buy')
        .map(({ bar }) => bar);
    // Bars 2 and 3 are the second day, on whose first close a tenth is lost.
    expect([entries(null), entries(5)]).toEqual([
      [1, 3],
      [1, 5],
    ]);
  });
});

describe('several instruments', () => {
  it('share positions and cash in their order', () => {
    const instruments = ['A', 'B', 'C'].map((symbol) =>
      seriesOf(candlesFrom(flat(5), flat(5)), { symbol, columns: columnsOf(5, { enter_long: [0, 1] }) }),
    );
    const strategy = (max_positions: number) =>
      strategyOf((builder) => ({
        max_positions,
        sizing: { method: 'percent_of_equity', percent: builder.constant(60) },
      }));
    const bought = (max_positions: number) =>
      run(strategy(max_positions), { instruments }).fills?.map(({ instrument, quantity }) => [instrument, quantity]);
    expect(bought(1)).toEqual([[0, 60]]);
    expect(bought(2)).toEqual([
      [0, 60],
      [1, 40],
    ]);
  });

  it('sell before they buy at one open', () => {
    const series = (symbol: string, signals: Signals) =>
      seriesOf(candlesFrom(flat(5), flat(5)), { symbol, columns: columnsOf(5, signals) });
    const instruments = [series('A', { enter_long: [2] }), series('B', { enter_long: [0], exit_long: [2] })];
    const result = run(
      strategyOf(() => ({ max_positions: 1 })),
      { instruments },
    );
    expect(result.fills?.map(({ bar, instrument, side, quantity }) => [bar, instrument, side, quantity])).toEqual([
      [1, 1, 'buy', 100],
      [3, 1, 'sell', 100],
      [3, 0, 'buy', 100],
    ]);
  });

  it('may trade at different times: the clock is the union of them', () => {
    const early = seriesOf(candlesFrom(flat(3), flat(3)), { symbol: 'A', columns: columnsOf(3, {}) });
    const late = {
      ...early,
      symbol: 'B',
      candles: { ...early.candles, ts: early.candles.ts.map((ts) => ts + 43_200_000) },
      columns: columnsOf(3, { enter_long: [0] }),
    };
    const result = run(
      strategyOf(() => ({})),
      { instruments: [early, late] },
    );
    expect(result.ts).toHaveLength(6);
    expect(result.fills).toMatchObject([{ bar: 3, instrument: 1, ts: late.candles.ts[1] }]);
  });
});
