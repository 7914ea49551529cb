import type { Random } from '@tradebase/engine';

/** What chaos does at one moment of a round. */
export const FAULTS = [
  'kill_runner',
  'kill_worker',
  'kill_realtime',
  'kill_functions',
  'kill_rest',
  'kill_postgres',
  'cut_network',
  'second_runner',
  'drop_watchers',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface PlannedFault {
  readonly fault: Fault;
  /** Milliseconds after the faults before it are over. */
  readonly after_ms: number;
  /** How long it lasts, where it lasts. */
  readonly for_ms: number;
}

const LONGEST_PAUSE_MS = 700;
const LONGEST_FAULT_MS = 900;

/** A random order of faults with random pauses, in which every kind comes at least once where there are enough. */
export function planFaults(random: Random, count: number): PlannedFault[] {
  const faults: Fault[] = [];
  while (faults.length < count) faults.push(...shuffled(FAULTS, random));
  return faults.slice(0, count).map((fault) => ({
    fault,
    after_ms: Math.round(random.uniform() * LONGEST_PAUSE_MS),
    for_ms: 100 + Math.round(random.uniform() * LONGEST_FAULT_MS),
  }));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
