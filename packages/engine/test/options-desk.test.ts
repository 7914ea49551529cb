import { describe, expect, it } from 'vitest';
import { januaryContract, quoteRow, retoldCash, runOnDesk, scripted, seriesOf } from './support/options-harness.ts';

const NO_FEES = { fee_per_contract: 0 };
/** Quotes of one contract on the first days of January 2024, which begins on a Monday. */
const quotesOf = (
  days: number,
  expiryDay: number,
  right: 'call' | 'put',
  strike: number,
  prices: readonly (readonly [bid: number, ask: number])[],
) =>
  Array.from({ length: days }, (_, i) => {
    const [bid, ask] = prices[Math.min(i, prices.length - 1)] ?? [NaN, NaN];
    return quoteRow(i + 1, expiryDay, right, strike, bid, ask);
  });

describe('fills of options', () => {
  const put95 = januaryContract(5, 'put', 95);

  it('sell at the bid and buy at the ask of the next bar, with a fee for each contract', () => {
    const rows = quotesOf(5, 5, 'put', 95, [
      [1.5, 1.7],
      [1.4, 1.6],
      [1, 1.2],
      [0.5, 0.6],
    ]);
    const run = runOnDesk(
      seriesOf([100, 100, 100, 100]),
      scripted({
        0: ({ options }) => options?.submit([{ contract: put95, quantity: -2 }], 'entry'),
        2: ({ options }) => options?.submit([{ contract: put95, quantity: 2 }], 'take_profit'),
      }),
      { rows, options: { fee_per_contract: 0.5 } },
    );
    expect(run.desk.fills).toMatchObject([
      { bar: 1, quantity: -2, price: 1.4, fee: 1, source: 'data', contract: '2024-01-05 95 put' },
      { bar: 3, quantity: 2, price: 0.6, fee: 1, reason: 'take_profit' },
    ]);
    expect(run.desk.fills[0]?.slippage).toBeCloseTo(20, 9);
    expect(run.cash).toEqual([100_000, 100_279, 100_279, 100_158]);
    // At bar 2 two contracts are marked in the middle of 1 and 1.2.
    expect(run.equity[2]).toBeCloseTo(100_279 - 220, 9);
    expect(run.fees).toBe(2);
    expect(run.trades).toMatchObject([{ side: 'short', quantity: 200, entry_price: 1.4, exit_price: 0.6, fee: 2 }]);
    expect(run.trades[0]?.exit_reason).toBe('take_profit');
  });

  it('fill all legs or none', () => {
    const rows = [...quotesOf(3, 5, 'put', 95, [[1.5, 1.7]]), ...quotesOf(3, 5, 'put', 90, [[NaN, 0.1]])];
    const run = runOnDesk(
      seriesOf([100, 100, 100]),
      scripted({
        0: ({ options }) =>
          options?.submit([
            { contract: put95, quantity: 1 },
            { contract: januaryContract(5, 'put', 90), quantity: -1 },
          ]),
      }),
      { rows },
    );
    expect(run.desk.fills).toEqual([]);
    expect(run.desk.rejections).toMatchObject([{ bar: 1, reason: 'nobody bids for 2024-01-05 90 put' }]);
    expect(run.cash[2]).toBe(100_000);
  });

  it('refuse legs that are none', () => {
    const submit = (quantity: number) => () =>
      runOnDesk(seriesOf([100]), scripted({ 0: ({ options }) => options?.submit([{ contract: put95, quantity }]) }));
    expect(submit(0)).toThrow('contracts are whole');
    expect(submit(0.5)).toThrow('contracts are whole');
  });

  it('come from the model where there is no data, and say so', () => {
    const run = runOnDesk(
      seriesOf([100, 101, 100, 101, 100, 101]),
      scripted({
        3: ({ options }) => options?.submit([{ contract: januaryContract(12, 'call', 101), quantity: 1 }]),
      }),
      { options: { volatility: { window_bars: 2 } } },
    );
    expect(run.desk.fills).toMatchObject([{ bar: 4, quantity: 1, source: 'model' }]);
    expect(retoldCash(run, 100_000)).toBeCloseTo(run.cash[5] ?? NaN, 9);
  });
});

