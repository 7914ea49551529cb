import { BacktestSettings, type FeeModel, InstrumentRules, type SlippageModel } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { fitsCompiled, resolveStrategy } from '../src/index.ts';
import { fundingTimesBetween } from '../src/simulator/carry.ts';
import { feeOf, quantityWithin } from '../src/simulator/fees.ts';
import { slippageOf } from '../src/simulator/slippage.ts';
import { FLAT, place, type Row } from './support/place-orders.ts';
import { candlesOfRows, eventStrategy, marketOf, run } from './support/rule-double.ts';

describe('fees', () => {
  it('are basis points of the value with a minimum, an amount a share within bounds, or an amount a trade', () => {
    const bps: FeeModel = { type: 'bps', maker_bps: 2, taker_bps: 10, minimum: 1 };
    expect([feeOf(bps, 'taker', 20, 100), feeOf(bps, 'maker', 20, 100)]).toEqual([2, 1]);
    const shares: FeeModel = { type: 'per_share', amount: 0.005, minimum: 1, maximum_pct: 1 };
    expect([feeOf(shares, 'taker', 1000, 10), feeOf(shares, 'taker', 100, 10)]).toEqual([5, 1]);
    expect(feeOf(shares, 'taker', 10, 0.2)).toBeCloseTo(0.02, 12);
    expect(feeOf({ type: 'per_trade', amount: 7 }, 'taker', 10, 0.2)).toBe(7);
  });

  it('leave room for a quantity whose value and fee are the whole budget', () => {
    const models: FeeModel[] = [
      { type: 'bps', maker_bps: 0, taker_bps: 10, minimum: 0 },
      { type: 'bps', maker_bps: 0, taker_bps: 10, minimum: 20 },
      { type: 'per_share', amount: 0.05, minimum: 1 },
      { type: 'per_share', amount: 5, minimum: 1, maximum_pct: 1 },
      { type: 'per_trade', amount: 7 },
    ];
    for (const model of models) {
      const quantity = quantityWithin(model, 'taker', 1000, 8, 1);
      expect(quantity * 8 + feeOf(model, 'taker', quantity, 8)).toBeCloseTo(1000, 9);
    }
  });
});

describe('fees of an instrument', () => {
  it('come before those of the settings, which the others pay', () => {
    const candles = candlesOfRows([FLAT, FLAT, FLAT]);
    const own = InstrumentRules.parse({ fees: { type: 'per_trade', amount: 7 } });
    const [cheap] = marketOf(candles, { symbol: 'CHEAP' }).instruments;
    const [dear] = marketOf(candles, { symbol: 'DEAR', rules: own }).instruments;
    const buyBoth = eventStrategy((context) => {
      if (context.bar > 0) return;
      for (const instrument of [0, 1]) context.submit({ instrument, side: 'buy', quantity: 1, type: 'market' });
    });
    const instruments = [cheap, dear].filter((series) => series !== undefined);
    const { fills } = run(buyBoth, { instruments }, { fees: { type: 'per_trade', amount: 1 } });
    expect(fills?.map(({ fee }) => fee)).toEqual([1, 7]);
  });

  it('keep a backtest off the compiled path, which knows those of the settings alone', () => {
    const data = marketOf(candlesOfRows([FLAT]), {
      rules: InstrumentRules.parse({ fees: { type: 'per_trade', amount: 7 } }),
    });
    expect(
      fitsCompiled(resolveStrategy({ name: 'sma-cross', params: {} }).strategy, data, BacktestSettings.parse({})),
    ).toBe('the instrument has fees of its own');
  });
});

describe('slippage', () => {
  it('is nothing, an amount, basis points, half a spread, or the square of the share of the volume up to a cap', () => {
    const of = (model: SlippageModel, quantity = 10) => slippageOf(model, 200, quantity, 1000);
    expect(of({ type: 'none' })).toBe(0);
    expect(of({ type: 'fixed', amount: 0.25 })).toBe(0.25);
    expect(of({ type: 'bps', bps: 5 })).toBeCloseTo(0.1, 12);
    expect(of({ type: 'spread', spread_bps: 10 })).toBeCloseTo(0.1, 12);
    const square: SlippageModel = { type: 'volume_share', impact: 0.1, max_share: 0.05 };
    expect(of(square)).toBeCloseTo(200 * 0.1 * 0.01 ** 2, 12);
    expect(of(square, 500)).toBeCloseTo(200 * 0.1 * 0.05 ** 2, 12);
    expect(slippageOf(square, 200, 1, 0)).toBeCloseTo(200 * 0.1 * 0.05 ** 2, 12);
  });

  it('makes purchases dearer and sales cheaper, and is itemised', () => {
    const result = place(
      [FLAT, FLAT, FLAT],
      { 0: [{ side: 'buy' }], 1: [{ side: 'sell' }] },
      {
        slippage: { type: 'fixed', amount: 0.5 },
      },
    );
    expect(result.fills?.map(({ price }) => price)).toEqual([100.5, 99.5]);
    expect(result.costs.slippage).toBe(10);
    expect([...result.trades]).toMatchObject([{ pnl: -10, slippage: 10, fee: 0 }]);
  });
});

