import type { BacktestSettingsInput } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../src/trading/order.ts';
import { candlesOfRows, eventStrategy, marketOf, run } from './support/rule-double.ts';

type Row = readonly number[];
const FLAT: Row = [100, 100, 100, 100];
type Asked = Partial<OrderRequest> & Pick<OrderRequest, 'side'>;

/** Places orders at the closes of the bars named, and runs. */
function place(rows: readonly Row[], orders: Readonly<Record<number, Asked[]>>, settings: BacktestSettingsInput = {}) {
  const strategy = eventStrategy((context) => {
    for (const order of orders[context.bar] ?? []) {
      context.submit({ instrument: 0, quantity: 10, type: 'market', ...order });
    }
  });
  return run(strategy, marketOf(candlesOfRows(rows)), settings);
}

const fillsOf = (result: ReturnType<typeof place>) =>
  result.fills?.map(({ bar, side, price, quantity }) => [bar, side, price, quantity]);
const fatesOf = (result: ReturnType<typeof place>) =>
  result.orders?.map(({ status, reject_reason }) => reject_reason ?? status);

describe('a market order', () => {
  it('fills at the next open, whatever the close after it', () => {
    for (const close of [99, 104]) {
      const result = place([FLAT, [101, 105, 98, close]], { 0: [{ side: 'buy' }] });
      expect(fillsOf(result)).toEqual([[1, 'buy', 101, 10]]);
    }
  });

  it('fills at the next close where the settings say so', () => {
    const result = place([FLAT, [101, 105, 98, 104]], { 0: [{ side: 'buy' }] }, { fills: { market: 'next_close' } });
    expect(fillsOf(result)).toEqual([[1, 'buy', 104, 10]]);
  });

  it('of the last bar never fills, and still works in the result', () => {
    const result = place([FLAT, FLAT], { 1: [{ side: 'buy' }] });
    expect([fillsOf(result), fatesOf(result)]).toEqual([[], ['working']]);
  });

  it('takes its share of the volume, and the rest at the next opens', () => {
    const rows: Row[] = [FLAT, [100, 100, 100, 100, 8], [101, 101, 101, 101, 4], [102, 102, 102, 102, 100]];
    const result = place(rows, { 0: [{ side: 'buy' }] }, { fills: { max_volume_share: 0.5 } });
    expect(fillsOf(result)).toEqual([
      [1, 'buy', 100, 4],
      [2, 'buy', 101, 2],
      [3, 'buy', 102, 4],
    ]);
  });

  it('ends after one bar as ioc with what it got, and as fok with nothing', () => {
    const rows: Row[] = [FLAT, [100, 100, 100, 100, 8], FLAT];
    const orders = {
      0: [
        { side: 'buy', time_in_force: 'ioc' },
        { side: 'buy', time_in_force: 'fok' },
      ],
    } as const;
    const result = place(rows, { 0: [...orders[0]] }, { fills: { max_volume_share: 0.5 } });
    expect([fillsOf(result), fatesOf(result)]).toEqual([[[1, 'buy', 100, 4]], ['expired', 'expired']]);
  });
});

describe('a limit order', () => {
  const buy = { side: 'buy', type: 'limit', limit_price: 98 } as const;

  it('fills at its price when price goes through it, not when it only touches it', () => {
    expect(fillsOf(place([FLAT, [100, 100, 98, 99], [99, 99, 97, 98]], { 0: [buy] }))).toEqual([[2, 'buy', 98, 10]]);
    const touch = place([FLAT, [100, 100, 98, 99]], { 0: [buy] }, { fills: { limit: 'touch' } });
    expect(fillsOf(touch)).toEqual([[1, 'buy', 98, 10]]);
  });

  it('fills at the open where that is better', () => {
    expect(fillsOf(place([FLAT, [95, 99, 94, 99]], { 0: [buy] }))).toEqual([[1, 'buy', 95, 10]]);
    const sell = { side: 'sell', type: 'limit', limit_price: 102 } as const;
    expect(fillsOf(place([FLAT, [105, 106, 101, 101]], { 0: [sell] }))).toEqual([[1, 'sell', 105, 10]]);
  });

  it('pays the maker fee and no slippage', () => {
    const settings = {
      fees: { type: 'bps', maker_bps: 10, taker_bps: 50 },
      slippage: { type: 'bps', bps: 100 },
    } as const;
    const [fill] = place([FLAT, [100, 100, 97, 99]], { 0: [buy] }, settings).fills ?? [];
    expect(fill).toMatchObject({ price: 98, slippage: 0, fee: 0.001 * 10 * 98 });
  });
});

