import { BacktestSettings, OptionsSettings } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import type { InstrumentSeries } from '../src/market/market-data.ts';
import { impliedVolatility } from '../src/options/implied-volatility.ts';
import { openChainSource } from '../src/options/open-chain-source.ts';
import {
  DAY_MS,
  dayOf,
  lastTradingDay,
  listedExpiries,
  weekdayOf,
  yearsToExpiry,
} from '../src/options/option-calendar.ts';
import { realisedVolatility } from '../src/options/realised-volatility.ts';
import type { DeskBar } from '../src/simulator/desk.ts';
import { candlesFrom, firstBars, fixedRandom } from './support/made-up-candles.ts';

const { calendar } = BacktestSettings.parse({}).instrument;

const STEPS_A_BAR = 100;

/** A walk of many small steps a bar, so that highs and lows are what they would be. */
function randomSeries(bars: number): InstrumentSeries {
  const random = fixedRandom(7);
  const [open, high, low, close]: number[][] = [[], [], [], []];
  let price = 100;
  for (let bar = 0; bar < bars; bar++) {
    price *= 1 + 0.01 * (random() - 0.5);
    const path = [price];
    for (let step = 0; step < STEPS_A_BAR; step++) {
      price *= 1 + 0.004 * (random() - 0.5);
      path.push(price);
    }
    open?.push(path[0] ?? NaN);
    high?.push(Math.max(...path));
    low?.push(Math.min(...path));
    close?.push(price);
  }
  const candles = candlesFrom(open ?? [], close ?? []);
  return {
    symbol: 'MADE',
    timeframe: '1d',
    candles: { ...candles, high: Float64Array.from(high ?? []), low: Float64Array.from(low ?? []) },
  };
}

function barOf(series: InstrumentSeries, candle: number): DeskBar {
  const ts = series.candles.ts[candle] ?? NaN;
  return { bar: candle, candle, ts, available_at: ts + DAY_MS, next_ts: null };
}

describe('the calendar of expiries', () => {
  it('lists third Fridays and the Fridays to come, in order and once', () => {
    const day = (month: number, date: number) => Date.UTC(2024, month, date) / DAY_MS;
    // Third Fridays of 2024: 19 January, 16 February, 15 March.
    expect(listedExpiries(day(0, 1), 3, 2)).toEqual([day(0, 5), day(0, 12), day(0, 19), day(1, 16), day(2, 15)]);
    expect(listedExpiries(day(0, 19), 1, 0)).toEqual([day(1, 16)]);
    expect(listedExpiries(day(11, 30), 1, 0)).toEqual([Date.UTC(2025, 0, 17) / DAY_MS]);
    expect(listedExpiries(day(0, 12), 0, 3).map(weekdayOf)).toEqual([5, 5, 5]);
  });
});

describe('time to expiry', () => {
  const expiry = Date.UTC(2024, 0, 20);
  const HOUR_MS = DAY_MS / 24;
  const at = (ts: number, length: number): DeskBar => ({
    bar: 0,
    candle: 0,
    ts,
    available_at: ts + length,
    next_ts: null,
  });

  it('of a daily bar is whole days between dates, whatever hour its midnight has in UTC', () => {
    expect(yearsToExpiry(expiry, at(Date.UTC(2024, 0, 9), DAY_MS))).toBe(10 / 365);
    expect(yearsToExpiry(expiry, at(Date.UTC(2024, 0, 9, 5), DAY_MS))).toBe(10 / 365);
    expect(yearsToExpiry(expiry, at(Date.UTC(2024, 0, 19, 5), DAY_MS))).toBe(0);
  });

  it('of a shorter bar is counted to 21:00 UTC of the last day', () => {
    expect(yearsToExpiry(expiry, at(Date.UTC(2024, 0, 19, 15), HOUR_MS)) * 365 * 24).toBeCloseTo(5, 9);
    expect(yearsToExpiry(expiry, at(Date.UTC(2024, 0, 19, 20), HOUR_MS))).toBe(0);
  });
});

