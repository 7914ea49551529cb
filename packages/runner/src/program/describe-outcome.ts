import type { OrderIntent, ReportItem } from '@tradebase/contracts';
import type {
  BarOutcome,
  OrderNews,
  SessionFill,
  SessionOrder,
  SessionOrderChange,
  SessionPosition,
} from '@tradebase/engine';
import type { z } from 'zod';

export type Item = z.input<typeof ReportItem>;

/** How the ids of a session become names in the ledger. */
export type NameOrder = (sessionOrderId: string) => string;

/** Orders that work, as they were told last, by their ids. */
export type KnownOrder = (sessionOrderId: string) => SessionOrder | undefined;

/** Parts of an order, added up, may differ from it by this share. */
const ROUNDING = 1e-9;

const iso = (ms: number) => new Date(ms).toISOString();

/** What the risk gate is asked for an order that opens. */
export function intentOf(order: SessionOrder, name: NameOrder, at_ms: number): z.input<typeof OrderIntent> {
  return {
    client_order_id: name(order.id),
    ...termsOf(order),
    reference_price: order.reference_price,
    ...(order.stop_loss === null ? {} : { stop_loss: order.stop_loss }),
    is_sized_at_fill: order.is_sized_at_fill,
    at: iso(at_ms),
  };
}

/** What an order asks for, in the ledger's words. */
function termsOf(order: SessionOrder) {
  const { type, limit_price, stop_price, trail_distance, time_in_force, reason } = order;
  return {
    symbol: order.symbol,
    side: order.side,
    type,
    quantity: order.quantity,
    ...(limit_price === null || (type !== 'limit' && type !== 'stop_limit') ? {} : { limit_price }),
    ...(stop_price === null || (type !== 'stop' && type !== 'stop_limit') ? {} : { stop_price }),
    ...(type === 'trailing_stop' && trail_distance !== null ? { trail_amount: trail_distance } : {}),
    time_in_force: time_in_force ?? 'gtc',
    multiplier: order.multiplier,
    ...(reason === '' ? {} : { reason: reason.slice(0, 100) }),
  };
}

/** An order that was let through, or needs no leave: it was sent, and it works. */
export function acceptedItems(order: SessionOrder, name: NameOrder, at_ms: number): Item[] {
  const about = { kind: 'order', client_order_id: name(order.id), at: iso(at_ms) } as const;
  const terms = order.reduce_only ? { terms: termsOf(order) } : {};
  return [
    { ...about, status: 'submitted', ...terms },
    { ...about, status: 'accepted' },
  ];
}

/** An order that opens and was let through, as a signal of the strategy. */
export function signalOf(order: SessionOrder, name: NameOrder, timeframe: string, at_ms: number): Item {
  return {
    kind: 'signal',
    symbol: order.symbol,
    type: order.side === 'buy' ? 'BUY' : 'SELL',
    timeframe,
    price: order.reference_price,
    reasons: [order.reason],
    client_order_id: name(order.id),
    at: iso(at_ms),
  };
}

/** Orders as they became something else, in the ledger's words; nothing for those that fills tell of. */
function endedItems({ order_changes }: OrderNews, name: NameOrder, at_ms: number): Item[] {
  return order_changes.flatMap((change): Item[] => {
    const { id, reject_reason } = change;
    const status = isDoneInPart(change) ? 'cancelled' : change.status;
    if (status === 'working' || status === 'filled') return [];
    const reason = reject_reason === null ? {} : { reject_reason: reject_reason.slice(0, 2000) };
    return [{ kind: 'order', client_order_id: name(id), status, at: iso(at_ms), ...reason }];
  });
}

/** Whether an order is over because it has reduced all there was, which was less than it was to. */
function isDoneInPart({ status, quantity, filled_quantity }: SessionOrderChange): boolean {
  return status === 'filled' && quantity - filled_quantity > ROUNDING * quantity;
}

function fillItem(fill: SessionFill, name: NameOrder): Item {
  return {
    kind: 'fill',
    client_order_id: name(fill.order_id),
    external_id: `${name(fill.order_id)}-${fill.id}`,
    symbol: fill.symbol,
    side: fill.side,
    quantity: fill.quantity,
    price: fill.price,
    fee: fill.fee,
    multiplier: fill.multiplier,
    reason: fill.reason.slice(0, 100),
    at: iso(fill.ts),
  };
}

/** What a bar, or a decision, did to orders: fills in their order, what they sized and placed, and what came to its end. */
export function executionItems(
  news: OrderNews & Partial<Pick<BarOutcome, 'fills'>>,
  name: NameOrder,
  known: KnownOrder,
  at_ms: number,
): Item[] {
  const items: Item[] = [];
  const placed = new Map(news.new_orders.map((order) => [order.id, order]));
  const resized = new Map(
    news.order_changes.filter((change) => isResized(change, known)).map((each) => [each.id, each]),
  );
  const resize = (id: string, ts: number) => {
    const change = resized.get(id);
    if (!change) return;
    resized.delete(id);
    items.push({
      kind: 'order',
      client_order_id: name(id),
      status: 'accepted',
      quantity: change.quantity,
      at: iso(ts),
    });
  };
  for (const fill of news.fills ?? []) {
    const order = placed.get(fill.order_id);
    if (order) {
      // Stop or target of a bracket: placed by a fill of this very bar, and filled in it too.
      items.push(...acceptedItems(order, name, fill.ts));
      placed.delete(order.id);
    }
    resize(fill.order_id, fill.ts);
    items.push(fillItem(fill, name), {
      kind: 'log',
      level: 'INFO',
      message: `${fill.side === 'buy' ? 'Bought' : 'Sold'} ${fill.quantity} ${fill.symbol} at ${fill.price} (${fill.reason})`,
      at: iso(fill.ts),
    });
  }
  for (const [id, { status }] of resized) if (status === 'working') resize(id, at_ms);
  for (const order of placed.values()) {
    if (order.status === 'working' && order.reduce_only) items.push(...acceptedItems(order, name, at_ms));
    if (order.status === 'rejected') items.push(refusalLog(order, at_ms));
  }
  return [...items, ...endedItems(news, name, at_ms)];
}

/** Whether an order was sized by its fill, or, of a bracket, grew with what its entry filled. */
function isResized({ id, quantity, filled_quantity }: SessionOrderChange, known: KnownOrder): boolean {
  const order = known(id);
  if (order === undefined) return false;
  return order.is_sized_at_fill ? filled_quantity > 0 : quantity !== order.quantity;
}

function refusalLog(order: SessionOrder, at_ms: number): Item {
  return {
    kind: 'log',
    level: 'DEBUG',
    message: `No order to ${order.side} ${order.symbol}: ${order.reject_reason ?? 'rejected'}`,
    at: iso(at_ms),
  };
}

/** Prices of what is held, the cash, and that the bar is done: the last word on a bar. */
export function closeItems(outcome: BarOutcome, before: ReadonlyMap<string, SessionPosition>): Item[] {
  const at = iso(outcome.available_at);
  const marks = outcome.positions.map((position): Item => {
    const { symbol, mark, stop_loss, take_profit } = position;
    const known = before.get(symbol);
    return {
      kind: 'mark',
      symbol,
      price: mark,
      at,
      ...(known?.stop_loss === stop_loss ? {} : { stop_loss }),
      ...(known?.take_profit === take_profit ? {} : { take_profit }),
    };
  });
  return [...marks, { kind: 'balance', balance: outcome.cash, at }, { kind: 'bar', at }];
}
