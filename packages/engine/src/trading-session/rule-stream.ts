import type { MarketData } from '../market/market-data.ts';
import { evaluatePlan } from '../plan/evaluate-plan.ts';
import { nodesOfRules } from '../plan/rule-nodes.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import type { RuleReadings } from '../simulator/rule-column.ts';
import { PlanStream } from './plan-stream.ts';

/** What rules read of one instrument, at its newest candle alone. */
export interface RuleStream extends RuleReadings {
  /** Takes in the next candle of the instrument. */
  update(): void;
}

/**
 * Follows the nodes of rules on a series that grows, from its first candle on.
 *
 * @throws EngineError as `evaluatePlan`, for what the market lacks
 */
export function followRules({ plan, rules }: RuleProgram, market: MarketData, instrument: number): RuleStream {
  const { signals, numbers } = nodesOfRules(rules);
  const wanted = [...new Set([...signals, ...numbers])];
  evaluatePlan(plan, market, instrument, wanted);
  const stream = new PlanStream(plan, market, instrument, wanted);
  return {
    // Before their first value signals do not hold.
    first_bar: 0,
    update: () => stream.update(),
    column: (node) => ({ at: () => stream.at(node) }),
    signal(node) {
      const holds = () => {
        const value = stream.isReady ? stream.at(node) : 0;
        return value > 0 || value < 0;
      };
      return { holds, next: (from) => (holds() ? from : Infinity) };
    },
  };
}
