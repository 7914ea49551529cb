import { z } from 'zod';
import { storableText } from './storable-text.ts';

export const MAX_EXPRESSION_LENGTH = 2000;

/** Text in the expression language; what it means is for the engine to say. */
export const StrategyExpression = storableText(MAX_EXPRESSION_LENGTH).min(1);
export type StrategyExpression = z.infer<typeof StrategyExpression>;

/** A number, or an expression that gives one: the name of a parameter for instance. */
export const NumberOrExpression = z.union([z.number(), StrategyExpression], {
  error: `must be a number or an expression of 1 to ${MAX_EXPRESSION_LENGTH} characters`,
});
export type NumberOrExpression = z.infer<typeof NumberOrExpression>;
