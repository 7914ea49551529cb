/** When the items of tests happened: on a day long past, for bots of tests replay. */
export const AT = '2024-01-02T10:00:00Z';

export function log(message: string, also: object = {}) {
  return { kind: 'log', level: 'INFO', message, at: AT, ...also };
}

/** Ten of ACME, bought at 100 for order 1, unless the rest says otherwise. */
export function fill(external_id: string, also: object = {}) {
  return {
    kind: 'fill',
    client_order_id: '1',
    external_id,
    symbol: 'ACME',
    side: 'buy',
    quantity: 10,
    price: 100,
    at: AT,
    ...also,
  };
}