describe('a stop order', () => {
  const stop = { side: 'buy', type: 'stop', stop_price: 102 } as const;

  it('fills at its price, or at the open that is beyond it', () => {
    expect(fillsOf(place([FLAT, [100, 103, 99, 101]], { 0: [stop] }))).toEqual([[1, 'buy', 102, 10]]);
    expect(fillsOf(place([FLAT, [104, 105, 103, 104]], { 0: [stop] }))).toEqual([[1, 'buy', 104, 10]]);
  });

  it('slips from there', () => {
    const result = place([FLAT, [100, 103, 99, 101]], { 0: [stop] }, { slippage: { type: 'fixed', amount: 0.5 } });
    expect(result.fills).toMatchObject([{ price: 102.5, slippage: 5 }]);
  });

  it('with a limit fills no worse than it, and rests there where price has gone further', () => {
    const limited = { ...stop, type: 'stop_limit', limit_price: 103 } as const;
    expect(fillsOf(place([FLAT, [100, 104, 99, 101]], { 0: [limited] }))).toEqual([[1, 'buy', 102, 10]]);
    const slipped = place([FLAT, [100, 104, 99, 101]], { 0: [limited] }, { slippage: { type: 'fixed', amount: 5 } });
    expect(fillsOf(slipped)).toEqual([[1, 'buy', 103, 10]]);
    const jumped = place([FLAT, [106, 107, 105, 106], [106, 106, 102, 104]], { 0: [limited] });
    expect(fillsOf(jumped)).toEqual([[2, 'buy', 103, 10]]);
  });

  it('trails the best price since it was placed', () => {
    const trailing = { side: 'sell', type: 'trailing_stop', trail_distance: 3, reduce_only: true } as const;
    const rows: Row[] = [FLAT, [100, 100, 99, 100], [100, 110, 100, 110], [110, 110, 105, 106]];
    const result = place(rows, { 0: [{ side: 'buy' }], 1: [trailing] });
    expect(fillsOf(result)).toEqual([
      [1, 'buy', 100, 10],
      [3, 'sell', 107, 10],
    ]);
  });
});

describe('orders that go together', () => {
  it('cancel each other: one of a group fills', () => {
    const group = { oco_group: 1, side: 'buy' } as const;
    const orders: Asked[] = [
      { ...group, type: 'stop', stop_price: 105 },
      { ...group, type: 'limit', limit_price: 95 },
    ];
    const result = place([FLAT, [100, 100, 94, 96], [96, 110, 96, 108]], { 0: orders });
    expect([fillsOf(result), fatesOf(result)]).toEqual([[[1, 'buy', 95, 10]], ['cancelled', 'filled']]);
  });

  it('of a bracket cover what has filled, and end with the position', () => {
    const rows: Row[] = [FLAT, [100, 100, 100, 100, 12], [101, 101, 101, 101, 100], [101, 101, 90, 90], FLAT];
    const bracket = { stop_price: 95, limit_price: 120 };
    const result = place(rows, { 0: [{ side: 'buy', bracket }] }, { fills: { max_volume_share: 0.5 } });
    expect(fillsOf(result)).toEqual([
      [1, 'buy', 100, 6],
      [2, 'buy', 101, 4],
      [3, 'sell', 95, 10],
    ]);
    expect(fatesOf(result)).toEqual(['filled', 'filled', 'cancelled']);
    expect([...result.trades].map(({ quantity, exit_reason }) => [quantity, exit_reason])).toEqual([
      [6, 'stop_loss'],
      [4, 'stop_loss'],
    ]);
  });

  it('that only reduce never turn a position round', () => {
    const result = place([FLAT, FLAT, FLAT], {
      0: [{ side: 'buy' }],
      1: [{ side: 'sell', quantity: 25, reduce_only: true }],
    });
    expect(fillsOf(result)).toEqual([
      [1, 'buy', 100, 10],
      [2, 'sell', 100, 10],
    ]);
    expect(result.open_positions).toEqual([]);
  });

  it('of a day end with the day of the exchange', () => {
    const hours = [FLAT, FLAT, FLAT, [100, 100, 90, 95]];
    const candles = candlesOfRows(hours, 3_600_000, Date.UTC(2024, 0, 2, 2));
    const order = { side: 'buy', type: 'limit', limit_price: 98, time_in_force: 'day' } as const;
    const strategy = eventStrategy((context) => {
      if (context.bar === 0) context.submit({ instrument: 0, quantity: 10, ...order });
    });
    const fills = (time_zone: string) =>
      run(strategy, marketOf(candles, {}, '1h'), { instrument: { time_zone } }).fills?.length;
    // 05:00 UTC is midnight in New York.
    expect([fills('UTC'), fills('America/New_York')]).toEqual([1, 0]);
  });
});

