import { Random } from '@tradebase/engine';
import type pg from 'pg';

/** Candles of one minute as columns; `ts` in milliseconds since the Unix epoch. */
export interface DayOfCandles {
  readonly symbol: string;
  readonly ts: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

const MINUTE_MS = 60_000;
const CENT = 100;

/** A made-up day of one-minute candles from 2024-03-04 on, of waves and noise so that strategies trade; the same for the same seed. */
export function madeUpDay(symbol: string, seed: number, bars: number): DayOfCandles {
  const random = new Random(seed);
  const column = () => new Float64Array(bars);
  const day = {
    symbol,
    ts: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  const start = Date.UTC(2024, 2, 4);
  let last = 100;
  for (let bar = 0; bar < bars; bar += 1) {
    const wave = 100 + 4 * Math.sin(bar / 17) + 2 * Math.sin(bar / 5 + seed);
    const close = cents(0.7 * last + 0.3 * wave + (random.uniform() - 0.5));
    day.ts[bar] = start + bar * MINUTE_MS;
    day.open[bar] = last;
    day.high[bar] = cents(Math.max(last, close) + 0.4 * random.uniform());
    day.low[bar] = cents(Math.min(last, close) - 0.4 * random.uniform());
    day.close[bar] = close;
    day.volume[bar] = 1000 + Math.floor(9000 * random.uniform());
    last = close;
  }
  return day;
}

/** Stores a day with its instrument and its coverage, unless it is there. */
export async function storeDay(postgres: pg.Client, day: DayOfCandles): Promise<void> {
  const { rows } = await postgres.query<{ id: string }>(
    'insert into public.instruments (symbol) values ($1) on conflict do nothing returning id',
    [day.symbol],
  );
  const id = rows[0]?.id;
  if (id === undefined) return;
  await postgres.query(
    `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
     values ($1, '1m', to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000), $4)`,
    [id, day.ts[0], day.ts.at(-1), day.ts.length],
  );
  const columns = [day.ts, day.open, day.high, day.low, day.close, day.volume].map((column) => [...column]);
  await postgres.query(
    `insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
     select $1, '1m', to_timestamp(ts / 1000), open, high, low, close, volume
     from unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[]) as c (ts, open, high, low, close, volume)`,
    [id, ...columns],
  );
}

function cents(price: number): number {
  return Math.round(price * CENT) / CENT;
}
