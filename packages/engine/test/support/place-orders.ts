import type { BacktestSettingsInput } from '@tradebase/contracts';
import type { OrderRequest } from '../../src/trading/order.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';
import { candlesOfRows, eventStrategy, marketOf, run } from './rule-double.ts';

/** A candle: open, high, low, close and, where it matters, volume. */
export type Row = readonly number[];
export const FLAT: Row = [100, 100, 100, 100];
export type Asked = Partial<OrderRequest> & Pick<OrderRequest, 'side'>;

/** Places orders, of 10 units at market unless they say otherwise, at the closes of the bars named, and runs. */
export function place(
  rows: readonly Row[],
  orders: Readonly<Record<number, Asked[]>>,
  settings: BacktestSettingsInput = {},
): SimulationResult {
  const strategy = eventStrategy((context) => {
    for (const order of orders[context.bar] ?? []) {
      context.submit({ instrument: 0, quantity: 10, type: 'market', ...order });
    }
  });
  return run(strategy, marketOf(candlesOfRows(rows)), settings);
}
