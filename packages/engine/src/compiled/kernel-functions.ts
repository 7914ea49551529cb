/** Byte offset in the memory of an instance. */
export type Pointer = number;

type OfTwo = (a: Pointer, b: Pointer, out: Pointer, length: number) => void;
type OfOne = (a: Pointer, out: Pointer, length: number) => void;
/** A window or average of one column. */
type OfPeriod = (state: Pointer, values: Pointer, out: Pointer, length: number, period: number) => void;

/** The functions of the module, as `packages/engine/assembly` has them. */
export interface KernelFunctions {
  heap_base(): Pointer;
  readonly add: OfTwo;
  readonly subtract: OfTwo;
  readonly multiply: OfTwo;
  readonly divide: OfTwo;
  readonly minimum: OfTwo;
  readonly maximum: OfTwo;
  readonly less: OfTwo;
  readonly less_equal: OfTwo;
  readonly and: OfTwo;
  readonly or: OfTwo;
  readonly not: OfOne;
  equality(a: Pointer, b: Pointer, out: Pointer, length: number, wanted: number): void;
  crosses(state: Pointer, a: Pointer, b: Pointer, out: Pointer, length: number, direction: number): void;
  shift(values: Pointer, out: Pointer, length: number, bars: number): void;
  fill(out: Pointer, length: number, value: number): void;
  keep_history(values: Pointer, length: number, history: number): void;
  readonly sma: OfPeriod;
  readonly rsi: OfPeriod;
  readonly roc: OfPeriod;
  ema(state: Pointer, values: Pointer, out: Pointer, length: number, period: number, weight: number): void;
  atr(
    state: Pointer,
    highs: Pointer,
    lows: Pointer,
    closes: Pointer,
    out: Pointer,
    length: number,
    period: number,
  ): void;
  finite_run(values: Pointer, length: number): number;
  extreme(state: Pointer, values: Pointer, out: Pointer, length: number, period: number, sign: number): void;
  macd(
    state: Pointer,
    values: Pointer,
    line: Pointer,
    signal: Pointer,
    histogram: Pointer,
    length: number,
    fast: number,
    slow: number,
    signalPeriod: number,
  ): void;
  running_sums(values: Pointer, have: number, length: number, reference: number, sums: Pointer): number;
  mean_offsets(sums: Pointer, have: number, length: number, period: number, out: Pointer): void;
  average_cross(
    state: Pointer,
    values: Pointer,
    have: number,
    length: number,
    fast: number,
    slow: number,
    sums: Pointer,
    most: number,
    reference: number,
    fastOffsets: Pointer,
    slowOffsets: Pointer,
    up: Pointer,
    down: Pointer,
  ): number;
  macd_stretches(
    state: Pointer,
    values: Pointer,
    lines: Pointer,
    signals: Pointer,
    histograms: Pointer,
    length: number,
    stride: number,
    fastWeight: number,
    slowWeight: number,
    signalWeight: number,
    rounding: number,
  ): void;
  atr_stretches(
    state: Pointer,
    highs: Pointer,
    lows: Pointer,
    closes: Pointer,
    out: Pointer,
    length: number,
    stride: number,
    weight: number,
  ): number;
  bands(
    values: Pointer,
    length: number,
    period: number,
    deviations: number,
    upper: Pointer,
    middle: Pointer,
    lower: Pointer,
    scratch: Pointer,
  ): number;
  to_mask(values: Pointer, out: Pointer, length: number): void;
  simulate(simulation: Pointer, length: number): void;
  simulate_plain(simulation: Pointer, length: number): void;
  word_extremes(closes: Pointer, length: number, out: Pointer): void;
}
