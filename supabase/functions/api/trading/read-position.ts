import type { SupabaseClient } from '@supabase/supabase-js';
import type {
  CountedPage,
  ListPositionsQuery,
  PositionDetail,
  TradingFill,
  TradingOrder,
  TradingPosition,
} from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { matching } from '../../_shared/matching.ts';
import { readCounted } from '../../_shared/newest-first.ts';

export const POSITION_COLUMNS =
  'id, run_id, bot_id, symbol, direction, strategy, quantity, open_quantity, multiplier, entry_price, exit_price, mark_price, ' +
  'realized_pnl, unrealized_pnl, fees, stop_loss, take_profit, option_details, status, exit_reason, opened_at, closed_at, created_at';
const ORDER_COLUMNS =
  'id, client_order_id, broker_order_id, symbol, side, type, quantity, filled_quantity, average_price, limit_price, stop_price, ' +
  'reduce_only, status, reason, reject_reason, created_at, finished_at';
const FILL_COLUMNS =
  'seq, order_id, external_id, symbol, side, quantity, price, fee, fee_currency, liquidity, executed_at';

/** Rows of each kind that come with one run or one position; the lists have the rest. */
export const MOST_WITH_DETAIL = 50;

/** A page of the user's positions, newest first. */
export function listPositions(
  supabase: SupabaseClient,
  userId: string,
  { status, symbol, bot_id, run_id, ...page }: ListPositionsQuery,
): Promise<CountedPage<TradingPosition>> {
  const where = matching({ status, symbol, bot_id, run_id });
  return readCounted<TradingPosition>(supabase, { table: 'positions', columns: POSITION_COLUMNS, userId, where }, page);
}

/** One position of the user with its orders, fills, and the others of its run in the same symbol. */
export async function getPosition(supabase: SupabaseClient, userId: string, id: string): Promise<PositionDetail> {
  const position = await supabase
    .from('positions')
    .select(POSITION_COLUMNS)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<TradingPosition>();
  if (position.error) throw databaseError(position.error);
  if (!position.data) throw new ApiError('position_not_found');
  const { run_id, symbol } = position.data;
  const [orders, fills, related] = await Promise.all([
    supabase
      .from('orders')
      .select(ORDER_COLUMNS)
      .eq('position_id', id)
      .eq('user_id', userId)
      .order('created_at')
      .order('id')
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingOrder[], { merge: false }>(),
    supabase
      .from('fills')
      .select(FILL_COLUMNS)
      .eq('position_id', id)
      .eq('user_id', userId)
      .order('seq')
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingFill[], { merge: false }>(),
    supabase
      .from('positions')
      .select(POSITION_COLUMNS)
      .eq('run_id', run_id)
      .eq('user_id', userId)
      .eq('symbol', symbol)
      .neq('id', id)
      .order('created_at', { ascending: false })
      .order('id', { ascending: false })
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingPosition[], { merge: false }>(),
  ]);
  const error = orders.error ?? fills.error ?? related.error;
  if (error) throw databaseError(error);
  return {
    position: position.data,
    orders: orders.data ?? [],
    fills: fills.data ?? [],
    related_positions: related.data ?? [],
  };
}
