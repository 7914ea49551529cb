import { SYMBOL, TIMEFRAMES } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { indicatorNamed } from '../indicators/catalogue.ts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';
import { suggestName } from '../nearest-name.ts';
import type { BinaryOperator, UnaryOperator } from '../plan/plan.ts';
import type { ExpressionBinder } from './bind-expression.ts';
import { ExpressionError } from './expression-error.ts';
import { INDICATOR_NAMES } from './indicator-names.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import { type Frame, type IndicatorCall, OWN_FRAME, type Term } from './term.ts';

type CallNode = Extract<SyntaxNode, { kind: 'call' }>;
type BindFunction = (binder: ExpressionBinder, call: CallNode, frame: Frame) => Term;

const UNARY: Readonly<Record<string, UnaryOperator>> = {
  abs: 'absolute',
  log: 'log',
  exp: 'exp',
  sqrt: 'sqrt',
  sign: 'sign',
  floor: 'floor',
  ceil: 'ceil',
  round: 'round',
};

/** Functions that are not indicators, with how each is called. */
const FUNCTIONS = new Map<string, { readonly usage: string; readonly bind: BindFunction }>([
  ...Object.entries(UNARY).map(
    ([name, operator]) => [name, { usage: `${name}(a)`, bind: bindUnaryFunction(operator) }] as const,
  ),
  ['min', { usage: 'min(a, b, ...)', bind: bindExtreme('minimum') }],
  ['max', { usage: 'max(a, b, ...)', bind: bindExtreme('maximum') }],
  ['if', { usage: 'if(condition, a, b)', bind: bindIf }],
  ['crosses_above', { usage: 'crosses_above(a, b)', bind: bindCrossing('crosses_above') }],
  ['crosses_below', { usage: 'crosses_below(a, b)', bind: bindCrossing('crosses_below') }],
  ['tf', { usage: "tf('1h', expression)", bind: bindElsewhere }],
  ['instrument', { usage: "instrument('SPY', expression)", bind: bindElsewhere }],
  ['column', { usage: "column('name')", bind: bindColumn }],
]);

/** Names of the functions that are not indicators. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];

export function bindCall(binder: ExpressionBinder, call: CallNode, frame: Frame): Term {
  const known = FUNCTIONS.get(call.name);
  if (known) return known.bind(binder, call, frame);
  const definition = indicatorNamed(call.name);
  if (definition) return bindIndicator(binder, call, definition, frame);
  const suggestion = suggestName(call.name, [...FUNCTION_NAMES, ...INDICATOR_NAMES.keys()]);
  throw new ExpressionError(call.at, `unknown function '${call.name}'${suggestion}`);
}

/** Arguments, once they are as many as the function takes. */
function argsOf(call: CallNode, least: number, most = least): readonly SyntaxNode[] {
  const { args, name, at } = call;
  if (args.length >= least && args.length <= most) return args;
  const usage = FUNCTIONS.get(name)?.usage ?? INDICATOR_NAMES.get(name) ?? name;
  throw new ExpressionError(at, `${name} has ${args.length} arguments; it is called as ${usage}`);
}

/** The only argument, or the two, or three: what `argsOf` has counted. */
function argAt(args: readonly SyntaxNode[], index: number): SyntaxNode {
  const argument = args[index];
  if (!argument) throw new RangeError(`there is no argument ${index}`);
  return argument;
}

function bindUnaryFunction(operator: UnaryOperator): BindFunction {
  return (binder, call, frame) => {
    const input = binder.bindNumber(argAt(argsOf(call, 1), 0), frame, `what ${call.name} takes`);
    return { type: 'number', node: binder.scope.builder.unary(operator, input) };
  };
}

function bindExtreme(operator: BinaryOperator): BindFunction {
  return (binder, call, frame) => {
    const inputs = argsOf(call, 2, 50).map((arg) => binder.bindNumber(arg, frame, `what ${call.name} takes`));
    return { type: 'number', node: inputs.reduce((a, b) => binder.scope.builder.binary(operator, a, b)) };
  };
}

function bindCrossing(operator: BinaryOperator): BindFunction {
  return (binder, call, frame) => {
    const args = argsOf(call, 2);
    const a = binder.bindNumber(argAt(args, 0), frame, `what ${call.name} takes`);
    const b = binder.bindNumber(argAt(args, 1), frame, `what ${call.name} takes`);
    return { type: 'condition', node: binder.scope.builder.binary(operator, a, b) };
  };
}

function bindIf(binder: ExpressionBinder, call: CallNode, frame: Frame): Term {
  const args = argsOf(call, 3);
  const condition = binder.bindCondition(argAt(args, 0), frame, 'the first argument of if');
  const then = binder.bind(argAt(args, 1), frame);
  return binder.choose(condition, then, binder.bind(argAt(args, 2), frame), call.at);
}

