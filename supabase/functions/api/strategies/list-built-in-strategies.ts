import type { BuiltInStrategy } from '@tradebase/contracts';

/** The strategies that the engine has, as callers see them. */
export function listBuiltInStrategies(): BuiltInStrategy[] {
  return [];
}
