import { describe, expect, it } from 'vitest';
import { type BarOutcome, resolveStrategy, startTradingSession, type TradingSession } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import { walk } from './support/any-rule-program.ts';
import { errorOf } from './support/error-of.ts';
import { marketFor } from './support/market-for-built-in.ts';
import { barAt, barsByTime, pushAll, sessionInstruments } from './support/push-candles.ts';
import { backtest } from './support/session-of-backtest.ts';

const CANDLES = walk(21, 300);
const DATA: MarketData = { instruments: [{ symbol: 'MAIN', timeframe: '1h', candles: CANDLES }] };
/** Buys whenever it holds nothing, with a stop and a target far away. */
const EAGER = {
  name: 'eager',
  long: { entry: 'close > 0', exit: 'close < 0' },
  sizing: { method: 'percent_of_equity', percent: 50 },
  stop_loss: { percent: 90 },
  take_profit: { percent: 500 },
} as const;
const COSTS = { fees: { type: 'bps', maker_bps: 5, taker_bps: 10 }, slippage: { type: 'bps', bps: 10 } } as const;

function start(strategy: Parameters<typeof startTradingSession>[0]['strategy'] = EAGER, data = DATA): TradingSession {
  return startTradingSession({
    strategy,
    instruments: sessionInstruments(data),
    initial_cash: 10_000,
    settings: COSTS,
  });
}

const pushBars = (session: TradingSession, from: number, to: number): BarOutcome[] =>
  Array.from({ length: to - from }, (_, i) => session.push(barAt('MAIN', CANDLES, from + i)));

describe('what a push tells', () => {
  it('has the terms of an order, with quantity and stop reckoned at the last close', () => {
    const session = start();
    const placed = session.push(barAt('MAIN', CANDLES, 0)).new_orders;
    const close = CANDLES.close[0] as number;
    expect(placed).toMatchObject([
      {
        id: '1',
        symbol: 'MAIN',
        side: 'buy',
        type: 'market',
        status: 'working',
        is_sized_at_fill: true,
        reduce_only: false,
      },
    ]);
    expect(placed[0]?.reference_price).toBe(close);
    expect(placed[0]?.quantity).toBeCloseTo(5000 / (close * 1.001 * 1.001), 6);
    expect(placed[0]?.stop_loss).toBeCloseTo(close * 0.1, 9);
    expect(placed[0]?.take_profit).toBeCloseTo(close * 6, 9);
  });

  it('has the fill, the bracket it brings and the position', () => {
    const session = start();
    const [, second] = pushBars(session, 0, 2);
    expect(second?.order_changes).toMatchObject([{ id: '1', status: 'filled' }]);
    expect(second?.fills).toMatchObject([{ id: 'f1', order_id: '1', symbol: 'MAIN', side: 'buy', reason: 'entry' }]);
    expect(second?.new_orders).toMatchObject([
      { id: '2', type: 'stop', reduce_only: true, parent_order_id: '1', reason: 'stop_loss' },
      { id: '3', type: 'limit', reduce_only: true, parent_order_id: '1', reason: 'take_profit' },
    ]);
    const [position] = second?.positions ?? [];
    expect(position?.quantity).toBe(second?.fills[0]?.quantity);
    expect(position?.mark).toBe(CANDLES.close[1]);
    expect(position?.stop_loss).toBe(second?.new_orders[0]?.stop_price);
    expect(position?.take_profit).toBe(second?.new_orders[1]?.limit_price);
  });
});

describe('an order that the driver rejects', () => {
  it('never fills, and the strategy may order anew', () => {
    const session = start();
    session.push(barAt('MAIN', CANDLES, 0));
    expect(session.reject('1', 'max_order_value_exceeded').order_changes).toEqual([
      { id: '1', status: 'rejected', quantity: 0, filled_quantity: 0, reject_reason: 'max_order_value_exceeded' },
    ]);
    const next = session.push(barAt('MAIN', CANDLES, 1));
    expect(next.fills).toEqual([]);
    expect(next.order_changes).toEqual([]);
    expect(next.new_orders).toMatchObject([{ id: '2', status: 'working' }]);
    expect(next.equity).toBe(10_000);
  });

  it('is left alone once it has ended, or was never there', () => {
    const session = start();
    pushBars(session, 0, 2);
    const before = session.digest();
    for (const id of ['1', '99', '0', '-1', 'o1', 'x']) expect(session.reject(id, 'late').order_changes).toEqual([]);
    expect(session.digest()).toBe(before);
  });
});

