import type { Candles, ParameterValues, RuleStrategySpec, Timeframe } from '@tradebase/contracts';
import { compileRuleSpec, evaluatePlan } from '../../src/index.ts';
import type { InstrumentSeries, MarketData } from '../../src/market/market-data.ts';
import type { RuleProgram } from '../../src/plan/rule-program.ts';

/** The program of rules, with values for its parameters. */
export function programOf(spec: RuleStrategySpec, values: ParameterValues = {}): RuleProgram {
  const definition = compileRuleSpec(spec);
  const defaults = Object.entries(definition.parameters).map(([name, parameter]) => [name, parameter.default]);
  const strategy = definition.build({ ...Object.fromEntries(defaults), ...values });
  if (strategy.kind !== 'rules') throw new Error('rules make a strategy of rules');
  return strategy.program;
}

export function seriesOf(
  candles: Candles,
  timeframe: Timeframe,
  more: Partial<InstrumentSeries> = {},
): InstrumentSeries {
  return { symbol: 'MAIN', timeframe, candles, ...more };
}

/** What an expression gives at every bar of the first instrument, and the first bar at which it can carry a signal. */
export function evaluate(
  expression: string,
  market: MarketData,
  { type = 'number', more = {} }: { type?: 'number' | 'condition'; more?: Partial<RuleStrategySpec> } = {},
): { values: number[]; first_bar: number } {
  const program =
    type === 'condition'
      ? programOf({ name: 'test', long: { entry: expression }, ...more })
      : programOf({
          name: 'test',
          long: { entry: 'false' },
          sizing: { method: 'fixed_quantity', quantity: expression },
          ...more,
        });
  const { enter_long, sizing } = program.rules;
  const node = type === 'condition' ? enter_long : sizing.method === 'fixed_quantity' ? sizing.quantity : null;
  if (node === null) throw new Error('there is nothing to evaluate');
  const { columns, first_bar } = evaluatePlan(program.plan, market, 0, [node]);
  const column = columns.get(node) ?? Number.NaN;
  const bars = market.instruments[0]?.candles.ts.length ?? 0;
  return { values: typeof column === 'number' ? new Array<number>(bars).fill(column) : [...column], first_bar };
}
