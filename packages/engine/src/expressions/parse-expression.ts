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
  const pieces = new Map<number, Piece>();
  for (const { open, close } of bracketsOf(text)) {
    pieces.set(open, { nodes: parsePiece(text, open + 1, close, pieces), close });
  }
  return onlyOne(parsePiece(text, 0, text.length, pieces), 0);
}

/** Pairs of brackets, inner ones before outer ones. */
function bracketsOf(text: string): { open: number; close: number }[] {
  const pairs: { open: number; close: number }[] = [];
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
      pairs.push({ open, close: at });
    }
  }
  if (waiting.length > 0) throw new ExpressionError(text.length, 'the expression ends where something must follow');
  return pairs;
}

/** What stands within a pair of brackets, by the offset of the opening one, and the offset of the closing one. */
interface Piece {
  readonly nodes: readonly SyntaxNode[];
  readonly close: number;
}

/** What stands between commas from `from` to `to`, once what is within its brackets is known. */
function parsePiece(text: string, from: number, to: number, pieces: ReadonlyMap<number, Piece>): readonly SyntaxNode[] {
  let left = '';
  // Where each character that is left stood, and where the piece ends.
  const offsets: number[] = [];
  for (let at = from; at < to; at++) {
    left += text.charAt(at);
    offsets.push(at);
    const close = pieces.get(at)?.close;
    if (close !== undefined) at = close - 1;
  }
  offsets.push(to);
  const match = GRAMMAR.match(left);
  if (match.failed()) throw describeFailure(text, offsets[match.getRightmostFailurePosition()] ?? to, to);
  reading = { offsets, pieces };
  return SEMANTICS(match).trees();
}

function onlyOne(nodes: readonly SyntaxNode[], at: number): SyntaxNode {
  const [node, another] = nodes;
  if (another) throw new ExpressionError(another.at, "unexpected ',': there is one expression here");
  if (!node) throw new ExpressionError(at, 'the expression is empty');
  return node;
}

function describeFailure(text: string, at: number, end: number): ExpressionError {
  if (text.trim() === '') return new ExpressionError(0, 'the expression is empty');
  const rest = text.slice(at, end);
  if (rest.trim() === '') return new ExpressionError(at, 'the expression ends where something must follow');
  const token = /^(\w+|[^\s\w])/.exec(rest)?.[0] ?? rest.charAt(0);
  if (token === "'" || token === '"') return new ExpressionError(at, 'a text is not closed, or stands where none can');
  const hint = HINTS[token] ?? HINTS[text.charAt(at - 1)];
  return new ExpressionError(at, `unexpected '${token}'${hint === undefined ? '' : `: ${hint}`}`);
}

/** The piece that the actions below read: nothing comes in between. */
let reading: { readonly offsets: readonly number[]; readonly pieces: ReadonlyMap<number, Piece> } = {
  offsets: [],
  pieces: new Map(),
};

const SEMANTICS = GRAMMAR.createSemantics();

SEMANTICS.addOperation<readonly SyntaxNode[]>('trees', {
  Pieces: (list) => list.asIteration().children.map((piece: Node): SyntaxNode => piece.tree()),
});

SEMANTICS.addOperation<SyntaxNode>('tree', {
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
      const [opening, content] = form?.children ?? [];
      if (!form || !opening || !content) return operand;
      return form.ctorName === 'Suffix_output'
        ? { kind: 'output', operand, output: content.sourceString, at: startOf(content) }
        : { kind: 'previous', operand, bars: onlyOne(contentOf(opening), startOf(content)), at: startOf(content) };
    }, primary.tree()),
  Primary_group: (open, close) => onlyOne(contentOf(open), startOf(close)),
  Call: (name, open, _close) => ({
    kind: 'call',
    name: name.sourceString,
    args: contentOf(open),
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
  return reading.offsets[node.source.startIdx] ?? 0;
}

/** What stands within the brackets that open here. */
function contentOf(open: Node): readonly SyntaxNode[] {
  return reading.pieces.get(startOf(open))?.nodes ?? [];
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
