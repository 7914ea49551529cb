import type { SupabaseClient } from '@supabase/supabase-js';
import type { Bot, CreateBotRequest, ParameterValues, UpdateBotRequest } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { findBotStrategy } from './find-bot-strategy.ts';
import { BOT_COLUMNS, getBot } from './read-bot.ts';

/** SQLSTATEs unique_violation and foreign_key_violation. */
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Makes a bot, stopped. */
export async function createBot(supabase: SupabaseClient, userId: string, request: CreateBotRequest): Promise<Bot> {
  requireLiveCaps(request.mode, request);
  await requireSymbols(supabase, request.symbols);
  const strategy = await findBotStrategy(supabase, userId, { ...request, parameters: request.parameters ?? {} });
  const { data, error } = await supabase
    .from('bots')
    .insert({ ...request, ...strategy })
    .select(BOT_COLUMNS)
    .single<Bot>();
  if (error) throw writeError(error);
  return data;
}

/** Changes what is named of a bot. What its run was started with changes only while it is stopped. */
export async function updateBot(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  request: UpdateBotRequest,
): Promise<Bot> {
  const bot = await getBot(supabase, userId, id);
  requireLiveCaps(request.mode ?? bot.mode, { ...bot, ...request });
  if (request.symbols) await requireSymbols(supabase, request.symbols);
  const { data, error } = await supabase
    .from('bots')
    .update({ ...request, ...(await changedStrategy(supabase, userId, bot, request)) })
    .eq('id', id)
    .eq('user_id', userId)
    .select(BOT_COLUMNS)
    .maybeSingle<Bot>();
  if (error) throw writeError(error);
  // What one may see and not change, a viewer's own for instance, is there and forbidden.
  if (!data) throw new ApiError('forbidden');
  return data;
}

/** Deletes a bot that neither runs nor holds anything, with its runs. */
export async function deleteBot(supabase: SupabaseClient, userId: string, id: string): Promise<void> {
  await getBot(supabase, userId, id);
  const { data, error } = await supabase.from('bots').delete().eq('id', id).eq('user_id', userId).select('id');
  if (error) throw databaseError(error);
  if (data.length === 0) throw new ApiError('forbidden');
}

async function changedStrategy(supabase: SupabaseClient, userId: string, bot: Bot, request: UpdateBotRequest) {
  const { strategy_type, strategy_id, strategy_version, parameters } = request;
  const named = strategy_type !== undefined || strategy_id !== undefined;
  if (!named && parameters === undefined) return {};
  const kept = bot.parameters as ParameterValues;
  const wanted = named ? { strategy_type, strategy_id, strategy_version } : bot;
  // Parameters of another strategy mean nothing to this one.
  return findBotStrategy(supabase, userId, { ...wanted, parameters: parameters ?? (named ? {} : kept) });
}

/** Throws `unknown_symbol` for the first symbol that no instrument has. */
async function requireSymbols(supabase: SupabaseClient, symbols: readonly string[]): Promise<void> {
  const { data, error } = await supabase
    .from('instruments')
    .select('symbol')
    .in('symbol', [...symbols]);
  if (error) throw databaseError(error);
  const known = new Set(data.map(({ symbol }) => symbol));
  const unknown = symbols.find((symbol) => !known.has(symbol));
  if (unknown !== undefined) {
    throw new ApiError('unknown_symbol', { message: `There is no instrument with the symbol "${unknown}"` });
  }
}

function requireLiveCaps(
  mode: string | undefined,
  bot: { credential_id?: unknown; risk_per_trade?: unknown; daily_risk_cap?: unknown },
): void {
  if (mode === 'LIVE' && (!bot.credential_id || !bot.risk_per_trade || !bot.daily_risk_cap)) {
    throw new ApiError('live_caps_required');
  }
}

function writeError(error: { code: string; message: string; details?: string | null }): ApiError {
  if (error.code === UNIQUE_VIOLATION) return new ApiError('bot_name_taken', { cause: error });
  if (error.code === FOREIGN_KEY_VIOLATION && error.message.includes('credential_id')) {
    return new ApiError('credential_not_found', { cause: error });
  }
  if (error.code === FOREIGN_KEY_VIOLATION && error.message.includes('schedule_exchange')) {
    const details = [{ path: 'schedule_exchange', message: 'must be an exchange of the table exchange_sessions' }];
    return new ApiError('invalid_request', { details, cause: error });
  }
  return databaseError(error);
}
