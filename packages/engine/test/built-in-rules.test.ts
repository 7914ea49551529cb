import type { ParameterValues } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { briefly, type Row, runBuiltIn, seriesOf } from './support/run-built-in.ts';

/** Bars of a range of 2 about 100, with a volume of 1,000. */
const quiet = (bars: number): Row[] => Array.from({ length: bars }, () => [100, 101, 99, 100]);
const flat = (bars: number): Row[] => Array.from({ length: bars }, () => 100);
const mirrored = (rows: readonly Row[]): Row[] =>
  rows.map((row) => {
    const [open = NaN, high = NaN, low = NaN, close = NaN, volume = 1000] =
      typeof row === 'number' ? [row, row, row, row] : row;
    return [200 - open, 200 - low, 200 - high, 200 - close, volume];
  });

describe('breakout-scalping', () => {
  const PARAMS = { lookback: 3, volume_period: 3, atr_period: 1, stop_atr: 1, min_atr_pct: 0, max_bars: 4 };
  const run = (rows: readonly Row[], params: ParameterValues = {}) =>
    runBuiltIn('breakout-scalping', { ...PARAMS, ...params }, rows);
  // The breakout closes at 102, above 101, with twice the volume; its true range, and so the risk, is 3.
  const breakout: Row = [100, 102, 99, 102, 2000];

  it('buys a breakout on volume with its risk in the stop, and sells at twice the risk', () => {
    const result = run([...quiet(4), breakout, [102, 103, 101, 103], [103, 109, 102, 108], ...quiet(3)]);
    expect(briefly(result)).toEqual([['long', 5, 102, 6, 108, 'take_profit']]);
    // One percent of 10,000 over a risk of 3 a share.
    expect(result.trades.at(0).quantity).toBeCloseTo(100 / 3, 9);
    expect(result.trades.at(0).pnl).toBeCloseTo(200, 9);
  });

  it('sells at the stop, one average true range below the entry', () => {
    const result = run([...quiet(4), breakout, [102, 103, 101, 103], [103, 103, 98, 98], ...quiet(2)]);
    expect(briefly(result)).toEqual([['long', 5, 102, 6, 99, 'stop_loss']]);
    expect(result.trades.at(0).pnl).toBeCloseTo(-100, 9);
  });

  it('leaves after so many bars', () => {
    const still: Row = [102, 102.5, 101.5, 102];
    const result = run([...quiet(4), breakout, still, still, still, still, still, still]);
    expect(briefly(result)).toEqual([['long', 5, 102, 9, 102, 'time_exit']]);
  });

  it('shorts the mirror of it, and does neither where its side is not chosen', () => {
    const up: Row[] = [...quiet(4), breakout, [102, 103, 101, 103], [103, 109, 102, 108], ...quiet(1)];
    expect(briefly(run(mirrored(up)))).toEqual([['short', 5, 98, 6, 92, 'take_profit']]);
    expect(run(mirrored(up), { direction: 'long' }).orders).toEqual([]);
    expect(run(up, { direction: 'short' }).orders).toEqual([]);
  });

  it('lets a breakout on usual volume pass, or in a market that hardly moves, or to the high itself', () => {
    const after: Row[] = [[102, 103, 101, 102]];
    expect(run([...quiet(4), [100, 102, 99, 102, 1499], ...after]).orders).toEqual([]);
    expect(run([...quiet(4), [100, 102, 99, 102, 1500], ...after]).fills).toHaveLength(1);
    expect(run([...quiet(4), breakout, ...after], { min_atr_pct: 2.95 }).orders).toEqual([]);
    expect(run([...quiet(4), breakout, ...after], { min_atr_pct: 2.9 }).fills).toHaveLength(1);
    expect(run([...quiet(4), [100, 101, 99, 101, 2000], ...after]).orders).toEqual([]);
  });

  it('trades no breakout before the bars that it compares with are there', () => {
    expect(run([...quiet(2), breakout, [102, 102, 102, 102]]).orders).toEqual([]);
    expect(run([...quiet(3), breakout, [102, 102, 102, 102]]).fills).toHaveLength(1);
  });
});

