import { BoundedMap } from './bounded-map.ts';

interface Bucket {
  readonly tokens: number;
  /** When it held them: milliseconds since 1970. */
  readonly filledAt: number;
}

/** How many clients are told apart; the one that has been quiet longest is forgotten, and starts with a full bucket. */
const CAPACITY = 10_000;

/** One bucket of tokens a client: `burst` at once, then `rate` tokens in every `perMs` milliseconds. */
export class TokenBuckets {
  readonly #buckets = new BoundedMap<Bucket>(CAPACITY);
  readonly #burst: number;
  readonly #msPerToken: number;

  constructor({ burst, rate, perMs }: { burst: number; rate: number; perMs: number }) {
    this.#burst = burst;
    this.#msPerToken = perMs / rate;
  }

  /** Takes a token: 0, or where there is none the milliseconds until there is. */
  take(client: string, now: Date): number {
    const at = now.getTime();
    const tokens = this.#tokensAt(client, at);
    if (tokens < 1) return (1 - tokens) * this.#msPerToken;
    this.#buckets.set(client, { tokens: tokens - 1, filledAt: at });
    return 0;
  }

  #tokensAt(client: string, at: number): number {
    const bucket = this.#buckets.get(client);
    if (!bucket) return this.#burst;
    // A clock that was set back gives nothing, and takes nothing away.
    const passedMs = Math.max(0, at - bucket.filledAt);
    return Math.min(this.#burst, bucket.tokens + passedMs / this.#msPerToken);
  }
}
