import type { WalkForwardSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';

/** Bars from `from` to before `to`. */
export interface BarRange {
  readonly from: number;
  readonly to: number;
}

/** Parameters are chosen on `train` and judged on `test`; the bars between are seen by neither. */
export interface WalkForwardFold {
  /** From 1. */
  readonly fold: number;
  readonly train: BarRange;
  readonly test: BarRange;
}

const DAY_MS = 86_400_000;
const MAX_FOLDS = 1000;
/** Windows that are looked at, those without bars included: steps of days may be as short as one likes. */
const MAX_WINDOWS = 100_000;

/**
 * The windows of a walk-forward. Fold k trains on [s, s + train), without the last `purge_bars` of it, leaves out
 * `embargo_bars`, and tests the `test` that follow. From one fold to the next both move on by `step`; anchored, training
 * windows begin at the first bar all the same. Tests never overlap. A last window that the data would cut short is left out.
 *
 * Days count 24 hours from the open of the first bar; windows that have no bar, or none to train on, are left out.
 *
 * @param ts open time of each bar in milliseconds, ascending
 * @throws EngineError `invalid_walk_forward` where the data is too short for one fold, or the lengths make no sense
 */
export function planWalkForward(ts: Float64Array, settings: WalkForwardSettings): WalkForwardFold[] {
  const { scheme, unit, train, test, step = test, purge_bars, embargo_bars } = settings;
  checkLengths(settings);
  const bars = ts.length;
  const toBar =
    unit === 'bars' ? (length: number) => length : (days: number) => barAtTime(ts, (ts[0] ?? 0) + days * DAY_MS);
  /** Length of the data in the unit; of days, the last bar counts as long as the one before it. */
  const lastBarMs = bars > 1 ? (ts[bars - 1] ?? 0) - (ts[bars - 2] ?? 0) : 0;
  const total = unit === 'bars' ? bars : ((ts[bars - 1] ?? 0) - (ts[0] ?? 0) + lastBarMs) / DAY_MS;
  const windows = (total - train - test) / step;
  if (windows > MAX_WINDOWS) {
    throw refusal(`moves on ${Math.floor(windows)} times by ${step} ${unit}; use a longer test window or step`);
  }
  const folds: WalkForwardFold[] = [];
  for (let moved = 0; moved + train + test <= total; moved += step) {
    const trainFrom = scheme === 'anchored' ? 0 : toBar(moved);
    const trainEnd = toBar(moved + train);
    const testFrom = trainEnd + embargo_bars;
    // By bars the embargo pushes the test on; by days it takes from the test, whose end is a time.
    const testTo = unit === 'bars' ? testFrom + test : toBar(moved + train + test);
    if (testTo > bars) break;
    const trainTo = trainEnd - purge_bars;
    if (trainTo <= trainFrom || testTo <= testFrom) continue;
    if (folds.length === MAX_FOLDS) {
      throw refusal(`makes more than ${MAX_FOLDS} folds; use a longer test window or step`);
    }
    folds.push({
      fold: folds.length + 1,
      train: { from: trainFrom, to: trainTo },
      test: { from: testFrom, to: testTo },
    });
  }
  if (folds.length === 0) {
    throw refusal(
      `needs ${train} ${unit} to train, ${embargo_bars} bars of embargo and ${test} ${unit} to test, but there are ${Number(total.toFixed(2))} ${unit}; use shorter windows or more data`,
    );
  }
  return folds;
}

function checkLengths({ unit, train, test, step = test, purge_bars, embargo_bars }: WalkForwardSettings): void {
  for (const [name, length] of Object.entries({ train, test, step })) {
    const whole = unit === 'days' || Number.isInteger(length);
    if (!(length > 0 && Number.isFinite(length) && whole)) {
      throw refusal(
        `has a ${name} of ${length} ${unit}; it must be a ${unit === 'bars' ? 'whole ' : ''}number above 0`,
      );
    }
  }
  for (const [name, length] of Object.entries({ purge_bars, embargo_bars })) {
    if (!(length >= 0 && Number.isInteger(length))) {
      throw refusal(`has ${name} of ${length}; it must be a whole number, at least 0`);
    }
  }
  if (step < test) {
    throw refusal(
      `moves on by ${step} ${unit}, less than its test window of ${test}: tests would overlap; step must be at least test`,
    );
  }
  if (unit === 'bars' && purge_bars >= train) {
    throw refusal(`purges ${purge_bars} of ${train} bars of training; purge_bars must be smaller than train`);
  }
}

/** Index of the first bar that opens at a time or after it. */
function barAtTime(ts: Float64Array, time: number): number {
  let low = 0;
  let high = ts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ts[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function refusal(complaint: string): EngineError {
  return new EngineError('invalid_walk_forward', `the walk-forward ${complaint}`);
}