describe('realised volatility', () => {
  it('of equal moves up and down is their size', () => {
    const close = Array.from({ length: 40 }, (_, bar) => 100 * Math.exp(bar % 2 === 0 ? 0 : 0.01));
    const series: InstrumentSeries = { symbol: 'X', timeframe: '1d', candles: candlesFrom(close, close) };
    // Half up, half down around 0: the sample deviation of 20 returns of 0.01.
    expect(realisedVolatility(series, 20, 'close')[30]).toBeCloseTo(0.01 * Math.sqrt(20 / 19), 12);
    expect(realisedVolatility(series, 20, 'yang_zhang')[30]).toBeCloseTo(0.01 * Math.sqrt(20 / 19), 12);
  });

  it('of a random walk is about the same by both estimators, and knows nothing of splits', () => {
    const series = randomSeries(400);
    const { candles } = series;
    const close = realisedVolatility(series, 300, 'close')[399] ?? NaN;
    expect((realisedVolatility(series, 300, 'yang_zhang')[399] ?? NaN) / close).toBeCloseTo(1, 1);
    const after = (values: Float64Array) => values.map((price, bar) => (bar < 350 ? 7 * price : price));
    const split: InstrumentSeries = {
      ...series,
      candles: {
        ...candles,
        open: after(candles.open),
        high: after(candles.high),
        low: after(candles.low),
        close: after(candles.close),
      },
      splits: [{ ts: candles.ts[350] ?? NaN, ratio: 7 }],
    };
    expect(realisedVolatility(split, 300, 'close')[399]).toBeCloseTo(close, 12);
  });
});

describe('chains by the model', () => {
  const series = randomSeries(60);
  const settings = OptionsSettings.parse({ rate_pct: 2 });

  it('know nothing of bars to come', () => {
    const whole = openChainSource(series, settings, calendar);
    for (const bar of [20, 35, 50]) {
      const known = { ...series, candles: firstBars(series.candles, bar + 1) };
      const chain = openChainSource(known, settings, calendar).chainAtClose(barOf(series, bar));
      expect(chain.length).toBeGreaterThan(100);
      expect(whole.chainAtClose(barOf(series, bar))).toEqual(chain);
    }
  });

  it('do not exist before the volatility does', () => {
    expect(openChainSource(series, settings, calendar).chainAtClose(barOf(series, 19))).toEqual([]);
  });

  it('are in order, with bids below and asks above the price of their own volatility', () => {
    const chain = openChainSource(series, settings, calendar).chainAtClose(barOf(series, 40));
    const spot = series.candles.close[40] ?? NaN;
    const bar = barOf(series, 40);
    let expiry = 0;
    for (const quote of chain) {
      expect(quote.contract.expiry).toBeGreaterThanOrEqual(expiry);
      expiry = quote.contract.expiry;
      expect(weekdayOf(lastTradingDay(expiry))).toBe(5);
      expect(quote.source).toBe('model');
      expect(quote.ask - quote.mid).toBeGreaterThanOrEqual(0.01 - 1e-9);
      if (!Number.isNaN(quote.bid)) expect(quote.mid - quote.bid).toBeGreaterThanOrEqual(0.01 - 1e-9);
      const { right, strike } = quote.contract;
      const years = yearsToExpiry(expiry, bar);
      // In the money the price tells less of the volatility than six digits.
      if (right === 'call' ? strike < spot : strike > spot) continue;
      const implied = impliedVolatility({ right, spot, strike, years, rate: 0.02, dividend_yield: 0 }, quote.mid);
      if (implied.volatility !== null) expect(implied.volatility).toBeCloseTo(quote.implied_volatility, 6);
    }
  });

  it('charge more volatility below the forward than above, the more the larger the skew', () => {
    const slope = (skew: number) => {
      const chain = openChainSource(
        series,
        OptionsSettings.parse({ volatility: { skew }, strikes: { width_pct: 5 } }),
        calendar,
      ).chainAtClose(barOf(series, 40));
      const ofLast = chain.filter(({ contract }) => contract.expiry === chain.at(-1)?.contract.expiry);
      return (ofLast[0]?.implied_volatility ?? NaN) - (ofLast.at(-1)?.implied_volatility ?? NaN);
    };
    expect(slope(0)).toBeCloseTo(0, 12);
    expect(slope(0.1)).toBeGreaterThan(0);
    expect(slope(0.2)).toBeGreaterThan(slope(0.1));
  });

  it('need bars of a day or less', () => {
    expect(() => openChainSource({ ...series, timeframe: '1w' }, settings, calendar)).toThrow('a day or less');
    expect(dayOf(Date.UTC(1970, 0, 2, 5))).toBe(1);
  });
});
