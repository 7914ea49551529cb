import type { NodeId } from '../plan/plan.ts';
import type { Distance, TradeRules } from '../plan/rule-program.ts';
import type { Order, PriceDistance } from '../trading/order.ts';
import type { NumberReading, RuleReadings, SignalReading } from './rule-column.ts';
import type { SessionTimes } from './session-times.ts';

export const LONG = 1;
export const SHORT = -1;
export type Direction = typeof LONG | typeof SHORT;

/** Which entries a position that is being left still allows at this close. */
export type Leaving = 'no' | 'to_reverse' | 'for_good';

/** What a rule agent knows of one instrument. */
export interface Track {
  /** First candle that can carry a signal. */
  readonly firstCandle: number;
  readonly column: (node: NodeId) => NumberReading;
  readonly session: SessionTimes | null;
  readonly enterLong: SignalReading | null;
  readonly exitLong: SignalReading | null;
  readonly enterShort: SignalReading | null;
  readonly exitShort: SignalReading | null;
  /** Entry orders of the position that have filled, and the last of them. */
  entries: number;
  lastEntryId: number;
  /** Candle of the first entry fill of the position, and in which the last position ended. */
  entryCandle: number;
  exitCandle: number;
  /** The last order to enter, which may still work; the candle at whose close a resting one was placed. */
  entry: Order | null;
  entryPlacedAt: number;
  exitOrder: Order | null;
  leaving: Leaving;
}

export function newTrack(
  rules: TradeRules,
  session: SessionTimes | null,
  readings: RuleReadings,
  firstCandle: number,
): Track {
  const signal = (node: NodeId | null) => (node === null ? null : readings.signal(node));
  return {
    firstCandle,
    column: (node) => readings.column(node),
    session,
    enterLong: signal(rules.enter_long),
    exitLong: signal(rules.exit_long),
    enterShort: signal(rules.enter_short),
    exitShort: signal(rules.exit_short),
    entries: 0,
    lastEntryId: 0,
    entryCandle: -1,
    exitCandle: -Infinity,
    entry: null,
    entryPlacedAt: -Infinity,
    exitOrder: null,
    leaving: 'no',
  };
}

/** The side of the entry signal at a candle; 0 for none, or for both. */
export function entrySignal({ enterLong, enterShort }: Track, candle: number): Direction | 0 {
  const long = enterLong?.holds(candle) ?? false;
  const short = enterShort?.holds(candle) ?? false;
  if (long === short) return 0;
  return long ? LONG : SHORT;
}

/** The signal to leave a position of a side. */
export function exitOf({ exitLong, exitShort }: Track, side: Direction): SignalReading | null {
  return side === LONG ? exitLong : exitShort;
}

/** The signal to enter a position of a side. */
export function entryOf({ enterLong, enterShort }: Track, side: Direction): SignalReading | null {
  return side === LONG ? enterLong : enterShort;
}

export function workingEntry({ entry }: Track): Order | null {
  return entry?.status === 'working' ? entry : null;
}

export function distanceAt(track: Track, distance: Distance | null, candle: number): PriceDistance | undefined {
  if (distance === null) return undefined;
  const value = track.column(distance.unit === 'percent' ? distance.percent : distance.distance).at(candle);
  if (!(value > 0)) return undefined;
  return distance.unit === 'percent' ? { unit: 'percent', percent: value } : { unit: 'price', distance: value };
}

/** The first candle from `from` on at which a signal holds; Infinity if none. */
export function nextSignal(signal: SignalReading | null, from: number): number {
  return signal === null ? Infinity : signal.next(from);
}