describe('rsi-mean-reversion', () => {
  // With a length of 2 the RSI falls to 0 after falls alone, and rises to 100 after rises alone.
  const PARAMS = { rsi_period: 2, stop_pct: 50 };
  const run = (closes: readonly number[], params: ParameterValues = {}) =>
    runBuiltIn('rsi-mean-reversion', { ...PARAMS, ...params }, closes);

  // RSI by Wilder, of the mean gain and loss: at 102 it is 100; at 100 gain 0.5, loss 1: 33; at 98 gain 0.25, loss 1.5: 14;
  // at 97 lower; at 99 gain 1.03, loss 0.625: 62.
  const DIP = [100, 101, 102, 100, 98, 97, 99, 99.5, 99.5, 99.5];

  it('buys when the RSI falls below the low level, and sells when it is back at the middle', () => {
    expect(briefly(run(DIP))).toEqual([['long', 5, 97, 7, 99.5, 'signal']]);
  });

  it('is stopped, and waits for the next fall of the RSI', () => {
    const closes = [100, 101, 102, 100, 98, 97, 90, 85, 80, 80];
    const result = run(closes, { stop_pct: 5 });
    // The stop at 92.15 is jumped over at the open.
    expect(briefly(result)).toEqual([['long', 5, 97, 6, 90, 'stop_loss']]);
    expect(result.open_positions).toEqual([]);
  });

  it('shorts the mirror if allowed', () => {
    const rise = DIP.map((close) => 200 - close);
    expect(briefly(run(rise, { allow_short: true }))).toEqual([['short', 5, 103, 7, 100.5, 'signal']]);
    expect(run(rise).orders?.[0]?.side).not.toBe('sell');
  });

  it('does not buy below the long average with the trend filter, and needs no more warm-up without it', () => {
    expect(run(DIP, { use_trend_filter: true, trend_period: 4 }).orders).toEqual([]);
    expect(run(DIP, { use_trend_filter: false, trend_period: 2000 }).fills).toHaveLength(2);
    expect(run(DIP, { use_trend_filter: true, trend_period: 2000 }).orders).toEqual([]);
  });

  it('trades nothing on a flat market', () => {
    expect(run(new Array(30).fill(100), { allow_short: true }).orders).toEqual([]);
  });

  it('needs levels that ascend', () => {
    expect(() => run([100], { oversold: 50 })).toThrow('oversold is 50 and exit_level is 50');
    expect(() => run([100], { overbought: 40 })).toThrow('exit_level is 50 and overbought is 40');
  });
});

describe('bollinger-mean-reversion', () => {
  // Bands of length 4 and one deviation. At the fall to 96: mean 99, deviation sqrt(3): the lower band is at 97.27.
  const PARAMS = { period: 4, deviations: 1, stop_pct: 50 };
  const FALL = [100, 100, 100, 100, 96, 97, 98, 100, 103, 103, 103];
  const run = (closes: readonly number[], params: ParameterValues = {}) =>
    runBuiltIn('bollinger-mean-reversion', { ...PARAMS, ...params }, closes);

  it('buys below the lower band and sells at the middle', () => {
    // At 98 the mean of 100, 96, 97 and 98 is 97.75.
    expect(briefly(run(FALL))).toEqual([['long', 5, 97, 7, 100, 'signal']]);
  });

  it('or at the other band', () => {
    // At 98 the upper band is at 97.75 + 1.48; at 100 it is at 97.75 + 1.48, too: mean of 96, 97, 98 and 100.
    expect(briefly(run(FALL, { exit_at: 'other_band' }))).toEqual([['long', 5, 97, 8, 103, 'signal']]);
  });

  it('is stopped out where price walks along the band', () => {
    const result = run([100, 100, 100, 100, 96, 95, 90, 85, 80], { stop_pct: 2 });
    expect(briefly(result)).toEqual([['long', 5, 95, 6, 90, 'stop_loss']]);
    expect(result.open_positions).toEqual([]);
  });

  it('shorts above the upper band if allowed', () => {
    const rise = FALL.map((close) => 200 - close);
    expect(briefly(run(rise, { allow_short: true }))).toEqual([['short', 5, 103, 7, 100, 'signal']]);
    expect(run(rise).orders?.[0]?.side).not.toBe('sell');
  });

  it('stays out while the bands are too far apart', () => {
    // At the entry they are 2 sqrt(3) apart, 3.499 percent of 99.
    expect(run(FALL, { max_width_pct: 3 }).orders).toEqual([]);
    expect(run(FALL, { max_width_pct: 4 }).fills).toHaveLength(2);
  });

  it('trades nothing on a flat market, nor before its bands are there', () => {
    expect(run(new Array(30).fill(0.1), { allow_short: true }).orders).toEqual([]);
    expect(run([100, 100, 96, 97]).orders).toEqual([]);
  });
});

