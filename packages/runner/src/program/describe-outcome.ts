import type { BarOutcome, OrderNews, SessionFill, SessionOrder, SessionOrderChange } from '@tradebase/engine';
import { optionExecutionItems } from './describe-options.ts';
import { type Item, iso, ledgerPrice, logItem, type Moment, type NameOrder } from './ledger-items.ts';
import type { Opening, OrderSize } from './opening.ts';
import { ledgerSymbol } from './option-contract.ts';
import { readable } from './readable.ts';

/** Sizes of the orders that work, as they were told last, by the ids of the orders. */
export type KnownSize = (sessionOrderId: string) => OrderSize | null;

/** Parts of an order, added up, may differ from it by this share. */
const ROUNDING = 1e-9;

/** What the risk gate is asked for an order that opens, and what is reported once it was let through. */
export function openingOf(order: SessionOrder, name: NameOrder, timeframe: string, at_ms: number): Opening {
  const { id, side, symbol, quantity, reference_price, stop_loss, is_sized_at_fill, reason } = order;
  const client_order_id = name(id);
  const at = iso(at_ms);
  const intent = {
    client_order_id,
    ...termsOf(order),
    reference_price,
    ...(stop_loss === null ? {} : { stop_loss }),
    is_sized_at_fill,
    at,
  };
  const type = side === 'buy' ? 'BUY' : 'SELL';
  return {
    id,
    what: `${side} ${symbol}`,
    intents: [intent],
    problem: quantity > 0 ? null : 'nothing to trade',
    size: { quantity, isSizedAtFill: is_sized_at_fill },
    items: [
      ...acceptedItems(order, name, at_ms),
      { kind: 'signal', symbol, type, timeframe, price: reference_price, reasons: [reason], client_order_id, at },
    ],
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
function acceptedItems(order: SessionOrder, name: NameOrder, at_ms: number): Item[] {
  const about = { kind: 'order', client_order_id: name(order.id), at: iso(at_ms) } as const;
  const terms = order.reduce_only ? { terms: termsOf(order) } : {};
  return [
    { ...about, status: 'submitted', ...terms },
    { ...about, status: 'accepted' },
  ];
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

/** @param client_order_id null for what comes without an order: shares that options deliver, and liquidation */
function fillItem(fill: SessionFill, client_order_id: string | null, name: NameOrder): Item {
  // A contract that its holder exercises delivers shares as an assignment does, and opens what no order asked for.
  const reason = client_order_id === null && fill.reason === 'expiry' ? 'assignment' : fill.reason;
  return {
    kind: 'fill',
    ...(client_order_id === null ? {} : { client_order_id }),
    external_id: `${name(fill.order_id)}-${fill.id}`,
    symbol: fill.symbol,
    side: fill.side,
    quantity: fill.quantity,
    price: fill.price,
    fee: fill.fee,
    multiplier: fill.multiplier,
    reason: reason.slice(0, 100),
    at: iso(fill.ts),
  };
}

export type ExecutionNews = OrderNews & Partial<Pick<BarOutcome, 'fills' | 'option_fills'>>;

/** What a bar, or a decision, did to orders: fills in their order, what they sized and placed, and what came to its end. */
export function executionItems(news: ExecutionNews, name: NameOrder, sizeOf: KnownSize, now: Moment): Item[] {
  const items: Item[] = [];
  const placed = new Map(news.new_orders.map((order) => [order.id, order]));
  const unordered = new Set<string>();
  const resized = new Map(
    news.order_changes.filter((change) => isResized(change, sizeOf)).map((each) => [each.id, each]),
  );
  const resize = (id: string, at_ms: number) => {
    const change = resized.get(id);
    if (!change) return;
    resized.delete(id);
    const { quantity } = change;
    items.push({ kind: 'order', client_order_id: name(id), status: 'accepted', quantity, at: iso(at_ms) });
  };
  for (const fill of news.fills ?? []) {
    const order = placed.get(fill.order_id);
    if (order) {
      placed.delete(order.id);
      // Stop or target of a bracket: placed by a fill of this very bar, and filled in it too. What only reduces nothing
      // else is made by the account itself.
      if (order.reduce_only) items.push(...acceptedItems(order, name, fill.ts));
      else unordered.add(order.id);
    }
    resize(fill.order_id, fill.ts);
    const done = `${fill.side === 'buy' ? 'Bought' : 'Sold'} ${readable(fill.quantity)} ${fill.symbol} at ${readable(fill.price)}`;
    items.push(
      fillItem(fill, unordered.has(fill.order_id) ? null : name(fill.order_id), name),
      logItem('INFO', `${done} (${fill.reason})`, { ...now, market_ms: fill.ts }),
    );
  }
  for (const [id, { status }] of resized) if (status === 'working') resize(id, now.market_ms);
  for (const order of placed.values()) {
    if (order.status === 'working' && order.reduce_only) items.push(...acceptedItems(order, name, now.market_ms));
    if (order.status === 'rejected') {
      const why = order.reject_reason ?? 'rejected';
      items.push(logItem('DEBUG', `No order to ${order.side} ${order.symbol}: ${why}`, now));
    }
  }
  return [...items, ...endedItems(news, name, now.market_ms), ...optionExecutionItems(news, name, now)];
}

/** Whether an order was sized by its fill, or, of a bracket, grew with what its entry filled. */
function isResized({ id, quantity, filled_quantity }: SessionOrderChange, sizeOf: KnownSize): boolean {
  const size = sizeOf(id);
  if (size === null) return false;
  return size.isSizedAtFill ? filled_quantity > 0 : quantity !== size.quantity;
}

/** Stop and target of a position, as they were reported last. */
export interface KnownExits {
  readonly stop_loss: number | null;
  readonly take_profit: number | null;
}

/** Prices of what is held, the cash, and that the bar is done: the last word on a bar. */
export function closeItems(outcome: BarOutcome, before: ReadonlyMap<string, KnownExits>): Item[] {
  const at = iso(outcome.available_at);
  const marks = outcome.positions.map((position): Item => {
    const { mark, stop_loss, take_profit } = position;
    const symbol = ledgerSymbol(position);
    const known = before.get(symbol);
    return {
      kind: 'mark',
      symbol,
      price: ledgerPrice(mark),
      at,
      ...(known?.stop_loss === stop_loss ? {} : { stop_loss }),
      ...(known?.take_profit === take_profit ? {} : { take_profit }),
    };
  });
  return [...marks, { kind: 'balance', balance: outcome.cash, at }, { kind: 'bar', at }];
}