describe('a session that is paused', () => {
  it('cancels what would open, and opens nothing until it goes on', () => {
    const session = start();
    session.push(barAt('MAIN', CANDLES, 0));
    expect(session.setPaused(true).order_changes).toMatchObject([{ id: '1', status: 'cancelled' }]);
    const paused = session.push(barAt('MAIN', CANDLES, 1));
    expect(paused.fills).toEqual([]);
    expect(paused.new_orders).toMatchObject([{ id: '2', status: 'rejected', reject_reason: 'paused' }]);
    expect(session.setPaused(false).order_changes).toEqual([]);
    const [first, second] = pushBars(session, 2, 4);
    expect(first?.new_orders).toMatchObject([{ id: '3', status: 'working' }]);
    expect(second?.fills).toHaveLength(1);
  });

  it('still leaves what it holds: by its bracket and by its rules', () => {
    const rules = { ...EAGER, stop_loss: { percent: 1 }, long: { entry: 'close > 0', exit: 'close < close[1]' } };
    const session = start(rules);
    const [entered] = pushBars(session, 0, 3).filter(({ fills }) => fills.length > 0);
    expect(entered?.positions).toHaveLength(1);
    session.setPaused(true);
    const after = pushBars(session, 3, 60);
    expect(after.at(-1)?.positions).toEqual([]);
    expect(after.flatMap(({ fills }) => fills.map(({ side }) => side))).toEqual(['sell']);
  });

  it('submits no options that open', () => {
    const data = marketFor('put-lite', 50, '1d');
    const session = start({ name: 'put-lite' }, data);
    session.setPaused(true);
    const outcomes = pushAll(session, data);
    expect(outcomes.flatMap(({ option_fills }) => option_fills)).toEqual([]);
    const orders = outcomes.flatMap(({ new_option_orders }) => new_option_orders);
    expect(orders.length).toBeGreaterThan(0);
    expect(orders.every(({ status, reject_reason }) => status === 'rejected' && reject_reason === 'paused')).toBe(true);
  });
});

describe('closing all', () => {
  it('cancels every order and sells at the next open, with slippage and fee', () => {
    const session = start();
    const [, held] = pushBars(session, 0, 4);
    const quantity = held?.positions[0]?.quantity as number;
    session.setPaused(true);
    const news = session.closeAll('emergency_stop');
    expect(news.order_changes.map(({ id, status }) => [id, status])).toEqual([
      ['2', 'cancelled'],
      ['3', 'cancelled'],
    ]);
    expect(news.new_orders).toMatchObject([
      { id: '4', side: 'sell', type: 'market', quantity, reduce_only: true, reason: 'emergency_stop' },
    ]);
    const closed = session.push(barAt('MAIN', CANDLES, 4));
    const price = (CANDLES.open[4] as number) * (1 - 0.001);
    expect(closed.fills).toMatchObject([{ order_id: '4', quantity, reason: 'emergency_stop' }]);
    expect(closed.fills[0]?.price).toBeCloseTo(price, 9);
    expect(closed.fills[0]?.fee).toBeCloseTo(quantity * price * 0.001, 9);
    expect(closed.positions).toEqual([]);
    expect(closed.equity).toBe(closed.cash);
  });

  it('closes options too', () => {
    const data = marketFor('put-lite', 200, '1d');
    const session = startTradingSession({
      strategy: { name: 'put-lite' },
      instruments: sessionInstruments(data),
      initial_cash: 100_000,
    });
    const bars = barsByTime(data);
    let next = 0;
    while (!session.push(bars[next++] ?? []).positions.some(({ contract }) => contract !== null));
    session.setPaused(true);
    const { new_option_orders } = session.closeAll('emergency_stop');
    expect(new_option_orders).toMatchObject([{ reduce_only: true, status: 'working', reason: 'emergency_stop' }]);
    const closed = session.push(bars[next] ?? []);
    expect(closed.positions).toEqual([]);
    expect(closed.option_order_changes).toMatchObject([{ id: new_option_orders[0]?.id, status: 'filled' }]);
    expect(closed.option_fills).toMatchObject([{ order_id: new_option_orders[0]?.id, reason: 'emergency_stop' }]);
  });

  it('orders nothing where nothing is held', () => {
    const session = start();
    expect(session.closeAll('stop').new_orders).toEqual([]);
    session.push(barAt('MAIN', CANDLES, 0));
    expect(session.closeAll('stop')).toMatchObject({
      new_orders: [],
      order_changes: [{ id: '1', status: 'cancelled' }],
    });
  });
});

