import { CANDLE_COLUMNS, type Candles, type InstrumentRules, type Timeframe } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { checkCandles } from '../market/check-market-data.ts';
import type { InstrumentSeries, Split } from '../market/market-data.ts';
import type { SessionBar, SessionInstrument } from './session-input.ts';

const FIRST_ROOM = 1024;

/** A series to which candles are added. What reads it sees those that have come so far, and must not keep `candles`. */
export class GrowingSeries implements InstrumentSeries {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly rules: InstrumentRules;
  readonly splits: readonly Split[];
  candles: Candles;
  columns: Readonly<Record<string, Float64Array>>;
  readonly #rooms: Record<(typeof CANDLE_COLUMNS)[number], Float64Array>;
  readonly #extraRooms: [name: string, room: Float64Array][];
  #count = 0;

  /** @throws EngineError as `checkMarketData`, of a warm-up that makes no sense */
  constructor(
    { symbol, timeframe, rules, splits = [], columns = [], ...warm }: SessionInstrument,
    ofAll: InstrumentRules,
  ) {
    this.symbol = symbol;
    this.timeframe = timeframe;
    this.rules = rules ?? ofAll;
    this.splits = splits;
    const { warm_up, warm_up_columns = {} } = warm;
    const bars = warm_up?.ts.length ?? 0;
    if (warm_up !== undefined && bars > 0) checkCandles(warm_up, symbol);
    const room = () => new Float64Array(bars + FIRST_ROOM);
    this.#rooms = { ts: room(), open: room(), high: room(), low: room(), close: room(), volume: room() };
    if (warm_up !== undefined) for (const name of CANDLE_COLUMNS) this.#rooms[name].set(warm_up[name]);
    this.#extraRooms = columns.map((name) => {
      const extra = room().fill(NaN);
      const known = Object.hasOwn(warm_up_columns, name) ? warm_up_columns[name] : undefined;
      if (known !== undefined && known.length !== bars) {
        const message = `${symbol}: column ${name} has ${known.length} values; it must have one per candle, ${bars}`;
        throw new EngineError('column_length_mismatch', message, { instrument: symbol, column: name });
      }
      if (known !== undefined) extra.set(known);
      return [name, extra];
    });
    this.#count = bars;
    this.candles = this.#view();
    this.columns = this.#viewExtra();
  }

  get length(): number {
    return this.#count;
  }

  get lastTs(): number {
    return this.#count === 0 ? -Infinity : (this.#rooms.ts[this.#count - 1] as number);
  }

  /** Adds a bar that was checked. */
  add(bar: SessionBar): void {
    const at = this.#count;
    if (at === this.#rooms.ts.length) this.#makeRoom();
    for (const name of CANDLE_COLUMNS) this.#rooms[name][at] = bar[name];
    for (const [name, room] of this.#extraRooms) room[at] = bar.columns?.[name] ?? NaN;
    this.#count = at + 1;
    this.candles = this.#view();
    if (this.#extraRooms.length > 0) this.columns = this.#viewExtra();
  }

  #makeRoom(): void {
    for (const name of CANDLE_COLUMNS) this.#rooms[name] = twice(this.#rooms[name]);
    for (const extra of this.#extraRooms) extra[1] = twice(extra[1]);
  }

  #view(): Candles {
    const { ts, open, high, low, close, volume } = this.#rooms;
    const so = this.#count;
    return {
      ts: ts.subarray(0, so),
      open: open.subarray(0, so),
      high: high.subarray(0, so),
      low: low.subarray(0, so),
      close: close.subarray(0, so),
      volume: volume.subarray(0, so),
    };
  }

  #viewExtra(): Record<string, Float64Array> {
    return Object.fromEntries(this.#extraRooms.map(([name, room]) => [name, room.subarray(0, this.#count)]));
  }
}

function twice(room: Float64Array): Float64Array {
  const more = new Float64Array(2 * room.length);
  more.set(room);
  return more;
}
