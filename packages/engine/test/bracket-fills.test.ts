import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstrumentSeries } from '../src/market/market-data.ts';
import type { TradeRules } from '../src/plan/rule-program.ts';
import { candlesOfRows, marketOf, type ProgramBuilder, run, signalAt, signalStrategy } from './support/rule-double.ts';

type Row = readonly number[];
type Reading = 'pessimistic' | 'optimistic';

/** Long from the second bar on, with distances of stop and target in money; the first row is the bar of the signal. */
function longTrades(
  rows: readonly Row[],
  distances: { stop?: number; target?: number; trail?: number; activate?: number },
  reading: Reading = 'pessimistic',
  more: Partial<InstrumentSeries> = {},
  entry?: (builder: ProgramBuilder) => TradeRules['entry_order'],
) {
  const candles = candlesOfRows(rows);
  const columns = { enter_long: signalAt(rows.length, 0) };
  const strategy = signalStrategy(['enter_long'], (builder) => {
    const money = (distance: number) => ({ unit: 'price', distance: builder.constant(distance) }) as const;
    return {
      sizing: { method: 'fixed_quantity', quantity: builder.constant(1) },
      ...(distances.stop !== undefined && { stop_loss: money(distances.stop) }),
      ...(distances.target !== undefined && { take_profit: money(distances.target) }),
      ...(distances.trail !== undefined && {
        trailing_stop: {
          distance: money(distances.trail),
          activate: distances.activate === undefined ? null : money(distances.activate),
        },
      }),
      ...(entry && { entry_order: entry(builder) }),
    };
  });
  return run(strategy, marketOf(candles, { columns, ...more }), { fills: { intrabar: reading } });
}

const exits = (result: ReturnType<typeof longTrades>) =>
  [...result.trades].map((trade) => [trade.exit_bar, trade.exit_price, trade.exit_reason]);

const FLAT: Row = [100, 100, 100, 100];
const BOTH: Row = [100, 106, 94, 100];

describe('stop and target of a position', () => {
  it('work from the fill on when it was at the open: the whole bar counts', () => {
    expect(exits(longTrades([FLAT, [100, 101, 94, 99]], { stop: 5, target: 5 }))).toEqual([[1, 95, 'stop_loss']]);
    expect(exits(longTrades([FLAT, [100, 106, 99, 99]], { stop: 5, target: 5 }))).toEqual([[1, 105, 'take_profit']]);
  });

  it('fill the stop first when one bar reaches both, the target when read with optimism, and say what that is worth', () => {
    const pessimistic = longTrades([FLAT, BOTH], { stop: 5, target: 5 });
    const optimistic = longTrades([FLAT, BOTH], { stop: 5, target: 5 }, 'optimistic');
    expect(exits(pessimistic)).toEqual([[1, 95, 'stop_loss']]);
    expect(exits(optimistic)).toEqual([[1, 105, 'take_profit']]);
    const ambiguity = { bars: 1, resolved_bars: 0, pessimistic_equity: 9995, optimistic_equity: 10_005 };
    expect([pessimistic.ambiguity, optimistic.ambiguity]).toEqual([ambiguity, ambiguity]);
  });

  it('are resolved by finer candles where there are any', () => {
    const hours = candlesOfRows(
      [
        [100, 106, 100, 104],
        [104, 104, 94, 100],
      ],
      3_600_000,
      Date.UTC(2024, 0, 2),
    );
    const result = longTrades([FLAT, BOTH], { stop: 5, target: 5 }, 'pessimistic', {
      finer: { timeframe: '1h', candles: hours },
    });
    expect(exits(result)).toEqual([[1, 105, 'take_profit']]);
    expect(result.ambiguity).toEqual({
      bars: 1,
      resolved_bars: 1,
      pessimistic_equity: 10_005,
      optimistic_equity: 10_005,
    });
  });

  it('fill a gap at the open: the stop at worse, the target at better than its price', () => {
    expect(exits(longTrades([FLAT, FLAT, [90, 91, 89, 90]], { stop: 5 }))).toEqual([[2, 90, 'stop_loss']]);
    expect(exits(longTrades([FLAT, FLAT, [110, 111, 90, 90]], { stop: 5, target: 5 }))).toEqual([
      [2, 110, 'take_profit'],
    ]);
  });

  it('fill a target only when price goes through it', () => {
    expect(exits(longTrades([FLAT, [100, 105, 99, 100]], { target: 5 }))).toEqual([]);
  });

  it('are not ambiguous where only one of them is reached', () => {
    expect(longTrades([FLAT, [100, 101, 94, 99]], { stop: 5, target: 5 }).ambiguity.bars).toBe(0);
  });
});

