import { suggestName } from '../nearest-name.ts';
import { isTrue } from '../plan/apply-operator.ts';
import { isConditionOperator } from '../plan/is-condition.ts';
import type { BinaryOperator, NodeId } from '../plan/plan.ts';
import { PlanError } from '../plan/plan-builder.ts';
import { bindCall, outputOf } from './bind-call.ts';
import { ExpressionError } from './expression-error.ts';
import { BrokenColumn, type ExpressionScope } from './expression-scope.ts';
import { INDICATOR_NAMES } from './indicator-names.ts';
import { ACCOUNT_NAMES, PREDICTION, PRICE_MEANS, RESERVED_NAMES, SERIES } from './reserved-names.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import { type Frame, nameType, type Term } from './term.ts';

/** Most bars that an expression looks back with `[n]`. */
const MAX_LOOK_BACK = 10_000;

/**
 * Checks the types of an expression and adds what it needs to the plan.
 *
 * @throws ExpressionError at what is wrong; BrokenColumn where a column that it uses is
 */
export class ExpressionBinder {
  readonly scope: ExpressionScope;

  constructor(scope: ExpressionScope) {
    this.scope = scope;
  }

  /** What a part of an expression stands for, counting the bars of a frame. */
  bind(node: SyntaxNode, frame: Frame): Term {
    try {
      return this.#bindNode(node, frame);
    } catch (error) {
      if (error instanceof PlanError) throw new ExpressionError(node.at, error.message);
      throw error;
    }
  }

  bindNumber(node: SyntaxNode, frame: Frame, what: string): NodeId {
    const term = this.bind(node, frame);
    if (term.type === 'number') return term.node;
    throw new ExpressionError(node.at, `${what} must be a number; this is ${nameType(term.type)}`);
  }

  bindCondition(node: SyntaxNode, frame: Frame, what: string): NodeId {
    const term = this.bind(node, frame);
    if (term.type === 'condition') return term.node;
    const hint = term.type === 'number' ? ': compare it with something, as in close > open' : '';
    throw new ExpressionError(node.at, `${what} must be a condition; this is ${nameType(term.type)}${hint}`);
  }

  /** The value of a part that is the same at every bar. */
  bindConstant(node: SyntaxNode, frame: Frame, what: string): number {
    const value = this.scope.builder.constantOf(this.bindNumber(node, frame, what));
    if (value !== undefined) return value;
    throw new ExpressionError(node.at, `${what} must be constant: a number, a parameter or arithmetic of them`);
  }

