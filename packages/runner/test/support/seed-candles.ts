import type { Candles, Timeframe } from '@tradebase/contracts';
import type { TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from '../../../client/test/support/as-role.ts';

/** First minute of the day. */
export const OPEN_MS = Date.parse('2024-03-05T14:30:00Z');
export const MINUTES = 390;

/** Candles that go through these closes, each opening where the one before has closed. */
export function candlesThrough(closes: readonly number[], ts: (n: number) => number, reach = 0.25): Candles {
  const column = (value: (close: number, n: number) => number) => Float64Array.from(closes, value);
  return {
    ts: column((_, n) => ts(n)),
    open: column((close, n) => closes[n - 1] ?? close),
    high: column((close, n) => Math.max(close, closes[n - 1] ?? close) + reach),
    low: column((close, n) => Math.min(close, closes[n - 1] ?? close) - reach),
    close: column((close) => close),
    volume: column(() => 100_000),
  };
}

/** A day of trading by minutes, that goes up and down. */
export function dayOfMinutes(count = MINUTES, phase = 0): Candles {
  const closes = Array.from({ length: count }, (_, n) => 100 + 5 * Math.sin(n / 12 + phase) + Math.sin(n / 3));
  return candlesThrough(closes, (n) => OPEN_MS + n * 60_000);
}

/** A day that nobody can foresee, the same each time. */
export function wildDay(count = MINUTES): Candles {
  let [seed, price] = [1, 100];
  const closes = Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    price *= 1 + (seed / 2_147_483_647 - 0.5) / 100;
    return price;
  });
  return candlesThrough(closes, (n) => OPEN_MS + n * 60_000, 0.1);
}

/** Candles of a series from one place on, before another. */
export function betweenCandles(candles: Candles, from: number, to: number): Candles {
  const { ts, open, high, low, close, volume } = candles;
  const part = (column: ArrayLike<number>) => Float64Array.from(Array.from(column).slice(from, to));
  return { ts: part(ts), open: part(open), high: part(high), low: part(low), close: part(close), volume: part(volume) };
}

/** Stores candles of an instrument, which is made where there is none. */
export async function seedCandles(
  stack: TestStack,
  symbol: string,
  candles: Candles,
  timeframe: Timeframe = '1m',
): Promise<void> {
  const { ts, open, high, low, close, volume } = candles;
  await asPostgres(stack, async (client) => {
    const { rows } = await client.query(
      `insert into public.instruments (symbol) values ($1) on conflict (symbol) do update set symbol = excluded.symbol returning id`,
      [symbol],
    );
    const times = Array.from(ts, (ms) => new Date(ms).toISOString());
    const id = rows[0].id;
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count) values ($1, $2, $3, $4, $5)
       on conflict (instrument_id, timeframe) do update set last_at = greatest(candle_coverage.last_at, excluded.last_at),
         candle_count = candle_coverage.candle_count + excluded.candle_count`,
      [id, timeframe, times[0], times.at(-1), times.length],
    );
    await client.query(
      `insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
       select $1, $2, * from unnest($3::timestamptz[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[])`,
      [id, timeframe, times, ...[open, high, low, close, volume].map((column) => Array.from(column))],
    );
  });
}
