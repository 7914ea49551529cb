import type { Clock } from '../sdk/clock.ts';
import { type Item, iso } from './ledger-items.ts';
import type { Log } from './log.ts';
import { readable } from './readable.ts';

/** Where a run is. */
export interface RunPlace {
  /** The market's time, in milliseconds since the Unix epoch. */
  readonly at_ms: number;
  /** Undefined before the first bar. */
  readonly equity: number | undefined;
  readonly positions: readonly { readonly symbol: string; readonly quantity: number }[];
}

/** Time between two words about where a run is. */
const PLACE_EVERY_MS = 5000;
/** Lines of a run's log that are told between them; a replay makes more than anyone can read. */
const MOST_LINES = 10;

/** What whoever watches the program is told of a run: lines of its log as they come, and now and then where it is. */
export class RunCommentary {
  readonly #parts: { readonly name: string; readonly runId: string; readonly clock: Clock; readonly log: Log };
  #next_ms = 0;
  #lines = 0;

  constructor(parts: { name: string; runId: string; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  /** Tells of what was reported. */
  tell(items: readonly Item[]): void {
    for (const item of items) {
      if (item.kind !== 'log' || item.level === 'DEBUG') continue;
      this.#lines += 1;
      if (this.#lines > MOST_LINES) continue;
      const market_at = item.data?.market_at;
      const when = typeof market_at === 'string' ? `${minuteOf(market_at)}: ` : '';
      this.#say(item.level === 'INFO' ? 'info' : 'warn', `${when}${item.message}`);
    }
  }

  /** Tells where the run is, when it is time for it again. */
  place({ at_ms, equity, positions }: RunPlace): void {
    const now_ms = this.#parts.clock.now();
    if (equity === undefined || now_ms < this.#next_ms) return;
    this.#next_ms = now_ms + PLACE_EVERY_MS;
    const held = positions.map(({ symbol, quantity }) => `${readable(quantity)} ${symbol}`).join(', ') || 'flat';
    const more = this.#lines - MOST_LINES;
    const untold = more > 0 ? `; ${more} more lines in its log` : '';
    this.#lines = 0;
    this.#say('info', `${minuteOf(iso(at_ms))}, equity ${equity.toFixed(2)}, ${held}${untold}`);
  }

  #say(level: 'info' | 'warn', what: string): void {
    this.#parts.log(level, `${this.#parts.name}: ${what}`, { run_id: this.#parts.runId });
  }
}

function minuteOf(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
