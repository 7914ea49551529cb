import { describe, expect, it } from 'vitest';
import { BookedOrder } from '../src/simulator/booked-order.ts';
import { FillRecord } from '../src/simulator/fill-record.ts';
import { OrderRecord } from '../src/simulator/order-record.ts';
import type { OrderRequest } from '../src/trading/order.ts';

const REQUESTS: readonly OrderRequest[] = [
  { instrument: 0, side: 'buy', quantity: 1.5, type: 'market', reason: 'entry' },
  { instrument: 1, side: 'sell', quantity: 2, type: 'limit', limit_price: 10, time_in_force: 'day', oco_group: -3 },
  { instrument: 0, side: 'sell', quantity: 0, type: 'market', size: { method: 'value', value: 5 }, reduce_only: true },
  { instrument: 2, side: 'buy', quantity: 4, type: 'stop', stop_price: 7, bracket: { stop_price: 6 } },
  { instrument: 2, side: 'buy', quantity: 4, type: 'trailing_stop', trail_distance: 0.5, time_in_force: 'ioc' },
];

describe('the record of a simulation', () => {
  it('gives back every order as it ended, and those that work as they are', () => {
    const record = new OrderRecord();
    const orders: BookedOrder[] = [];
    for (let i = 0; i < 3000; i++) {
      const order = new BookedOrder(i + 1, REQUESTS[i % REQUESTS.length] as OrderRequest, i, 60_000 * i);
      record.push(order);
      orders.push(order);
      if (i % 7 === 0) order.reject('no_price');
      else if (i % 11 !== 0) {
        order.status = 'filled';
        order.filled_quantity = order.quantity;
      }
      record.settle();
    }
    expect(record.toArray()).toEqual(orders);
  });

  it('gives back every fill', () => {
    const fills = new FillRecord();
    const order = new BookedOrder(9, REQUESTS[1] as OrderRequest, 3, 180_000);
    for (let i = 0; i < 2500; i++) {
      fills.add(order, {
        bar: i,
        ts: 60_000 * i,
        quantity: -2,
        price: i + 0.5,
        fee: 0.1,
        slippage: 0,
        reason: 'other',
      });
    }
    expect(fills.toArray()).toHaveLength(2500);
    expect(fills.at(2100)).toMatchObject({
      order_id: 9,
      bar: 2100,
      side: 'sell',
      quantity: 2,
      price: 2100.5,
      fee: 0.1,
    });
    expect(fills.last.bar).toBe(2499);
  });
});
