import { escapeLiteral } from 'pg';
import type { ChangeFilter, FilterOperator } from './parse-filters.ts';

const SYMBOLS: Record<Exclude<FilterOperator, 'is' | 'in'>, string> = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
};

/** The words that may follow `is`; anything else is refused before it gets here. */
export const IS_WORDS = ['null', 'true', 'false', 'unknown'];

/**
 * A filter as an SQL condition.
 * @param operand SQL of the column's value, as text.
 * @param type The column's type as Postgres writes it, quoted where it has to be.
 */
export function filterSql({ operator, value, negated }: ChangeFilter, operand: string, type: string): string {
  const condition = `(${operand})::${type} ${rightHand(operator, value, type)}`;
  return negated ? `not (${condition})` : `(${condition})`;
}

function rightHand(operator: FilterOperator, value: string, type: string): string {
  if (operator === 'is') {
    if (!IS_WORDS.includes(value)) throw new Error('a word that is no truth value came into a filter');
    return `is ${value}`;
  }
  if (operator === 'in') return `= any (${escapeLiteral(value)}::${type}[])`;
  return `${SYMBOLS[operator]} ${escapeLiteral(value)}::${type}`;
}
