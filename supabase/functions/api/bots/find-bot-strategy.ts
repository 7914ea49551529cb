import type { SupabaseClient } from '@supabase/supabase-js';
import { isRuleSpec, type ParameterValues, type StrategySpec } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { requireRunnable } from '../strategies/read-strategy.ts';

/** What a bot is to execute, as its owner names it. */
export interface WantedStrategy {
  readonly strategy_type?: string | undefined;
  readonly strategy_id?: string | null | undefined;
  readonly strategy_version?: number | null | undefined;
  readonly parameters: ParameterValues;
}

/** The columns of a bot that say what it executes. */
export interface BotStrategy {
  readonly strategy_type: string;
  readonly strategy_id: string | null;
  readonly strategy_version: number | null;
  readonly parameters: ParameterValues;
}

/** `strategy_type` of a bot whose strategy is written as rules. */
const RULES = 'rules';

/**
 * Finds what a bot is to execute, and has the engine check it with the parameters of the bot. Throws `strategy_not_found`, and
 * `invalid_request` where the engine cannot run it.
 */
export async function findBotStrategy(
  supabase: SupabaseClient,
  userId: string,
  { strategy_type, strategy_id, strategy_version, parameters }: WantedStrategy,
): Promise<BotStrategy> {
  if (!strategy_id) {
    if (strategy_type === undefined) throw new ApiError('strategy_not_found');
    await requireRunnable({ name: strategy_type, params: parameters });
    return { strategy_type, strategy_id: null, strategy_version: null, parameters };
  }
  const found = await findVersion(supabase, userId, strategy_id, strategy_version);
  await requireRunnable({ ...found.spec, params: { ...found.spec.params, ...parameters } });
  return {
    strategy_type: isRuleSpec(found.spec) ? RULES : found.spec.name,
    strategy_id,
    strategy_version: found.version,
    parameters,
  };
}

/** A version of a strategy of the user; the latest by default. */
async function findVersion(
  supabase: SupabaseClient,
  userId: string,
  strategyId: string,
  version: number | null | undefined,
): Promise<{ version: number; spec: StrategySpec }> {
  let query = supabase
    .from('strategy_versions')
    .select('version, spec')
    .eq('strategy_id', strategyId)
    .eq('user_id', userId);
  if (typeof version === 'number') query = query.eq('version', version);
  const { data, error } = await query
    .order('version', { ascending: false })
    .limit(1)
    .maybeSingle<{ version: number; spec: StrategySpec }>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('strategy_not_found', { message: 'There is no such strategy, or no such version' });
  return data;
}
