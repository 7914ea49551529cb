import type { Timeframe } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { indicatorNamed } from '../indicators/catalogue.ts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';
import type { Plan, PlanNode } from './plan.ts';
import { inputsOf } from './plan-inputs.ts';

/** At which bar of the main series so many bars of another are complete for the first time. */
export type FirstAligned = (first: number, instrument: string | null, timeframe: Timeframe | null) => number;

/**
 * Index of the first bar at which each node has its value, as far as the length of its windows says: before it, there is
 * no value, even where one could be computed.
 */
export function firstValues(plan: Plan, aligned: FirstAligned): Float64Array {
  const first = new Float64Array(plan.nodes.length);
  for (const [id, node] of plan.nodes.entries()) {
    const inputs = inputsOf(node).reduce((latest, input) => Math.max(latest, first[input] ?? 0), 0);
    first[id] = firstOf(node, inputs, aligned);
  }
  return first;
}

function firstOf(node: PlanNode, inputs: number, aligned: FirstAligned): number {
  switch (node.op) {
    case 'indicator':
      return inputs + definitionOf(node.name).firstIndex(node.params);
    case 'shift':
      return inputs + node.bars;
    case 'align':
      return aligned(inputs, node.instrument, node.timeframe);
    case 'binary':
      // A crossing compares with the bar before.
      return node.operator === 'crosses_above' || node.operator === 'crosses_below' ? inputs + 1 : inputs;
    default:
      return inputs;
  }
}

/** @throws EngineError `invalid_expression` for an indicator that there is not */
export function definitionOf(name: string): IndicatorDefinition {
  const definition = indicatorNamed(name);
  if (!definition) throw new EngineError('invalid_expression', `there is no indicator ${name}`);
  return definition;
}
