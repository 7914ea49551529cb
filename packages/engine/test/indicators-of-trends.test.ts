import { describe, expect, it } from 'vitest';
import { outputsOf, walkingCandles } from './support/any-indicator.ts';
import { mismatches } from './support/relative-error.ts';

const candles = walkingCandles(400, 31);
const at = (values: ArrayLike<number>, bar: number) => values[bar] ?? NaN;
const high = (bar: number) => at(candles.high, bar);
const low = (bar: number) => at(candles.low, bar);
const close = (bar: number) => at(candles.close, bar);

/** Wilder's rules as he gives them, for an upward and a downward trend apart. */
function parabolic(step: number, maximum: number): { sar: number[]; direction: number[] } {
  const sar = [NaN];
  const direction = [NaN];
  let up = !(low(0) - low(1) > Math.max(0, high(1) - high(0)));
  let stop = up ? low(0) : high(0);
  let extreme = up ? high(1) : low(1);
  let factor = step;
  for (let bar = 1; bar < 400; bar++) {
    const before = Math.max(bar - 1, 1);
    const floor = Math.min(low(before), low(bar));
    const ceiling = Math.max(high(before), high(bar));
    const reversed = up ? low(bar) <= stop : high(bar) >= stop;
    if (reversed) {
      up = !up;
      stop = up ? Math.min(extreme, floor) : Math.max(extreme, ceiling);
      extreme = up ? high(bar) : low(bar);
      factor = step;
    }
    sar.push(stop);
    direction.push(up ? 1 : -1);
    if (!reversed && (up ? high(bar) > extreme : low(bar) < extreme)) {
      extreme = up ? high(bar) : low(bar);
      factor = Math.min(maximum, factor + step);
    }
    stop = stop + factor * (extreme - stop);
    stop = up ? Math.min(stop, floor) : Math.max(stop, ceiling);
  }
  return { sar, direction };
}

/** The bands and the line of each bar written out, from the ATR that has its own test. */
function superTrend(period: number, multiplier: number): { line: number[]; direction: number[] } {
  const { atr = [] } = outputsOf('atr', candles, [period]);
  const line: number[] = [];
  const direction: number[] = [];
  let [upper, lower, up] = [Infinity, -Infinity, false];
  for (let bar = 0; bar < 400; bar++) {
    if (bar < period) {
      line.push(NaN);
      direction.push(NaN);
      continue;
    }
    const basicUpper = (high(bar) + low(bar)) / 2 + multiplier * at(atr, bar);
    const basicLower = (high(bar) + low(bar)) / 2 - multiplier * at(atr, bar);
    upper = bar === period || basicUpper < upper || close(bar - 1) > upper ? basicUpper : upper;
    lower = bar === period || basicLower > lower || close(bar - 1) < lower ? basicLower : lower;
    up = up ? close(bar) >= lower : close(bar) > upper;
    line.push(up ? lower : upper);
    direction.push(up ? 1 : -1);
  }
  return { line, direction };
}

describe('indicators that follow a trend equal their rules, written out', () => {
  const equal = (actual: Float64Array | undefined, expected: readonly number[]) =>
    expect(mismatches(actual ?? new Float64Array(0), Float64Array.from(expected), 1e-12)).toEqual([]);

  it.each([
    [0.02, 0.2],
    [0.1, 0.3],
    [0.5, 0.5],
  ])('parabolic SAR with steps of %d up to %d', (step, maximum) => {
    const { sar, direction } = outputsOf('psar', candles, [step, maximum]);
    const expected = parabolic(step, maximum);
    equal(sar, expected.sar);
    equal(direction, expected.direction);
    expect(expected.direction.filter((value, bar) => value !== expected.direction[bar - 1]).length).toBeGreaterThan(10);
  });

  it.each([
    [10, 3],
    [3, 0.5],
    [1, 1],
  ])('SuperTrend of %d bars and %d average true ranges', (period, multiplier) => {
    const { line, direction } = outputsOf('supertrend', candles, [period, multiplier]);
    const expected = superTrend(period, multiplier);
    equal(line, expected.line);
    equal(direction, expected.direction);
    expect(expected.direction.filter((value, bar) => value !== expected.direction[bar - 1]).length).toBeGreaterThan(5);
  });
});