function textAt(binder: ExpressionBinder, call: CallNode, what: string): string {
  const argument = argAt(call.args, 0);
  const term = binder.bind(argument, OWN_FRAME);
  if (term.type === 'text') return term.value;
  throw new ExpressionError(argument.at, `${call.name} takes ${what} in quotes first`);
}

/**
 * `tf` and `instrument`, or one directly around the other: an expression on other bars, brought to those of the strategy
 * in one step.
 */
function bindElsewhere(binder: ExpressionBinder, call: CallNode, frame: Frame): Term {
  if (frame !== OWN_FRAME) {
    const together = "tf('1d', instrument('SPY', ...))";
    throw new ExpressionError(call.at, `${call.name}() within tf() or instrument() must follow directly: ${together}`);
  }
  let inner = frameOf(binder, call, frame);
  let argument = argAt(call.args, 1);
  if (argument.kind === 'call' && argument.name !== call.name && ELSEWHERE.includes(argument.name)) {
    inner = frameOf(binder, argument, inner);
    argument = argAt(argument.args, 1);
  }
  const term = binder.bind(argument, inner);
  if (term.type === 'text' || binder.scope.builder.constantOf(term.node) !== undefined) return term;
  return binder.delayed(term.type, binder.scope.builder.add({ op: 'align', input: term.node, ...inner }));
}

const ELSEWHERE: readonly string[] = ['tf', 'instrument'];

function frameOf(binder: ExpressionBinder, call: CallNode, frame: Frame): Frame {
  const [first] = argsOf(call, 2);
  if (call.name === 'tf') {
    const name = textAt(binder, call, "a timeframe such as '1h'");
    const timeframe = TIMEFRAMES.find((known) => known === name);
    if (timeframe) return { ...frame, timeframe };
    const message = `there is no timeframe '${name}'; there are ${TIMEFRAMES.join(', ')}`;
    throw new ExpressionError(first?.at ?? call.at, message);
  }
  const instrument = textAt(binder, call, "a symbol such as 'SPY'").toUpperCase();
  if (SYMBOL.test(instrument)) return { ...frame, instrument };
  throw new ExpressionError(first?.at ?? call.at, `'${instrument}' is no symbol; one looks like SPY or BTC/USDT`);
}

function bindColumn(binder: ExpressionBinder, call: CallNode, frame: Frame): Term {
  argsOf(call, 1);
  const name = textAt(binder, call, 'the name of a column');
  return binder.bindExtra(name, call.at, frame);
}

function bindIndicator(binder: ExpressionBinder, call: CallNode, definition: IndicatorDefinition, frame: Frame): Term {
  const { builder } = binder.scope;
  const { inputs: series, candle_inputs, params } = definition;
  const required = params.filter((param) => param.default === undefined).length;
  const args = argsOf(call, series.length + required, series.length + params.length);
  const inputs = series.map((input, i) => binder.bindNumber(argAt(args, i), frame, `${input} of ${call.name}`));
  const values = params.map((param, i) => {
    const argument = args[series.length + i];
    if (!argument) return param.default ?? NaN;
    const value = binder.bindConstant(argument, frame, `${param.name} of ${call.name}`);
    if (value >= param.min && value <= param.max && (param.type !== 'period' || Number.isInteger(value))) return value;
    const kind = param.type === 'period' ? 'a whole number of bars' : 'a number';
    const range = `from ${param.min} to ${param.max}`;
    throw new ExpressionError(argument.at, `${param.name} of ${call.name} is ${value}; it must be ${kind} ${range}`);
  });
  checkTogether(definition, values, call.at);
  const candles = candle_inputs.map((column) => builder.add({ op: 'column', column, ...frame }));
  return termOf(binder, { definition, inputs: [...inputs, ...candles], params: values, frame }, 0);
}

/** Lets the indicator refuse parameters that are right alone but not together. */
function checkTogether(definition: IndicatorDefinition, params: readonly number[], at: number): void {
  try {
    definition.firstIndex(params);
  } catch (error) {
    if (error instanceof EngineError) throw new ExpressionError(at, `${definition.name}: ${error.message}`);
    throw error;
  }
}

function termOf(binder: ExpressionBinder, call: IndicatorCall, output: number): Term {
  const { definition, inputs, params, frame } = call;
  const node = binder.scope.builder.add({ op: 'indicator', name: definition.name, inputs, params, output, ...frame });
  return { type: 'number', node, call };
}

/** `indicator(...).output`, of a call or of a column that is one. */
export function outputOf(binder: ExpressionBinder, operand: Term, node: Extract<SyntaxNode, { kind: 'output' }>): Term {
  if (operand.type !== 'number' || !operand.call) {
    throw new ExpressionError(node.at, `.${node.output} is for outputs of an indicator, as in macd(close).signal`);
  }
  const { name, outputs } = operand.call.definition;
  const index = outputs.indexOf(node.output);
  if (index !== -1) return termOf(binder, operand.call, index);
  const known = outputs.join(', ');
  throw new ExpressionError(
    node.at,
    `${name} has no output '${node.output}'${suggestName(node.output, outputs)}; it has ${known}`,
  );
}
