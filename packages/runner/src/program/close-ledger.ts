import type { SessionPosition } from '@tradebase/engine';
import type { Run } from '../sdk/run.ts';
import { RunnerError } from '../sdk/runner-error.ts';
import type { Server } from '../sdk/server.ts';
import { type Item, iso, ledgerPrice, type NameOrder } from './ledger-items.ts';
import { ledgerContract, ledgerSymbol } from './option-contract.ts';
import type { PaperSession } from './paper-session.ts';
import { isOpenStatus, readRunLedger } from './run-ledger.ts';

/** What such an order is called, for the session: it has none of this name. */
const CLOSING_PREFIX = 'close-';

/** Whether a name in the ledger is of an order, or a fill, of the session: not of what `closeLedger` made. */
export function isNameOfSession(ledgerName: string, name: NameOrder): boolean {
  return !ledgerName.startsWith(name(CLOSING_PREFIX));
}

/**
 * Before a run ends, it is the ledger that must be flat: what works there is cancelled, and what it holds and the session
 * does not is closed at the last prices.
 *
 * @throws RunnerError `bot_has_open_positions` where that is not enough
 */
export async function closeLedger(server: Server, run: Run, session: PaperSession, name: NameOrder): Promise<void> {
  await run.flush();
  const { positions, orders } = await readRunLedger(server, run);
  const at = iso(session.at_ms);
  const items: Item[] = [...orders]
    .filter(([, { status }]) => isOpenStatus(status))
    .map(([client_order_id]) => ({ kind: 'order', client_order_id, status: 'cancelled', at }));
  const held = new Map(session.positions.map((position) => [ledgerSymbol(position), position]));
  for (const { symbol, quantity } of positions) {
    const position = held.get(symbol);
    const price = priceOf(symbol, quantity, position, session);
    if (price !== undefined) items.push(...closingItems(symbol, quantity, price, position, { name, at }));
  }
  if (items.length === 0 && positions.length === 0) return;
  if (items.length > 0) await run.report(...items);
  await run.flush();
  const { positions: left } = await readRunLedger(server, run);
  if (left.length === 0) return;
  const what = left.map(({ symbol, quantity }) => `${quantity} ${symbol}`).join(', ');
  throw new RunnerError('bot_has_open_positions', `the run cannot end: the ledger still holds ${what}`);
}

/** A long option that could not be sold has no bid: it is given away. */
function priceOf(
  symbol: string,
  quantity: number,
  position: SessionPosition | undefined,
  session: PaperSession,
): number | undefined {
  if (position === undefined || position.contract === null) return session.closeOf(symbol);
  return quantity > 0 ? 0 : ledgerPrice(position.mark);
}

function closingItems(
  symbol: string,
  quantity: number,
  price: number,
  position: SessionPosition | undefined,
  { name, at }: { name: NameOrder; at: string },
): Item[] {
  const client_order_id = name(`${CLOSING_PREFIX}${symbol}`);
  const execution = {
    symbol,
    side: quantity > 0 ? ('sell' as const) : ('buy' as const),
    quantity: Math.abs(quantity),
    reason: 'stop',
    ...(position === undefined ? {} : { multiplier: position.multiplier }),
    ...(position === undefined || position.contract === null
      ? {}
      : { option_details: ledgerContract(position.symbol, position.contract).option_details }),
  };
  return [
    { kind: 'order', client_order_id, status: 'submitted', terms: { ...execution, type: 'market' }, at },
    { kind: 'fill', client_order_id, external_id: client_order_id, price, ...execution, at },
  ];
}
