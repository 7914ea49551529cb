import type { BacktestSettings } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import type { TradeRules } from '../plan/rule-program.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';

/** Why a backtest cannot take the compiled path, in words; null where it can. Both paths give the same trades. */
export function fitsCompiled(strategy: Strategy, data: MarketData, settings: BacktestSettings): string | null {
  if (strategy.kind !== 'rules') return 'the strategy decides bar by bar';
  return misfitOfData(data) ?? misfitOfSettings(settings) ?? misfitOfRules(strategy.program.rules);
}

/** Why an account with these settings does not fit; null where it does. */
export function misfitOfSettings(settings: BacktestSettings): string | null {
  const { fees, slippage, fills, margin, gaps, instrument } = settings;
  if (instrument.fees !== undefined) return 'the instrument has fees of its own';
  if (fees.type !== 'bps' || fees.minimum > 0) return 'fees are not basis points alone';
  if (slippage.type === 'volume_share') return 'slippage depends on volume';
  if (fills.market !== 'next_open') return 'market orders do not fill at the next open';
  if (fills.max_volume_share < 1) return 'fills are bounded by volume';
  if (margin.leverage !== 1 || margin.maintenance_pct > 0) return 'there is leverage or a maintenance margin';
  if (margin.borrow_rate_pct > 0 || margin.interest_rate_pct > 0 || margin.funding_rate_pct !== 0) {
    return 'holding a position costs borrow, interest or funding';
  }
  // Candles that were changed for it would be others than those of the data.
  if (gaps !== 'skip') return 'missing bars are not passed over';
  return null;
}

function misfitOfData({ instruments }: MarketData): string | null {
  const [series] = instruments;
  if (series === undefined || instruments.length > 1) return 'there is not exactly one instrument';
  if (series.finer !== undefined) return 'finer candles say what came first within a bar';
  if ((series.splits?.length ?? 0) > 0) return 'there are splits';
  if (series.membership !== undefined) return 'the instrument joins or leaves the universe';
  if (series.rules?.fees !== undefined) return 'the instrument has fees of its own';
  return null;
}

/** Why the rules of a strategy do not fit; null where they do. */
export function misfitOfRules(rules: TradeRules): string | null {
  if (rules.sizing.method === 'kelly') return 'sizes depend on closed trades';
  if (rules.entry_order.type !== 'market') return 'entries rest at a price';
  if (rules.max_entries > 1) return 'positions are added to';
  if (rules.daily_loss_cap_pct !== null) return 'a daily loss stops entries';
  if (rules.session !== null) return 'entries keep to a session';
  if (rules.max_positions < 1) return 'no position may be held';
  return null;
}
