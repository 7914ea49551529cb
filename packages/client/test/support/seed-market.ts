import type { TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from './as-role.ts';

/** Gives the market one instrument with daily candles on a gentle wave, from 2024-01-01. */
export async function seedMarket(stack: TestStack, symbol = 'ACME', candles = 100): Promise<void> {
  await asPostgres(stack, async (client) => {
    const { rows } = await client.query('insert into public.instruments (symbol) values ($1) returning id', [symbol]);
    const values = [rows[0].id, candles];
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
       values ($1, '1d', '2024-01-01Z', timestamptz '2024-01-01Z' + ($2::int - 1) * interval '1 day', $2)`,
      values,
    );
    await client.query(
      `insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
       select $1, '1d', timestamptz '2024-01-01Z' + n * interval '1 day', p, p + 1, p - 1, p, 1000
       from (select n, 100 + 10 * sin(n / 5.0) as p from generate_series(0, $2::int - 1) n) w`,
      values,
    );
  });
}
