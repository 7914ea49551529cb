import type { RuleStrategySpec, StrategyIssue } from '@tradebase/contracts';
import { ExpressionError, placeOf } from '../expressions/expression-error.ts';
import { parseExpression } from '../expressions/parse-expression.ts';
import { RESERVED_NAMES } from '../expressions/reserved-names.ts';
import { namesIn, type SyntaxNode } from '../expressions/syntax-tree.ts';

/** The expressions of a rule strategy, read but not bound to values. */
export interface ParsedRules {
  readonly spec: RuleStrategySpec;
  /** By the path of their field. */
  readonly syntax: ReadonlyMap<string, { readonly text: string; readonly tree: SyntaxNode }>;
  /** The columns that the strategy names, each with those it is made of, in an order in which those come first. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  readonly issues: readonly StrategyIssue[];
  readonly hasCircle: boolean;
}

/** Fields of a specification that hold expressions, at any depth. */
const EXPRESSION_FIELDS = [
  'requires',
  'indicators',
  'long',
  'short',
  'sizing',
  'entry_order',
  'stop_loss',
  'take_profit',
  'trailing_stop',
  'time_exit',
  'cooldown_bars',
  'pyramiding',
  'daily_loss_cap_pct',
  'max_positions',
] as const satisfies readonly (keyof RuleStrategySpec)[];

/** Names of variants, beside expressions. */
const WORD_FIELDS: readonly string[] = ['method', 'type'];

/** Reads all expressions of a strategy, with everything that is wrong with them whatever the parameters are. */
export function parseRules(spec: RuleStrategySpec): ParsedRules {
  const syntax = new Map<string, { text: string; tree: SyntaxNode }>();
  const issues: StrategyIssue[] = [];
  for (const field of EXPRESSION_FIELDS) {
    for (const [path, text] of textsIn(field, spec[field])) {
      try {
        syntax.set(path, { text, tree: parseExpression(text) });
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        issues.push({ path, message: error.message, ...placeOf(text, error.at) });
      }
    }
  }
  issues.push(...checkNames(spec));
  const { columns, circles } = orderColumns(spec, syntax);
  return { spec, syntax, columns, issues: [...issues, ...circles], hasCircle: circles.length > 0 };
}

function* textsIn(path: string, value: unknown): Generator<[path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!WORD_FIELDS.includes(key) || path === 'indicators') yield* textsIn(`${path}.${key}`, member);
    }
  }
}

function checkNames({ parameters = {}, indicators = {} }: RuleStrategySpec): StrategyIssue[] {
  const issues: StrategyIssue[] = [];
  for (const [field, names] of Object.entries({ parameters, indicators })) {
    for (const name of Object.keys(names)) {
      const path = `${field}.${name}`;
      if (RESERVED_NAMES.includes(name))
        issues.push({ path, message: `'${name}' has a meaning already: choose another name` });
      else if (field === 'indicators' && Object.hasOwn(parameters, name)) {
        issues.push({ path, message: `'${name}' is a parameter already: choose another name` });
      }
    }
  }
  return issues;
}

/** All that each column is made of, directly and not; and an issue for each that is made of itself. */
function orderColumns({ indicators = {} }: RuleStrategySpec, syntax: ParsedRules['syntax']) {
  const uses = new Map<string, string[]>();
  for (const name of Object.keys(indicators)) {
    const tree = syntax.get(`indicators.${name}`)?.tree;
    uses.set(name, tree ? [...namesIn(tree)].filter((used) => Object.hasOwn(indicators, used)) : []);
  }
  const columns = new Map<string, readonly string[]>();
  const circles: StrategyIssue[] = [];
  for (const name of uses.keys()) {
    const order = orderOf(name, uses);
    columns.set(name, order);
    if (order.includes(name)) {
      circles.push({
        path: `indicators.${name}`,
        message: `'${name}' is computed from itself: indicators cannot go in a circle`,
      });
    }
  }
  return { columns, circles };
}

/** What a column is made of, deepest first; the column itself only where it is in a circle. */
function orderOf(name: string, uses: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const entered = new Set<string>();
  const visit = (current: string): void => {
    for (const used of uses.get(current) ?? []) {
      if (entered.has(used)) continue;
      entered.add(used);
      visit(used);
      order.push(used);
    }
  };
  visit(name);
  return order;
}