describe('a session that is built again', () => {
  const drive = (
    strategy: string,
    data: MarketData,
    decide: (session: TradingSession, outcome: BarOutcome) => void,
  ) => {
    const session = startTradingSession({
      strategy: { name: strategy },
      instruments: sessionInstruments(data),
      initial_cash: 50_000,
      settings: COSTS,
    });
    const told = barsByTime(data).map((bars) => {
      const outcome = session.push(bars);
      decide(session, outcome);
      return [outcome, session.digest()];
    });
    return JSON.stringify(told);
  };
  const decide = (session: TradingSession, { bar, new_orders, new_option_orders }: BarOutcome) => {
    if (bar % 7 === 3) for (const { id } of [...new_orders, ...new_option_orders]) session.reject(id, 'too_much');
    if (bar % 40 === 20) session.setPaused(true);
    if (bar % 40 === 30) session.setPaused(false);
    if (bar % 60 === 50) session.closeAll('stop');
    if (bar % 90 === 80) session.cancelAll();
  };

  for (const name of ['sma-cross', 'grid', 'pairs', 'breakout-scalping', 'condor', 'buy-write']) {
    it(`gives the same bytes with the same bars and decisions: ${name}`, () => {
      const data = name === 'condor' || name === 'buy-write' ? marketFor(name, 100, '1d') : marketFor(name, 250);
      const told = drive(name, data, decide);
      expect(drive(name, data, decide)).toBe(told);
      expect(drive(name, data, () => {})).not.toBe(told);
    });
  }

  it('has another digest after one other decision', () => {
    const [one, other] = [start(), start()];
    pushBars(one, 0, 20);
    pushBars(other, 0, 20);
    expect(one.digest()).toBe(other.digest());
    other.setPaused(true);
    expect(one.digest()).not.toBe(other.digest());
  });
});

describe('a session with a warm-up', () => {
  const cut = (from: number, to: number) => ({
    ts: CANDLES.ts.slice(from, to),
    open: CANDLES.open.slice(from, to),
    high: CANDLES.high.slice(from, to),
    low: CANDLES.low.slice(from, to),
    close: CANDLES.close.slice(from, to),
    volume: CANDLES.volume.slice(from, to),
  });
  for (const name of ['sma-cross', 'bollinger-mean-reversion', 'grid', 'dca']) {
    it(`trades from the first live bar on, with indicators of the bars before: ${name}`, () => {
      const { definition, values, strategy } = resolveStrategy({ name });
      const later =
        strategy.kind === 'rules'
          ? { ...strategy, program: { ...strategy.program, warm_up_bars: 100 } }
          : { ...strategy, warm_up_bars: 100 };
      const result = backtest({ strategy: { definition, values, strategy: later }, data: DATA });
      const session = startTradingSession({
        strategy: { name },
        instruments: [{ symbol: 'MAIN', timeframe: '1h', warm_up: cut(0, 100) }],
        initial_cash: 100_000,
      });
      expect(session.bars).toBe(100);
      const outcomes = pushBars(session, 100, 300);
      expect(outcomes[0]?.bar).toBe(100);
      expect(outcomes.map(({ equity }) => equity)).toEqual([...result.equity.slice(100)]);
      expect(outcomes.flatMap(({ trades }) => trades)).toEqual([...result.trades]);
      expect(outcomes.flatMap(({ fills }) => fills).length).toBeGreaterThan(0);
    });
  }
});