describe('expiry', () => {
  const sellPut = (strike: number, expiryDay: number) =>
    scripted({
      0: ({ options }) =>
        options?.submit([{ contract: januaryContract(expiryDay, 'put', strike), quantity: -1 }], 'entry'),
    });

  it('out of the money is worth nothing, and the premium is kept', () => {
    const rows = quotesOf(5, 5, 'put', 95, [[1.5, 1.7]]);
    const run = runOnDesk(seriesOf([100, 100, 100, 100, 96]), sellPut(95, 5), { rows, options: NO_FEES });
    expect(run.cash[4]).toBe(100_150);
    expect(run.desk.positions).toEqual([]);
    expect(run.trades).toMatchObject([{ exit_price: 0, exit_reason: 'expiry', exit_bar: 4 }]);
  });

  it('in the money assigns the short put: shares come in at the strike', () => {
    const rows = quotesOf(5, 5, 'put', 95, [[1.5, 1.7]]);
    const run = runOnDesk(seriesOf([100, 100, 100, 100, 92, 92]), sellPut(95, 5), { rows, options: NO_FEES });
    expect(run.stockTrades).toEqual([{ bar: 4, quantity: 100, price: 95, reason: 'assignment' }]);
    expect(run.cash[4]).toBe(100_150 - 9500);
    expect(run.equity[4]).toBe(100_150 - 300);
    expect(run.trades).toMatchObject([{ exit_price: 0, exit_reason: 'assignment' }]);
  });

  it('in cash pays the intrinsic value', () => {
    const rows = quotesOf(5, 5, 'put', 95, [[1.5, 1.7]]);
    const options = { ...NO_FEES, settlement: 'cash' as const };
    const run = runOnDesk(seriesOf([100, 100, 100, 100, 92, 92]), sellPut(95, 5), { rows, options });
    expect(run.stockTrades).toEqual([]);
    expect(run.cash[5]).toBe(100_150 - 300);
    expect(run.trades).toMatchObject([{ exit_price: 3, exit_reason: 'assignment' }]);
  });

  it('of contracts named by a Saturday is on the Friday before', () => {
    const rows = quotesOf(5, 6, 'put', 95, [[1.5, 1.7]]);
    const run = runOnDesk(seriesOf([100, 100, 100, 100, 96, 80, 80]), sellPut(95, 5), { rows, options: NO_FEES });
    expect(run.trades).toMatchObject([{ exit_bar: 4, exit_reason: 'expiry' }]);
  });

  it('exercises a long call with cash for the shares, and settles one without in cash', () => {
    const call = januaryContract(5, 'call', 100);
    const rows = quotesOf(5, 5, 'call', 100, [
      [1.9, 2],
      [1.9, 2],
      [1.9, 2],
      [1.9, 2],
      [5.9, 6.1],
    ]);
    const buy = () => scripted({ 0: ({ options }) => options?.submit([{ contract: call, quantity: 1 }]) });
    const closes = [100, 100, 100, 100, 106];
    const rich = runOnDesk(seriesOf(closes), buy(), { rows, options: NO_FEES });
    const poor = runOnDesk(seriesOf(closes), buy(), { rows, options: NO_FEES, cash: 1000 });
    expect(rich.stockTrades).toEqual([{ bar: 4, quantity: 100, price: 100, reason: 'expiry' }]);
    expect(poor.stockTrades).toEqual([]);
    expect(poor.cash[4]).toBeCloseTo(1000 - 200 + 600, 9);
  });
});

describe('early assignment', () => {
  const call = januaryContract(19, 'call', 90);
  const sell = (cash = 100_000) => ({
    agent: scripted({ 0: ({ options }) => options?.submit([{ contract: call, quantity: -1 }]) }),
    cash,
  });
  // Intrinsic value is 10, time value 0.3.
  const rows = quotesOf(19, 19, 'call', 90, [[10.25, 10.35]]);

  it('takes a short call before a dividend that is more than its time value', () => {
    const options = { ...NO_FEES, dividends: [{ ex_date: '2024-01-04', amount: 0.5 }] };
    const run = runOnDesk(seriesOf([100, 100, 100, 99.5, 99.5]), sell().agent, { rows, options });
    expect(run.stockTrades).toEqual([{ bar: 2, quantity: -100, price: 90, reason: 'assignment' }]);
    expect(run.trades).toMatchObject([{ exit_bar: 2, exit_reason: 'assignment' }]);
  });

  it('leaves it alone before a smaller one, and where options are European', () => {
    const small = { ...NO_FEES, dividends: [{ ex_date: '2024-01-04', amount: 0.2 }] };
    const european = { ...NO_FEES, style: 'european' as const, dividends: [{ ex_date: '2024-01-04', amount: 0.5 }] };
    for (const options of [small, european]) {
      expect(runOnDesk(seriesOf([100, 100, 100, 100]), sell().agent, { rows, options }).stockTrades).toEqual([]);
    }
  });

  it('takes a short option without time value', () => {
    const flat = quotesOf(19, 19, 'call', 90, [
      [10.25, 10.35],
      [10.25, 10.35],
      [9.9, 10.1],
    ]);
    const run = runOnDesk(seriesOf([100, 100, 100, 100]), sell().agent, { rows: flat, options: NO_FEES });
    expect(run.stockTrades).toMatchObject([{ bar: 2, quantity: -100, price: 90 }]);
  });
});

