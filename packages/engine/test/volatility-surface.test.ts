import { OptionsSettings } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import type { InstrumentSeries } from '../src/market/market-data.ts';
import { blackScholesPrice } from '../src/options/black-scholes.ts';
import { DataChain } from '../src/options/data-chain.ts';
import { countArbitrage } from '../src/options/surface-arbitrage.ts';
import { buildVolatilitySurface, forwardAt, volatilityAt } from '../src/options/volatility-surface.ts';
import type { OptionQuote } from '../src/trading/options-desk.ts';
import { DAY_MS } from './support/made-up-candles.ts';
import { readAppleQuotes } from './support/option-quotes-data.ts';
import { readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';

const NOW = Date.UTC(2024, 0, 2);
const SPOT = 100;
const RATE = 0.04;
const YIELD = 0.01;
const STRIKES = Array.from({ length: 13 }, (_, i) => 70 + 5 * i);

/** Quotes around Black-Scholes prices with the volatility that a function says, of a strike and years. */
function quotesWith(volatility: (strike: number, years: number) => number, days: readonly number[]): OptionQuote[] {
  return days.flatMap((day) =>
    STRIKES.flatMap((strike) =>
      (['call', 'put'] as const).map((right) => {
        const years = day / 365;
        const terms = { right, spot: SPOT, strike, years, rate: RATE, dividend_yield: YIELD };
        const sigma = volatility(strike, years);
        const mid = blackScholesPrice(terms, sigma);
        const contract = { right, strike, expiry: NOW + day * DAY_MS };
        const greeks = { implied_volatility: sigma, delta: NaN, gamma: NaN, theta: NaN, vega: NaN };
        return { contract, bid: mid * 0.999, ask: mid * 1.001, mid, ...greeks, source: 'model' as const };
      }),
    ),
  );
}

const smile = (strike: number) => 0.2 + 0.3 * Math.log(strike / 100) ** 2 - 0.1 * Math.log(strike / 100);
const moment = { now: NOW, spot: SPOT, rate: RATE };

describe('a volatility surface', () => {
  it('gives back forwards and the volatility of every quote', () => {
    const surface = buildVolatilitySurface(quotesWith(smile, [30, 90]), moment);
    for (const [i, day] of [30, 90].entries()) {
      expect(surface.smiles[i]?.forward).toBeCloseTo(SPOT * Math.exp(((RATE - YIELD) * day) / 365), 9);
      for (const strike of STRIKES) {
        expect(volatilityAt(surface, strike, NOW + day * DAY_MS)).toBeCloseTo(smile(strike), 6);
      }
    }
  });

  it('lies between neighbouring quotes between strikes, and is flat beyond them', () => {
    const surface = buildVolatilitySurface(quotesWith(smile, [90]), moment);
    const expiry = NOW + 90 * DAY_MS;
    expect(volatilityAt(surface, 72, expiry)).toBeLessThan(smile(70));
    expect(volatilityAt(surface, 72, expiry)).toBeGreaterThan(smile(75));
    expect(volatilityAt(surface, 102.5, expiry)).toBeCloseTo(smile(102.5), 3);
    expect(volatilityAt(surface, 20, expiry)).toBeCloseTo(smile(70), 6);
    expect(volatilityAt(surface, 500, expiry)).toBeCloseTo(smile(130), 6);
  });

  it('is linear in total variance between expiries, and of the nearest one beyond them', () => {
    const surface = buildVolatilitySurface(
      quotesWith((_, years) => (years < 0.2 ? 0.3 : 0.2), [30, 365]),
      moment,
    );
    const [w30, w365] = [0.09 * (30 / 365), 0.04];
    const weight = (180 - 30) / (365 - 30);
    const expected = Math.sqrt(((1 - weight) * w30 + weight * w365) / (180 / 365));
    expect(volatilityAt(surface, 100, NOW + 180 * DAY_MS)).toBeCloseTo(expected, 6);
    expect(volatilityAt(surface, 100, NOW + 5 * DAY_MS)).toBeCloseTo(0.3, 6);
    expect(volatilityAt(surface, 100, NOW + 900 * DAY_MS)).toBeCloseTo(0.2, 6);
    expect(forwardAt(surface, NOW + 180 * DAY_MS)).toBeCloseTo(100 * Math.exp((0.03 * 180) / 365), 6);
  });

  it('has no arbitrage where there is one volatility, and some where variance falls or the smile is bent', () => {
    const flat = countArbitrage(
      buildVolatilitySurface(
        quotesWith(() => 0.25, [30, 90, 180]),
        moment,
      ),
    );
    expect(flat).toMatchObject({ butterflies: 0, calendars: 0 });
    expect(flat.triples_checked).toBeGreaterThan(20);
    const falling = quotesWith((_, years) => (years < 0.2 ? 0.4 : 0.1), [60, 90]);
    expect(countArbitrage(buildVolatilitySurface(falling, moment)).calendars).toBe(13);
    const bent = quotesWith((strike) => (strike === 100 ? 0.3 : 0.2), [90]);
    expect(countArbitrage(buildVolatilitySurface(bent, moment)).butterflies).toBe(1);
  });

  it('needs a call and a put with bids', () => {
    const calls = quotesWith(smile, [30]).filter(({ contract }) => contract.right === 'call');
    expect(() => buildVolatilitySurface(calls, moment)).toThrow('a surface needs one');
    expect(() => buildVolatilitySurface([], moment)).toThrow('none of 0 expiries');
    const surface = buildVolatilitySurface(quotesWith(smile, [30]), moment);
    expect(() => volatilityAt(surface, 100, NOW)).toThrow('expiry');
  });
});

describe.skipIf(!referenceDataPresent)(referenceTitle("a surface of Apple's quotes of 6 June 2014"), () => {
  it('has forwards near the close, volatilities of 15 to 60 % near the money and little arbitrage', () => {
    const series: InstrumentSeries = { symbol: 'AAPL', timeframe: '1d', candles: readCandles('AAPL_1d_2014') };
    const candle = series.candles.ts.indexOf(Date.UTC(2014, 5, 6, 4));
    const ts = series.candles.ts[candle] ?? NaN;
    const chain = new DataChain(readAppleQuotes(), series, OptionsSettings.parse({ rate_pct: 0.25 }));
    const quotes = chain.chainAtClose({ bar: candle, candle, ts, available_at: ts + DAY_MS, next_ts: null });
    const surface = buildVolatilitySurface(quotes, { now: ts + DAY_MS, spot: 645.57, rate: 0.0025 });
    expect(surface.smiles.length).toBeGreaterThanOrEqual(11);
    for (const { forward, expiry } of surface.smiles) {
      // Dividends of 3.29 a quarter.
      expect(forward).toBeGreaterThan(645 * 0.96);
      expect(forward).toBeLessThan(645 * 1.01);
      const atTheMoney = volatilityAt(surface, 645, expiry);
      expect(atTheMoney).toBeGreaterThan(0.15);
      expect(atTheMoney).toBeLessThan(0.6);
    }
    const { butterflies, triples_checked, calendars, calendars_checked } = countArbitrage(surface);
    expect(butterflies / triples_checked).toBeLessThan(0.5);
    expect(calendars / calendars_checked).toBeLessThan(0.3);
  });
});
