import { readFileSync } from 'node:fs';
import {
  formatStrategyDocument,
  type ParameterValues,
  parseStrategyDocument,
  RuleStrategySpec,
  type StrategySpec,
} from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_STRATEGIES, checkStrategySpec, compileRuleSpec, resolveStrategy } from '../src/index.ts';
import type { NodeId, PlanNode } from '../src/plan/plan.ts';
import { ruleNodes } from '../src/plan/rule-nodes.ts';
import type { RuleProgram } from '../src/plan/rule-program.ts';
import { programOf } from './support/evaluate-expression.ts';

const ENTRY = { long: { entry: 'close > open' } };
const rulesOf = (more: object) => programOf(RuleStrategySpec.parse({ name: 'test', ...ENTRY, ...more }));
const constantAt = ({ plan }: RuleProgram, id: NodeId | undefined): number | undefined => {
  const node = plan.nodes[id ?? -1];
  return node?.op === 'constant' ? node.value : undefined;
};
const issuesOf = (more: object) =>
  checkStrategySpec(RuleStrategySpec.parse({ name: 'test', ...ENTRY, ...more })).map(
    ({ path, message }) => `${path}: ${message}`,
  );
const countOf = ({ plan }: RuleProgram, is: (node: PlanNode) => boolean) => plan.nodes.filter(is).length;

