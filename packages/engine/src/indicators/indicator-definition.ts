import type { CandleColumn } from '@tradebase/contracts';

/** A number that an indicator is told: a period in bars, or a factor. */
export interface IndicatorParameter {
  readonly name: string;
  readonly type: 'period' | 'number';
  readonly default?: number;
  readonly min: number;
  readonly max: number;
}

/**
 * An indicator as expressions, frontends and documents see it.
 *
 * In an expression: `name(inputs..., params...)` or `name(...).output`; the candle columns are filled in by themselves.
 */
export interface IndicatorDefinition {
  readonly name: string;
  readonly description: string;
  /** Names of the series an expression must give, such as `values`; none where candle columns are all it needs. */
  readonly inputs: readonly string[];
  /** Candle columns it reads besides, of the instrument and timeframe it is used on. */
  readonly candle_inputs: readonly CandleColumn[];
  readonly params: readonly IndicatorParameter[];
  /** Names of its outputs; the first is meant where none is named. */
  readonly outputs: readonly string[];
  /** Index of the first value, where all inputs have one from index 0. NaN before it. */
  firstIndex(params: readonly number[]): number;
  /**
   * One column per output, each as long as the inputs: the series first, then the candle columns in the order named.
   * Inputs that begin with NaN (an indicator of an indicator) delay the result by as many bars.
   */
  compute(inputs: readonly Float64Array[], params: readonly number[]): Float64Array[];
  /** The same bar by bar: `update` takes the inputs of one bar and gives one number per output, the same bits as `compute`. */
  stream(params: readonly number[]): IndicatorStream;
}

export interface IndicatorStream {
  update(inputs: readonly number[]): readonly number[];
}
