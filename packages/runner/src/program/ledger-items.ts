import type { LogLevel, OrderIntent, ReportItem } from '@tradebase/contracts';
import type { z } from 'zod';

export type Item = z.input<typeof ReportItem>;
export type Intent = z.input<typeof OrderIntent>;

/** How the ids of a session become names in the ledger. */
export type NameOrder = (sessionOrderId: string) => string;

/** When something is reported: what the ledger keeps has the market's time, what people read has that of the clock on the wall. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly market_ms: number;
  /** As the server's clock has it. */
  readonly wall_ms: number;
}

export const iso = (ms: number) => new Date(ms).toISOString();

const MOST_MESSAGE = 4000;

/** A line of the run's log. Logs are kept for a time by when they were written, so that is what they carry. */
export function logItem(level: LogLevel, message: string, { market_ms, wall_ms }: Moment): Item {
  const data = { market_at: iso(market_ms) };
  return { kind: 'log', level, message: message.slice(0, MOST_MESSAGE), data, at: iso(wall_ms) };
}

const LEAST_PRICE = 1e-12;

/** A price as the ledger takes it: what the model makes of an option far from the money may have more decimals than any price. */
export function ledgerPrice(price: number): number {
  return price < LEAST_PRICE ? 0 : price;
}
