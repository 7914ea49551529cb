import type { ParameterValue, ParameterValues, RuleStrategySpec, StrategyIssue } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { namesIn } from '../expressions/syntax-tree.ts';
import { firstValues } from '../plan/first-values.ts';
import type { Plan } from '../plan/plan.ts';
import { prunePlan } from '../plan/prune-plan.ts';
import { mapRuleNodes, ruleNodes } from '../plan/rule-nodes.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import { bindTradeRules } from './bind-trade-rules.ts';
import { chooseValues } from './choose-values.ts';
import { type ParsedRules, parseRules } from './parse-rules.ts';
import { RuleBinder } from './rule-binder.ts';
import type { StrategyDefinition } from './strategy-definition.ts';

/**
 * A strategy written as rules, as the engine's own are.
 *
 * @param about what people read of it; by default its name and description
 * @throws EngineError `invalid_params` where the values chosen are none of its parameters' or break what it requires;
 * `invalid_expression` with the path, line and column of the first mistake in an expression
 */
export function compileRuleSpec(spec: RuleStrategySpec, about: { readonly title?: string } = {}): StrategyDefinition {
  const rules = parseRules(spec);
  const { values, issues } = chooseValues(spec.parameters ?? {}, spec.params);
  refuse([...rules.issues, ...issues]);
  const { plan } = bindRules(rules, values).program ?? {};
  const needs = plan && needsOf(plan);
  return {
    name: spec.name,
    title: about.title ?? spec.name,
    description: spec.description ?? '',
    parameters: spec.parameters ?? {},
    ...(needs ? { needs } : {}),
    build(chosen) {
      const bound = bindRules(rules, chosen);
      refuse(bound.issues);
      if (!bound.program) throw new RangeError('rules without an issue make a program');
      return { kind: 'rules', name: spec.name, program: bound.program };
    },
  };
}

/** Everything that is wrong with a strategy written as rules, with the values that it chooses. */
export function checkRuleSpec(spec: RuleStrategySpec): StrategyIssue[] {
  const rules = parseRules(spec);
  const { values, issues } = chooseValues(spec.parameters ?? {}, spec.params);
  // What is computed from itself cannot be bound.
  if (rules.hasCircle) return [...rules.issues, ...issues];
  return [...rules.issues, ...issues, ...bindRules(rules, values).issues];
}

function bindRules(
  rules: ParsedRules,
  chosen: ParameterValues,
): { issues: readonly StrategyIssue[]; program?: RuleProgram } {
  const values = new Map(Object.entries(chosen));
  const binder = new RuleBinder(rules, values);
  checkRequirements(rules, binder, values);
  // What breaks a requirement breaks more: one clear issue instead of all that follows from it.
  if (binder.issues.length > 0) return { issues: binder.issues };
  binder.bindColumns();
  const bound = bindTradeRules(binder, rules.spec);
  if (binder.issues.length > 0) return { issues: binder.issues };

  const { plan, renumber } = prunePlan(binder.builder.nodes, ruleNodes(bound));
  const tradeRules = mapRuleNodes(bound, renumber);
  const first = firstValues(plan, (bars) => bars);
  const warm_up_bars = Math.max(0, ...ruleNodes(tradeRules).map((id) => first[id] ?? 0));
  return { issues: [], program: { plan, rules: tradeRules, warm_up_bars } };
}

function checkRequirements(rules: ParsedRules, binder: RuleBinder, values: ReadonlyMap<string, ParameterValue>): void {
  for (const [index, text] of (rules.spec.requires ?? []).entries()) {
    const path = `requires.${index}`;
    const issues = binder.issues.length;
    const holds = binder.builder.constantOf(binder.condition(path));
    if (binder.issues.length > issues || !rules.syntax.has(path)) continue;
    if (holds === undefined) {
      binder.issues.push({ path, message: 'must be a condition on parameters alone' });
    } else if (holds === 0) {
      const { tree } = rules.syntax.get(path) ?? {};
      const names = tree ? [...namesIn(tree)].filter((name) => values.has(name)) : [];
      const chosen = names.map((name) => `${name} is ${values.get(name)}`).join(' and ');
      binder.issues.push({ path, message: `${chosen || 'this does not hold'}; ${text} is required` });
    }
  }
}

function needsOf(plan: Plan): StrategyDefinition['needs'] {
  const symbols = new Set<string>();
  const columns = new Set<string>();
  for (const node of plan.nodes) {
    if (node.op === 'extra') columns.add(node.name);
    if ('instrument' in node && node.instrument !== null) symbols.add(node.instrument);
  }
  if (symbols.size === 0 && columns.size === 0) return undefined;
  return {
    ...(symbols.size > 0 ? { instruments: symbols.size + 1 } : {}),
    ...(columns.size > 0 ? { columns: [...columns] } : {}),
  };
}

/** Throws the first issue, and says how many more there are. */
function refuse(issues: readonly StrategyIssue[]): void {
  const [issue] = issues;
  if (!issue) return;
  const { path, message, line, column } = issue;
  const place = line === undefined || column === undefined ? '' : ` (line ${line}, column ${column})`;
  const more = issues.length === 1 ? '' : `; and ${issues.length - 1} more`;
  const code = /^(params|requires)\./.test(path) ? 'invalid_params' : 'invalid_expression';
  const details = { path, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  throw new EngineError(code, `${path}${place}: ${message}${more}`, details);
}
