import { MAX_EXPRESSION_LENGTH } from '@tradebase/contracts';
import type { BinaryOperator } from '../plan/plan.ts';
import { ExpressionError } from './expression-error.ts';
import { readTokens, type Token } from './read-tokens.ts';
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

const KEYWORDS: readonly string[] = ['or', 'and', 'not'];

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
 * Reads an expression, by a method for each level of the language, from what binds least to what binds most. Only brackets
 * make it call itself, so that stack and time are bounded by their nesting and by the length.
 *
 * @throws ExpressionError where it is none, or nested too deeply
 */
export function parseExpression(text: string): SyntaxNode {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(MAX_EXPRESSION_LENGTH, `an expression has at most ${MAX_EXPRESSION_LENGTH} characters`);
  }
  checkBrackets(text);
  return new ExpressionReader(text).read();
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

const COMPARATORS: readonly string[] = ['<', '<=', '>', '>=', '==', '!='];

class ExpressionReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  read(): SyntaxNode {
    return this.#only(this.#list(''), 0);
  }

  /** Expressions between commas, up to a closing bracket or the end. */
  #list(close: string): SyntaxNode[] {
    const nodes: SyntaxNode[] = [];
    if (this.#peek().text === close && close !== '') return nodes;
    do nodes.push(this.#or());
    while (this.#take(',') !== undefined);
    const { kind, text } = this.#peek();
    if (close === '' ? kind !== 'end' : kind !== 'symbol' || text !== close) throw this.#unexpected();
    return nodes;
  }

  #only([node, another]: readonly SyntaxNode[], at: number): SyntaxNode {
    if (another) throw new ExpressionError(another.at, "unexpected ',': there is one expression here");
    if (!node) throw new ExpressionError(at, 'the expression is empty');
    return node;
  }

  #or(): SyntaxNode {
    return this.#chain(['or'], () => this.#and());
  }

  #and(): SyntaxNode {
    return this.#chain(['and'], () => this.#not());
  }

  #not(): SyntaxNode {
    const nots: Token[] = [];
    for (let not = this.#take('not'); not; not = this.#take('not')) nots.push(not);
    return nots.reduceRight<SyntaxNode>(
      (operand, { at }) => ({ kind: 'unary', operator: 'not', operand, at }),
      this.#comparison(),
    );
  }

  #comparison(): SyntaxNode {
    const left = this.#sum();
    const comparator = this.#take(...COMPARATORS);
    return comparator ? binary(left, comparator, this.#sum()) : left;
  }

  #sum(): SyntaxNode {
    return this.#chain(['+', '-'], () => this.#product());
  }

  #product(): SyntaxNode {
    return this.#chain(['*', '/', '%'], () => {
      const signs = this.#signs();
      return applySigns(signs, this.#power());
    });
  }

  /** From the right: 2^3^2 is 2^(3^2), and 2^-3^2 is 2^-(3^2). */
  #power(): SyntaxNode {
    const base = this.#postfix();
    const exponents: { at: number; signs: readonly Token[]; operand: SyntaxNode }[] = [];
    for (let caret = this.#take('^'); caret; caret = this.#take('^')) {
      const signs = this.#signs();
      exponents.push({ at: caret.at, signs, operand: this.#postfix() });
    }
    let right: SyntaxNode | undefined;
    let at = 0;
    for (const exponent of exponents.toReversed()) {
      const { operand: left, signs } = exponent;
      right = applySigns(signs, right ? { kind: 'binary', operator: 'power', left, right, at } : left);
      at = exponent.at;
    }
    return right ? { kind: 'binary', operator: 'power', left: base, right, at } : base;
  }

  #postfix(): SyntaxNode {
    let operand = this.#primary();
    for (let suffix = this.#take('[', '.'); suffix; suffix = this.#take('[', '.')) {
      if (suffix.text === '.') {
        const { text, at } = this.#name();
        operand = { kind: 'output', operand, output: text, at };
      } else {
        const bars = this.#list(']');
        const { at } = this.#expect(']');
        operand = { kind: 'previous', operand, bars: this.#only(bars, at), at };
      }
    }
    return operand;
  }

  #primary(): SyntaxNode {
    const { kind, text, at } = this.#peek();
    if (kind === 'number' || kind === 'text') {
      this.#next += 1;
      return kind === 'number' ? { kind, value: Number(text), at } : { kind, value: text, at };
    }
    if (this.#take('(')) {
      const nodes = this.#list(')');
      return this.#only(nodes, this.#expect(')').at);
    }
    const { text: name } = this.#name();
    if (!this.#take('(')) return { kind: 'name', name, at };
    const args = this.#list(')');
    this.#expect(')');
    return { kind: 'call', name, args, at };
  }

  /** Operands between operators, gathered from the left. */
  #chain(operators: readonly string[], operand: () => SyntaxNode): SyntaxNode {
    let left = operand();
    for (let operator = this.#take(...operators); operator; operator = this.#take(...operators)) {
      left = binary(left, operator, operand());
    }
    return left;
  }

  #signs(): Token[] {
    const signs: Token[] = [];
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-')) signs.push(sign);
    return signs;
  }

  #name(): Token {
    const token = this.#peek();
    if (token.kind !== 'name' || KEYWORDS.includes(token.text)) throw this.#unexpected();
    this.#next += 1;
    return token;
  }

  #expect(symbol: string): Token {
    const token = this.#take(symbol);
    if (!token) throw this.#unexpected();
    return token;
  }

  /** The next token if it is one of these symbols or keywords. */
  #take(...texts: readonly string[]): Token | undefined {
    const token = this.#peek();
    if ((token.kind !== 'symbol' && token.kind !== 'name') || !texts.includes(token.text)) return undefined;
    this.#next += 1;
    return token;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (!token) throw new RangeError('nothing comes after the end');
    return token;
  }

  #unexpected(): ExpressionError {
    return describeFailure(this.#text, this.#peek().at);
  }
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

function binary(left: SyntaxNode, { text, at }: Token, right: SyntaxNode): SyntaxNode {
  const operator = OPERATORS[text];
  if (operator === undefined) throw new ExpressionError(at, `there is no operator ${text}`);
  return { kind: 'binary', operator, left, right, at };
}

/** An even number of minus signs is none. */
function applySigns(signs: readonly Token[], operand: SyntaxNode): SyntaxNode {
  const minuses = signs.filter(({ text }) => text === '-');
  const [first] = minuses;
  if (!first || minuses.length % 2 === 0) return operand;
  return { kind: 'unary', operator: 'negate', operand, at: first.at };
}
