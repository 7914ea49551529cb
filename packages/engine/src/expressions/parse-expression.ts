import { MAX_EXPRESSION_LENGTH } from '@tradebase/contracts';
import type { IterationNode, Node } from 'ohm-js';
import type { BinaryOperator } from '../plan/plan.ts';
import { ExpressionError } from './expression-error.ts';
import { GRAMMAR } from './grammar.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Deepest nesting of brackets. */
const MAX_NESTING = 100;

const OPERATORS: Readonly<Record<string, BinaryOperator>> = {
  or: 'or',
  and: 'and',
  '<': 'less',
  '<=': 'less_equal',
  '>': 'greater',
  '>=': 'greater_equal',
  '==': 'equal',
  '!=': 'not_equal',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
};

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
 * Reads an expression.
 *
 * @throws ExpressionError where it is none, or nested too deeply
 */
export function parseExpression(text: string): SyntaxNode {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(MAX_EXPRESSION_LENGTH, `an expression has at most ${MAX_EXPRESSION_LENGTH} characters`);
  }
  checkNesting(text);
  const match = GRAMMAR.match(text);
  if (match.failed()) throw describeFailure(text, match.getRightmostFailurePosition());
  return SEMANTICS(match).tree();
}

function checkNesting(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') depth--;
    if (depth > MAX_NESTING) throw new ExpressionError(i, `brackets are nested deeper than ${MAX_NESTING} levels`);
  }
}

function describeFailure(text: string, at: number): ExpressionError {
  if (text.trim() === '') return new ExpressionError(0, 'the expression is empty');
  const rest = text.slice(at);
  if (rest.trim() === '') return new ExpressionError(at, 'the expression ends where something must follow');
  const token = /^(\w+|[^\s\w])/.exec(rest)?.[0] ?? rest.charAt(0);
  if (token === "'" || token === '"') return new ExpressionError(at, 'a text is not closed, or stands where none can');
  const hint = HINTS[token] ?? HINTS[text.charAt(at - 1)];
  return new ExpressionError(at, `unexpected '${token}'${hint === undefined ? '' : `: ${hint}`}`);
}

const SEMANTICS = GRAMMAR.createSemantics().addOperation<SyntaxNode>('tree', {
  Whole: (or) => or.tree(),
  Or: (first, operators, rest) => foldLeft(first, operators, rest),
  And: (first, operators, rest) => foldLeft(first, operators, rest),
  Not: (nots, comparison) =>
    nots.children.reduceRight<SyntaxNode>(
      (operand, not) => ({ kind: 'unary', operator: 'not', operand, at: startOf(not) }),
      comparison.tree(),
    ),
  Comparison_compared: (left, comparator, right) => binary(left.tree(), comparator, right.tree()),
  Sum: (first, operators, rest) => foldLeft(first, operators, rest),
  Product: (first, operators, rest) => foldLeft(first, operators, rest),
  Signed: (signs, power) => applySigns(signs, power.tree()),
  Power: (base, carets, exponents) => {
    // From the right: 2^3^2 is 2^(3^2), and 2^-3^2 is 2^-(3^2).
    let right: SyntaxNode | undefined;
    for (let i = exponents.numChildren - 1; i >= 0; i--) {
      const [signs, postfix] = exponents.child(i).children;
      if (!signs || !postfix) continue;
      const operand: SyntaxNode = right
        ? { kind: 'binary', operator: 'power', left: postfix.tree(), right, at: startOf(carets.child(i + 1)) }
        : postfix.tree();
      right = applySigns(signs, operand);
    }
    if (!right) return base.tree();
    return { kind: 'binary', operator: 'power', left: base.tree(), right, at: startOf(carets.child(0)) };
  },
  Postfix: (primary, suffixes) =>
    suffixes.children.reduce<SyntaxNode>((operand, suffix) => {
      const [form] = suffix.children;
      const [, content] = form?.children ?? [];
      if (!form || !content) return operand;
      return form.ctorName === 'Suffix_output'
        ? { kind: 'output', operand, output: content.sourceString, at: startOf(content) }
        : { kind: 'previous', operand, bars: content.tree(), at: startOf(content) };
    }, primary.tree()),
  Primary_group: (_open, or, _close) => or.tree(),
  Call: (name, _open, args, _close) => ({
    kind: 'call',
    name: name.sourceString,
    args: args.asIteration().children.map((argument: Node): SyntaxNode => argument.tree()),
    at: startOf(name),
  }),
  name(_start, _rest) {
    return { kind: 'name', name: this.sourceString, at: startOf(this) };
  },
  number(_mantissa, _exponent) {
    return { kind: 'number', value: Number(this.sourceString), at: startOf(this) };
  },
  text(_quoted) {
    return { kind: 'text', value: this.sourceString.slice(1, -1), at: startOf(this) };
  },
});

function startOf(node: Node): number {
  return node.source.startIdx;
}

function foldLeft(first: Node, operators: IterationNode, rest: IterationNode): SyntaxNode {
  return operators.children.reduce<SyntaxNode>(
    (left, operator, i) => binary(left, operator, rest.child(i).tree()),
    first.tree(),
  );
}

function binary(left: SyntaxNode, operator: Node, right: SyntaxNode): SyntaxNode {
  const named = OPERATORS[operator.sourceString];
  if (named === undefined)
    throw new ExpressionError(startOf(operator), `there is no operator ${operator.sourceString}`);
  return { kind: 'binary', operator: named, left, right, at: startOf(operator) };
}

/** An even number of minus signs is none. */
function applySigns(signs: Node, operand: SyntaxNode): SyntaxNode {
  const minuses = signs.children.filter((sign) => sign.sourceString === '-');
  const [first] = minuses;
  if (!first || minuses.length % 2 === 0) return operand;
  return { kind: 'unary', operator: 'negate', operand, at: startOf(first) };
}