  #bindNode(node: SyntaxNode, frame: Frame): Term {
    const { builder } = this.scope;
    switch (node.kind) {
      case 'number':
        return { type: 'number', node: builder.constant(node.value) };
      case 'text':
        return { type: 'text', value: node.value };
      case 'name':
        return this.#bindName(node.name, node.at, frame);
      case 'unary':
        return node.operator === 'not'
          ? {
              type: 'condition',
              node: builder.unary('not', this.bindCondition(node.operand, frame, "what follows 'not'")),
            }
          : { type: 'number', node: builder.unary('negate', this.bindNumber(node.operand, frame, "what follows '-'")) };
      case 'binary':
        return this.#bindBinary(node, frame);
      case 'call':
        return bindCall(this, node, frame);
      case 'previous':
        return this.#bindPrevious(node, frame);
      case 'output':
        return outputOf(this, this.bind(node.operand, frame), node);
    }
  }

  #bindName(name: string, at: number, frame: Frame): Term {
    const { builder, values, columnNames } = this.scope;
    if (columnNames.has(name)) {
      const column = this.scope.column(name, frame);
      if (column === undefined) throw new BrokenColumn(name);
      return column;
    }
    const value = values.get(name);
    if (typeof value === 'number') return { type: 'number', node: builder.constant(value) };
    if (typeof value === 'boolean') return { type: 'condition', node: builder.constant(value ? 1 : 0) };
    if (typeof value === 'string') return { type: 'text', value };

    if (name === 'true' || name === 'false') {
      return { type: 'condition', node: builder.constant(name === 'true' ? 1 : 0) };
    }
    const series = SERIES.find((column) => column === name);
    if (series) return { type: 'number', node: builder.add({ op: 'column', column: series, ...frame }) };
    const mean = Object.hasOwn(PRICE_MEANS, name) ? PRICE_MEANS[name] : undefined;
    if (mean) return { type: 'number', node: this.#bindMean(mean, frame) };
    if (name === PREDICTION) return this.bindExtra(name, at, frame);
    throw this.#unknownName(name, at);
  }

  /** A further column of the instrument, such as the predictions of a model. */
  bindExtra(name: string, at: number, frame: Frame): Term {
    if (frame.timeframe !== null) {
      throw new ExpressionError(
        at,
        `the column '${name}' is of the instrument's own bars: it cannot be used within tf()`,
      );
    }
    return { type: 'number', node: this.scope.builder.add({ op: 'extra', name, instrument: frame.instrument }) };
  }

  #bindMean(columns: readonly (typeof SERIES)[number][], frame: Frame): NodeId {
    const { builder } = this.scope;
    const sum = columns
      .map((column) => builder.add({ op: 'column', column, ...frame }))
      .reduce((left, right) => builder.binary('add', left, right));
    return builder.binary('divide', sum, builder.constant(columns.length));
  }

  #unknownName(name: string, at: number): ExpressionError {
    if (ACCOUNT_NAMES.includes(name)) {
      return new ExpressionError(
        at,
        `unknown name '${name}': expressions see the market, not the account; write stops, targets and time_exit instead`,
      );
    }
    if (INDICATOR_NAMES.has(name)) {
      return new ExpressionError(at, `'${name}' is an indicator: call it, as in ${INDICATOR_NAMES.get(name)}`);
    }
    const { columnNames, values } = this.scope;
    const candidates = [...columnNames, ...values.keys(), ...RESERVED_NAMES];
    return new ExpressionError(at, `unknown name '${name}'${suggestName(name, candidates)}`);
  }

  #bindBinary(node: Extract<SyntaxNode, { kind: 'binary' }>, frame: Frame): Term {
    const { builder } = this.scope;
    const { operator } = node;
    if (operator === 'and' || operator === 'or') {
      const left = this.bindCondition(node.left, frame, `the left of '${operator}'`);
      const right = this.bindCondition(node.right, frame, `the right of '${operator}'`);
      return { type: 'condition', node: builder.binary(operator, left, right) };
    }
    const sign = SIGNS[operator] ?? operator;
    if (operator === 'equal' || operator === 'not_equal') {
      const [left, right] = [this.bind(node.left, frame), this.bind(node.right, frame)];
      if (left.type === 'text' || right.type === 'text') return this.#compareTexts(node, left, right);
    }
    const left = this.bindNumber(node.left, frame, `the left of '${sign}'`);
    const right = this.bindNumber(node.right, frame, `the right of '${sign}'`);
    const type = isConditionOperator(operator) ? 'condition' : 'number';
    return { type, node: builder.binary(operator, left, right) };
  }

  /** Texts are the same at every bar: so is what comes of comparing them. */
  #compareTexts(node: Extract<SyntaxNode, { kind: 'binary' }>, left: Term, right: Term): Term {
    if (left.type !== 'text' || right.type !== 'text') {
      const other = left.type === 'text' ? right.type : left.type;
      throw new ExpressionError(node.at, `a text can be compared with a text alone, not with ${nameType(other)}`);
    }
    const same = left.value === right.value;
    return { type: 'condition', node: this.scope.builder.constant(same === (node.operator === 'equal') ? 1 : 0) };
  }

  #bindPrevious(node: Extract<SyntaxNode, { kind: 'previous' }>, frame: Frame): Term {
    const bars = this.bindConstant(node.bars, frame, 'the number of bars in [ ]');
    if (bars < 0) {
      throw new ExpressionError(node.bars.at, `[${bars}] looks into the future; [1] is the bar before, [0] this one`);
    }
    if (!Number.isInteger(bars) || bars > MAX_LOOK_BACK) {
      throw new ExpressionError(node.bars.at, `[${bars}] must be a whole number of bars from 0 to ${MAX_LOOK_BACK}`);
    }
    const term = this.bind(node.operand, frame);
    if (term.type === 'text') throw new ExpressionError(node.at, 'a text has no bars to look back on');
    return this.delayed(term.type, this.scope.builder.shift(term.node, bars));
  }

  /** A condition that begins later: before it does it is false, not NaN. */
  delayed(type: 'number' | 'condition', node: NodeId): Term {
    const { builder } = this.scope;
    if (type === 'number') return { type, node };
    const { op } = builder.nodes[node] ?? {};
    return {
      type,
      node: op === 'shift' || op === 'align' ? builder.binary('not_equal', node, builder.constant(0)) : node,
    };
  }

  /** One of two terms of the same type. */
  choose(condition: NodeId, then: Term, otherwise: Term, at: number): Term {
    if (then.type === 'text' && otherwise.type === 'text') {
      const decided = this.scope.builder.constantOf(condition);
      if (decided === undefined)
        throw new ExpressionError(at, 'if() chooses a text by a condition that is constant alone');
      return isTrue(decided) ? then : otherwise;
    }
    if (then.type === 'text' || otherwise.type === 'text' || then.type !== otherwise.type) {
      const [one, other] = [nameType(then.type), nameType(otherwise.type)];
      throw new ExpressionError(at, `if() gives ${one} or ${other}; both must be of one type`);
    }
    const { builder } = this.scope;
    if (then.type === 'number') return { type: 'number', node: builder.choose(condition, then.node, otherwise.node) };
    const whenTrue = builder.binary('and', condition, then.node);
    const whenFalse = builder.binary('and', builder.unary('not', condition), otherwise.node);
    return { type: 'condition', node: builder.binary('or', whenTrue, whenFalse) };
  }
}

const SIGNS: Partial<Record<BinaryOperator, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
  power: '^',
  less: '<',
  less_equal: '<=',
  greater: '>',
  greater_equal: '>=',
  equal: '==',
  not_equal: '!=',
};