describe('margin of options', () => {
  const quotes = [
    ...quotesOf(5, 19, 'put', 90, [[0.7, 0.8]]),
    ...quotesOf(5, 19, 'put', 95, [[1.9, 2.1]]),
    ...quotesOf(5, 19, 'call', 105, [[1.9, 2.1]]),
    ...quotesOf(5, 19, 'call', 110, [[0.7, 0.8]]),
  ];
  const leg = (right: 'call' | 'put', strike: number, quantity: number) => ({
    contract: januaryContract(19, right, strike),
    quantity,
  });
  const trade = (legs: ReturnType<typeof leg>[], cash: number, margin: 'reg_t' | 'defined_risk') =>
    runOnDesk(seriesOf([100, 100, 100]), scripted({ 0: ({ options }) => options?.submit(legs) }), {
      rows: quotes,
      cash,
      options: { ...NO_FEES, margin },
    });

  it('of a condor is the width of one side', () => {
    const condor = [leg('put', 90, 1), leg('put', 95, -1), leg('call', 105, -1), leg('call', 110, 1)];
    // A credit of 2.2 is received; 500 may be lost.
    expect(trade(condor, 281, 'defined_risk').desk.fills).toHaveLength(4);
    expect(trade(condor, 279, 'defined_risk').desk.rejections).toMatchObject([
      { reason: 'the account lacks 1.00 of margin' },
    ]);
  });

  it('of a naked put is its strike, or by Regulation T 20 % of the underlying less what it is out of the money', () => {
    const put = [leg('put', 95, -1)];
    expect(trade(put, 9311, 'defined_risk').desk.fills).toHaveLength(1);
    expect(trade(put, 9309, 'defined_risk').desk.fills).toHaveLength(0);
    // The put is worth 2, and 20 - 5 is more than 9.5: 1700 less the 190 received.
    expect(trade(put, 1511, 'reg_t').desk.fills).toHaveLength(1);
    expect(trade(put, 1509, 'reg_t').desk.fills).toHaveLength(0);
  });

  it('refuses a naked call whose loss has no bound, unless Regulation T is asked for', () => {
    const call = [leg('call', 105, -1)];
    expect(trade(call, 1e6, 'defined_risk').desk.rejections).toMatchObject([{ reason: 'the loss has no bound' }]);
    expect(trade(call, 1e4, 'reg_t').desk.fills).toHaveLength(1);
  });

  it('needs nothing for a call that shares cover', () => {
    const run = runOnDesk(
      seriesOf([100, 100, 100, 100]),
      scripted({
        0: ({ submit }) => submit({ instrument: 0, side: 'buy', quantity: 100, type: 'market' }),
        1: ({ options }) => options?.submit([leg('call', 105, -1)]),
      }),
      { rows: quotes, cash: 10_000, options: { ...NO_FEES, margin: 'defined_risk' } },
    );
    expect(run.desk.positions).toMatchObject([{ quantity: -1 }]);
  });
});

describe('splits', () => {
  it('multiply contracts and divide strikes, and leave equity as it was', () => {
    const series = {
      ...seriesOf([700, 700, 700, 100, 100]),
      splits: [{ ts: Date.UTC(2024, 0, 4), ratio: 7 }],
    };
    const rows = [
      ...quotesOf(3, 19, 'call', 645, [[56, 58]]),
      quoteRow(4, 19, 'call', 92.14, 8, 58 / 3.5 - 8),
      quoteRow(5, 19, 'call', 92.14, 8, 8.2),
    ];
    const run = runOnDesk(
      series,
      scripted({ 0: ({ options }) => options?.submit([{ contract: januaryContract(19, 'call', 645), quantity: 2 }]) }),
      { rows, options: NO_FEES },
    );
    expect(run.desk.openPositions).toMatchObject([{ quantity: 14, contract: '2024-01-19 92.14 call' }]);
    expect(run.desk.positions[0]?.average_price).toBeCloseTo(58 / 7, 9);
    // 2 contracts at 57 are 14 at 8.14; the day after the middle is 58 / 7.
    expect(run.equity[2]).toBeCloseTo(100_000 - 200, 9);
    expect(run.equity[3]).toBeCloseTo(100_000, 6);
  });
});
