import { type BacktestSettingsInput, InstrumentRules, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '@tradebase/engine';
import type { CandleCache, CandleRequest } from '@tradebase/market-data';
import type pg from 'pg';
import { z } from 'zod';

/** Which candles a job needs. */
export interface MarketRequest {
  /** The first is the main one. */
  readonly instrumentIds: readonly number[];
  readonly timeframe: Timeframe;
  readonly finerTimeframe: Timeframe | null;
  /** Milliseconds since the Unix epoch; to stop before `rangeEnd`. */
  readonly rangeStart: number | null;
  readonly rangeEnd: number | null;
  /** What the request says of its instruments; what it leaves out, the instruments say. */
  readonly settings: BacktestSettingsInput;
}

/** Candles of all instruments, and what they were read from. */
export interface LoadedMarket {
  readonly data: MarketData;
  readonly instrumentIds: readonly number[];
  /** candle_coverage.version by "symbol timeframe", that of the main instrument first. */
  readonly dataVersions: Readonly<Record<string, number>>;
}

const InstrumentRow = z.object({
  id: z.int(),
  symbol: z.string(),
  asset_class: z.string().nullable(),
  tick_size: z.coerce.number().nullable(),
  lot_size: z.coerce.number().nullable(),
  min_notional: z.coerce.number().nullable(),
  multiplier: z.coerce.number(),
});
type InstrumentRow = z.infer<typeof InstrumentRow>;

/** Instruments whose candles load at the same time: more would take the connections of other jobs. */
const LOADS_AT_ONCE = 2;

/**
 * Loads the candles of every instrument of a request, from the cache where they are there. The signal ends it.
 * An instrument without candles in the range has empty columns: whoever computes says so.
 */
export async function loadMarketData(
  database: pg.Pool,
  cache: CandleCache,
  request: MarketRequest,
  signal: AbortSignal,
): Promise<LoadedMarket> {
  const rows = await readInstruments(database, request.instrumentIds);
  const versions = new Map<string, number>();
  const load = async ({ id, symbol }: InstrumentRow, timeframe: Timeframe) => {
    const { candles, version } = await cache.loadVersioned(database, candleRequest(id, timeframe, request), signal);
    versions.set(`${symbol} ${timeframe}`, version);
    return candles;
  };
  const instruments: InstrumentSeries[] = new Array(rows.length);
  const places = rows.entries();
  const loadNext = async () => {
    for (const [place, row] of places) {
      const candles = await load(row, request.timeframe);
      const finer = request.finerTimeframe && {
        timeframe: request.finerTimeframe,
        candles: await load(row, request.finerTimeframe),
      };
      const rules = instrumentRules(row, request.settings);
      instruments[place] = {
        symbol: row.symbol,
        timeframe: request.timeframe,
        candles,
        rules,
        ...(finer && { finer }),
      };
    }
  };
  await Promise.all(Array.from({ length: LOADS_AT_ONCE }, loadNext));
  // In the order of the instruments, whichever came first.
  const series = rows.flatMap(({ symbol }) => [
    `${symbol} ${request.timeframe}`,
    `${symbol} ${request.finerTimeframe}`,
  ]);
  const dataVersions = Object.fromEntries(
    series.flatMap((name) => (versions.has(name) ? [[name, versions.get(name) ?? 0]] : [])),
  );
  return { data: { instruments }, instrumentIds: rows.map(({ id }) => id), dataVersions };
}

/** Most bars that the engine fills in, over all series. */
const MOST_FILLED_BARS = 10_000_000;

/**
 * Candles of a request as the coverage has them: about how many there will be, over all series. Where gaps are filled, as
 * many as the range could hold, on top of them no more than the engine fills in.
 */
export async function countCandles(database: pg.Pool, request: MarketRequest): Promise<number> {
  const { instrumentIds, timeframe, finerTimeframe, rangeStart, rangeEnd, settings } = request;
  const { rows } = await database.query<{ timeframe: string; count: string; span_ms: string }>(
    `select timeframe, sum(candle_count * ms / greatest(all_ms, 1)) as count, sum(ms) as span_ms
     from public.candle_coverage,
       lateral (select 1000 * extract(epoch from last_at - first_at) as all_ms) whole,
       lateral (select greatest(0, 1000 * extract(epoch from least(last_at, coalesce(to_timestamp($4::float8 / 1000), last_at))
         - greatest(first_at, coalesce(to_timestamp($3::float8 / 1000), first_at)))) as ms) part
     where instrument_id = any ($1) and timeframe = any ($2) group by timeframe`,
    [instrumentIds, [timeframe, finerTimeframe].filter((name) => name !== null), rangeStart, rangeEnd],
  );
  const candles = rows.reduce((total, { count }) => total + Number(count), 0);
  const main = rows.find((row) => row.timeframe === timeframe);
  if (settings.gaps !== 'fill' || main === undefined) return Math.ceil(candles);
  const missing = Number(main.span_ms) / timeframeLengthMs(timeframe) - Number(main.count);
  return Math.ceil(candles + Math.min(Math.max(missing, 0), MOST_FILLED_BARS));
}

async function readInstruments(database: pg.Pool, ids: readonly number[]): Promise<InstrumentRow[]> {
  const { rows } = await database.query(
    `select id, symbol, asset_class, tick_size, lot_size, min_notional, multiplier
     from public.instruments where id = any ($1) order by array_position($1, id)`,
    [ids],
  );
  if (rows.length < ids.length) throw new Error(`of ${ids.length} instruments, ${rows.length} are there`);
  return z.array(InstrumentRow).parse(rows);
}

function candleRequest(
  instrumentId: number,
  timeframe: Timeframe,
  { rangeStart, rangeEnd }: MarketRequest,
): CandleRequest {
  return {
    instrumentId,
    timeframe,
    ...(rangeStart === null ? {} : { rangeStart }),
    ...(rangeEnd === null ? {} : { rangeEnd }),
  };
}

const CALENDARS: Readonly<Record<string, 'crypto' | 'forex'>> = {
  crypto: 'crypto',
  perpetual: 'crypto',
  forex: 'forex',
};

/** What is known of an instrument, under what the request says of it. */
function instrumentRules(row: InstrumentRow, { instrument }: BacktestSettingsInput): InstrumentRules {
  const { asset_class, tick_size, lot_size, min_notional, multiplier } = row;
  const calendar = CALENDARS[asset_class ?? ''];
  return InstrumentRules.parse({
    multiplier,
    ...(tick_size === null ? {} : { tick_size }),
    ...(lot_size === null ? {} : { lot_size }),
    ...(min_notional === null ? {} : { min_notional }),
    ...(calendar === undefined ? {} : { calendar }),
    ...instrument,
  });
}
