import { describe, expect, it } from 'vitest';
import type { InstrumentSeries } from '../src/market/market-data.ts';
import { buyWrite } from '../src/strategies/built-in/buy-write.ts';
import { condor } from '../src/strategies/built-in/condor.ts';
import { gammaBurst } from '../src/strategies/built-in/gamma-burst.ts';
import { putLite } from '../src/strategies/built-in/put-lite.ts';
import type { StrategyDefinition } from '../src/strategies/strategy-definition.ts';
import type { OptionContract } from '../src/trading/options-desk.ts';
import { firstBars } from './support/made-up-candles.ts';
import { simulateOptions } from './support/option-market.ts';
import { readAppleQuotes } from './support/option-quotes-data.ts';
import { readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';

const CASH = 1_000_000;
const JULY = Date.UTC(2014, 6, 1);

/** A strategy that does one thing at one bar. */
function once(bar: number, right: OptionContract['right'], strike: number, quantity: number): StrategyDefinition {
  return {
    name: 'once',
    title: 'Once',
    description: 'Trades one contract at one bar.',
    parameters: {},
    build: () => ({
      kind: 'events',
      name: 'once',
      warm_up_bars: 0,
      start: () => ({
        onBar: ({ bar: now, options }) => {
          if (now !== bar) return;
          const chosen = options
            ?.chain()
            .find(({ contract }) => contract.right === right && contract.strike === strike && contract.expiry > JULY);
          if (chosen !== undefined) options?.submit([{ contract: chosen.contract, quantity }]);
        },
      }),
    }),
  };
}

describe.skipIf(!referenceDataPresent)(referenceTitle('option strategies on SPY with chains by the model'), () => {
  const candles = firstBars(readCandles('SPY_1d'), 750);
  const series: InstrumentSeries = { symbol: 'SPY', timeframe: '1d', candles };

  it.each([putLite, buyWrite, condor, gammaBurst])('%o: cash, positions and fees add up', (definition) => {
    const { result, desk } = simulateOptions(definition, series, {
      cash: CASH,
      options: { rate_pct: 2, dividend_yield_pct: 1.5 },
      chosen: definition.parameters.dte?.type === 'integer' ? { dte: 20 } : {},
    });
    const last = candles.ts.length - 1;
    let cash = CASH;
    let fees = 0;
    for (const { quantity, price, fee } of desk.fills) {
      cash -= quantity * price * desk.multiplier + fee;
      fees += fee;
    }
    let stock = 0;
    for (const { side, quantity, price, fee } of result.fills ?? []) {
      const signed = side === 'buy' ? quantity : -quantity;
      stock += signed;
      cash -= signed * price + fee;
      fees += fee;
    }
    expect(result.trades.length).toBeGreaterThan(10);
    expect(result.costs.fees).toBeCloseTo(fees, 6);
    expect(result.equity[last]).toBeCloseTo(cash + stock * (candles.close[last] ?? NaN) + desk.valueAtClose(), 4);

    // The same from the trade list: what was closed, and what the open positions have won since.
    let equity = CASH;
    for (const { pnl } of result.trades) equity += pnl;
    for (const { contract, quantity, average_price, instrument } of result.open_positions) {
      if (contract === undefined) equity += quantity * ((candles.close[last] ?? NaN) - average_price);
      expect(instrument).toBe(0);
    }
    for (const { contract, quantity, average_price } of desk.positions) {
      const mid = desk.quote(contract)?.mid ?? NaN;
      equity += quantity * desk.multiplier * (mid - average_price) - Math.abs(quantity) * 0.65;
    }
    expect(result.equity[last]).toBeCloseTo(equity, 4);
    expect(result.liquidated_bar).toBeNull();
    for (const { source } of desk.fills) expect(['model', 'settlement']).toContain(source);
  });
});

describe.skipIf(!referenceDataPresent)(referenceTitle("Apple's quotes across its split of 2014"), () => {
  const series: InstrumentSeries = {
    symbol: 'AAPL',
    timeframe: '1d',
    candles: readCandles('AAPL_1d_2014'),
    splits: [{ ts: Date.UTC(2014, 5, 9, 4), ratio: 7 }],
  };
  const before = series.candles.ts.indexOf(Date.UTC(2014, 5, 6, 4));
  const rows = referenceDataPresent ? readAppleQuotes() : [];

  it('are held through it, seven for one', () => {
    // Chosen from the model's chain at the close of 5 June, bought at the opening quotes of 6 June, marked on 9 June.
    const { result, desk } = simulateOptions(once(before - 1, 'call', 650, 1), series, {
      rows,
      options: { fee_per_contract: 1 },
    });
    const [fill] = desk.fills;
    expect(fill).toMatchObject({ bar: before, quantity: 1, source: 'data', contract: '2014-07-18 650 call' });
    const close = (date: number, strike: number) => {
      const row = rows.find(
        (quote) =>
          quote.date === date &&
          quote.right === 'call' &&
          quote.strike === strike &&
          quote.expiry === Date.UTC(2014, 6, 19),
      );
      return 0.5 * ((row?.bid_close ?? NaN) + (row?.ask_close ?? NaN));
    };
    const cash = 100_000 - 100 * (fill?.price ?? NaN) - 1;
    expect(result.equity[before]).toBeCloseTo(cash + 100 * close(Date.UTC(2014, 5, 6), 650), 6);
    expect(result.equity[before + 1]).toBeCloseTo(cash + 700 * close(Date.UTC(2014, 5, 9), 92.86), 6);
  });

  it('become seven of a seventh of the strike, worth the same but for the change of the day', () => {
    const sold = simulateOptions(once(before, 'put', 600, -2), series, { rows, options: { fee_per_contract: 1 } });
    // Ordered at the close of 6 June, filled at the opening quotes of 9 June: 600 / 7 is quoted as 85.71.
    expect(sold.desk.fills[0]).toMatchObject({ bar: before + 1, quantity: -14, source: 'data', fee: 14 });
    expect(sold.desk.fills[0]?.contract).toMatch(/ 85\.71 put$/);
    const row = rows.find(
      ({ date, right, strike, expiry }) =>
        date === Date.UTC(2014, 5, 9) && right === 'put' && strike === 85.71 && expiry > JULY,
    );
    expect(sold.desk.fills[0]?.price).toBe(row?.bid_open);
    const mid = 0.5 * ((row?.bid_close ?? NaN) + (row?.ask_close ?? NaN));
    const cash = 100_000 + 1400 * (row?.bid_open ?? NaN) - 14;
    expect(sold.result.equity[before + 1]).toBeCloseTo(cash - 1400 * mid, 6);
  });

  it('are no reason to liquidate an account that has sold calls on its shares', () => {
    const { result, desk } = simulateOptions(buyWrite, series, { rows, cash: 1_000_000 });
    const short = desk.fills.findLast(({ bar, quantity }) => bar <= before && quantity < 0);
    expect(short).toBeDefined();
    expect(result.liquidated_bar).toBeNull();
    // Shares and calls offset one another: on the day of the split the account moves less than the shares do.
    const { close } = series.candles;
    const move = (7 * (close[before + 1] ?? NaN)) / (close[before] ?? NaN) - 1;
    const change = (result.equity[before + 1] ?? NaN) / (result.equity[before] ?? NaN) - 1;
    expect(Math.abs(change)).toBeLessThan(Math.abs(move) + 0.02);
    expect(result.bars_in_position).toBeGreaterThan(0.8 * close.length);
  });
});