describe('A strategy written as rules', () => {
  it('goes in with all its equity at market, and has nothing else, unless it says so', () => {
    const program = rulesOf({});
    expect(program.rules).toMatchObject({
      exit_long: null,
      enter_short: null,
      exit_short: null,
      sizing: { method: 'percent_of_equity' },
      entry_order: { type: 'market' },
      stop_loss: null,
      take_profit: null,
      trailing_stop: null,
      time_exit_bars: null,
      cooldown_bars: 0,
      max_entries: 1,
      daily_loss_cap_pct: null,
      max_positions: 1,
      session: null,
    });
    const { sizing } = program.rules;
    expect(sizing.method === 'percent_of_equity' && constantAt(program, sizing.percent)).toBe(100);
  });

  it('has every rule in the program, with its parameters bound', () => {
    const program = rulesOf({
      parameters: { risk: { default: 1, min: 0.5, max: 3 }, bars: { default: 20, min: 1, max: 50 } },
      short: { entry: 'close < open', exit: 'close > open' },
      sizing: { method: 'risk', risk_pct: 'risk' },
      entry_order: { type: 'limit', price: 'close * 0.99', valid_bars: 3 },
      stop_loss: { atr: 2, period: 'bars' },
      take_profit: { risk_multiple: 'risk * 2' },
      trailing_stop: { percent: 3, activate: { percent: 'risk' } },
      time_exit: { bars: 'bars * 2' },
      session: { time_zone: 'America/New_York', from: '09:30', to: '16:00', days: ['fri', 'mon'], close_at_end: true },
      cooldown_bars: 'bars',
      pyramiding: { max_entries: 3 },
      daily_loss_cap_pct: 2.5,
      max_positions: 4,
    });
    const { rules } = program;
    expect(rules).toMatchObject({
      sizing: { method: 'risk' },
      entry_order: { type: 'limit', valid_bars: 3 },
      stop_loss: { unit: 'price' },
      take_profit: { unit: 'risk' },
      time_exit_bars: 40,
      session: { time_zone: 'America/New_York', from_minute: 570, to_minute: 960, days: [1, 5], close_at_end: true },
      cooldown_bars: 20,
      max_entries: 3,
      daily_loss_cap_pct: 2.5,
      max_positions: 4,
    });
    expect(rules.take_profit?.unit === 'risk' && constantAt(program, rules.take_profit.multiple)).toBe(2);
    expect(program.plan.nodes).toContainEqual(expect.objectContaining({ op: 'indicator', name: 'atr', params: [20] }));
  });

  it('may use its columns in any order, and a column on the bars of another timeframe', () => {
    const indicators = { c: 'b * 2', b: 'a + 1', a: 'close - open', strong: 'c > 0' };
    expect(issuesOf({ indicators, long: { entry: "strong and tf('1d', c) > 1" } })).toEqual([]);
  });

  it('computes what is there twice once, constants at once, and what nothing needs never', () => {
    const program = rulesOf({
      parameters: { n: { default: 5, min: 2, max: 9 } },
      indicators: { a: 'sma(close, n)', b: 'sma(close, 2 + 3)', unused: 'rsi(close, 14)' },
      long: { entry: 'a > 1 and close > b and (1 < 2 or close > 7)', exit: 'not (a > 1)' },
    });
    expect(countOf(program, (node) => node.op === 'indicator')).toBe(1);
    expect(countOf(program, (node) => node.op === 'binary' && node.operator === 'greater')).toBe(2);
    expect(countOf(program, (node) => node.op === 'constant' && node.value === 7)).toBe(0);
    for (const [id, node] of program.plan.nodes.entries()) {
      const inputs = 'inputs' in node ? node.inputs : 'input' in node ? [node.input] : [];
      expect(inputs.every((input) => input < id)).toBe(true);
    }
    expect(ruleNodes(program.rules).every((id) => id < program.plan.nodes.length)).toBe(true);
  });

  it('has a warm-up of all that it looks at, and shifts and crossings too', () => {
    expect(rulesOf({}).warm_up_bars).toBe(0);
    expect(rulesOf({ long: { entry: 'sma(close, 10)[3] > 1' } }).warm_up_bars).toBe(12);
    expect(rulesOf({ long: { entry: 'crosses_above(sma(close, 10), 1)' } }).warm_up_bars).toBe(10);
    expect(rulesOf({ long: { entry: 'rsi(sma(close, 10), 14) > 1' } }).warm_up_bars).toBe(23);
    expect(rulesOf({ stop_loss: { atr: 2, period: 30 } }).warm_up_bars).toBe(30);
  });

  it('chooses by parameters of all types', () => {
    const parameters = {
      kind: { default: 'fast', choices: ['fast', 'slow'] },
      filter: { default: true },
      level: { default: 0.5, min: 0, max: 1 },
    };
    const long = { entry: "sma(close, if(kind == 'fast', 5, 50)) > level and (not filter or close > 3)" };
    const definition = compileRuleSpec(RuleStrategySpec.parse({ name: 'test', parameters, long }));
    const built = (values: ParameterValues) => {
      const strategy = definition.build({ kind: 'fast', filter: true, level: 0.5, ...values });
      return strategy.kind === 'rules' ? strategy.program : undefined;
    };
    expect(built({})?.warm_up_bars).toBe(4);
    expect(built({ kind: 'slow' })?.warm_up_bars).toBe(49);
    expect(built({})?.plan.nodes.length).toBeGreaterThan(built({ filter: false })?.plan.nodes.length ?? Infinity);
  });

  it('says what it needs besides its candles', () => {
    const spec = RuleStrategySpec.parse({
      name: 'test',
      long: { entry: "prediction > 0 and instrument('SPY', close) > 1" },
    });
    expect(compileRuleSpec(spec).needs).toEqual({ instruments: 2, columns: ['prediction'] });
    expect(compileRuleSpec(RuleStrategySpec.parse({ name: 'test', ...ENTRY })).needs).toBeUndefined();
  });

  it('sizes by a distance of its own as by a stop: what is lost over it is the risk', () => {
    const program = rulesOf({ sizing: { method: 'risk', risk_pct: 1, distance: { percent: 4 }, max_percent: 50 } });
    const { sizing } = program.rules;
    // 25 percent of equity loses 1 percent of equity over 4 percent of price.
    expect(sizing.method === 'percent_of_equity' && constantAt(program, sizing.percent)).toBe(25);
  });

  it.each([
    [
      'a circle',
      { indicators: { a: 'b', b: 'a' } },
      ["indicators.a: 'a' is computed", "indicators.b: 'b' is computed"],
    ],
    ['a reserved name', { indicators: { close: 'open' } }, ["indicators.close: 'close' has a meaning already"]],
    [
      'one name for two things',
      { parameters: { a: { default: 1, min: 1, max: 2 } }, indicators: { a: 'open' } },
      ["indicators.a: 'a' is a parameter already"],
    ],
    [
      'one mistake in a column that much is made of, once',
      { indicators: { a: 'opne', b: 'a + 1' }, long: { entry: "b > 1 and tf('1d', a) > 2" } },
      ["indicators.a: unknown name 'opne'"],
    ],
    [
      'a mistake in each of three fields',
      { indicators: { a: 'opne' }, long: { entry: 'close >' }, stop_loss: { percent: 'close > 1' } },
      [
        'long.entry: the expression ends',
        "indicators.a: unknown name 'opne'",
        'stop_loss.percent: this must be a number',
      ],
    ],
    ['a stop below nothing', { stop_loss: { percent: -2 } }, ['stop_loss.percent: is -2; it must be a number above 0']],
    ['half a bar', { time_exit: { bars: 1.5 } }, ['time_exit.bars: is 1.5; it must be a whole number from 1']],
    ['bars that differ', { cooldown_bars: 'volume' }, ['cooldown_bars: this must be constant']],
    [
      'a parameter that is not there',
      { params: { fats: 1 } },
      ["params.fats: there is no parameter 'fats': it has none"],
    ],
    ['a requirement on prices', { requires: ['close > 1'] }, ['requires.0: must be a condition on parameters alone']],
    ['an indicator of text', { indicators: { a: "'x'" } }, ['indicators.a: must be a number or a condition']],
  ])('is refused for %s', (_why, more, messages) => {
    const issues = issuesOf(more);
    expect(issues).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(issues[index]).toContain(message);
  });

  it('points at the place of a mistake in the document that it was read from', () => {
    const text = 'name: test\nlong:\n  entry: >-\n    close > open and\n    clsoe > 3\n';
    const document = parseStrategyDocument(text);
    if (!document.success) throw new Error('this document is well formed');
    const [issue] = checkStrategySpec(document.spec).map(document.locate);
    expect(issue).toMatchObject({ path: 'long.entry', line: 5, column: 5, message: expect.stringContaining('clsoe') });
  });
});

