/** How long to wait between attempts. */
export interface BackOffOptions {
  /** Of the first wait, on average three quarters of it. */
  readonly first_ms?: number;
  /** No wait is longer, unless the server asks for more. */
  readonly most_ms?: number;
  readonly random?: () => number;
}

/** The longest that a server is obeyed when it says how long to wait. */
const MOST_RETRY_AFTER_MS = 300_000;

/**
 * Milliseconds to wait before an attempt, `failures` of which came before it (at least 1): twice as long each time up to a bound, between half
 * of that and all of it, so that many runners that lost the same server do not come back as one.
 */
export function backOffMs(
  failures: number,
  { first_ms = 50, most_ms = 30_000, random = Math.random }: BackOffOptions = {},
): number {
  const whole = Math.min(most_ms, first_ms * 2 ** Math.min(failures - 1, 30));
  return whole / 2 + (random() * whole) / 2;
}

/** Milliseconds that the header Retry-After asks to wait, as seconds or as a date; 0 where it asks for nothing. */
export function retryAfterMs(header: string | null, now_ms: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now_ms;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MOST_RETRY_AFTER_MS) : 0;
}