describe('a trailing stop', () => {
  it('follows the best price of the bars before', () => {
    const rows: Row[] = [FLAT, [100, 110, 100, 110], [110, 110, 104, 106]];
    expect(exits(longTrades(rows, { trail: 5 }))).toEqual([[2, 105, 'trailing_stop']]);
  });

  it('is hit in the bar of a new best price when the close lies below its level', () => {
    expect(exits(longTrades([FLAT, [100, 110, 99, 103]], { trail: 5 }))).toEqual([[1, 105, 'trailing_stop']]);
  });

  it('waits for its profit', () => {
    const rows: Row[] = [FLAT, [100, 103, 97, 100], [100, 107, 100, 107], [107, 107, 101, 101]];
    expect(exits(longTrades(rows, { trail: 2, activate: 6 }))).toEqual([[3, 105, 'trailing_stop']]);
  });
});

describe('the bar of an entry at a resting price', () => {
  const stopEntry = (builder: ProgramBuilder) =>
    ({ type: 'stop', price: builder.constant(102), valid_bars: 3 }) as const;
  const limitEntry = (builder: ProgramBuilder) =>
    ({ type: 'limit', price: builder.constant(98), valid_bars: 3 }) as const;
  const enter = (
    row: Row,
    distances: { stop?: number; target?: number },
    entry: typeof stopEntry | typeof limitEntry,
    reading: Reading = 'pessimistic',
  ) => longTrades([FLAT, row], distances, reading, {}, entry);

  it('counts what lies beyond the entry in the direction of travel', () => {
    expect(exits(enter([100, 108, 100, 107], { target: 5 }, stopEntry))).toEqual([[1, 107, 'take_profit']]);
    expect(exits(enter([100, 100, 90, 95], { stop: 5 }, limitEntry))).toEqual([[1, 93, 'stop_loss']]);
  });

  it('leaves open whether the other extreme came before: the readings differ', () => {
    const low: Row = [100, 103, 96, 102];
    expect(exits(enter(low, { stop: 5 }, stopEntry))).toEqual([[1, 97, 'stop_loss']]);
    expect(exits(enter(low, { stop: 5 }, stopEntry, 'optimistic'))).toEqual([]);
    expect(enter(low, { stop: 5 }, stopEntry).ambiguity.bars).toBe(1);
    const high: Row = [100, 104, 97, 99];
    expect(exits(enter(high, { target: 5 }, limitEntry))).toEqual([]);
    expect(exits(enter(high, { target: 5 }, limitEntry, 'optimistic'))).toEqual([[1, 103, 'take_profit']]);
  });

  it('counts an extreme for certain where the close lies beyond the level', () => {
    expect(exits(enter([100, 103, 95, 96], { stop: 5 }, stopEntry, 'optimistic'))).toEqual([[1, 97, 'stop_loss']]);
    expect(exits(enter([100, 105, 97, 104], { target: 5 }, limitEntry))).toEqual([[1, 103, 'take_profit']]);
  });

  it('fills a gap at the open, better for a limit and worse for a stop', () => {
    expect(enter([95, 96, 94, 95], {}, limitEntry).fills?.map(({ price }) => price)).toEqual([95]);
    expect(enter([105, 106, 104, 105], {}, stopEntry).fills?.map(({ price }) => price)).toEqual([105]);
  });

  it('is over once the order is too old', () => {
    const rows: Row[] = [FLAT, FLAT, FLAT, FLAT, [100, 108, 100, 107]];
    const result = longTrades(rows, {}, 'pessimistic', {}, stopEntry);
    expect(result.fills).toEqual([]);
    expect(result.orders?.map(({ status }) => status)).toEqual(['cancelled']);
  });
});

/** Where a long position leaves a bar by the text of `rule-agent.ts`, point 2, written down once more. */
function expectedExit(
  [open, high, low, close]: readonly [number, number, number, number],
  stop: number,
  target: number,
  trail: number,
  bestBefore: number,
  reading: Reading,
): number | null {
  let level = Math.max(stop, bestBefore - trail);
  if (open <= level || open > target) return open;
  if (reading === 'pessimistic' && low <= level) return level;
  if (high > target) return target;
  level = Math.max(level, Math.max(bestBefore, high) - trail);
  if (reading === 'optimistic') return low <= level ? level : null;
  return close <= level ? level : null;
}

describe('a bar of a position that was there before it', () => {
  const anyRow = fc
    .array(fc.integer({ min: 85, max: 115 }), { minLength: 4, maxLength: 4 })
    .map(([a = 0, b = 0, c = 0, d = 0]) => {
      const [low, x, y, high] = [a, b, c, d].sort((p, q) => p - q) as [number, number, number, number];
      return a > b ? ([x, high, low, y] as const) : ([y, high, low, x] as const);
    });

  it('ends where the rules say, whatever the bar', () => {
    fc.assert(
      fc.property(
        anyRow,
        fc.record({
          stop: fc.integer({ min: 1, max: 12 }),
          target: fc.integer({ min: 1, max: 12 }),
          trail: fc.integer({ min: 1, max: 12 }),
        }),
        fc.constantFrom<Reading>('pessimistic', 'optimistic'),
        (row, { stop, target, trail }, reading) => {
          const result = longTrades([FLAT, FLAT, row], { stop, target, trail }, reading);
          const expected = expectedExit(row, 100 - stop, 100 + target, trail, 100, reading);
          expect([...result.trades].map(({ exit_price }) => exit_price)).toEqual(expected === null ? [] : [expected]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
