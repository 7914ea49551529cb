import type { Candles, StrategySpec } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { isTrue } from '../plan/apply-operator.ts';
import type { PlanColumn } from '../plan/compute-columns.ts';
import { evaluatePlan } from '../plan/evaluate-plan.ts';
import type { NodeId } from '../plan/plan.ts';
import type { TradeRules } from '../plan/rule-program.ts';
import { resolveStrategy } from './resolve-strategy.ts';

/** Buy at the next open, if flat. */
export const ENTER = 1;
/** Sell at the next open, if in a position. */
export const EXIT = -1;

/** Signals of a strategy that goes long with all its equity and uses nothing else. */
export interface StrategySignals {
  /** Bars without a signal, however they look: the first bar that can carry one has this index. */
  readonly warm_up_bars: number;

  /**
   * One signal per bar, known at that bar's close and computed from bars up to it alone: `ENTER`, `EXIT` or 0. A signal
   * says what the market did, not what the account holds. Where both hold, the exit wins.
   */
  computeSignals(candles: Candles): Int8Array<ArrayBuffer>;
}

/**
 * The signals that a specification stands for.
 *
 * @throws EngineError as `resolveStrategy`; `invalid_params` for a strategy that does more than follow signals
 */
export function strategySignals(spec: StrategySpec): StrategySignals {
  const { strategy } = resolveStrategy(spec);
  if (strategy.kind !== 'rules' || !followsSignals(strategy.program.rules)) {
    throw new EngineError('invalid_params', `${strategy.name} does more than enter and exit long at market`);
  }
  const { plan, rules, warm_up_bars } = strategy.program;
  return {
    warm_up_bars,
    computeSignals(candles) {
      const nodes = [rules.enter_long, rules.exit_long].filter((node): node is NodeId => node !== null);
      // The shortest timeframe: what is not known to be complete by then is not used.
      const market = { instruments: [{ symbol: '', timeframe: '1m' as const, candles }] };
      const { columns, first_bar } = evaluatePlan(plan, market, 0, nodes);
      const column = (node: NodeId | null) => (node === null ? 0 : (columns.get(node) ?? 0));
      return signalsOf(column(rules.enter_long), column(rules.exit_long), first_bar, candles.ts.length);
    },
  };
}

function signalsOf(enter: PlanColumn, exit: PlanColumn, first: number, bars: number): Int8Array<ArrayBuffer> {
  const signals = new Int8Array(bars);
  const holds = (column: PlanColumn, bar: number) =>
    isTrue(typeof column === 'number' ? column : (column[bar] as number));
  for (let bar = first; bar < bars; bar++) {
    if (holds(exit, bar)) signals[bar] = EXIT;
    else if (holds(enter, bar)) signals[bar] = ENTER;
  }
  return signals;
}

function followsSignals(rules: TradeRules): boolean {
  const { enter_short, sizing, entry_order, stop_loss, take_profit, trailing_stop, session } = rules;
  const extras = [
    enter_short,
    stop_loss,
    take_profit,
    trailing_stop,
    session,
    rules.time_exit_bars,
    rules.daily_loss_cap_pct,
  ];
  return (
    extras.every((extra) => extra === null) &&
    sizing.method === 'percent_of_equity' &&
    entry_order.type === 'market' &&
    rules.cooldown_bars === 0 &&
    rules.max_entries === 1
  );
}
