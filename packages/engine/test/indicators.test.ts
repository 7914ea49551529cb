import { describe, expect, it } from 'vitest';
import { EngineError, ema, macd, rsi, sma } from '../src/index.ts';
import { fixedRandom } from './support/made-up-candles.ts';
import { readCandles, readIndicators, referenceDataPresent, referenceTitle } from './support/reference-data.ts';
import { mismatches } from './support/relative-error.ts';

const TOLERANCE = 1e-9;

describe.skipIf(!referenceDataPresent)(referenceTitle('indicators against references'), () => {
  for (const file of ['talib_GOOG_1d', 'talib_EURUSD_1h', 'exact_GOOG_1d', 'exact_EURUSD_1h']) {
    const [source, ...dataset] = file.split('_');
    const reference = () => ({ close: readCandles(dataset.join('_')).close, column: readIndicators(file) });

    it(`SMA, EMA and RSI of ${dataset.join('_')} equal ${source}, first value included`, () => {
      const { close, column } = reference();
      expect(mismatches(sma(close, 20), column('sma_20'), TOLERANCE)).toEqual([]);
      expect(mismatches(ema(close, 20), column('ema_20'), TOLERANCE)).toEqual([]);
      expect(mismatches(rsi(close, 14), column('rsi_14'), TOLERANCE)).toEqual([]);
    });

    it(`MACD of ${dataset.join('_')} equals ${source}, first value included`, () => {
      const { close, column } = reference();
      const lines = macd(close, { fast: 12, slow: 26, signal: 9 });
      // Differences of prices cross zero: their rounding error is a share of the price, not of themselves.
      const tolerance = 1e-14;
      expect(mismatches(lines.macd, column('macd_12_26_9'), tolerance, close)).toEqual([]);
      expect(mismatches(lines.signal, column('macd_signal_12_26_9'), tolerance, close)).toEqual([]);
      expect(mismatches(lines.histogram, column('macd_hist_12_26_9'), tolerance, close)).toEqual([]);
    });
  }
});

describe('sma', () => {
  it('does not drift over a million bars whose prices move by orders of magnitude', () => {
    const random = fixedRandom(7);
    const period = 50;
    const bars = 1_000_000;
    const cents = new Float64Array(bars);
    for (let i = 0; i < bars; i++) cents[i] = Math.round(10 ** (2 + 7 * random()));
    const averages = sma(
      cents.map((n) => n / 100),
      period,
    );

    // Sums of whole cents are exact in doubles.
    let sum = 0;
    let worst = 0;
    for (let i = 0; i < bars; i++) {
      sum += (cents[i] ?? NaN) - (i < period ? 0 : (cents[i - period] ?? NaN));
      if (i < period - 1) continue;
      const exact = sum / (100 * period);
      worst = Math.max(worst, Math.abs((averages[i] ?? NaN) - exact) / exact);
    }
    expect(worst).toBeLessThan(1e-15);
  });

  it('forgets an enormous value as soon as it has left the window', () => {
    expect([...sma(Float64Array.of(1e17, 1, 2, 3, 4), 2)].slice(2)).toEqual([1.5, 2.5, 3.5]);
  });
});

describe('rsi', () => {
  it('is 100 in a market that only rises, 0 in one that only falls and 0 in one that never moves', () => {
    const rising = Float64Array.from({ length: 20 }, (_, i) => 100 + i);
    expect(
      rsi(rising, 5)
        .slice(5)
        .every((value) => value === 100),
    ).toBe(true);
    expect(
      rsi(rising.toReversed(), 5)
        .slice(5)
        .every((value) => value === 0),
    ).toBe(true);
    expect(
      rsi(new Float64Array(20).fill(100), 5)
        .slice(5)
        .every((value) => value === 0),
    ).toBe(true);
  });

  it('does not depend on the unit of the price, however small the price in that unit', () => {
    const random = fixedRandom(3);
    const closes = Float64Array.from({ length: 200 }, () => 100 + random());
    const inTinyUnits = closes.map((close) => close * 2 ** -60);
    expect(rsi(inTinyUnits, 14)).toEqual(rsi(closes, 14));
  });
});

describe('every indicator', () => {
  const closes = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6);
  const indicators: { name: string; firstOfPeriod4: number; of: (values: Float64Array, n: number) => Float64Array }[] =
    [
      { name: 'sma', firstOfPeriod4: 3, of: sma },
      { name: 'ema', firstOfPeriod4: 3, of: ema },
      { name: 'rsi', firstOfPeriod4: 4, of: rsi },
      { name: 'macd', firstOfPeriod4: 5, of: (values, n) => macd(values, { fast: n, slow: n + 1, signal: 2 }).signal },
    ];

  for (const { name, firstOfPeriod4, of: indicator } of indicators) {
    it(`${name} is NaN before its first value and a number from there on`, () => {
      const missing = Array.from(indicator(closes, 4), (value) => Number.isNaN(value));
      expect(missing).toEqual(Array.from(closes, (_, index) => index < firstOfPeriod4));
    });

    it(`${name} of fewer values than its period is NaN throughout, and of none is empty`, () => {
      expect([...indicator(closes.slice(0, 3), 4)]).toEqual([NaN, NaN, NaN]);
      expect(indicator(new Float64Array(0), 4)).toHaveLength(0);
    });

    it(`${name} refuses a period that is not a whole number of at least 1`, () => {
      for (const period of [0, -1, 1.5, NaN, Infinity]) {
        expect(() => indicator(closes, period)).toThrow(EngineError);
        expect(() => indicator(closes, period)).toThrow(expect.objectContaining({ code: 'invalid_params' }));
      }
    });
  }

  it('an average of one value is that value', () => {
    expect(sma(closes, 1)).toEqual(closes);
    expect(ema(closes, 1)).toEqual(closes);
  });

  it('macd refuses a fast period that is not below the slow one', () => {
    expect(() => macd(closes, { fast: 3, slow: 3, signal: 2 })).toThrow(
      expect.objectContaining({ code: 'invalid_params' }),
    );
  });
});