describe('what a position costs while it is held', () => {
  it('is a yearly rate on the value of shorts', () => {
    const result = place(
      [FLAT, FLAT, FLAT, FLAT],
      { 0: [{ side: 'sell' }], 2: [{ side: 'buy' }] },
      {
        margin: { borrow_rate_pct: 36.5 },
      },
    );
    // Two days from open to open at 0.1 % of 1,000 a day.
    expect(result.costs.borrow).toBeCloseTo(2, 9);
    expect([...result.trades][0]).toMatchObject({
      side: 'short',
      carry: expect.closeTo(2, 9),
      pnl: expect.closeTo(-2, 9),
    });
    expect(result.equity[3]).toBeCloseTo(9998, 9);
  });

  it('is a yearly rate on borrowed cash', () => {
    const result = place(
      [FLAT, FLAT, FLAT],
      { 0: [{ side: 'buy', quantity: 200 }] },
      {
        margin: { leverage: 2, interest_rate_pct: 36.5 },
      },
    );
    expect(result.costs.interest).toBeCloseTo(10, 9);
  });

  it('is funding at its times: longs pay shorts when the rate is positive', () => {
    const settings = { margin: { funding_rate_pct: 0.01, funding_hours: 8 } };
    expect(place([FLAT, FLAT, FLAT], { 0: [{ side: 'buy' }] }, settings).costs.funding).toBeCloseTo(0.3, 9);
    expect(place([FLAT, FLAT, FLAT], { 0: [{ side: 'sell' }] }, settings).costs.funding).toBeCloseTo(-0.3, 9);
  });

  it('counts the funding times after one instant and until another', () => {
    const hour = 3_600_000;
    expect(fundingTimesBetween(0, 8 * hour, 8)).toBe(1);
    expect(fundingTimesBetween(8 * hour, 15 * hour, 8)).toBe(0);
    expect(fundingTimesBetween(7 * hour, 49 * hour, 8)).toBe(6);
    // Every seven hours from midnight: 0, 7, 14, 21.
    expect(fundingTimesBetween(21 * hour, 25 * hour, 7)).toBe(1);
  });
});

describe('leverage', () => {
  it('bounds the exposure', () => {
    const accepted = (quantity: number, leverage: number) =>
      place([FLAT, FLAT], { 0: [{ side: 'sell', quantity }] }, { margin: { leverage } }).fills?.length;
    expect([accepted(100, 1), accepted(101, 1), accepted(300, 3), accepted(301, 3)]).toEqual([1, 0, 1, 0]);
  });

  const short = { 0: [{ side: 'sell' as const, quantity: 100 }] };

  it('liquidates at the price at which the account falls to its margin, within the bar', () => {
    const result = place([FLAT, [100, 101, 100, 100], [150, 300, 150, 160], FLAT], short, {
      margin: { maintenance_pct: 25 },
    });
    // Equity 20,000 - 100 p is a quarter of the exposure 100 p at p = 160.
    expect(result.liquidated_bar).toBe(2);
    expect(result.fills?.at(-1)).toMatchObject({ bar: 2, price: 160, reason: 'liquidation' });
    expect([...result.equity.slice(2)]).toEqual([4000, 4000]);
    expect([...result.trades]).toMatchObject([{ exit_reason: 'liquidation' }]);
  });

  it('liquidates at the open where price has jumped over it: only then is equity below 0', () => {
    expect(place([FLAT, FLAT, [250, 260, 240, 250]], short).equity.at(-1)).toBe(-5000);
    const fees = { type: 'bps', maker_bps: 0, taker_bps: 100 } as const;
    const within = place([FLAT, FLAT, [150, 260, 140, 250]], { 0: [{ side: 'sell', quantity: 90 }] }, { fees });
    expect(within.liquidated_bar).toBe(2);
    expect(within.equity.at(-1)).toBeCloseTo(0, 9);
  });

  it('liquidates longs that were bought on credit', () => {
    const result = place(
      [FLAT, FLAT, [90, 91, 40, 45]],
      { 0: [{ side: 'buy', quantity: 300 }] },
      {
        margin: { leverage: 3, maintenance_pct: 10 },
      },
    );
    // 300 p - 20,000 is a tenth of 300 p.
    expect(result.fills?.at(-1)?.price).toBeCloseTo(20_000 / 270, 9);
  });

  it('takes no more orders after it', () => {
    const result = place([FLAT, FLAT, [250, 260, 240, 250], FLAT, FLAT], { ...short, 3: [{ side: 'buy' }] });
    expect(result.fills).toHaveLength(2);
    expect(result.liquidated_bar).toBe(2);
  });
});

