import type { SupabaseClient } from '@supabase/supabase-js';
import type { ParameterValues, StrategySpec } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';

/** The strategy of a request, in the form in which the database takes it. */
export interface RequestedStrategy {
  /** The whole specification, or the parameters alone where there is a version. */
  readonly strategy: StrategySpec | { params: ParameterValues } | null;
  readonly versionId: string | null;
  /** What runs, as far as it is known here: with the parameters of the request. */
  readonly spec: StrategySpec;
}

/** The fields of a request that name a strategy, as contracts.REQUEST_STRATEGY. */
export interface StrategyFields {
  readonly strategy?: StrategySpec | undefined;
  readonly strategy_id?: string | undefined;
  readonly version?: number | undefined;
  readonly params?: ParameterValues | undefined;
}

/** The strategy that a request is about: its own, or a version of one of the user's. */
export async function findRequestedStrategy(
  supabase: SupabaseClient,
  userId: string,
  { strategy, strategy_id, version, params }: StrategyFields,
): Promise<RequestedStrategy> {
  if (strategy) return { strategy, versionId: null, spec: strategy };
  let query = supabase
    .from('strategy_versions')
    .select('id, spec')
    .eq('strategy_id', strategy_id)
    .eq('user_id', userId);
  if (version !== undefined) query = query.eq('version', version);
  const { data, error } = await query
    .order('version', { ascending: false })
    .limit(1)
    .maybeSingle<{ id: string; spec: StrategySpec }>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('strategy_not_found', { message: 'There is no such strategy, or no such version' });
  const spec = params ? { ...data.spec, params: { ...data.spec.params, ...params } } : data.spec;
  return { strategy: params ? { params } : null, versionId: data.id, spec };
}
