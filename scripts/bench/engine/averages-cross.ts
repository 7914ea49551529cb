import { BacktestSettings } from '@tradebase/contracts';
import type { PlanNode } from '../../../packages/engine/src/plan/plan.ts';
import type { RuleProgram } from '../../../packages/engine/src/plan/rule-program.ts';

/** Fees of one basis point, and nothing else. */
export const SETTINGS = BacktestSettings.parse({ fees: { type: 'bps', maker_bps: 1, taker_bps: 1 } });
export const INITIAL_CASH = 10_000;

/** All in, or so many percent of equity, while the fast average is above the slow one: what every peer can do, too. */
export function averagesCross(fast: number, slow: number, percent = 100): RuleProgram {
  const average = (period: number): PlanNode => ({
    op: 'indicator',
    name: 'sma',
    inputs: [0],
    params: [period],
    output: 0,
    instrument: null,
    timeframe: null,
  });
  return {
    plan: {
      nodes: [
        { op: 'column', column: 'close', instrument: null, timeframe: null },
        average(fast),
        average(slow),
        { op: 'binary', operator: 'crosses_above', inputs: [1, 2] },
        { op: 'binary', operator: 'crosses_below', inputs: [1, 2] },
        { op: 'constant', value: percent },
      ],
    },
    rules: {
      enter_long: 3,
      exit_long: 4,
      enter_short: null,
      exit_short: null,
      sizing: { method: 'percent_of_equity', percent: 5 },
      entry_order: { type: 'market' },
      stop_loss: null,
      take_profit: null,
      trailing_stop: null,
      time_exit_bars: null,
      cooldown_bars: 0,
      max_entries: 1,
      daily_loss_cap_pct: null,
      max_positions: 1,
      session: null,
    },
    warm_up_bars: slow,
  };
}

/** A grid of `count` pairs of periods, all with the fast one below the slow one. */
export function gridOfCrosses(count: number): RuleProgram[] {
  const slows = Math.max(1, Math.round(Math.sqrt(count * 1.6)));
  return Array.from({ length: count }, (_, i) => averagesCross(3 + 2 * Math.floor(i / slows), 60 + 5 * (i % slows)));
}
