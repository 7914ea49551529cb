import type { NodeId } from '../plan/plan.ts';
import { RuleColumn, type RuleReadings, type RuleValues } from './rule-column.ts';
import { SignalCursor } from './signal-bars.ts';

/** Readings of columns that were computed at once. */
export function readingsOfValues(values: RuleValues): RuleReadings {
  const columns = new Map<NodeId, RuleColumn>();
  for (const [node, value] of values.columns) columns.set(node, new RuleColumn(value));
  return {
    first_bar: values.first_bar,
    column(node) {
      const found = columns.get(node);
      if (found === undefined) throw new RangeError(`node ${node} was not computed`);
      return found;
    },
    signal: (node) => new SignalCursor(values.signals.get(node) ?? false),
  };
}