describe('a rejected order is a result', () => {
  it('with the reason', () => {
    const asked: Asked[] = [
      { side: 'buy', quantity: Number.NaN },
      { side: 'buy', quantity: 1000 },
      { side: 'buy', type: 'limit' },
      { side: 'buy', quantity: 0.5 },
      { side: 'buy', quantity: 1 },
      { side: 'sell', quantity: 20 },
      { side: 'buy', instrument: 7 },
    ];
    const settings = { instrument: { lot_size: 1, min_notional: 500 }, margin: { allow_short: false } };
    expect(fatesOf(place([FLAT, FLAT], { 0: asked }, settings))).toEqual([
      'invalid_quantity',
      'insufficient_cash',
      'invalid_price',
      'below_lot_size',
      'below_min_notional',
      'short_not_allowed',
      'unknown_instrument',
    ]);
  });

  it('before the first price of its instrument', () => {
    const late = { ...candlesOfRows([FLAT], 86_400_000, Date.UTC(2024, 0, 2)) };
    const strategy = eventStrategy((context) => {
      if (context.bar === 0) context.submit({ instrument: 1, side: 'buy', quantity: 1, type: 'market' });
    });
    const instruments = [
      { symbol: 'A', timeframe: '1d' as const, candles: candlesOfRows([FLAT, FLAT]) },
      { symbol: 'B', timeframe: '1d' as const, candles: late },
    ];
    expect(run(strategy, { instruments }).orders).toMatchObject([{ status: 'rejected', reject_reason: 'no_price' }]);
  });
});

describe('steps', () => {
  it('round quantities down, and prices of orders down for buys and up for sells', () => {
    const settings = { instrument: { lot_size: 3, tick_size: 0.5 } };
    const result = place(
      [FLAT, FLAT],
      {
        0: [
          { side: 'buy', type: 'limit', limit_price: 90.7 },
          { side: 'sell', type: 'limit', limit_price: 110.2 },
          { side: 'buy', type: 'stop', stop_price: 110.2 },
        ],
      },
      settings,
    );
    expect(
      result.orders?.map(({ quantity, limit_price, stop_price }) => [quantity, limit_price ?? stop_price]),
    ).toEqual([
      [9, 90.5],
      [9, 110.5],
      [9, 110],
    ]);
  });
});

describe('an order placed on a fill', () => {
  it.each(['pessimistic', 'optimistic'] as const)('works from the next bar on, by the %s reading', (intrabar) => {
    const strategy = eventStrategy(
      (context) => {
        if (context.bar !== 0) return;
        context.submit({ instrument: 0, side: 'buy', type: 'limit', limit_price: 95, quantity: 1 });
      },
      0,
      (fill, context) => {
        // Over and over within a bar, if the bar that filled one could fill the next.
        const [side, limit_price] = fill.side === 'buy' ? (['sell', 105] as const) : (['buy', 95] as const);
        context.submit({ instrument: 0, side, type: 'limit', limit_price, quantity: 1 });
      },
    );
    const wide: Row = [100, 110, 90, 100];
    const result = run(strategy, marketOf(candlesOfRows([FLAT, wide, wide, wide])), { fills: { intrabar } });
    expect(fillsOf(result)).toEqual([
      [1, 'buy', 95, 1],
      [2, 'sell', 105, 1],
      [3, 'buy', 95, 1],
    ]);
  });

  it('at market fills at the next open, not at the close of its bar', () => {
    const strategy = eventStrategy(
      (context) => {
        if (context.bar === 0)
          context.submit({ instrument: 0, side: 'buy', type: 'limit', limit_price: 95, quantity: 1 });
      },
      0,
      (fill, context) => {
        if (fill.side === 'buy') context.submit({ instrument: 0, side: 'sell', type: 'market', quantity: 1 });
      },
    );
    const rows: Row[] = [FLAT, [100, 100, 90, 97], [98, 98, 98, 98]];
    const result = run(strategy, marketOf(candlesOfRows(rows)), { fills: { market: 'next_close' } });
    expect(fillsOf(result)?.map(([bar]) => bar)).toEqual([1, 2]);
  });
});
