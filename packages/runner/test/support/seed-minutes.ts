import type { Candles } from '@tradebase/contracts';
import type { TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from '../../../client/test/support/as-role.ts';

/** First minute of the day. */
export const OPEN_MS = Date.parse('2024-03-05T14:30:00Z');
export const MINUTES = 390;

/** A day of trading by minutes, that goes up and down. */
export function dayOfMinutes(count = MINUTES): Candles {
  const prices = Array.from({ length: count }, (_, n) => 100 + 5 * Math.sin(n / 12) + Math.sin(n / 3));
  const column = (value: (price: number, n: number) => number) => Float64Array.from(prices, value);
  return {
    ts: column((_, n) => OPEN_MS + n * 60_000),
    open: column((price, n) => prices[n - 1] ?? price),
    high: column((price, n) => Math.max(price, prices[n - 1] ?? price) + 0.25),
    low: column((price, n) => Math.min(price, prices[n - 1] ?? price) - 0.25),
    close: column((price) => price),
    volume: column(() => 100_000),
  };
}

/** Stores the day for an instrument. */
export async function seedMinutes(stack: TestStack, symbol = 'ACME', candles = dayOfMinutes()): Promise<void> {
  const { ts, open, high, low, close, volume } = candles;
  await asPostgres(stack, async (client) => {
    const { rows } = await client.query(
      `insert into public.instruments (symbol) values ($1) on conflict (symbol) do update set symbol = excluded.symbol returning id`,
      [symbol],
    );
    const times = Array.from(ts, (ms) => new Date(ms).toISOString());
    const id = rows[0].id;
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count) values ($1, '1m', $2, $3, $4)`,
      [id, times[0], times.at(-1), times.length],
    );
    await client.query(
      `insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
       select $1, '1m', * from unnest($2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])`,
      [id, times, ...[open, high, low, close, volume].map((column) => Array.from(column))],
    );
  });
}
