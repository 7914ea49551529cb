import type { Timeframe } from '@tradebase/contracts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';
import type { NodeId } from '../plan/plan.ts';

/** Whose bars an expression counts: null for those of the instrument that is traded, and of its own timeframe. */
export interface Frame {
  readonly instrument: string | null;
  readonly timeframe: Timeframe | null;
}

export const OWN_FRAME: Frame = { instrument: null, timeframe: null };

/** What an expression stands for. A condition is 0 or 1 at every bar, never NaN. */
export type Term =
  | { readonly type: 'number'; readonly node: NodeId; readonly call?: IndicatorCall }
  | { readonly type: 'condition'; readonly node: NodeId }
  | { readonly type: 'text'; readonly value: string };

/** A call of an indicator whose output can still be chosen. */
export interface IndicatorCall {
  readonly definition: IndicatorDefinition;
  readonly inputs: readonly NodeId[];
  readonly params: readonly number[];
  readonly frame: Frame;
}

/** What a type is called in messages. */
export function nameType(type: Term['type']): string {
  return type === 'text' ? 'a text' : `a ${type}`;
}