describe('bars that make no sense', () => {
  const good = barAt('MAIN', CANDLES, 5);
  const BAD: Record<string, [unknown, string]> = {
    'a time again': [barAt('MAIN', CANDLES, 4), 'non_ascending_ts'],
    'an earlier time': [barAt('MAIN', CANDLES, 2), 'non_ascending_ts'],
    'no time': [{ ...good, ts: NaN }, 'invalid_ts'],
    'a price that is no number': [{ ...good, close: NaN }, 'invalid_price'],
    'a price that is text': [{ ...good, open: '50' }, 'invalid_price'],
    'a price of 0': [{ ...good, low: 0 }, 'invalid_price'],
    'a high below the low': [{ ...good, high: good.low / 2 }, 'invalid_range'],
    'a close out of range': [{ ...good, close: good.high * 2 }, 'invalid_range'],
    'volume below 0': [{ ...good, volume: -1 }, 'invalid_volume'],
    'another instrument': [{ ...good, symbol: 'OTHER' }, 'unknown_instrument'],
    'an instrument twice': [[good, good], 'duplicate_instrument'],
    'an unknown column': [{ ...good, columns: { prediction: 1 } }, 'unknown_column'],
    'no bar': [[], 'empty_candles'],
  };
  for (const [what, [bar, code]] of Object.entries(BAD)) {
    it(`are refused, and the session goes on as it was: ${what}`, () => {
      const [session, other] = [start(), start()];
      pushBars(session, 0, 5);
      pushBars(other, 0, 5);
      expect(errorOf(() => session.push(bar as never))).toMatchObject({ code });
      expect(session.digest()).toBe(other.digest());
      expect(session.push(good)).toEqual(other.push(good));
    });
  }

  it('are refused where they are of different times', () => {
    const data = marketFor('pairs', 20);
    const session = start({ name: 'pairs' }, data);
    const [one, two] = data.instruments;
    if (one === undefined || two === undefined) throw new Error('pairs need two instruments');
    const bars = [barAt('MAIN', one.candles, 0), barAt('OTHER', two.candles, 1)];
    expect(errorOf(() => session.push(bars))).toMatchObject({ code: 'non_ascending_ts' });
    expect(session.bars).toBe(0);
  });
});

describe('what no session can start with', () => {
  it('is refused with its code', () => {
    const [main] = sessionInstruments(DATA);
    if (main === undefined) throw new Error('there is one instrument');
    const codeOf = (more: object) =>
      errorOf(() => startTradingSession({ strategy: EAGER, instruments: [main], initial_cash: 1, ...more }));
    expect(codeOf({ settings: { gaps: 'fill' } })).toMatchObject({ code: 'invalid_settings' });
    expect(codeOf({ instruments: [] })).toMatchObject({ code: 'no_instruments' });
    expect(codeOf({ instruments: [main, main] })).toMatchObject({ code: 'duplicate_instrument' });
    expect(codeOf({ instruments: [main, { symbol: 'B', timeframe: '1d' }] })).toMatchObject({
      code: 'mixed_timeframes',
    });
    expect(codeOf({ initial_cash: 0 })).toMatchObject({ code: 'invalid_cash' });
    expect(codeOf({ strategy: { name: 'pairs' } })).toMatchObject({ code: 'no_instruments' });
    expect(codeOf({ strategy: { name: 'ml-signal' } })).toMatchObject({ code: 'unknown_column' });
    expect(codeOf({ strategy: { name: 'condor' }, instruments: [{ symbol: 'A', timeframe: '1w' }] })).toMatchObject({
      code: 'invalid_option',
    });
  });
});
