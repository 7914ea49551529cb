import type { NumberOrExpression, ParameterValue, StrategyIssue } from '@tradebase/contracts';
import { ExpressionBinder } from '../expressions/bind-expression.ts';
import { ExpressionError, placeOf } from '../expressions/expression-error.ts';
import { BrokenColumn } from '../expressions/expression-scope.ts';
import type { SyntaxNode } from '../expressions/syntax-tree.ts';
import { type Frame, OWN_FRAME, type Term } from '../expressions/term.ts';
import type { NodeId } from '../plan/plan.ts';
import { PlanBuilder, PlanError } from '../plan/plan-builder.ts';
import type { ParsedRules } from './parse-rules.ts';

/** What a number must be where it is the same at every bar. Others are judged where they are read. */
export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  /** Whether the minimum itself is too small. */
  readonly above?: boolean;
  readonly whole?: boolean;
}

/** Stands for what could not be bound. Nobody reads it: there is an issue then. */
const NOTHING = 0;

/** Binds the expressions of rules for one choice of parameters, and collects what is wrong with them, field by field. */
export class RuleBinder {
  readonly builder = new PlanBuilder();
  readonly issues: StrategyIssue[] = [];
  readonly #rules: ParsedRules;
  readonly #binder: ExpressionBinder;
  readonly #columns = new Map<string, Term | undefined>();

  constructor(rules: ParsedRules, values: ReadonlyMap<string, ParameterValue>) {
    this.#rules = rules;
    this.#binder = new ExpressionBinder({
      builder: this.builder,
      values,
      columnNames: new Set(rules.columns.keys()),
      column: (name, frame) => this.#column(name, frame),
    });
  }

  /** Binds the columns that the strategy names, whether or not they are used. */
  bindColumns(): void {
    for (const name of this.#rules.columns.keys()) this.#column(name, OWN_FRAME);
  }

  condition(path: string): NodeId {
    return this.#bind(path, '', (node) => this.#binder.bindCondition(node, OWN_FRAME, 'this')) ?? NOTHING;
  }

  /** A number that may differ from bar to bar. */
  number(path: string, written: NumberOrExpression, bounds: NumberBounds): NodeId {
    const id = this.#bind(path, written, (node) => {
      const number = this.#binder.bindNumber(node, OWN_FRAME, 'this');
      const value = this.builder.constantOf(number);
      if (value !== undefined) checkBounds(node, value, bounds);
      return number;
    });
    return id ?? NOTHING;
  }

  /** A number that is the same at every bar. */
  constant(path: string, written: NumberOrExpression, bounds: NumberBounds): number {
    const constant = this.#bind(path, written, (node) => {
      const value = this.#binder.bindConstant(node, OWN_FRAME, 'this');
      checkBounds(node, value, bounds);
      return value;
    });
    return constant ?? NOTHING;
  }

  /** A call of an indicator that nobody wrote. */
  indicator(path: string, name: string, params: readonly number[]): NodeId {
    const args = params.map((value): SyntaxNode => ({ kind: 'number', value, at: 0 }));
    const call: SyntaxNode = { kind: 'call', name, args, at: 0 };
    return this.#guard(path, '', () => this.#binder.bindNumber(call, OWN_FRAME, 'this')) ?? NOTHING;
  }

  #bind<Result>(path: string, written: NumberOrExpression, bind: (node: SyntaxNode) => Result): Result | undefined {
    if (typeof written === 'number')
      return this.#guard(path, '', () => bind({ kind: 'number', value: written, at: 0 }));
    const read = this.#rules.syntax.get(path);
    // What could not be read is an issue already.
    return read && this.#guard(path, read.text, () => bind(read.tree));
  }

  #guard<Result>(path: string, text: string, bind: () => Result): Result | undefined {
    try {
      return bind();
    } catch (error) {
      if (error instanceof ExpressionError)
        this.#report(path, error.message, text === '' ? {} : placeOf(text, error.at));
      else if (error instanceof PlanError) this.#report(path, error.message);
      else if (!(error instanceof BrokenColumn)) throw error;
      return undefined;
    }
  }

  /** A column that is used on the bars of several timeframes is bound for each, and its mistakes are said once. */
  #report(path: string, message: string, place: { line?: number; column?: number } = {}): void {
    if (this.issues.some((issue) => issue.path === path && issue.message === message)) return;
    this.issues.push({ path, message, ...place });
  }

  /** What a column is made of is bound before it: a long chain of columns is no deep recursion. */
  #column(name: string, frame: Frame): Term | undefined {
    const key = `${name} ${frame.instrument ?? ''} ${frame.timeframe ?? ''}`;
    if (!this.#columns.has(key)) {
      for (const part of this.#rules.columns.get(name) ?? []) if (part !== name) this.#bindColumn(part, frame);
      this.#bindColumn(name, frame);
    }
    return this.#columns.get(key);
  }

  #bindColumn(name: string, frame: Frame): void {
    const key = `${name} ${frame.instrument ?? ''} ${frame.timeframe ?? ''}`;
    if (this.#columns.has(key)) return;
    // Until it is bound it is broken: a circle, which is an issue already, ends here.
    this.#columns.set(key, undefined);
    const path = `indicators.${name}`;
    const written = this.#rules.spec.indicators?.[name] ?? '';
    const term = this.#bind(path, written, (node) => this.#binder.bind(node, frame));
    if (term?.type === 'text') this.#report(path, 'must be a number or a condition, not a text');
    else this.#columns.set(key, term);
  }
}

function checkBounds(node: SyntaxNode, value: number, { min, max, above = false, whole = false }: NumberBounds): void {
  if (value <= max && (above ? value > min : value >= min) && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a whole number' : 'a number';
  const range = above ? `above ${min}, at most ${max}` : `from ${min} to ${max}`;
  throw new ExpressionError(node.at, `is ${value}; it must be ${kind} ${range}`);
}
