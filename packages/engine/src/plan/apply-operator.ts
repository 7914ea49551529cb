import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import { power } from '../math/power.ts';
import { type BinaryOperator, EQUALITY_TOLERANCE, type UnaryOperator } from './plan.ts';

/** An operator on one number: the meaning of a `unary` node at one bar. */
export function applyUnary(operator: UnaryOperator, a: number): number {
  switch (operator) {
    case 'negate':
      return -a;
    case 'not':
      return isTrue(a) ? 0 : 1;
    case 'absolute':
      return Math.abs(a);
    case 'log':
      return a > 0 ? log(a) : NaN;
    case 'exp':
      return finite(exp(a));
    case 'sqrt':
      return Math.sqrt(a);
    case 'sign':
      return Math.sign(a);
    case 'floor':
      return Math.floor(a);
    case 'ceil':
      return Math.ceil(a);
    case 'round':
      return Math.round(a);
  }
}

/** An operator on two numbers: the meaning of a `binary` node at one bar, but for the two that look back. */
export function applyBinary(
  operator: Exclude<BinaryOperator, 'crosses_above' | 'crosses_below'>,
  a: number,
  b: number,
): number {
  switch (operator) {
    case 'add':
      return finite(a + b);
    case 'subtract':
      return finite(a - b);
    case 'multiply':
      return finite(a * b);
    case 'divide':
      return finite(a / b);
    case 'modulo':
      return a % b;
    case 'power':
      return finite(power(a, b));
    case 'less':
      return a < b ? 1 : 0;
    case 'less_equal':
      return a <= b ? 1 : 0;
    case 'greater':
      return a > b ? 1 : 0;
    case 'greater_equal':
      return a >= b ? 1 : 0;
    case 'equal':
      return compareTolerant(a, b) === 0 ? 1 : 0;
    case 'not_equal':
      return Math.abs(compareTolerant(a, b)) === 1 ? 1 : 0;
    case 'and':
      return isTrue(a) && isTrue(b) ? 1 : 0;
    case 'or':
      return isTrue(a) || isTrue(b) ? 1 : 0;
    case 'minimum':
      return Math.min(a, b);
    case 'maximum':
      return Math.max(a, b);
  }
}

/** 1 when `a` is above `b`, -1 when it is below, 0 when they are equal but for rounding; NaN when either is NaN. */
export function compareTolerant(a: number, b: number): number {
  const difference = a - b;
  if (Math.abs(difference) <= EQUALITY_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))) return 0;
  return Math.sign(difference);
}

/** Whether a number holds as a condition: neither 0 nor NaN. */
export function isTrue(a: number): boolean {
  return a !== 0 && !Number.isNaN(a);
}

/** The number, or NaN for one without bounds. */
export function finite(a: number): number {
  return a - a === 0 ? a : NaN;
}
