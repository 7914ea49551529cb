import { type Candles, InstrumentRules } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EngineError, evaluatePlan } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import { anyMixedCondition } from './support/any-expression.ts';
import { evaluate, programOf, seriesOf } from './support/evaluate-expression.ts';
import { anyCandles, candlesOfCloses, DAY_MS, firstBars } from './support/made-up-candles.ts';

const MINUTE_MS = 60_000;
const ramp = (bars: number) => Array.from({ length: bars }, (_, i) => 100 + i);

/** The same candles, at other times. */
function at(candles: Candles, ts: (bar: number) => number): Candles {
  return { ...candles, ts: candles.ts.map((_, bar) => ts(bar)) };
}

/** Candles of five minutes with holes, which begin somewhere within an hour. */
const anyFiveMinutes = fc
  .tuple(anyCandles, fc.integer({ min: 0, max: 300 }), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }))
  .map(([candles, start, steps]) => {
    let slot = start;
    return at(candles, (bar) => {
      slot += bar === 0 ? 0 : (steps[bar % Math.max(1, steps.length)] ?? 1);
      return Date.UTC(2024, 2, 8) + slot * 5 * MINUTE_MS;
    });
  });

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('What an expression gives', () => {
  it('at a bar is the same whether or not later bars are known, of this or of another instrument', () => {
    let signalled = 0;
    fc.assert(
      fc.property(anyFiveMinutes, anyFiveMinutes, anyMixedCondition, (candles, other, expression) => {
        let program: ReturnType<typeof programOf>;
        try {
          program = programOf({ name: 'test', long: { entry: expression } });
        } catch (error) {
          // Constants that divide by zero, or have no root.
          expect((error as EngineError).code).toBe('invalid_expression');
          return;
        }
        const signals = (main: Candles, second: Candles) => {
          const instruments = [seriesOf(main, '5m'), seriesOf(second, '5m', { symbol: 'OTHER' })];
          const node = program.rules.enter_long ?? 0;
          const { columns, first_bar } = evaluatePlan(program.plan, { instruments }, 0, [node]);
          const column = columns.get(node) ?? 0;
          return {
            column: typeof column === 'number' ? new Float64Array(main.ts.length).fill(column) : column,
            first_bar,
          };
        };
        const whole = signals(candles, other);
        for (let bars = 1; bars < candles.ts.length; bars += 7) {
          const now = (candles.ts[bars - 1] ?? 0) + 5 * MINUTE_MS;
          const known = other.ts.filter((ts) => ts + 5 * MINUTE_MS <= now).length;
          const part = signals(firstBars(candles, bars), firstBars(other, known));
          expect(part.column).toEqual(whole.column.slice(0, bars));
          expect(part.first_bar).toBe(Math.min(bars, whole.first_bar));
        }
        expect(whole.column.every((signal) => signal === 0 || signal === 1)).toBe(true);
        expect(whole.column.slice(0, whole.first_bar).some((signal) => signal === 1)).toBe(false);
        if (whole.column.includes(1) && whole.column.includes(0)) signalled++;
      }),
      { numRuns: 100 },
    );
    expect(signalled).toBeGreaterThan(10);
  });

  it('at the last bar that is known is what it is at that bar of a longer history, within bars of an hour too', () => {
    fc.assert(
      fc.property(anyCandles, fc.constantFrom('15m', '1h'), (candles, timeframe) => {
        const fiveMinutes = at(candles, (bar) => Date.UTC(2024, 2, 8) + bar * 5 * MINUTE_MS);
        const valuesOf = (known: Candles) =>
          evaluate(`tf('${timeframe}', close + high[1])`, { instruments: [seriesOf(known, '5m')] }).values;
        const whole = valuesOf(fiveMinutes);
        for (let bars = 1; bars <= whole.length; bars++) {
          expect(valuesOf(firstBars(fiveMinutes, bars)).at(-1)).toBe(whole[bars - 1]);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('leaves the candles as they were', () => {
    const candles = candlesOfCloses(ramp(50), 5 * MINUTE_MS);
    const copy = structuredClone(candles);
    evaluate(
      'close + close[1] * 2 > open and close > 0',
      { instruments: [seriesOf(candles, '5m')] },
      { type: 'condition' },
    );
    expect(candles).toEqual(copy);
  });
});

describe('tf()', () => {
  it('sees a bar of a higher timeframe from the close on at which that is complete, and no earlier', () => {
    fc.assert(
      fc.property(
        anyFiveMinutes,
        fc.constantFrom(['15m', 15], ['1h', 60], ['4h', 240], ['1d', 1440]),
        (candles, [name, minutes]) => {
          const length = Number(minutes) * MINUTE_MS;
          const market = { instruments: [seriesOf(candles, '5m')] };
          const closes = evaluate(`tf('${name}', close)`, market).values;
          const highs = evaluate(`tf('${name}', high)`, market).values;
          const volumes = evaluate(`tf('${name}', volume)`, market).values;
          for (const [bar, close] of closes.entries()) {
            const now = (candles.ts[bar] ?? 0) + 5 * MINUTE_MS;
            const bucketOf = (ts: number) => Math.floor(ts / length);
            // By brute force: candles of complete buckets, and of those the latest bucket.
            const complete = [...candles.ts.keys()].filter((i) => (bucketOf(candles.ts[i] ?? 0) + 1) * length <= now);
            const latest = complete.filter(
              (i) => bucketOf(candles.ts[i] ?? 0) === bucketOf(candles.ts[complete.at(-1) ?? -1] ?? 0),
            );
            expect(close).toBe(candles.close[latest.at(-1) ?? -1] ?? Number.NaN);
            expect(highs[bar]).toBe(
              latest.length === 0 ? Number.NaN : Math.max(...latest.map((i) => candles.high[i] ?? 0)),
            );
            expect(volumes[bar]).toBe(latest.length === 0 ? Number.NaN : latest.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of the own timeframe changes nothing', () => {
    const market = { instruments: [seriesOf(candlesOfCloses(ramp(20), 5 * MINUTE_MS), '5m')] };
    expect(evaluate("tf('5m', sma(close, 3))", market)).toEqual(evaluate('sma(close, 3)', market));
  });

  it('counts bars within it in its own timeframe', () => {
    const market = { instruments: [seriesOf(candlesOfCloses(ramp(36), 5 * MINUTE_MS), '5m')] };
    // Hours close at 111, 123 and 135; the second is complete at bar 23.
    const { values, first_bar } = evaluate("tf('1h', close[1])", market);
    expect(first_bar).toBe(23);
    expect([values[22], values[23], values[34], values[35]]).toEqual([Number.NaN, 111, 111, 123]);
    expect(evaluate("tf('1h', sma(close, 2))", market).values[23]).toBe(117);
  });

  it('takes candles of that timeframe where there are some', () => {
    const hours = candlesOfCloses([7, 8, 9], 60 * MINUTE_MS);
    const instruments = [seriesOf(candlesOfCloses(ramp(36), 5 * MINUTE_MS), '5m'), seriesOf(hours, '1h')];
    expect(evaluate("tf('1h', close)", { instruments }).values[11]).toBe(7);
  });

  it('has weeks from Monday, and months by the calendar', () => {
    // From Monday 2024-01-01 on, a leap year.
    const market = { instruments: [seriesOf(candlesOfCloses(ramp(70), DAY_MS), '1d')] };
    const weeks = evaluate("tf('1w', close)", market).values;
    expect([weeks[5], weeks[6], weeks[12], weeks[13]]).toEqual([Number.NaN, 106, 106, 113]);
    const months = evaluate("tf('1mo', close)", market).values;
    expect([months[29], months[30], months[58], months[59]]).toEqual([Number.NaN, 130, 130, 159]);
  });

  it("has days of the instrument's time zone, across a change of its clocks", () => {
    // New York goes to summer time on 2024-03-10: that day begins at 05:00 UTC and ends at 04:00 UTC.
    const start = Date.UTC(2024, 2, 9);
    const candles = at(candlesOfCloses(ramp(72)), (bar) => start + bar * 60 * MINUTE_MS);
    const rules = InstrumentRules.parse({ time_zone: 'America/New_York' });
    const series = seriesOf(candles, '1h', { rules });
    const changes = evaluate("tf('1d', close)", { instruments: [series] })
      .values.map((close, bar, all) => (Object.is(close, all[bar - 1]) ? -1 : bar))
      .filter((bar) => bar > 0);
    // Complete at the close of the hour before midnight in New York: 05:00, then 04:00 two days on.
    expect(changes).toEqual([4, 28, 51]);
  });

  it.each([
    ["tf('1h', close)", '1d', 'invalid_timeframe'],
    ["tf('1mo', close)", '1w', 'invalid_timeframe'],
    ["tf('12h', close)", '8h', 'invalid_timeframe'],
    ["tf('5m', close)", '3m', 'invalid_timeframe'],
    ["instrument('SPY', close)", '1d', 'unknown_instrument'],
    ['prediction', '1d', 'unknown_column'],
  ] as const)('%s on candles of %s is refused: %s', (expression, timeframe, code) => {
    const market: MarketData = { instruments: [seriesOf(candlesOfCloses(ramp(5)), timeframe)] };
    expect(errorOf(() => evaluate(expression, market))).toMatchObject({ name: 'EngineError', code });
  });
});

describe('instrument()', () => {
  const main = candlesOfCloses(ramp(6), 60 * MINUTE_MS);

  it('sees the last candle of another instrument that was complete, through holes of either', () => {
    const other = firstBars(candlesOfCloses([1, 2, 3, 4, 5, 6], 60 * MINUTE_MS), 6);
    const holes = at(other, (bar) => (main.ts[0] ?? 0) + ([1, 2, 5, 6, 7, 8][bar] ?? 0) * 60 * MINUTE_MS);
    const instruments = [seriesOf(main, '1h'), seriesOf(holes, '1h', { symbol: 'SPY' })];
    expect(evaluate("instrument('spy', close)", { instruments }).values).toEqual([Number.NaN, 1, 2, 2, 2, 3]);
    expect(evaluate("instrument('SPY', close[1])", { instruments }).values.slice(2)).toEqual([1, 1, 1, 2]);
  });

  it('has no bar of a higher timeframe before the candle across its end is complete', () => {
    // Hours of the other begin at half past: its bar from 12:00 to 16:00 takes in the close of 16:30.
    const start = Date.UTC(2024, 0, 1, 12);
    const hours = at(candlesOfCloses(ramp(6), 60 * MINUTE_MS), (bar) => start + bar * 60 * MINUTE_MS);
    const halves = at(
      candlesOfCloses([1, 2, 3, 4, 5, 6], 60 * MINUTE_MS),
      (bar) => start + (bar * 60 + 30) * MINUTE_MS,
    );
    const instruments = [seriesOf(hours, '1h'), seriesOf(halves, '1h', { symbol: 'SPY' })];
    const values = evaluate("instrument('SPY', tf('4h', close))", { instruments }).values;
    expect(values).toEqual([NaN, NaN, NaN, NaN, 4, 4]);
    const cut = [seriesOf(hours, '1h'), seriesOf(firstBars(halves, 3), '1h', { symbol: 'SPY' })];
    expect(evaluate("instrument('SPY', tf('4h', close))", { instruments: cut }).values[3]).toBe(NaN);
  });

  it('may have another timeframe, and tf() around it', () => {
    const days = at(candlesOfCloses([7, 8]), (bar) => (main.ts[0] ?? 0) - (2 - bar) * DAY_MS);
    const instruments = [seriesOf(main, '1h'), seriesOf(days, '1d', { symbol: 'SPY' })];
    expect(evaluate("instrument('SPY', close)", { instruments }).values).toEqual([8, 8, 8, 8, 8, 8]);
    expect(evaluate("tf('1d', instrument('SPY', close[1]))", { instruments }).values[0]).toBe(7);
    expect(evaluate("instrument('SPY', tf('1d', close)) - close", { instruments }).values[0]).toBe(-92);
  });
});
