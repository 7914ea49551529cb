/** Items of reports, as large as those that runners send. */

export const SYMBOLS: readonly string[] = Array.from({ length: 10 }, (_, n) => `SYM${n}`);

export function logLines(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    kind: 'log',
    level: n % 50 === 0 ? 'WARN' : 'INFO',
    message: `bar seen: no signal, fast 101.${n} slow 100.${n}`,
    data: { n, close: 101.5 },
    at: now(),
  }));
}

/** Marks of the first symbols, at a price. */
export function marks(price: number, symbols = SYMBOLS.length): object[] {
  return SYMBOLS.slice(0, symbols).map((symbol) => ({ kind: 'mark', symbol, price, at: now() }));
}

/** Units of each order of `tradingFills`, each its own fill. */
export const FILLS_OF_ORDER = 2;

/** The n-th order of a run that buys and sells in turns, and so opens and closes one position after another. */
export function tradingOrder(n: number): { client_order_id: string; symbol: string; side: 'buy' | 'sell' } {
  return { client_order_id: `order-${n}`, symbol: 'TRADED', side: n % 2 === 0 ? 'buy' : 'sell' };
}

/** The fills of such a run from the first-th on, of one unit each. */
export function tradingFills(first: number, count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    kind: 'fill',
    external_id: `execution-${first + n}`,
    ...tradingOrder(Math.floor((first + n) / FILLS_OF_ORDER)),
    quantity: 1,
    price: 100 + ((first + n) % 7),
    fee: 0.1,
    at: now(),
  }));
}

function now(): string {
  return new Date().toISOString();
}