describe('The parameters of a strategy', () => {
  const refusal = (spec: StrategySpec) => checkStrategySpec(spec).map(({ path, message }) => `${path}: ${message}`);

  it('are those chosen, and defaults for the rest', () => {
    const { values, definition } = resolveStrategy({ name: 'sma-cross', params: { fast: 5 } });
    expect(values).toEqual({ fast: 5, slow: 30 });
    expect(definition.name).toBe('sma-cross');
  });

  it.each([
    [{ name: 'sma-cros', params: {} }, "name: there is no strategy named 'sma-cros', did you mean 'sma-cross'?"],
    [{ name: 'martingale', params: {} }, "name: there is no strategy named 'martingale'; there are "],
    [{ name: 'sma-cross', params: { fats: 1 } }, "params.fats: there is no parameter 'fats', did you mean 'fast'?"],
    [{ name: 'sma-cross', params: { fast: 1.5 } }, 'params.fast: is 1.5; it must be a whole number from 1 to 10000'],
    [{ name: 'sma-cross', params: { fast: '5' } }, 'params.fast: is 5; it must be a whole number'],
    [{ name: 'sma-cross', params: { fast: 40 } }, 'fast is 40 and slow is 30; fast < slow is required'],
    [
      { name: 'macd-rsi', params: { rsi_exit_min: 101 } },
      'params.rsi_exit_min: is 101; it must be a number from 0 to 100',
    ],
  ])('of %j are refused', (spec, message) => {
    const [issue, ...others] = refusal(spec);
    expect(others).toEqual([]);
    expect(issue).toContain(message);
    expect(() => resolveStrategy(spec)).toThrow(expect.objectContaining({ name: 'EngineError' }));
  });
});

describe('Every built-in strategy', () => {
  it.each(BUILT_IN_STRATEGIES.map((definition) => [definition.name, definition] as const))(
    '%s can run with its defaults, and says what it is',
    (name, definition) => {
      expect(checkStrategySpec({ name, params: {} })).toEqual([]);
      expect(resolveStrategy({ name, params: {} }).strategy.name).toBe(name);
      expect(definition.title).not.toBe('');
      expect(definition.description).toMatch(/\.$/);
    },
  );

  it('is there once', () => {
    const names = BUILT_IN_STRATEGIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['sma-cross', 'macd-rsi']));
  });
});

describe('A strategy that was written to a document and read again', () => {
  it('makes the same program', () => {
    const spec = RuleStrategySpec.parse({
      name: 'again',
      parameters: { n: { default: 5, min: 2, max: 9 } },
      indicators: { a: 'sma(close, n)' },
      long: { entry: 'close > a', exit: 'close < a' },
      stop_loss: { atr: 2 },
    });
    const read = parseStrategyDocument(formatStrategyDocument(spec));
    expect(read.success && resolveStrategy(read.spec).strategy).toEqual(resolveStrategy(spec).strategy);
  });
});

describe('The example in docs/strategies.md', () => {
  it('can run, and shows every field that rules can have', () => {
    const page = readFileSync(new URL('../docs/strategies.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const document = parseStrategyDocument(yaml);
    if (!document.success) throw new Error(JSON.stringify(document.issues));
    expect(checkStrategySpec(document.spec).map(document.locate)).toEqual([]);
    expect(Object.keys(document.spec).sort()).toEqual(Object.keys(RuleStrategySpec.shape).sort());
  });
});
