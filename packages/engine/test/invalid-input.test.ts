import { BacktestSettings } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { EngineError, type EngineErrorCode, resolveStrategy, simulate } from '../src/index.ts';
import { SMA_10_30 } from './support/any-strategy.ts';
import { errorOf } from './support/error-of.ts';
import { candlesOfCloses } from './support/made-up-candles.ts';
import { type PlainInput, plainInChunks, plainInput, runPlain } from './support/plain-backtest.ts';

const closes = [10, 11, 12, 13];
const valid: PlainInput = { candles: candlesOfCloses(closes), strategy: SMA_10_30, initial_cash: 1000, fee_bps: 10 };

/** Valid input but for one value of one column. */
function withValue(column: keyof PlainInput['candles'], bar: number, value: number): PlainInput {
  const candles = candlesOfCloses(closes);
  candles[column][bar] = value;
  return { ...valid, candles };
}

describe('invalid input is refused with a code and the place', () => {
  const twoOpens = { ...valid.candles, open: Float64Array.of(1, 2) };
  const cases: [what: string, input: PlainInput, code: EngineErrorCode, message: RegExp][] = [
    ['no candles', { ...valid, candles: candlesOfCloses([]) }, 'empty_candles', /no candles/],
    ['a short column', { ...valid, candles: twoOpens }, 'column_length_mismatch', /open has 2 values and ts has 4/],
    ['two bars at one time', withValue('ts', 2, valid.candles.ts[1] ?? NaN), 'non_ascending_ts', /bar 2/],
    ['a bar before the one before', withValue('ts', 3, 0), 'non_ascending_ts', /bar 3/],
    ['a first time that is not a number', withValue('ts', 0, NaN), 'invalid_ts', /bar 0/],
    ['a time that is not a number', withValue('ts', 2, NaN), 'invalid_ts', /bar 2/],
    ['a time without end', withValue('ts', 3, Infinity), 'invalid_ts', /bar 3/],
    ['a time before all dates', withValue('ts', 0, -9e15), 'invalid_ts', /bar 0/],
    ['an open of 0', withValue('open', 1, 0), 'invalid_price', /bar 1: open is 0/],
    ['a negative high', withValue('high', 2, -1), 'invalid_price', /bar 2: high is -1/],
    ['a low that is not a number', withValue('low', 0, NaN), 'invalid_price', /bar 0: low is NaN/],
    ['an infinite close', withValue('close', 3, Infinity), 'invalid_price', /bar 3: close is Infinity/],
    ['a negative fee', { ...valid, fee_bps: -1 }, 'invalid_settings', /maker_bps/],
    ['a fee of the whole value', { ...valid, fee_bps: 10_000 }, 'invalid_settings', /maker_bps/],
    ['a fee that is not a number', { ...valid, fee_bps: NaN }, 'invalid_settings', /maker_bps/],
    ['no cash', { ...valid, initial_cash: 0 }, 'invalid_cash', /initial_cash is 0/],
    ['infinite cash', { ...valid, initial_cash: Infinity }, 'invalid_cash', /initial_cash is Infinity/],
  ];

  it.each(cases)('%s', (_, input, code, message) => {
    const error = errorOf(() => runPlain(input));
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ name: 'EngineError', code, message: expect.stringMatching(message) });
  });

  it('the valid input it is measured against runs', () => {
    expect(errorOf(() => runPlain(valid))).toBeUndefined();
  });

  it('details name the column and the bar', () => {
    expect(errorOf(() => runPlain(withValue('low', 2, 0)))).toMatchObject({
      details: { bar: 2 },
      message: expect.stringContaining('low is 0'),
    });
  });

  it('a chunk that is not a whole number of bars', () => {
    for (const chunkBars of [0, -1, 1.5, NaN, Infinity]) {
      const error = errorOf(() => plainInChunks(valid, { chunkBars }).next());
      expect(error).toMatchObject({ code: 'invalid_chunk' });
    }
  });
});

describe('a column for equity that is not as long as there are bars', () => {
  it.each([3, 5])('of %i marks for 4 bars is refused, rather than lose or keep marks', (marks) => {
    const { data } = plainInput(valid);
    const { strategy } = resolveStrategy(SMA_10_30);
    const options = { initial_cash: 1000, settings: BacktestSettings.parse({}), seed: 1 };
    const run = () => simulate(strategy, data, options, { equity: new Float64Array(marks) });
    expect(errorOf(run)).toMatchObject({
      code: 'column_length_mismatch',
      message: expect.stringContaining(`room for ${marks} marks`),
    });
  });
});

describe('prices that carry equity beyond the largest number', () => {
  it('are an error rather than an infinite result', () => {
    const candles = candlesOfCloses([2, 2, 1e-300, 2e-300, 3e-300, 1e300, 1e300]);
    const input: PlainInput = {
      candles,
      strategy: { name: 'sma-cross', params: { fast: 1, slow: 2 } },
      initial_cash: 1e12,
      fee_bps: 0,
    };
    expect(errorOf(() => runPlain(input))).toMatchObject({ code: 'equity_overflow' });
  });
});
