import type { Intent, Item } from './ledger-items.ts';

/** How much an order is for. */
export interface OrderSize {
  readonly quantity: number;
  /** Whether that is an estimate which its first fill settles. */
  readonly isSizedAtFill: boolean;
}

/** An order of the session that opens something, as the risk gate is asked for it: one intent, or one for each leg of options. */
export interface Opening {
  /** Of the session's order. */
  readonly id: string;
  /** For the log. */
  readonly what: string;
  readonly intents: readonly Intent[];
  /** Why it cannot be asked for; null where it can. */
  readonly problem: string | null;
  /** Null where it is of several legs. */
  readonly size: OrderSize | null;
  /** What is reported once it was let through. */
  readonly items: readonly Item[];
}

/** Names in the ledger. */
export function namesOf({ intents }: Opening): string[] {
  return intents.map(({ client_order_id }) => client_order_id);
}
