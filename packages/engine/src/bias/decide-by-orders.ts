import { applyGapPolicy } from '../market/apply-gap-policy.ts';
import type { OpenDesk } from '../simulator/desk.ts';
import { Simulation } from '../simulator/simulation.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import type { Decide, Decision } from './decision.ts';
import { RecordingContext } from './recording-context.ts';

/** What a strategy orders and cancels when it trades an account: orders that are refused later are decisions too. */
export function decideByOrders(
  strategy: Extract<Strategy, { kind: 'events' }>,
  options: SimulationOptions,
  openDesk: OpenDesk | null,
): Decide {
  return (data) => {
    const market = applyGapPolicy(data, options.settings);
    const decisions: Decision[] = [];
    const record = (decision: Decision) => decisions.push(decision);
    const agent = strategy.start(market);
    const recorded = {
      onBar: (context) => agent.onBar(new RecordingContext(context, record)),
      onFill: (fill, context) => agent.onFill?.(fill, new RecordingContext(context, record)),
    } satisfies typeof agent;
    const desk = openDesk?.(market, options) ?? null;
    const simulation = new Simulation(market, options, recorded, strategy.warm_up_bars, desk);
    simulation.advance(simulation.equity.length);
    return decisions;
  };
}