describe('a split', () => {
  it('turns positions and working orders of raw prices into new shares', () => {
    const rows: Row[] = [FLAT, FLAT, [25, 26, 24, 25], [25, 25, 22, 22]];
    const candles = candlesOfRows(rows);
    const strategy = eventStrategy((context) => {
      if (context.bar === 0) context.submit({ instrument: 0, side: 'buy', quantity: 10, type: 'market' });
      if (context.bar !== 1) return;
      context.submit({ instrument: 0, side: 'sell', quantity: 10, type: 'stop', stop_price: 92, reduce_only: true });
    });
    const splits = [{ ts: candles.ts[2] as number, ratio: 4 }];
    const result = run(strategy, marketOf(candles, { splits }));
    expect([...result.trades]).toMatchObject([{ entry_price: 25, exit_price: 23, quantity: 40, pnl: -80 }]);
    expect([...result.equity]).toEqual([10_000, 10_000, 10_000, 9920]);
    expect(result.data_quality.findings.map(({ code }) => code)).not.toContain('suspected_splits');
  });
});

describe('a split between a signal and its fill', () => {
  it('leaves the stop, the target and the size by risk where they were in money', () => {
    const rows: Row[] = [FLAT, [25, 26, 24, 25], [25, 25, 23.2, 24], [24, 27.2, 24, 27]];
    const candles = candlesOfRows(rows);
    const splits = [{ ts: candles.ts[1] as number, ratio: 4 }];
    const stop = { unit: 'price', distance: 8 } as const;
    const strategy = eventStrategy((context) => {
      if (context.bar !== 0) return;
      const size = { method: 'risk', risk_pct: 1, max_percent: 100, stop } as const;
      const bracket = { stop, target: stop } as const;
      context.submit({ instrument: 0, side: 'buy', quantity: 0, size, type: 'market', bracket });
    });
    const result = run(strategy, marketOf(candles, { splits }));
    // 100 of 10,000 at risk over 8 for an old share are 2 for a new one: 50 new shares, bought at 25, sold at 27.
    expect([...result.trades]).toMatchObject([{ quantity: 50, exit_bar: 3, exit_price: 27, pnl: 100 }]);
  });
});

describe('the universe', () => {
  const day = 86_400_000;
  const from = Date.UTC(2024, 0, 1);
  const order = { instrument: 0, side: 'buy', quantity: 10, type: 'market' } as const;

  it('is left at the first open outside, and not entered again', () => {
    const rows: Row[] = [FLAT, FLAT, FLAT, [110, 111, 109, 110], FLAT];
    const strategy = eventStrategy((context) => {
      if (context.bar === 0 || context.bar === 3) context.submit(order);
    });
    const membership = [{ from, to: from + 3 * day }];
    const result = run(strategy, marketOf(candlesOfRows(rows), { membership }));
    expect([...result.trades]).toMatchObject([{ exit_bar: 3, exit_price: 110 }]);
    expect(result.orders?.at(-1)).toMatchObject({ status: 'rejected', reject_reason: 'not_in_universe' });
  });

  it('pays out an instrument that trades no more at its last close', () => {
    const instruments = [
      {
        symbol: 'DEAD',
        timeframe: '1d' as const,
        candles: candlesOfRows([FLAT, FLAT, [100, 100, 40, 50]]),
        membership: [{ from, to: from + 3 * day }],
      },
      { symbol: 'ALIVE', timeframe: '1d' as const, candles: candlesOfRows([FLAT, FLAT, FLAT, FLAT, FLAT]) },
    ];
    const strategy = eventStrategy((context) => {
      if (context.bar === 0) context.submit(order);
    });
    const result = run(strategy, { instruments });
    expect([...result.trades]).toMatchObject([{ exit_bar: 3, exit_price: 50, pnl: -500 }]);
  });
});
