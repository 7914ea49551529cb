import { describe, expect, it } from 'vitest';
import { outputsOf } from './support/any-indicator.ts';
import { readCandles, readIndicators, referenceDataPresent, referenceTitle } from './support/reference-data.ts';

/** Output of an indicator, its parameters, the column of the reference, and the size of what its rounding is a share of. */
const CASES: [name: string, params: number[], output: string, column: string, scale?: number | 'close'][] = [
  ['sma', [20], 'sma', 'sma_20'],
  ['ema', [20], 'ema', 'ema_20'],
  ['wma', [20], 'wma', 'wma_20'],
  ['rsi', [14], 'rsi', 'rsi_14'],
  // Differences of prices cross zero: their rounding error is a share of the price.
  ['macd', [12, 26, 9], 'macd', 'macd_12_26_9', 'close'],
  ['macd', [12, 26, 9], 'signal', 'macd_signal_12_26_9', 'close'],
  ['macd', [12, 26, 9], 'histogram', 'macd_hist_12_26_9', 'close'],
  ['atr', [14], 'atr', 'atr_14'],
  ['bbands', [20, 2], 'upper', 'bb_upper_20_2'],
  ['bbands', [20, 2], 'middle', 'bb_middle_20_2'],
  ['bbands', [20, 2], 'lower', 'bb_lower_20_2'],
  ['stoch', [14, 3, 3], 'k', 'stoch_slowk_14_3_3', 100],
  ['stoch', [14, 3, 3], 'd', 'stoch_slowd_14_3_3', 100],
  ['adx', [14], 'adx', 'adx_14'],
  ['cci', [20], 'cci', 'cci_20', 100],
  ['obv', [], 'obv', 'obv'],
  ['roc', [10], 'roc', 'roc_10', 100],
  ['williams_r', [14], 'williams_r', 'willr_14', 100],
  ['mfi', [14], 'mfi', 'mfi_14'],
  ['stddev', [20], 'stddev', 'stddev_20'],
];
const TOLERANCE = 1e-9;

describe.skipIf(!referenceDataPresent)(referenceTitle('indicators against TA-Lib and exact arithmetic'), () => {
  for (const dataset of ['GOOG_1d', 'EURUSD_1h']) {
    it.each(CASES)(`${dataset}: %s %j, %s, equals %s, first value included`, (name, params, output, column, scale) => {
      const candles = readCandles(dataset);
      const actual = outputsOf(name, candles, params)[output] ?? new Float64Array(0);
      const references = [readIndicators(`talib_${dataset}`)(column), readIndicators(`exact_${dataset}`)(column)];
      const wrong = Array.from(candles.close, (close, bar) => {
        const value = actual[bar] ?? Infinity;
        const matches = references.some((reference) => {
          const expected = reference[bar] ?? NaN;
          if (Number.isNaN(expected)) return Number.isNaN(value);
          const size = scale === 'close' ? close * 1e-5 : Math.max(scale ?? 0, Math.abs(expected));
          return Math.abs(value - expected) <= TOLERANCE * size;
        });
        return matches ? null : { bar, value, expected: references.map((reference) => reference[bar]) };
      }).filter((found) => found !== null);
      expect(wrong.slice(0, 5)).toEqual([]);
      expect(actual).toHaveLength(candles.close.length);
    });
  }

  it('has a case for every column of the reference files', () => {
    const covered = new Set(CASES.map(([, , , column]) => column));
    expect(covered.size).toBe(20);
  });
});
