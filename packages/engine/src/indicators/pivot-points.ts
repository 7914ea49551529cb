import { defineIndicator } from './define-indicator.ts';
import type { IndicatorDefinition } from './indicator-definition.ts';
import { dayOf, UTC_OFFSET_MINUTES } from './trading-day.ts';

/** Writes the levels of a day, from high, low and close of the day before. */
type Levels = (high: number, low: number, close: number, out: Float64Array) => void;

function definePivots(
  name: string,
  description: string,
  outputs: readonly string[],
  write: Levels,
): IndicatorDefinition {
  return defineIndicator({
    name,
    description,
    inputs: [],
    candle_inputs: ['ts', 'high', 'low', 'close'],
    params: [UTC_OFFSET_MINUTES],
    outputs,
    // With daily bars; finer bars have none until their second day.
    firstIndex: () => 1,

    begin(offsetMinutes: number) {
      const levels = new Float64Array(outputs.length).fill(NaN);
      let [day, high, low, close] = [NaN, NaN, NaN, NaN];
      return (bar, out) => {
        const today = dayOf(bar[0] as number, offsetMinutes);
        if (today !== day) {
          if (!Number.isNaN(day)) write(high, low, close, levels);
          day = today;
          high = bar[1] as number;
          low = bar[2] as number;
        } else {
          high = Math.max(high, bar[1] as number);
          low = Math.min(low, bar[2] as number);
        }
        close = bar[3] as number;
        out.set(levels);
      };
    },
  });
}

const THREE_LEVELS = ['pivot', 'r1', 'r2', 'r3', 's1', 's2', 's3'] as const;
const FOUR_LEVELS = ['pivot', 'r1', 'r2', 'r3', 'r4', 's1', 's2', 's3', 's4'] as const;

/**
 * Floor traders' pivot points from high H, low L and close C of the day before, which is over: P = (H + L + C) / 3,
 * R1 = 2P - L, S1 = 2P - H, R2 = P + (H - L), S2 = P - (H - L), R3 = H + 2(P - L), S3 = L - 2(H - P). Days as in
 * `session_vwap`: they are the same at every bar of a day, and NaN on the first.
 */
export const PIVOT_CLASSIC = definePivots(
  'pivot_classic',
  "Floor traders' pivot points of the day, from high, low and close of the day before",
  THREE_LEVELS,
  (high, low, close, out) => {
    const pivot = (high + low + close) / 3;
    const range = high - low;
    out.set([
      pivot,
      2 * pivot - low,
      pivot + range,
      high + 2 * (pivot - low),
      2 * pivot - high,
      pivot - range,
      low - 2 * (high - pivot),
    ]);
  },
);

/** Pivot points with Fibonacci distances: P as in `pivot_classic`, P plus and minus 0.382, 0.618 and 1 times (H - L). */
export const PIVOT_FIBONACCI = definePivots(
  'pivot_fibonacci',
  'Pivot points of the day with Fibonacci distances, from high, low and close of the day before',
  THREE_LEVELS,
  (high, low, close, out) => {
    const pivot = (high + low + close) / 3;
    const range = high - low;
    const [near, middle] = [0.382 * range, 0.618 * range];
    out.set([pivot, pivot + near, pivot + middle, pivot + range, pivot - near, pivot - middle, pivot - range]);
  },
);

/** Camarilla levels (Nick Scott): C plus and minus 1.1 (H - L) over 12, 6, 4 and 2; `pivot` as in `pivot_classic`. */
export const PIVOT_CAMARILLA = definePivots(
  'pivot_camarilla',
  'Camarilla levels of the day, from high, low and close of the day before',
  FOUR_LEVELS,
  (high, low, close, out) => {
    const width = 1.1 * (high - low);
    const [d1, d2, d3, d4] = [width / 12, width / 6, width / 4, width / 2];
    const pivot = (high + low + close) / 3;
    out.set([pivot, close + d1, close + d2, close + d3, close + d4, close - d1, close - d2, close - d3, close - d4]);
  },
);
