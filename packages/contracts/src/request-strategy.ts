import { z } from 'zod';
import { ParameterValues } from './strategy-parameter.ts';
import { StrategySpec } from './strategy-spec.ts';

/** The fields of a request that say which strategy it is about. */
export const REQUEST_STRATEGY = {
  strategy: StrategySpec.optional().describe('A built-in strategy by name, or rules'),
  strategy_id: z.guid().optional().describe('Or a strategy of the user'),
  version: z.int().min(1).optional().describe('Of strategy_id: which version; the latest by default'),
  params: ParameterValues.optional().describe('Of strategy_id: values of parameters in place of its own'),
};

interface RequestStrategy {
  readonly strategy?: unknown;
  readonly strategy_id?: unknown;
  readonly version?: unknown;
  readonly params?: unknown;
}

/** Refuses a request that names no strategy, or two. */
export function checkRequestStrategy(request: RequestStrategy, context: z.RefinementCtx): void {
  const { strategy, strategy_id, version, params } = request;
  if ((strategy === undefined) === (strategy_id === undefined)) {
    context.addIssue({ code: 'custom', path: ['strategy'], message: 'give either strategy or strategy_id' });
  } else if (strategy_id === undefined && (version !== undefined || params !== undefined)) {
    context.addIssue({
      code: 'custom',
      path: [version === undefined ? 'params' : 'version'],
      message: 'goes with strategy_id; parameters of strategy are its own params',
    });
  }
}
