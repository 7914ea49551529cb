import type { ChangeSubscription } from './change-subscription.ts';

/** Subscriptions by the schema and table they name, `*` being a name, too. */
export class SubscriptionIndex {
  readonly #tables = new Map<string, Set<ChangeSubscription>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(subscription: ChangeSubscription): void {
    const key = keyOf(subscription.request.schema, subscription.request.table);
    const found = this.#tables.get(key) ?? new Set();
    this.#tables.set(key, found.add(subscription));
    this.#size += 1;
  }

  delete(subscription: ChangeSubscription): void {
    const key = keyOf(subscription.request.schema, subscription.request.table);
    const found = this.#tables.get(key);
    if (!found?.delete(subscription)) return;
    this.#size -= 1;
    if (found.size === 0) this.#tables.delete(key);
  }

  /** All that want changes of a table. */
  of(schema: string, table: string): ChangeSubscription[] {
    const keys = new Set([keyOf(schema, table), keyOf(schema, '*'), keyOf('*', table), keyOf('*', '*')]);
    return [...keys].flatMap((key) => [...(this.#tables.get(key) ?? [])]);
  }
}

function keyOf(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}
