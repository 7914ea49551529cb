import type { OptionsSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import type { DeskBar } from '../simulator/desk.ts';
import type { OptionContract, OptionQuote } from '../trading/options-desk.ts';
import { blackScholes } from './black-scholes.ts';
import { type ChainSource, compareContracts, contractName, type OpeningPrices } from './chain-source.ts';
import { impliedForward } from './implied-forward.ts';
import { impliedVolatility } from './implied-volatility.ts';
import { dayOf, expiryOfDay, lastTradingDayOfDate, yearsToExpiry } from './option-calendar.ts';

/** Quotes of one contract on one day, a share; NaN where nobody bids or offers. */
export interface OptionQuoteRow {
  /** Midnight UTC of the exchange's date, in milliseconds since the Unix epoch. */
  readonly date: number;
  /** Midnight UTC of the date that the contract is named by; that of a weekend last trades on the Friday before. */
  readonly expiry: number;
  readonly right: 'call' | 'put';
  readonly strike: number;
  readonly bid_open: number;
  readonly ask_open: number;
  readonly bid_close: number;
  readonly ask_close: number;
}

interface QuotedContract {
  readonly contract: OptionContract;
  readonly row: OptionQuoteRow;
}

/** Quotes that were made in the market, with volatilities and Greeks of their mid prices. */
export class DataChain implements ChainSource {
  readonly #series: InstrumentSeries;
  readonly #rate: number;
  readonly #days = new Map<number, Map<string, QuotedContract>>();
  readonly #quotes = new Map<number, Map<string, OptionQuote>>();

  /**
   * @throws EngineError `invalid_option_quotes` where a row makes no sense or a contract is there twice on a day
   */
  constructor(rows: readonly OptionQuoteRow[], series: InstrumentSeries, settings: OptionsSettings) {
    this.#series = series;
    this.#rate = settings.rate_pct / 100;
    for (const [index, row] of rows.entries()) this.#enter(row, index);
  }

  /** Whether there are quotes of the day of this bar. */
  has(bar: DeskBar): boolean {
    return this.#days.has(dayOf(bar.ts));
  }

  chainAtClose(bar: DeskBar): readonly OptionQuote[] {
    return [...this.#quotesOf(bar).values()];
  }

  quoteAtClose(contract: OptionContract, bar: DeskBar): OptionQuote | null {
    return this.#quotesOf(bar).get(contractName(contract)) ?? null;
  }

  /** Rows are of whole days: their opening quotes are those of a daily bar alone. */
  pricesAtOpen(contract: OptionContract, bar: DeskBar): OpeningPrices | null {
    if (this.#series.timeframe !== '1d') return null;
    const row = this.#days.get(dayOf(bar.ts))?.get(contractName(contract))?.row;
    return row === undefined ? null : { bid: row.bid_open, ask: row.ask_open, source: 'data' };
  }

  #enter(row: OptionQuoteRow, index: number): void {
    checkRow(row, index);
    const day = dayOf(row.date);
    const contract = {
      right: row.right,
      strike: row.strike,
      expiry: expiryOfDay(lastTradingDayOfDate(dayOf(row.expiry))),
    };
    const contracts = this.#days.get(day) ?? new Map<string, QuotedContract>();
    const name = contractName(contract);
    if (contracts.has(name)) {
      throw new EngineError('invalid_option_quotes', `quote ${index} is a second one of ${name} on its day`, { index });
    }
    contracts.set(name, { contract, row });
    this.#days.set(day, contracts);
  }

  /** Quotes of the day by contract, in the order of a chain. Days are asked for one after the other: the last is kept. */
  #quotesOf(bar: DeskBar): Map<string, OptionQuote> {
    const day = dayOf(bar.ts);
    const known = this.#quotes.get(day);
    if (known !== undefined) return known;
    const contracts = [...(this.#days.get(day)?.values() ?? [])];
    contracts.sort((a, b) => compareContracts(a.contract, b.contract));
    const quotes = new Map<string, OptionQuote>();
    for (const ofExpiry of Map.groupBy(contracts, ({ contract }) => contract.expiry).values()) {
      for (const quote of this.#quotesOfExpiry(ofExpiry, bar)) quotes.set(contractName(quote.contract), quote);
    }
    this.#quotes.clear();
    this.#quotes.set(day, quotes);
    return quotes;
  }

  #quotesOfExpiry(contracts: readonly QuotedContract[], bar: DeskBar): OptionQuote[] {
    const spot = this.#series.candles.close[bar.candle] ?? NaN;
    const years = yearsToExpiry(contracts[0]?.contract.expiry ?? NaN, bar);
    const forward = this.#forwardOf(contracts, years) ?? spot * exp(this.#rate * years);
    const dividend_yield = years > 0 ? this.#rate - log(forward / spot) / years : 0;
    const quotes: OptionQuote[] = [];
    for (const ofStrike of Map.groupBy(contracts, ({ contract }) => contract.strike).values()) {
      const terms = (right: 'call' | 'put', strike: number) =>
        ({ right, spot, strike, years, rate: this.#rate, dividend_yield }) as const;
      const volatilities = ofStrike.map(
        ({ contract, row }) => impliedVolatility(terms(contract.right, contract.strike), midOf(row)).volatility,
      );
      for (const [i, { contract, row }] of ofStrike.entries()) {
        // Parity gives a put and a call of one strike one volatility: where one does not tell it, the other may.
        const volatility = volatilities[i] ?? volatilities.find((other) => other !== null) ?? null;
        const { delta, gamma, theta, vega } = blackScholes(terms(contract.right, contract.strike), volatility ?? 0);
        quotes.push({
          contract,
          bid: row.bid_close,
          ask: row.ask_close,
          mid: midOf(row),
          implied_volatility: volatility ?? NaN,
          delta,
          gamma,
          theta,
          vega,
          source: 'data',
        });
      }
    }
    return quotes;
  }

  #forwardOf(contracts: readonly QuotedContract[], years: number): number | null {
    const pairs = [];
    for (const ofStrike of Map.groupBy(contracts, ({ contract }) => contract.strike).values()) {
      const row = (right: 'call' | 'put') => ofStrike.find(({ contract }) => contract.right === right)?.row;
      const [call, put] = [row('call'), row('put')];
      if (call === undefined || put === undefined || !(call.bid_close > 0 && put.bid_close > 0)) continue;
      pairs.push({ strike: call.strike, call: midOf(call), put: midOf(put) });
    }
    return years > 0 ? impliedForward(pairs, exp(-this.#rate * years)) : null;
  }
}

/** Between bid and ask; a bid that is not there counts as 0. */
function midOf({ bid_close, ask_close }: OptionQuoteRow): number {
  if (Number.isNaN(ask_close)) return Number.isNaN(bid_close) ? 0 : bid_close;
  return 0.5 * ((Number.isNaN(bid_close) ? 0 : bid_close) + ask_close);
}

function checkRow(row: OptionQuoteRow, index: number): void {
  const prices = [row.bid_open, row.ask_open, row.bid_close, row.ask_close];
  const fault = !(row.strike > 0 && row.strike < Infinity)
    ? `a strike of ${row.strike}; it must be finite and above 0`
    : !(Number.isFinite(row.date) && Number.isFinite(row.expiry))
      ? 'a date that is none'
      : row.expiry < row.date
        ? 'an expiry before its date'
        : prices.some((price) => price < 0 || price === Infinity)
          ? 'a price that is below 0 or not finite'
          : row.bid_close > row.ask_close
            ? `a closing bid of ${row.bid_close} above the ask of ${row.ask_close}`
            : null;
  if (fault === null) return;
  throw new EngineError('invalid_option_quotes', `quote ${index} has ${fault}`, { index });
}
