import type { NodeId } from '../plan/plan.ts';
import type { Distance, TradeRules } from '../plan/rule-program.ts';
import type { Order, PriceDistance } from '../trading/order.ts';
import { RuleColumn, type RuleColumns } from './rule-column.ts';
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
  readonly column: (node: NodeId) => RuleColumn;
  readonly session: SessionTimes | null;
  readonly enter: Readonly<Record<Direction, RuleColumn | null>>;
  readonly exit: Readonly<Record<Direction, RuleColumn | null>>;
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
  { columns: values, first_bar: firstCandle }: RuleColumns,
): Track {
  const columns = new Map<NodeId, RuleColumn>();
  for (const [node, value] of values) columns.set(node, new RuleColumn(value));
  const column = (node: NodeId): RuleColumn => {
    const found = columns.get(node);
    if (found === undefined) throw new RangeError(`node ${node} was not computed`);
    return found;
  };
  // Signals have cursors of their own, as one node may be several signals.
  const signal = (node: NodeId | null) => (node === null ? null : new RuleColumn(values.get(node) ?? NaN));
  return {
    firstCandle,
    column,
    session,
    enter: { [LONG]: signal(rules.enter_long), [SHORT]: signal(rules.enter_short) },
    exit: { [LONG]: signal(rules.exit_long), [SHORT]: signal(rules.exit_short) },
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
export function entrySignal({ enter }: Track, candle: number): Direction | 0 {
  const long = enter[LONG]?.holds(candle) ?? false;
  const short = enter[SHORT]?.holds(candle) ?? false;
  if (long === short) return 0;
  return long ? LONG : SHORT;
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
export function nextSignal(signal: RuleColumn | null, from: number): number {
  return signal === null ? Infinity : signal.next(from);
}
