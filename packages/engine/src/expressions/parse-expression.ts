import { MAX_EXPRESSION_LENGTH } from '@tradebase/contracts';
import { ExpressionError } from './expression-error.ts';
import * as grammar from './grammar.generated.js';
import type { SyntaxNode } from './syntax-tree.ts';

/** Deepest nesting of brackets. */
const MAX_NESTING = 100;

/** What is often written for something else. */
const HINTS: Readonly<Record<string, string>> = {
  '=': 'to compare, write ==',
  '&': "write 'and'",
  '|': "write 'or'",
  '!': "write 'not'",
  '*': 'a power is written ^',
  '<': 'comparisons cannot be chained: write a < b and b < c',
  '>': 'comparisons cannot be chained: write a < b and b < c',
  '?': 'write if(condition, a, b)',
};

/**
 * Reads an expression in the language of `grammar.peggy`. Stack and time are bounded by the nesting of brackets and the
 * length.
 *
 * @throws ExpressionError where it is none, or nested too deeply
 */
export function parseExpression(text: string): SyntaxNode {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(MAX_EXPRESSION_LENGTH, `an expression has at most ${MAX_EXPRESSION_LENGTH} characters`);
  }
  checkBrackets(text);
  try {
    return grammar.parse(text);
  } catch (error) {
    if (error instanceof grammar.SyntaxError) throw describeFailure(text, error.location.start.offset);
    throw error;
  }
}

/** Refuses brackets that do not match, before anything within them is read: they say most of what is wrong. */
function checkBrackets(text: string): void {
  const waiting: number[] = [];
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '(' || character === '[') {
      if (waiting.push(at) > MAX_NESTING) {
        throw new ExpressionError(at, `brackets are nested deeper than ${MAX_NESTING} levels`);
      }
    } else if (character === ')' || character === ']') {
      const open = waiting.pop();
      if (open === undefined) throw new ExpressionError(at, `unexpected '${character}': nothing was opened`);
      const expected = text[open] === '(' ? ')' : ']';
      if (character !== expected)
        throw new ExpressionError(at, `unexpected '${character}' where '${expected}' must come first`);
    }
  }
  if (waiting.length > 0) throw new ExpressionError(text.length, 'the expression ends where something must follow');
}

function describeFailure(text: string, at: number): ExpressionError {
  if (text.trim() === '') return new ExpressionError(0, 'the expression is empty');
  const rest = text.slice(at);
  if (/^\s*([)\]]|$)/.test(rest)) return new ExpressionError(at, 'the expression ends where something must follow');
  const token = /^(\w+|[^\s\w])/.exec(rest)?.[0] ?? rest.charAt(0);
  if (token === "'" || token === '"') return new ExpressionError(at, 'a text is not closed, or stands where none can');
  const hint = HINTS[token] ?? HINTS[text.charAt(at - 1)];
  return new ExpressionError(at, `unexpected '${token}'${hint === undefined ? '' : `: ${hint}`}`);
}
