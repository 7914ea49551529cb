import type { Candles } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../src/index.ts';
import { applyGapPolicy } from '../src/market/apply-gap-policy.ts';
import { assessDataQuality } from '../src/market/assess-data-quality.ts';
import { checkMarketData } from '../src/market/check-market-data.ts';
import { ExchangeTime } from '../src/market/exchange-time.ts';
import { findGaps } from '../src/market/find-gaps.ts';
import { candlesOfCloses } from './support/made-up-candles.ts';
import { readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';
import { candlesOfRows, eventStrategy, marketOf, optionsOf, run, seriesOf, smaCross } from './support/rule-double.ts';

const rows = [
  [10, 11, 9, 10],
  [10, 12, 9, 11],
  [11, 12, 10, 12],
];

function errorOf(action: () => unknown): EngineError {
  try {
    action();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('market data that cannot be right', () => {
  const changed = (change: (candles: Candles) => void) => {
    const candles = candlesOfRows(rows);
    change(candles);
    return errorOf(() => checkMarketData(marketOf(candles)));
  };
  const cases: [string, string, (candles: Candles) => void][] = [
    ['a price that is no number', 'invalid_price', ({ close }) => close.fill(NaN, 1, 2)],
    ['a price of zero', 'invalid_price', ({ open }) => open.fill(0, 1, 2)],
    ['a price below zero', 'invalid_price', ({ low }) => low.fill(-1, 1, 2)],
    ['a high below the low', 'invalid_range', ({ high }) => high.fill(8, 1, 2)],
    ['a close above the high', 'invalid_range', ({ close }) => close.fill(13, 1, 2)],
    ['an open below the low', 'invalid_range', ({ open }) => open.fill(8, 1, 2)],
    ['a volume below zero', 'invalid_volume', ({ volume }) => volume.fill(-1, 1, 2)],
    ['a time that is there twice', 'non_ascending_ts', ({ ts }) => ts.fill(ts[0] ?? NaN, 1, 2)],
    ['times that do not ascend', 'non_ascending_ts', ({ ts }) => ts.fill(0, 1, 2)],
  ];
  it.each(cases)('%s is one error that names instrument and bar', (_, code, change) => {
    const error = changed(change);
    expect([error.code, error.details.instrument, error.details.bar]).toEqual([code, 'MAIN', 1]);
    expect(error.message).toContain('MAIN, bar 1');
  });

  it('is refused as a whole: none, none of one, columns of other lengths, two of a name, mixed timeframes', () => {
    const candles = candlesOfRows(rows);
    const codeOf = (...instruments: Parameters<typeof checkMarketData>[0]['instruments']) =>
      errorOf(() => checkMarketData({ instruments })).code;
    expect(codeOf()).toBe('no_instruments');
    expect(codeOf(seriesOf(candlesOfRows([])))).toBe('empty_candles');
    expect(codeOf(seriesOf({ ...candles, volume: new Float64Array(2) }))).toBe('column_length_mismatch');
    expect(codeOf(seriesOf(candles, { columns: { score: new Float64Array(2) } }))).toBe('column_length_mismatch');
    expect(codeOf(seriesOf(candles), seriesOf(candles))).toBe('duplicate_instrument');
    expect(codeOf(seriesOf(candles), seriesOf(candles, { symbol: 'B' }, '1h'))).toBe('mixed_timeframes');
  });

  it('is refused by a simulation, as are options that make no sense', () => {
    const data = marketOf(candlesOfRows(rows));
    expect(errorOf(() => run(smaCross(), data, {}, 0)).code).toBe('invalid_cash');
    const margin = { leverage: 10, maintenance_pct: 20 };
    expect(errorOf(() => run(smaCross(), data, { margin })).code).toBe('invalid_settings');
    expect(errorOf(() => run(smaCross(), data, { instrument: { time_zone: 'Mars/Olympus' } })).code).toBe(
      'invalid_settings',
    );
  });
});

describe('the clock of an exchange', () => {
  it('keeps its days through summer time', () => {
    const newYork = new ExchangeTime('America/New_York');
    const at = (iso: string) => Date.parse(iso);
    expect(newYork.minute(at('2021-03-12T14:30:00Z'))).toBe(9 * 60 + 30);
    expect(newYork.minute(at('2021-03-15T13:30:00Z'))).toBe(9 * 60 + 30);
    expect(newYork.minute(at('2021-03-14T06:59:00Z'))).toBe(119);
    expect(newYork.minute(at('2021-03-14T07:00:00Z'))).toBe(180);
    expect(newYork.day(at('2021-03-15T03:59:00Z')) + 1).toBe(newYork.day(at('2021-03-15T04:00:00Z')));
    expect(newYork.weekday(at('2021-03-15T03:59:00Z'))).toBe(0);
  });
});

const gapsOf = (
  candles: Candles,
  timeframe: '1h' | '1d' | '1m',
  calendar: 'equities' | 'crypto' | 'forex' | 'measured',
) => {
  const series = seriesOf(candles, {}, timeframe);
  return findGaps(series, { ...optionsOf().settings.instrument, calendar })
    .flatMap(({ missing_ts }) => missing_ts)
    .map((ts) => new Date(ts).toISOString());
};

/** Flat candles at these times. */
const at = (...times: string[]): Candles => ({
  ...candlesOfCloses(times.map(() => 10)),
  ts: Float64Array.from(times, (time) => Date.parse(time)),
});

describe('missing bars', () => {
  it('are all that are not there, of a market that never closes', () => {
    expect(gapsOf(at('2024-01-05', '2024-01-06', '2024-01-09'), '1d', 'crypto')).toEqual([
      '2024-01-07T00:00:00.000Z',
      '2024-01-08T00:00:00.000Z',
    ]);
  });

  it('are not listed where they would fill memory: the candles are of another timeframe', () => {
    const sparse = at('1900-01-01', '1960-01-01', '2020-01-01');
    expect(errorOf(() => gapsOf(sparse, '1m', 'crypto'))).toMatchObject({
      code: 'data_gaps',
      message: expect.stringContaining('misses more than 20000000 bars of 1m'),
    });
  });

  it('are filled up to ten million over all instruments together', () => {
    const { settings } = optionsOf();
    const fill = { ...settings, gaps: 'fill', instrument: { ...settings.instrument, calendar: 'crypto' } } as const;
    const rules = fill.instrument;
    const series = (symbol: string, until: string) => ({
      ...seriesOf(at('2000-01-01', until), {}, '1m'),
      ...{ symbol, rules },
    });
    // The second alone could be filled.
    const instruments = [series('A', '2000-01-02'), series('B', '2019-01-05')];
    expect(errorOf(() => applyGapPolicy({ instruments }, fill))).toMatchObject({
      code: 'data_gaps',
      details: { instrument: 'B' },
    });
  });

  it('are those within a session, of equities: nights, weekends and holidays are none', () => {
    expect(gapsOf(at('2024-01-05T19:00Z', '2024-01-08T14:00Z', '2024-01-08T16:00Z'), '1h', 'equities')).toEqual([
      '2024-01-08T15:00:00.000Z',
    ]);
    expect(gapsOf(at('2001-09-10', '2001-09-17'), '1d', 'equities')).toEqual([]);
    expect(gapsOf(at('2024-01-05', '2024-01-16'), '1d', 'equities')).toHaveLength(6);
  });

  it('are those outside of the weekend, of currencies', () => {
    expect(gapsOf(at('2024-01-05T20:00Z', '2024-01-07T22:00Z', '2024-01-08T00:00Z'), '1h', 'forex')).toEqual([
      '2024-01-07T23:00:00.000Z',
    ]);
  });

  it('are unusual breaks, where the calendar is measured', () => {
    const weeks = [1, 8, 15, 22].flatMap((day) =>
      [0, 1, 2, 3, 4].map((offset) => new Date(Date.UTC(2024, 0, day + offset)).toISOString()),
    );
    expect(gapsOf(at(...weeks), '1d', 'measured')).toEqual([]);
    expect(gapsOf(at(...weeks.toSpliced(7, 1)), '1d', 'measured')).toEqual(['2024-01-10T00:00:00.000Z']);
  });

  it.skipIf(!referenceDataPresent)(referenceTitle('are found in real series'), () => {
    expect(gapsOf(readCandles('BTCUSD_1d'), '1d', 'crypto')).toHaveLength(34);
    expect(gapsOf(readCandles('SPY_1d'), '1d', 'equities')).toEqual([]);
    expect(gapsOf(readCandles('GOOG_1d'), '1d', 'equities')).toEqual([]);
    const week = gapsOf(readCandles('EURUSD_1d'), '1d', 'forex').filter((day) => day.startsWith('2016-12-1'));
    expect(week.length).toBeGreaterThanOrEqual(4);
  });
});

describe('the gap policy', () => {
  const candles = { ...candlesOfRows(rows), ts: Float64Array.of(0, 86_400_000, 4 * 86_400_000) };
  const data = marketOf(candles, { columns: { score: Float64Array.of(1, 2, 3) } });
  const apply = (gaps: 'fail' | 'skip' | 'fill') =>
    applyGapPolicy(data, optionsOf({ gaps, instrument: { calendar: 'crypto' } }).settings);

  it('refuses, leaves alone, or repeats the close before at no volume', () => {
    expect(errorOf(() => apply('fail'))).toMatchObject({ code: 'data_gaps', details: { instrument: 'MAIN', bars: 2 } });
    expect(apply('skip')).toBe(data);
    const [filled] = apply('fill').instruments;
    expect([...(filled?.candles.ts ?? [])].map((ts) => ts / 86_400_000)).toEqual([0, 1, 2, 3, 4]);
    expect([...(filled?.candles.close ?? [])]).toEqual([10, 11, 11, 11, 12]);
    expect([...(filled?.candles.high ?? [])]).toEqual([11, 12, 11, 11, 12]);
    expect([...(filled?.candles.volume ?? [])]).toEqual([1000, 1000, 0, 0, 1000]);
    expect([...(filled?.columns?.score ?? [])]).toEqual([1, 2, NaN, NaN, 3]);
  });

  it('fills a series once', () => {
    expect(apply('fill').instruments[0]).toBe(apply('fill').instruments[0]);
  });

  it('is in the result, with what was found', () => {
    const result = run(
      eventStrategy(() => {}),
      data,
      { gaps: 'fill', instrument: { calendar: 'crypto' } },
    );
    expect(result.ts).toHaveLength(5);
    expect(result.data_quality.findings).toMatchObject([{ code: 'gaps', count: 2 }]);
  });
});

describe('the quality of data', () => {
  const closes = Array.from({ length: 200 }, (_, bar) => 100 + (bar % 7));
  const assess = (candles: Candles, more = {}) =>
    assessDataQuality(marketOf(candles, more), optionsOf({ instrument: { calendar: 'crypto' } }).settings);
  const codes = (candles: Candles, more = {}) => assess(candles, more).findings.map(({ code }) => code);

  it('is good where nothing is peculiar', () => {
    expect(assess(candlesOfCloses(closes))).toEqual({ verdict: 'good', findings: [] });
  });

  it('tells bars without volume, repeated bars and outliers', () => {
    const quiet = candlesOfCloses(closes);
    quiet.volume[5] = 0;
    expect(assess(quiet)).toMatchObject({ verdict: 'usable', findings: [{ code: 'zero_volume', count: 1 }] });
    const repeated = candlesOfCloses(closes.with(50, 101).with(51, 101).with(52, 101));
    expect(codes(repeated)).toEqual(['repeated_bars']);
    expect(codes(candlesOfCloses(closes.map((close, bar) => (bar === 100 ? 170 : close))))).toContain('outliers');
  });

  it('suspects a split that nobody named', () => {
    const candles = candlesOfRows([
      ...closes.map((c) => [c, c, c, c, 9]),
      ...closes.map((c) => [c / 4, c / 4, c / 4, c / 4, 9]),
    ]);
    candles.open[200] = 25.8;
    candles.high[200] = 27;
    expect(assess(candles).verdict).toBe('poor');
    expect(codes(candles)).toContain('suspected_splits');
    expect(codes(candles)).toContain('outliers');
    const named = codes(candles, { splits: [{ ts: candles.ts[200], ratio: 4 }] });
    expect(named).not.toContain('suspected_splits');
    expect(named).not.toContain('outliers');
  });

  it.skipIf(!referenceDataPresent)(referenceTitle('suspects the split of 2014 in raw prices'), () => {
    const candles = readCandles('AAPL_1d_2014');
    const quality = assessDataQuality(marketOf(candles), optionsOf().settings);
    expect(quality.findings.find(({ code }) => code === 'suspected_splits')?.count).toBe(1);
  });

  it('finds instruments whose bars never open at the same time', () => {
    const shifted = candlesOfCloses(closes);
    const other = { ...shifted, ts: shifted.ts.map((ts) => ts + 3_600_000) };
    const settings = optionsOf({ instrument: { calendar: 'crypto' } }).settings;
    const assessPair = (second: typeof shifted) => {
      const instruments = [seriesOf(candlesOfCloses(closes)), seriesOf(second, { symbol: 'OTHER' })];
      return assessDataQuality({ instruments }, settings);
    };
    expect(assessPair(other)).toMatchObject({ verdict: 'poor', findings: [{ code: 'unaligned' }] });
    expect(assessPair(shifted).verdict).toBe('good');
  });

  it('warns of survivorship where many instruments have no dates of membership', () => {
    const instruments = Array.from({ length: 10 }, (_, i) => seriesOf(candlesOfCloses(closes), { symbol: `S${i}` }));
    const settings = optionsOf({ instrument: { calendar: 'crypto' } }).settings;
    expect(assessDataQuality({ instruments }, settings).findings.map(({ code }) => code)).toEqual(['survivorship']);
  });
});