describe('momentum', () => {
  const PARAMS = { lookback: 2, entry_pct: 5, exit_pct: 0, trend_period: 3 };
  const run = (closes: readonly number[], params: ParameterValues = {}) =>
    runBuiltIn('momentum', { ...PARAMS, ...params }, closes);

  it('is long from a rise beyond the threshold on, until it has faded', () => {
    // Over two bars: 6 percent at 106, and more, until 112 after 115 after 112 is none: below 115, and below the mean.
    const closes = [100, 100, 106, 110, 112, 115, 111, 111, 111];
    expect(briefly(run(closes))).toEqual([['long', 3, 110, 7, 111, 'signal']]);
  });

  it('leaves below its average though the rise has not faded', () => {
    // At 110: 10 percent above 100, but below the mean of 100, 120 and 110, which it equals: no exit; at 109.9 it is below.
    expect(run([100, 100, 100, 120, 110, 110]).trades.length).toBe(0);
    const result = run([94, 94, 100, 120, 109.9, 109.9, 109.9], { trend_period: 2 });
    expect(briefly(result)).toEqual([['long', 3, 120, 5, 109.9, 'signal']]);
  });

  it('is short after a fall if allowed', () => {
    const closes = [100, 100, 94, 90, 88, 85, 89, 89, 89];
    expect(briefly(run(closes, { allow_short: true }))).toEqual([['short', 3, 90, 7, 89, 'signal']]);
    expect(run(closes).orders).toEqual([]);
  });

  it('enters at more than the threshold alone, after its warm-up, and not on a flat market', () => {
    expect(run([100, 100, 105, 105]).orders).toEqual([]);
    expect(run([100, 100, 110, 110], { trend_period: 4 }).fills).toEqual([]);
    expect(run([100, 100, 110, 110], { trend_period: 3 }).fills).toHaveLength(1);
    expect(runBuiltIn('momentum', { ...PARAMS, entry_pct: 0, allow_short: true }, flat(30)).orders).toEqual([]);
  });

  it('has no filter with an average of one bar', () => {
    const closes = [100, 100, 106, 103, 103];
    expect(run(closes, { trend_period: 1 }).open_positions).toMatchObject([{ entry_bar: 3 }]);
  });

  it('needs an exit no higher than the entry', () => {
    expect(() => run([100], { exit_pct: 6 })).toThrow('exit_pct is 6 and entry_pct is 5');
  });
});

describe('ml-signal', () => {
  const run = (predictions: readonly number[], params: ParameterValues = {}) => {
    const closes = predictions.map((_, bar) => 100 + bar);
    const columns = { prediction: Float64Array.from(predictions) };
    return runBuiltIn('ml-signal', params, { instruments: [seriesOf(closes, { columns })] });
  };

  it('buys at the upper threshold and sells below the exit', () => {
    expect(briefly(run([0.59, 0.6, 0.55, 0.5, 0.49, 0.5]))).toEqual([['long', 2, 102, 5, 105, 'signal']]);
  });

  it('shorts at the lower threshold if allowed, and turns from one side to the other', () => {
    const predictions = [0.5, 0.4, 0.45, 0.7, 0.3, 0.55, 0.5];
    expect(briefly(run(predictions, { allow_short: true }))).toEqual([
      ['short', 2, 102, 4, 104, 'signal'],
      ['long', 4, 104, 5, 105, 'signal'],
      ['short', 5, 105, 6, 106, 'signal'],
    ]);
    expect(briefly(run(predictions))).toEqual([['long', 4, 104, 5, 105, 'signal']]);
  });

  it('holds what it has, and opens nothing, where there is no prediction', () => {
    expect(briefly(run([NaN, NaN, 0.7, NaN, NaN, 0.2, 0.2]))).toEqual([['long', 3, 103, 6, 106, 'signal']]);
    expect(run([NaN, NaN, NaN]).orders).toEqual([]);
  });

  it('leaves after so many bars', () => {
    expect(briefly(run([0.7, 0.55, 0.55, 0.55, 0.55], { max_bars: 2 }))).toEqual([
      ['long', 1, 101, 3, 103, 'time_exit'],
    ]);
  });

  it('needs the column, and thresholds in order', () => {
    expect(() => runBuiltIn('ml-signal', {}, [100, 101])).toThrow(expect.objectContaining({ code: 'unknown_column' }));
    expect(() => run([0.5], { long_entry: 0.3 })).toThrow('long_exit is 0.5 and long_entry is 0.3');
  });
});
