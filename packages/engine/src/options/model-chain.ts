import type { OptionsSettings } from '@tradebase/contracts';
import { timeframeLengthMs } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import type { DeskBar } from '../simulator/desk.ts';
import type { OptionContract, OptionQuote } from '../trading/options-desk.ts';
import { blackScholes } from './black-scholes.ts';
import type { ChainSource } from './chain-source.ts';
import { dayOf, expiryOfDay, listedExpiries, yearsToExpiry } from './option-calendar.ts';
import { VolatilitySoFar } from './volatility-so-far.ts';

/** Trading days a year and hours a day, by the calendar of an instrument. */
const SESSIONS = {
  equities: { days: 252, hours: 6.5 },
  measured: { days: 252, hours: 6.5 },
  forex: { days: 260, hours: 24 },
  crypto: { days: 365, hours: 24 },
} as const;

/** Least time, in years, over which a skew is spread: without it the last days would have endless deviations. */
const LEAST_SKEW_YEARS = 1 / 52;
const LEAST_SKEW_FACTOR = 0.5;
const MOST_SKEW_FACTOR = 2;

/**
 * Quotes by Black-Scholes-Merton where there is no data: closes only.
 *
 * Volatility at the money is what the underlying realised over a window up to this close, times a premium, at least a floor.
 * A strike that is z deviations of the time to expiry above the forward has (1 - skew z) times that, within a half and
 * twice. An American option is quoted at no less than its exercise. Around that, bid and ask lie half a spread away, which
 * is a share of the price with a minimum; bids that round down to 0 are none.
 */
export class ModelChain implements ChainSource {
  readonly #series: InstrumentSeries;
  readonly #settings: OptionsSettings;
  readonly #volatility: VolatilitySoFar;
  /** From a bar's volatility to that of a year, with the premium. */
  readonly #factor: number;

  constructor(series: InstrumentSeries, settings: OptionsSettings, calendar: keyof typeof SESSIONS) {
    const { estimator, window_bars, premium } = settings.volatility;
    const { days, hours } = SESSIONS[series.rules?.calendar ?? calendar];
    const barsADay = Math.max(1, (hours * 3_600_000) / timeframeLengthMs(series.timeframe));
    this.#factor = premium * Math.sqrt(days * barsADay);
    this.#series = series;
    this.#settings = settings;
    this.#volatility = new VolatilitySoFar(series, window_bars, estimator);
  }

  chainAtClose(bar: DeskBar): readonly OptionQuote[] {
    const { months, weeks } = this.#settings.expiries;
    const strikes = this.#strikes(this.#series.candles.close[bar.candle] ?? NaN);
    const quotes: OptionQuote[] = [];
    for (const day of listedExpiries(dayOf(bar.ts), months, weeks)) {
      for (const strike of strikes) {
        for (const right of ['call', 'put'] as const) {
          const quote = this.quoteAtClose({ right, strike, expiry: expiryOfDay(day) }, bar);
          if (quote !== null) quotes.push(quote);
        }
      }
    }
    return quotes;
  }

  quoteAtClose(contract: OptionContract, bar: DeskBar): OptionQuote | null {
    const atTheMoney = this.#volatility.at(bar.candle) * this.#factor;
    const spot = this.#series.candles.close[bar.candle] ?? NaN;
    if (Number.isNaN(atTheMoney)) return null;
    const { rate_pct, dividend_yield_pct, volatility, style } = this.#settings;
    const years = yearsToExpiry(contract.expiry, bar);
    const rate = rate_pct / 100;
    const dividend_yield = dividend_yield_pct / 100;
    const base = Math.max(atTheMoney, volatility.floor_pct / 100);
    const forward = spot * exp((rate - dividend_yield) * years);
    const sigma = base * skewFactor(log(contract.strike / forward), base, years, volatility.skew);
    const { right, strike } = contract;
    const value = blackScholes({ right, spot, strike, years, rate, dividend_yield }, sigma);
    const exercise = style === 'american' ? Math.max(0, right === 'call' ? spot - strike : strike - spot) : 0;
    const mid = Math.max(value.price, exercise);
    const { delta, gamma, theta, vega } = value;
    return {
      contract,
      ...this.#spreadAround(mid),
      mid,
      implied_volatility: sigma,
      delta,
      gamma,
      theta,
      vega,
      source: 'model',
    };
  }

  /** A model of closes alone: orders fill at the close. */
  pricesAtOpen(): null {
    return null;
  }

  #spreadAround(mid: number): { bid: number; ask: number } {
    const { percent, minimum, tick_size } = this.#settings.spread;
    const half = 0.5 * Math.max(minimum, (percent / 100) * mid);
    const [low, high] = [mid - half, mid + half];
    // What is a whole number of ticks but for rounding stays one.
    const bid = tick_size > 0 ? Math.floor(low / tick_size + 1e-9) * tick_size : low;
    const ask = tick_size > 0 ? Math.ceil(high / tick_size - 1e-9) * tick_size : high;
    return { bid: bid > 0 ? withoutNoise(bid) : NaN, ask: withoutNoise(ask) };
  }

  #strikes(spot: number): number[] {
    const { step = roundStep(spot), width_pct } = this.#settings.strikes;
    const first = Math.max(1, Math.ceil((spot * (1 - width_pct / 100)) / step));
    const last = Math.floor((spot * (1 + width_pct / 100)) / step);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => withoutNoise((first + i) * step));
  }
}

/** Multiples of steps as the numbers they are meant to be: 1.15, not 1.1500000000000001. */
function withoutNoise(price: number): number {
  return Math.round(price * 1e8) / 1e8;
}

function skewFactor(logStrike: number, base: number, years: number, skew: number): number {
  const deviations = logStrike / (base * Math.sqrt(Math.max(years, LEAST_SKEW_YEARS)));
  return Math.min(MOST_SKEW_FACTOR, Math.max(LEAST_SKEW_FACTOR, 1 - skew * deviations));
}

/** The smallest of ... 0.5, 1, 2.5, 5, 10, 25 ... that is at least 0.8 % of the price. */
function roundStep(spot: number): number {
  const least = 0.008 * spot;
  let step = 1;
  while (step > least) step /= 10;
  while (step * 10 < least) step *= 10;
  return [1, 2.5, 5, 10].map((factor) => factor * step).find((candidate) => candidate >= least) ?? 10 * step;
}
