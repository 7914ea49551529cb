import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../src/indicators/indicator-definition.ts';
import { CANDLESTICK_PATTERNS } from '../src/patterns/candlestick/catalogue.ts';
import { anyCandles } from './support/made-up-candles.ts';
import { readCandles, readIndicators, referenceDataPresent, referenceTitle } from './support/reference-data.ts';

const TALIB_NAMES: Record<string, string> = {
  CDLENGULFING: 'engulfing',
  CDLHAMMER: 'hammer',
  CDLDOJI: 'doji',
  CDLMORNINGSTAR: 'morning_star',
  CDLEVENINGSTAR: 'evening_star',
  CDLSHOOTINGSTAR: 'shooting_star',
  CDL3WHITESOLDIERS: 'three_white_soldiers',
  CDLHARAMI: 'harami',
};

function pattern(name: string): IndicatorDefinition {
  const found = CANDLESTICK_PATTERNS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`there is no pattern ${name}`);
  return found;
}

/** The value of a pattern at the last of some candles, given as [open, high, low, close]. */
function lastValue(name: string, candles: readonly (readonly [number, number, number, number])[]): number | undefined {
  const column = (index: 0 | 1 | 2 | 3) => Float64Array.from(candles, (candle) => candle[index]);
  return pattern(name)
    .compute([column(0), column(1), column(2), column(3)], [])[0]
    ?.at(-1);
}

describe.skipIf(!referenceDataPresent)(referenceTitle('candlestick patterns against TA-Lib'), () => {
  for (const dataset of ['GOOG_1d', 'SPY_1d']) {
    const reference = () => ({ candles: readCandles(dataset), column: readIndicators(`talib_patterns_${dataset}`) });

    it.each(Object.entries(TALIB_NAMES))(`%s on ${dataset} is %s, bar by bar, first value included`, (talib, name) => {
      const { candles, column } = reference();
      const { open, high, low, close } = candles;
      const [values] = pattern(name).compute([open, high, low, close], []);
      expect(Array.from(values ?? [])).toEqual(Array.from(column(talib)));
    });
  }
});

describe('candlestick patterns', () => {
  /** Ten candles of body 1 and range 2, rising: the measure of what is long, short and near. */
  const usual = Array.from({ length: 11 }, (_, i) => [100 + i, 101.5 + i, 99.5 + i, 101 + i] as const);

  it('call a long white candle without shadows a marubozu, and a black one a bearish one', () => {
    expect(lastValue('marubozu', [...usual, [111, 115, 111, 115]])).toBe(100);
    expect(lastValue('marubozu', [...usual, [115, 115, 111, 111]])).toBe(-100);
    expect(lastValue('marubozu', [...usual, [111, 116, 111, 115]])).toBe(0);
  });

  it('tell a dragonfly from a gravestone by the side of the shadow', () => {
    expect(lastValue('dragonfly_doji', [...usual, [111, 111, 109, 111]])).toBe(100);
    expect(lastValue('gravestone_doji', [...usual, [111, 111, 109, 111]])).toBe(0);
    expect(lastValue('gravestone_doji', [...usual, [111, 113, 111, 111]])).toBe(100);
  });

  it('see a piercing line only above the middle of the black body', () => {
    const black = [114, 114.5, 109.5, 110] as const;
    expect(lastValue('piercing', [...usual, black, [109, 113, 108.5, 112.5]])).toBe(100);
    expect(lastValue('piercing', [...usual, black, [109, 113, 108.5, 111.5]])).toBe(0);
  });

  it('see three outside down where an engulfing fall goes on', () => {
    const rise = [111, 112, 110, 111.5] as const;
    const fall = [112, 112.5, 109, 110] as const;
    expect(lastValue('three_outside', [...usual, rise, fall, [110, 110.5, 108, 109]])).toBe(-100);
    expect(lastValue('three_outside', [...usual, rise, fall, [110, 111.5, 109.5, 111]])).toBe(0);
  });

  it.each(CANDLESTICK_PATTERNS)('$name gives bar by bar what it gives at once', (definition) => {
    fc.assert(
      fc.property(anyCandles, ({ open, high, low, close }) => {
        const [values] = definition.compute([open, high, low, close], []);
        const stream = definition.stream([]);
        const streamed = Array.from(
          close,
          (_, i) => stream.update([open[i], high[i], low[i], close[i]].map(Number))[0],
        );
        expect(streamed).toEqual(Array.from(values ?? []));
        expect(values?.findIndex((value) => !Number.isNaN(value))).toBe(
          close.length > definition.firstIndex([]) ? definition.firstIndex([]) : -1,
        );
      }),
      { numRuns: 20 },
    );
  });
});
