import { createHash } from 'node:crypto';
import type { TokenClaims } from '../../config/verify-token.ts';
import { type ChangeRequest, parseChangeRequest } from './change-request.ts';
import type { ChangeListener, ChangeSubscription } from './change-subscription.ts';
import type { PostgresChanges } from './postgres-changes.ts';

/** An entry of `config.postgres_changes` as the client wrote it. */
export type ChangeEntry = Readonly<Record<string, unknown>>;

/** The changes that one channel of a client listens to, under the claims of its current token. */
export class ChannelChanges {
  readonly #changes: PostgresChanges;
  readonly #listener: ChangeListener;
  readonly #entries: readonly { readonly entry: ChangeEntry; readonly id: number }[];
  #subscriptions: ChangeSubscription[] = [];
  #attempt: AbortController | undefined;

  constructor(changes: PostgresChanges, listener: ChangeListener, entries: readonly ChangeEntry[]) {
    this.#changes = changes;
    this.#listener = listener;
    this.#entries = entries.map((entry) => ({ entry, id: idOf(entry) }));
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** What the reply to a join holds: each entry with the id by which the client knows its messages. */
  get echo(): object[] {
    return this.#entries.map(({ entry, id }) => ({ ...entry, id }));
  }

  /**
   * Subscribes under the claims of a token, instead of those of the one before. Resolves when changes will be seen.
   * Throws SubscriptionRefused, and is subscribed to nothing then.
   */
  async subscribe(claims: TokenClaims): Promise<void> {
    this.stop();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const claimsKey = JSON.stringify(claims);
    this.#subscriptions = this.#entries.map(({ entry, id }): ChangeSubscription => {
      const request = parseChangeRequest(entry);
      return { id, listener: this.#listener, request, claims, claimsKey, filterKey: filterKeyOf(request) };
    });
    const begun = await Promise.allSettled(
      this.#subscriptions.map((subscription) => this.#changes.subscribe(subscription, attempt.signal)),
    );
    const failed = begun.find((one) => one.status === 'rejected');
    if (!failed || attempt.signal.aborted) return;
    this.stop();
    throw failed.reason;
  }

  /** Ends the subscriptions, also those that are only about to begin. */
  stop(): void {
    this.#attempt?.abort();
    for (const subscription of this.#subscriptions) this.#changes.unsubscribe(subscription);
    this.#subscriptions = [];
  }
}

/** The same for the same entry, so that clients with equal requests can share a message. A whole number of 48 bits. */
function idOf(entry: ChangeEntry): number {
  const digest = createHash('sha256').update(JSON.stringify(entry)).digest();
  return digest.readUIntBE(0, 6) + 1;
}

function filterKeyOf({ filters }: ChangeRequest): string {
  return filters.length === 0 ? '' : JSON.stringify(filters);
}
