import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INDICATORS,
  inputsFrom,
  isLevel,
  named,
  outputsOf,
  smallParams,
  walkingCandles,
} from './support/any-indicator.ts';
import { candlesOfCloses, fixedRandom } from './support/made-up-candles.ts';

const BARS = 1_000_000;
const PERIOD = 20;
const at = (values: ArrayLike<number>, bar: number) => values[bar] ?? NaN;

/** Mean, deviation and line of the window that ends at `bar`, relative to its last value: in two passes. */
function windowAt(values: Float64Array, bar: number, period = PERIOD) {
  const last = at(values, bar);
  const window = Array.from(values.subarray(bar - period + 1, bar + 1), (value) => value - last);
  const mean = window.reduce((sum, value) => sum + value, 0) / period;
  const middle = (period - 1) / 2;
  const slope =
    window.reduce((sum, value, i) => sum + (value - mean) * (i - middle), 0) / ((period * (period * period - 1)) / 12);
  const deviation = Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / period);
  const weighted = window.reduce((sum, value, i) => sum + value * (i + 1), 0) / ((period * (period + 1)) / 2);
  return { mean: last + mean, deviation, slope, weighted: last + weighted };
}

describe('windows', () => {
  it('do not drift over a million bars whose level moves by orders of magnitude', () => {
    const random = fixedRandom(17);
    const values = new Float64Array(BARS);
    for (let i = 0, level = 1; i < BARS; i++) {
      if (i % 1000 === 0) level = 10 ** Math.floor(8 * random());
      values[i] = level * (1 + 0.001 * random());
    }
    const deviations = columnOf(named('stddev').compute([values], [PERIOD]), 0);
    const slopes = columnOf(named('linreg').compute([values], [PERIOD]), 1);
    const averages = columnOf(named('wma').compute([values], [PERIOD]), 0);
    for (let bar = PERIOD - 1; bar < BARS; bar += 37) {
      const expected = windowAt(values, bar);
      expectWithin(at(deviations, bar), expected.deviation, 1e-10);
      expectWithin(at(averages, bar), expected.weighted, 1e-13);
      if (Math.abs(at(slopes, bar) - expected.slope) > 1e-10 * expected.deviation) {
        expect(at(slopes, bar)).toBe(expected.slope);
      }
    }
  });

  it('see deviations of a thousandth at a price of 1e8 as they see them at 0', () => {
    const random = fixedRandom(5);
    // Parts of 1024 are exact in doubles at either level.
    const parts = Float64Array.from({ length: 500 }, () => Math.floor(9 * random()) / 1024);
    const prices = parts.map((part) => 1e8 + part);
    for (const [name, output] of [
      ['stddev', 0],
      ['variance', 0],
      ['zscore', 0],
      ['bbands', 3],
      ['linreg', 1],
      ['linreg', 3],
      ['correlation', 0],
    ] as const) {
      const of = (values: Float64Array) => {
        const definition = named(name);
        return columnOf(definition.compute([values, values].slice(0, definition.inputs.length), [PERIOD]), output);
      };
      const [near, far] = [of(parts), of(prices)];
      const worst = Math.max(...Array.from(near.slice(PERIOD), (v, i) => Math.abs(v - at(far, i + PERIOD))));
      expect(worst).toBeLessThan(1e-11 * Math.max(...near.slice(PERIOD).map(Math.abs)));
    }
    const cci = (values: Float64Array) => columnOf(named('cci').compute([values, values, values], [PERIOD]), 0);
    const [near, far] = [cci(parts), cci(prices)];
    expect(Math.max(...Array.from(near.slice(PERIOD), (v, i) => Math.abs(v - at(far, i + PERIOD))))).toBeLessThan(1e-9);
  });

  it('deviate by what two passes over the window say, whatever jumps are in them', () => {
    const jump = fc.tuple(fc.constantFrom(0, 1e-6, 0.01, 1, 100, 1e6, 1e9), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(fc.array(jump, { minLength: 3, maxLength: 30 }), fc.integer({ min: 2, max: 7 }), (jumps, period) => {
        const random = fixedRandom(jumps.length);
        const values = Float64Array.from(
          jumps.flatMap(([level, bars]) => [...new Array(bars)].map(() => level * (1 + random() * 1e-5))),
        );
        const deviations = columnOf(named('stddev').compute([values], [period]), 0);
        const stream = named('stddev').stream([period]);
        for (let bar = 0; bar < values.length; bar++) {
          expect(stream.update([at(values, bar)])).toEqual([at(deviations, bar)]);
          if (bar < period - 1) continue;
          expectWithin(at(deviations, bar), windowAt(values, bar, period).deviation, 1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('deviate by exactly 0 where they are flat, at any price and after any past', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 9 }),
        fc.array(fc.double({ min: 0.01, max: 1e12, noNaN: true }), { maxLength: 40 }),
        fc.integer({ min: 2, max: 12 }),
        (cents, past, period) => {
          const price = cents / 100;
          const values = Float64Array.from([...past, ...new Array<number>(2 * period).fill(price)]);
          for (let bar = past.length + period - 1; bar < values.length; bar++) {
            const now = (name: string) =>
              named(name)
                .compute([values], [period])
                .map((column) => at(column, bar));
            expect(now('stddev')).toEqual([0]);
            expect(now('zscore')).toEqual([0]);
            expect(now('bbands')).toEqual([price, price, price, 0.5, 0]);
            expect(now('linreg')).toEqual([price, 0, price, 0]);
            expect(now('wma')).toEqual([price]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('forget an enormous value as soon as it has left', () => {
    const values = Float64Array.of(1e17, 1, 2, 3, 4, 6);
    for (const name of ['sum', 'stddev', 'wma', 'vwma', 'highest']) {
      const definition = named(name);
      const inputs = (from: number) =>
        [values, values.map(() => 1)]
          .slice(0, definition.inputs.length + definition.candle_inputs.length)
          .map((c) => c.slice(from));
      const whole = columnOf(definition.compute(inputs(0), [2]), 0).slice(2);
      const without = columnOf(definition.compute(inputs(1), [2]), 0).slice(1);
      for (const [i, value] of whole.entries()) expectWithin(value, at(without, i), 1e-15);
    }
  });
});

describe('a market that never moves', () => {
  const flat = candlesOfCloses(new Float64Array(400).fill(1.1));

  it('has a number in every output of every indicator but levels of a chart, of which it has none', () => {
    for (const definition of INDICATORS) {
      const params = definition.name === 'vwap_from_bar' ? [0] : [];
      const columns = definition
        .compute(inputsFrom(definition, flat), params)
        .filter((_, output) => !isLevel(definition, output));
      for (const column of columns)
        expect([definition.name, at(column, 399)]).toEqual([definition.name, expect.any(Number)]);
      for (const column of columns)
        expect([definition.name, Number.isFinite(at(column, 399))]).toEqual([definition.name, true]);
    }
  });

  it.each([
    ['rsi', 0],
    ['cmo', 0],
    ['cci', 0],
    ['williams_r', 0],
    ['atr', 0],
    ['mfi', 0],
    ['adx', 0],
    ['roc', 0],
    ['volatility', 0],
    ['volatility_yang_zhang', 0],
    ['ultimate_oscillator', 0],
    ['correlation', 0],
    ['beta', 0],
    ['iv_rank', 0],
    ['iv_percentile', 0],
    ['cmf', 0],
    ['highest', 1.1],
    ['kama', 1.1],
    ['session_vwap', 1.1],
  ])('has a %s of %d', (name, expected) => {
    const value = at(Object.values(outputsOf(name, flat, []))[0] ?? [], 399);
    expect(value).toBeCloseTo(expected, 14);
  });

  it('has no oscillator that strays from 0', () => {
    for (const price of [1e-7, 0.1, 1.1, 12_345.67, 1e9]) {
      const candles = candlesOfCloses(new Float64Array(200).fill(price));
      for (const name of ['apo', 'ppo', 'trix', 'awesome_oscillator', 'momentum', 'roc', 'ad', 'adosc']) {
        const [column = new Float64Array(0)] = Object.values(outputsOf(name, candles, []));
        const values = new Set(column.slice(named(name).firstIndex([])));
        expect([name, ...values]).toEqual([name, 0]);
      }
    }
  });

  it('has a MACD, a signal and a histogram of exactly 0, and on a straight ramp a line that is its signal', () => {
    for (const price of [1e-7, 0.1, 1.1, 12_345.67, 1e9]) {
      const lines = outputsOf('macd', candlesOfCloses(new Float64Array(200).fill(price)), []);
      for (const column of Object.values(lines)) expect(column.slice(33).every((value) => value === 0)).toBe(true);
    }
    for (const [start, slope] of [
      [100, -0.07],
      [1.1, 1e-5],
      [30_000, 13.37],
    ] as const) {
      const ramp = Float64Array.from({ length: 1000 }, (_, i) => start + slope * i);
      const { macd = [], signal = [], histogram = [] } = outputsOf('macd', candlesOfCloses(ramp), []);
      for (let bar = 33; bar < 1000; bar++) {
        expect(at(signal, bar)).toBe(at(macd, bar));
        expect(at(histogram, bar)).toBe(0);
      }
    }
  });
});

describe('values that candles never have', () => {
  it('no volume gives no VWAP, and other volume indicators 0', () => {
    const candles = walkingCandles(60, 3);
    candles.volume.fill(0);
    for (const name of ['session_vwap', 'anchored_vwap', 'vwap_from_bar', 'vwma']) {
      const columns = named(name).compute(inputsFrom(named(name), candles), []);
      expect(columns.every((column) => column.every(Number.isNaN))).toBe(true);
    }
    for (const name of ['obv', 'mfi', 'cmf', 'ad', 'adosc']) {
      const column = Object.values(outputsOf(name, candles, []))[0] ?? [];
      expect([name, at(column, 59)]).toEqual([name, 0]);
    }
  });

  it('an indicator of an indicator is delayed by the warm-up of the inner one', () => {
    const { close } = walkingCandles(60, 3);
    const inner = columnOf(named('sma').compute([close], [5]), 0);
    for (const definition of INDICATORS.filter(
      ({ inputs, candle_inputs }) => inputs.length === 1 && candle_inputs.length === 0,
    )) {
      const params = smallParams(definition, [0.5]);
      const delayed = definition.compute([inner], params);
      for (const column of delayed) {
        expect(column.findIndex((value) => !Number.isNaN(value))).toBe(4 + definition.firstIndex(params));
      }
    }
  });
});

function columnOf(columns: readonly Float64Array[], index: number): Float64Array {
  const column = columns[index];
  if (column === undefined) throw new Error(`there is no column ${index}`);
  return column;
}

function expectWithin(actual: number, expected: number, tolerance: number): void {
  if (!(Math.abs(actual - expected) <= tolerance * Math.abs(expected))) expect(actual).toBe(expected);
}
