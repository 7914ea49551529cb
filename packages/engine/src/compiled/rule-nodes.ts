import type { NodeId } from '../plan/plan.ts';
import type { TradeRules } from '../plan/rule-program.ts';

/** Units of distances in the kernels. */
const UNIT = { percent: 1, price: 2, risk: 3 } as const;
/** Methods of sizing in the kernels; Kelly's has none. */
const SIZING = { fixed_quantity: 0, fixed_value: 1, percent_of_equity: 2, risk: 3, kelly: -1 } as const;

/** The node of every number that an entry reads, by the kernels' name of its column; null where there is none. */
export function numbersOfRules({ sizing, stop_loss, take_profit, trailing_stop }: TradeRules) {
  return {
    size: sizeNode(sizing),
    max_percent: sizing.method === 'risk' ? sizing.max_percent : null,
    stop_distance: distanceNode(stop_loss),
    target_distance: take_profit?.unit === 'risk' ? take_profit.multiple : distanceNode(take_profit),
    trail_distance: distanceNode(trailing_stop?.distance ?? null),
    activate_distance: distanceNode(trailing_stop?.activate ?? null),
  };
}

/** The codes of a strategy's sizing and distances. */
export function codesOfRules({ sizing, stop_loss, take_profit, trailing_stop }: TradeRules) {
  const unitOf = (distance: { readonly unit: keyof typeof UNIT } | null | undefined) =>
    distance ? UNIT[distance.unit] : 0;
  return {
    sizing: SIZING[sizing.method],
    stop_unit: unitOf(stop_loss),
    target_unit: unitOf(take_profit),
    trail_unit: unitOf(trailing_stop?.distance),
    activate_unit: unitOf(trailing_stop?.activate),
  };
}

function sizeNode(sizing: TradeRules['sizing']): NodeId | null {
  switch (sizing.method) {
    case 'fixed_quantity':
      return sizing.quantity;
    case 'fixed_value':
      return sizing.value;
    case 'percent_of_equity':
      return sizing.percent;
    case 'risk':
      return sizing.risk_pct;
    case 'kelly':
      return null;
  }
}

function distanceNode(distance: TradeRules['stop_loss'] | { readonly unit: 'risk' }): NodeId | null {
  if (distance === null || distance.unit === 'risk') return null;
  return distance.unit === 'percent' ? distance.percent : distance.distance;
}
