import type { Fill, Order } from '@tradebase/engine';
import { numberArray, textArray } from '../postgres/array-literal.ts';
import type { TradedInstrument } from './store-trades.ts';
import type { OrderColumn, StoredColumns } from './stored-result.ts';

/** What the fills of one order come to. */
interface FilledOrder {
  quantity: number;
  value: number;
  fee: number;
  slippage: number;
  lastTs: number;
}

/** Orders, and what their fills come to, as columns for the database. */
export function storeOrders(
  orders: readonly Order[],
  fills: readonly Fill[],
  instruments: readonly TradedInstrument[],
): StoredColumns<OrderColumn> {
  const filled = sumFills(fills);
  const numbers = (read: (order: Order, fill: FilledOrder | undefined) => number | null | undefined) =>
    numberArray(orders.map((order) => read(order, filled.get(order.id)) ?? null));
  const texts = (read: (order: Order) => string | undefined) => textArray(orders.map((order) => read(order) ?? null));
  return {
    count: orders.length,
    columns: {
      seq: numberArray(orders.map((_order, index) => index + 1)),
      instrument_id: numbers(({ instrument }) => instruments[instrument]?.id),
      symbol: texts(({ instrument }) => instruments[instrument]?.symbol),
      side: texts(({ side }) => side),
      order_type: texts(({ type }) => type),
      quantity: numbers(({ quantity }) => quantity),
      limit_price: numbers(({ limit_price }) => limit_price),
      stop_price: numbers(({ stop_price }) => stop_price),
      reason: texts(({ reason }) => reason || undefined),
      placed_bar: numbers(({ placed_bar }) => placed_bar),
      placed_ts: numbers(({ placed_ts }) => placed_ts),
      outcome: texts(({ status }) => status),
      reject_reason: texts(({ status, reject_reason }) =>
        status === 'rejected' ? reject_reason || undefined : undefined,
      ),
      filled_quantity: numbers((_order, fill) => fill?.quantity ?? 0),
      average_price: numbers((_order, fill) => fill && fill.value / fill.quantity),
      fee: numbers((_order, fill) => fill?.fee ?? 0),
      slippage: numbers((_order, fill) => fill?.slippage ?? 0),
      last_fill_ts: numbers((_order, fill) => fill?.lastTs),
    },
  };
}

function sumFills(fills: readonly Fill[]): Map<number, FilledOrder> {
  const filled = new Map<number, FilledOrder>();
  for (const { order_id, price, quantity, fee, slippage, ts } of fills) {
    const sum = filled.get(order_id) ?? { quantity: 0, value: 0, fee: 0, slippage: 0, lastTs: ts };
    sum.quantity += quantity;
    sum.value += price * quantity;
    sum.fee += fee;
    sum.slippage += slippage;
    sum.lastTs = ts;
    filled.set(order_id, sum);
  }
  return filled;
}
