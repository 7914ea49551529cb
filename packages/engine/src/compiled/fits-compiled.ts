import type { BacktestSettings } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import type { PlanNode } from '../plan/plan.ts';
import type { RuleProgram, TradeRules } from '../plan/rule-program.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import { INDICATOR_KERNELS } from './indicator-kernel.ts';

/** Longest window of which kernels keep the history. */
const MAX_PERIOD = 100_000;

/** Why a backtest cannot take the compiled path, in words; null where it can. Both paths give the same trades. */
export function fitsCompiled(strategy: Strategy, data: MarketData, settings: BacktestSettings): string | null {
  if (strategy.kind !== 'rules') return 'the strategy decides bar by bar';
  return misfitOfData(data) ?? misfitOfSettings(settings) ?? misfitOfProgram(strategy.program);
}

/** Why the rules or the columns of a program do not fit; null where they do. */
export function misfitOfProgram({ plan, rules }: RuleProgram): string | null {
  const misfit = misfitOfRules(rules);
  if (misfit !== null) return misfit;
  for (const node of plan.nodes) {
    const problem = misfitOfNode(node);
    if (problem !== null) return problem;
  }
  return null;
}

/** Why an account with these settings does not fit; null where it does. */
export function misfitOfSettings(settings: BacktestSettings): string | null {
  const { fees, slippage, fills, margin, gaps } = settings;
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
  return null;
}

function misfitOfRules(rules: TradeRules): string | null {
  if (rules.sizing.method === 'kelly') return 'sizes depend on closed trades';
  if (rules.entry_order.type !== 'market') return 'entries rest at a price';
  if (rules.max_entries > 1) return 'positions are added to';
  if (rules.daily_loss_cap_pct !== null) return 'a daily loss stops entries';
  if (rules.session !== null) return 'entries keep to a session';
  if (rules.max_positions < 1) return 'no position may be held';
  return null;
}

function misfitOfNode(node: PlanNode): string | null {
  switch (node.op) {
    case 'constant':
      return null;
    case 'shift':
      return node.bars <= MAX_PERIOD ? null : `a shift of ${node.bars} bars is too long`;
    case 'column':
    case 'extra':
      return isMain(node) ? null : 'a column is of another instrument or timeframe';
    case 'indicator':
      if (!isMain(node)) return 'an indicator is of another instrument or timeframe';
      if (!Object.hasOwn(INDICATOR_KERNELS, node.name)) return `there is no kernel for ${node.name}`;
      return node.params.every((value) => value <= MAX_PERIOD) ? null : `${node.name} looks back too far`;
    case 'unary':
      return node.operator === 'not' ? null : `there is no kernel for ${node.operator}`;
    case 'binary':
      return node.operator === 'power' || node.operator === 'modulo' ? `there is no kernel for ${node.operator}` : null;
    case 'align':
      return 'columns of other timeframes or instruments are aligned';
    case 'choose':
      return 'there is no kernel for choose';
  }
}

function isMain(node: { readonly instrument: string | null; readonly timeframe?: string | null }): boolean {
  return node.instrument === null && (node.timeframe ?? null) === null;
}
