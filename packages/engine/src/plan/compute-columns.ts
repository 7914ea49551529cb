import { applyBinary, applyUnary, compareTolerant, isTrue } from './apply-operator.ts';
import type { BinaryOperator, UnaryOperator } from './plan.ts';

/** Values of a node: a column, or one number where it is the same at every bar. */
export type PlanColumn = Float64Array | number;

/** Writes an operator on one column. */
export function computeUnary(out: Float64Array, operator: UnaryOperator, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = applyUnary(operator, a[i] as number);
}

/** Writes an operator on two columns, or a column and a number. */
export function computeBinary(out: Float64Array, operator: BinaryOperator, a: PlanColumn, b: PlanColumn): void {
  if (operator === 'crosses_above') computeCrossing(out, a, b, 1);
  else if (operator === 'crosses_below') computeCrossing(out, a, b, -1);
  else {
    for (let i = 0; i < out.length; i++) out[i] = applyBinary(operator, valueAt(a, i), valueAt(b, i));
  }
}

/** 1 where `a` was not on the side of `b` that it is on now: leaving a tie is a crossing. NaN on either bar is none. */
function computeCrossing(out: Float64Array, a: PlanColumn, b: PlanColumn, side: 1 | -1): void {
  let before = NaN;
  for (let i = 0; i < out.length; i++) {
    const now = compareTolerant(valueAt(a, i), valueAt(b, i)) * side;
    out[i] = now > 0 && before <= 0 ? 1 : 0;
    before = now;
  }
}

export function computeChoice(
  out: Float64Array,
  condition: Float64Array,
  then: PlanColumn,
  otherwise: PlanColumn,
): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = isTrue(condition[i] as number) ? valueAt(then, i) : valueAt(otherwise, i);
  }
}

/** Values of so many bars ago; NaN before the first. */
export function computeShift(out: Float64Array, input: Float64Array, bars: number): void {
  const shifted = Math.min(bars, out.length);
  out.set(input.subarray(0, out.length - shifted), shifted);
  out.fill(NaN, 0, shifted);
}

/** Values at the indices of another series; NaN where there is none yet. */
export function computeAligned(out: Float64Array, input: Float64Array, indices: Int32Array): void {
  for (let i = 0; i < out.length; i++) {
    const index = indices[i] as number;
    out[i] = index < 0 ? NaN : (input[index] as number);
  }
}

function valueAt(column: PlanColumn, bar: number): number {
  return typeof column === 'number' ? column : (column[bar] as number);
}
