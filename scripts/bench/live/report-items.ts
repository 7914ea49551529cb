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

/** Name of the order whose fills `fillOf` makes. */
export function orderOf(symbol: string): string {
  return `open-${symbol}`;
}

/** A fill of one unit. */
export function fillOf(symbol: string, price: number): object {
  const order = { client_order_id: orderOf(symbol), symbol, side: 'buy' };
  return { kind: 'fill', external_id: crypto.randomUUID(), ...order, quantity: 1, price, fee: 0.1, at: now() };
}

function now(): string {
  return new Date().toISOString();
}
