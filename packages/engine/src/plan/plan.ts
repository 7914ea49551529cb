import type { CandleColumn, Timeframe } from '@tradebase/contracts';

/** Index of a node in `Plan.nodes`. */
export type NodeId = number;

/**
 * Operators of two numbers. Comparisons and logic give 0 or 1; a comparison with NaN gives 0. The others give NaN where an
 * input is NaN, and where the result is no finite number: x / 0, x % 0, and what is too large.
 */
export const BINARY_OPERATORS = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'modulo',
  'less',
  'less_equal',
  'greater',
  'greater_equal',
  'equal',
  'not_equal',
  'and',
  'or',
  'crosses_above',
  'crosses_below',
  'minimum',
  'maximum',
] as const;
export type BinaryOperator = (typeof BINARY_OPERATORS)[number];

/** `log` of 0 or less and `sqrt` below 0 are NaN; `round` takes halves up; `not` takes and gives 0 or 1. */
export const UNARY_OPERATORS = [
  'negate',
  'not',
  'absolute',
  'log',
  'exp',
  'sqrt',
  'sign',
  'floor',
  'ceil',
  'round',
] as const;
export type UnaryOperator = (typeof UNARY_OPERATORS)[number];

/**
 * One step of a computation on columns. A node stands for a column with a number at every bar of the main instrument (or
 * of the timeframe it is inside of), NaN where it is not known yet. Inputs have a smaller id.
 */
export type PlanNode =
  | { readonly op: 'constant'; readonly value: number }
  /** A column of candles. `instrument` is a symbol, or null for the instrument that is traded; `timeframe` null for its own. */
  | {
      readonly op: 'column';
      readonly column: CandleColumn;
      readonly instrument: string | null;
      readonly timeframe: Timeframe | null;
    }
  /** A further column of the instrument, by name: predictions. */
  | { readonly op: 'extra'; readonly name: string; readonly instrument: string | null }
  /** Output number `output` of an indicator. Indicators of candles take the columns they need as inputs. */
  | {
      readonly op: 'indicator';
      readonly name: string;
      readonly inputs: readonly NodeId[];
      readonly params: readonly number[];
      readonly output: number;
      /** Series whose bars the inputs count: as of `column`. */
      readonly instrument: string | null;
      readonly timeframe: Timeframe | null;
    }
  /** The value of so many bars ago. */
  | { readonly op: 'shift'; readonly input: NodeId; readonly bars: number }
  /** Brings a column of another timeframe or instrument to the bars of the main one: the last value available at each close. */
  | {
      readonly op: 'align';
      readonly input: NodeId;
      readonly instrument: string | null;
      readonly timeframe: Timeframe | null;
    }
  | { readonly op: 'unary'; readonly operator: UnaryOperator; readonly input: NodeId }
  | { readonly op: 'binary'; readonly operator: BinaryOperator; readonly inputs: readonly [NodeId, NodeId] }
  /** `inputs[1]` where `inputs[0]` is not 0, else `inputs[2]`. */
  | { readonly op: 'choose'; readonly inputs: readonly [NodeId, NodeId, NodeId] };

/**
 * Two numbers that differ by no more than this share of the larger one are equal to the comparisons `equal`, `not_equal`,
 * `crosses_above` and `crosses_below`: what is one number on paper comes out of two sums with different last bits, and
 * those bits must not trade.
 */
export const EQUALITY_TOLERANCE = 1e-12;

/** A computation on columns with every parameter bound to a number: what both paths of the engine execute. */
export interface Plan {
  /** In an order in which inputs come first; equal nodes are there once. */
  readonly nodes: readonly PlanNode[];
}
