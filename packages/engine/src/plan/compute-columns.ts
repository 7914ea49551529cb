import { applyBinary, applyUnary, finite } from './apply-operator.ts';
import { type BinaryOperator, EQUALITY_TOLERANCE, type UnaryOperator } from './plan.ts';

/** Values of a node: a column, or one number where it is the same at every bar. */
export type PlanColumn = Float64Array | number;

/** Writes an operator on one column. */
export function computeUnary(out: Float64Array, operator: UnaryOperator, a: Float64Array): void {
  if (operator === 'not') for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) > 0 ? 0 : 1;
  else if (operator === 'absolute') for (let i = 0; i < out.length; i++) out[i] = Math.abs(a[i] as number);
  else if (operator === 'negate') for (let i = 0; i < out.length; i++) out[i] = -(a[i] as number);
  else for (let i = 0; i < out.length; i++) out[i] = applyUnary(operator, a[i] as number);
}

/**
 * Writes an operator on two columns: `applyBinary` at every bar, with a loop of its own for each operator that is common,
 * because a choice within the loop costs more than what is chosen. Conditions are 0 or 1, so that logic multiplies.
 */
export function computeBinary(out: Float64Array, operator: BinaryOperator, a: Float64Array, b: Float64Array): void {
  switch (operator) {
    case 'crosses_above':
      computeCrossing(out, a, b);
      return;
    case 'crosses_below':
      computeCrossing(out, b, a);
      return;
    case 'add':
      for (let i = 0; i < out.length; i++) out[i] = finite((a[i] as number) + (b[i] as number));
      return;
    case 'subtract':
      for (let i = 0; i < out.length; i++) out[i] = finite((a[i] as number) - (b[i] as number));
      return;
    case 'multiply':
      for (let i = 0; i < out.length; i++) out[i] = finite((a[i] as number) * (b[i] as number));
      return;
    case 'divide':
      for (let i = 0; i < out.length; i++) out[i] = finite((a[i] as number) / (b[i] as number));
      return;
    case 'less':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) < (b[i] as number) ? 1 : 0;
      return;
    case 'less_equal':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) <= (b[i] as number) ? 1 : 0;
      return;
    case 'greater':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) > (b[i] as number) ? 1 : 0;
      return;
    case 'greater_equal':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) >= (b[i] as number) ? 1 : 0;
      return;
    case 'and':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) * (b[i] as number);
      return;
    case 'or':
      for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) + (b[i] as number) > 0 ? 1 : 0;
      return;
    default:
      for (let i = 0; i < out.length; i++) out[i] = applyBinary(operator, a[i] as number, b[i] as number);
  }
}

/**
 * 1 where `a` is above `b` and was not at the bar before: leaving a tie is a crossing. Two that differ by rounding alone
 * are a tie. NaN on either bar is no crossing.
 */
function computeCrossing(out: Float64Array, a: Float64Array, b: Float64Array): void {
  let wasNotAbove = false;
  for (let i = 0; i < out.length; i++) {
    const one = a[i] as number;
    const other = b[i] as number;
    const distance = one - other;
    // Below or level, no margin is needed.
    if (distance <= 0) {
      out[i] = 0;
      wasNotAbove = true;
    } else {
      const margin = EQUALITY_TOLERANCE * Math.max(Math.abs(one), Math.abs(other));
      out[i] = wasNotAbove && distance > margin ? 1 : 0;
      wasNotAbove = distance <= margin;
    }
  }
}

/** Writes the first where the condition holds, else the second. */
export function computeChoice(
  out: Float64Array,
  condition: Float64Array,
  then: Float64Array,
  otherwise: Float64Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = ((condition[i] as number) > 0 ? then[i] : otherwise[i]) as number;
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
