import type { SessionOptionFill, SessionOptionLeg, SessionOptionOrder, SessionPosition } from '@tradebase/engine';
import type { ExecutionNews } from './describe-outcome.ts';
import { type Item, iso, ledgerPrice, logItem, type Moment, type NameOrder } from './ledger-items.ts';
import type { Opening } from './opening.ts';
import { type LedgerContract, ledgerContract, ledgerSymbol } from './option-contract.ts';
import { readable } from './readable.ts';

/** One contract of an order of options: an order of its own in the ledger. */
interface Leg extends LedgerContract {
  readonly client_order_id: string;
  /** Below 0 when sold. */
  readonly quantity: number;
  readonly reference_price: number | null;
}

/** Price that a sale is reckoned with where nobody bids: its strike is what counts. */
const LEAST_PRICE = 0.01;

/** Name of one leg of an order in the ledger. */
export function legName(name: NameOrder, orderId: string, contractSymbol: string): string {
  return `${name(orderId)}-${contractSymbol}`;
}

/** Names of all legs in the ledger. */
export function legNames(order: SessionOptionOrder, name: NameOrder): string[] {
  return legsOf(order, name).map(({ client_order_id }) => client_order_id);
}

/** Legs of one contract are one. */
function legsOf({ id, symbol, legs }: SessionOptionOrder, name: NameOrder): Leg[] {
  const byContract = new Map<string, SessionOptionLeg>();
  for (const leg of legs) {
    const known = byContract.get(leg.contract)?.quantity ?? 0;
    byContract.set(leg.contract, { ...leg, quantity: known + leg.quantity });
  }
  return [...byContract.values()]
    .filter(({ quantity }) => quantity !== 0)
    .map(({ contract, quantity, reference_price }) => {
      const known = ledgerContract(symbol, contract);
      return { ...known, client_order_id: legName(name, id, known.symbol), quantity, reference_price };
    });
}

function termsOf({ symbol, option_details, quantity }: Leg, { multiplier, reason }: SessionOptionOrder) {
  return {
    symbol,
    side: sideOf(quantity),
    type: 'market' as const,
    quantity: Math.abs(quantity),
    multiplier,
    option_details,
    ...(reason === '' ? {} : { reason: reason.slice(0, 100) }),
  };
}

/**
 * What the risk gate is asked for an order of options. Legs that make a position smaller say so; they are asked for beside
 * the others, because all are traded, or none.
 */
export function optionOpeningOf(
  order: SessionOptionOrder,
  positions: readonly SessionPosition[],
  name: NameOrder,
  timeframe: string,
  at_ms: number,
): Opening {
  const at = iso(at_ms);
  const held = new Map(positions.map((position) => [ledgerSymbol(position), position.quantity]));
  const legs = legsOf(order, name);
  const isExit = ({ symbol, quantity }: Leg) => isReducing(quantity, held.get(symbol) ?? 0);
  const unpriced = legs.find((leg) => leg.quantity > 0 && !isExit(leg) && !((leg.reference_price ?? 0) > 0));
  const items = legs.flatMap((leg): Item[] => {
    const { client_order_id, symbol, reference_price, quantity } = leg;
    const about = { kind: 'order', client_order_id, at } as const;
    const type = quantity > 0 ? 'BUY' : 'SELL';
    const price = ledgerPrice(reference_price ?? 0);
    return [
      { ...about, status: 'submitted' },
      { ...about, status: 'accepted' },
      {
        kind: 'signal',
        symbol,
        type,
        timeframe,
        ...(price > 0 ? { price } : {}),
        reasons: [order.reason],
        client_order_id,
        at,
      },
    ];
  });
  return {
    id: order.id,
    what: describe(legs),
    intents: legs.map((leg) => ({
      client_order_id: leg.client_order_id,
      ...termsOf(leg, order),
      reference_price: Math.max(leg.reference_price ?? 0, LEAST_PRICE),
      reduce_only: isExit(leg),
      at,
    })),
    problem: unpriced === undefined ? null : `nobody offers ${unpriced.symbol}`,
    size: null,
    items,
  };
}

function isReducing(quantity: number, held: number): boolean {
  return held * quantity < 0 && Math.abs(quantity) <= Math.abs(held);
}

/** Legs of an order that only reduces: it needs no leave. */
function reducingItems(order: SessionOptionOrder, name: NameOrder, at_ms: number): Item[] {
  return legsOf(order, name).flatMap((leg): Item[] => {
    const about = { kind: 'order', client_order_id: leg.client_order_id, at: iso(at_ms) } as const;
    return [
      { ...about, status: 'submitted', terms: termsOf(leg, order) },
      { ...about, status: 'accepted' },
    ];
  });
}

function fillItems(fill: SessionOptionFill, name: NameOrder, now: Moment): Item[] {
  const { symbol, option_details } = ledgerContract(fill.symbol, fill.contract);
  const { order_id, quantity, price, reason } = fill;
  const done = quantity > 0 ? 'Bought' : 'Sold';
  const units = Math.abs(quantity);
  return [
    {
      kind: 'fill',
      ...(order_id === null ? {} : { client_order_id: legName(name, order_id, symbol) }),
      external_id: name(fill.id),
      symbol,
      side: sideOf(quantity),
      quantity: units,
      price: ledgerPrice(price),
      fee: fill.fee,
      multiplier: fill.multiplier,
      option_details,
      reason: reason.slice(0, 100),
      at: iso(fill.ts),
    },
    logItem('INFO', `${done} ${readable(units)} ${symbol} at ${readable(price)} (${reason})`, {
      ...now,
      market_ms: fill.ts,
    }),
  ];
}

/** What a bar, or a decision, did to orders of options: new ones that only reduce, fills and settlements, and what came to its end. */
export function optionExecutionItems(news: ExecutionNews, name: NameOrder, now: Moment): Item[] {
  const items: Item[] = [];
  for (const order of news.new_option_orders) {
    if (order.status === 'working' && order.reduce_only) items.push(...reducingItems(order, name, now.market_ms));
    if (order.status === 'rejected')
      items.push(logItem('DEBUG', `No order to ${describe(legsOf(order, name))}: ${order.reject_reason}`, now));
  }
  for (const fill of news.option_fills ?? []) items.push(...fillItems(fill, name, now));
  return items;
}

/** The legs of an order as they were cancelled or rejected, all at once. */
export function endedLegItems(names: readonly string[], status: string, reason: string | null, at_ms: number): Item[] {
  if (status !== 'cancelled' && status !== 'rejected') return [];
  const why = reason === null ? {} : { reject_reason: reason.slice(0, 2000) };
  return names.map((client_order_id) => ({ kind: 'order', client_order_id, status, at: iso(at_ms), ...why }));
}

function sideOf(quantity: number): 'buy' | 'sell' {
  return quantity > 0 ? 'buy' : 'sell';
}

function describe(legs: readonly Leg[]): string {
  return legs
    .map(({ symbol, quantity }) => `${quantity > 0 ? 'buy' : 'sell'} ${Math.abs(quantity)} ${symbol}`)
    .join(', ');
}
