import { EngineError } from '../engine-error.ts';
import { checkCompanions } from '../market/check-market-data.ts';
import { optionsDeskOpener } from '../options/options-desk-opener.ts';
import { checkSimulationOptions } from '../simulator/check-simulation-options.ts';
import { parseSettings } from '../simulator/parse-settings.ts';
import { RuleAgent } from '../simulator/rule-agent.ts';
import { Simulation, type SimulationAgent } from '../simulator/simulation.ts';
import type { SimulationContext } from '../simulator/simulation-context.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import { checkNeeds } from '../strategies/check-needs.ts';
import { type ResolvedStrategy, resolveStrategy } from '../strategies/resolve-strategy.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import { GrowingClock } from './growing-clock.ts';
import { GrowingSeries } from './growing-series.ts';
import { followRules, type RuleStream } from './rule-stream.ts';
import type { SessionInstrument, TradingSessionInput } from './session-input.ts';
import { SimulatedSession } from './simulated-session.ts';
import type { TradingSession } from './trading-session.ts';

/**
 * Starts a strategy that trades bar by bar. See `TradingSession`, and docs/trading-session.md for what it means.
 *
 * @throws EngineError when the input is invalid, as `runBacktest` does; `invalid_settings` for gaps that are not `skip`, which a
 * session could not know of
 */
export function startTradingSession(input: TradingSessionInput): TradingSession {
  const { definition, strategy } = isResolved(input.strategy) ? input.strategy : resolveStrategy(input.strategy);
  const { initial_cash, seed = 1 } = input;
  const settings = parseSettings(input.settings);
  const options: SimulationOptions = { initial_cash, settings, seed };
  checkSimulationOptions(options);
  if (settings.gaps !== 'skip') {
    const message = `settings.gaps is ${settings.gaps}; a session takes the bars that come, which is skip`;
    throw new EngineError('invalid_settings', message);
  }
  checkInstruments(input.instruments);
  const instruments = input.instruments.map((instrument) => new GrowingSeries(instrument, settings.instrument));
  for (const series of instruments) checkCompanions(series);
  const market = { instruments };
  checkNeeds(definition, market);

  const streams = strategy.kind === 'rules' ? instruments.map((_, i) => followRules(strategy.program, market, i)) : [];
  const agent = agentOf(strategy, instruments, streams, options);
  const desk = definition.needs?.options ? optionsDeskOpener(settings.options)(market, options) : null;
  const clock = new GrowingClock(instruments);
  const firstBar = Math.max(clock.bars, strategy.kind === 'events' ? strategy.warm_up_bars : 0);
  const simulation = new Simulation(market, options, agent, firstBar, desk);
  simulation.grow(clock.clock, clock.equity);
  simulation.advance(clock.bars);
  streams.forEach((stream, index) => {
    for (let candle = 0; candle < (instruments[index]?.length ?? 0); candle++) stream.update();
  });
  return new SimulatedSession({ instruments, streams, clock, simulation, desk });
}

/** The agent, called at every bar: where it acts next cannot be said of bars that are not there. */
function agentOf(
  strategy: Strategy,
  instruments: readonly GrowingSeries[],
  streams: readonly RuleStream[],
  { settings, initial_cash }: SimulationOptions,
): SimulationAgent {
  if (strategy.kind === 'events') return strategy.start({ instruments });
  const agent = new RuleAgent(strategy.program, instruments, streams, settings, initial_cash);
  return {
    onBar: (context: SimulationContext) => agent.onBar(context),
    onExecution: (order, context) => agent.onExecution(order, context),
  } satisfies SimulationAgent;
}

function checkInstruments(instruments: readonly SessionInstrument[]): void {
  const [first] = instruments;
  if (first === undefined) {
    throw new EngineError('no_instruments', 'there are no instruments; there must be at least one');
  }
  instruments.forEach(({ symbol, timeframe }, index) => {
    if (instruments.findIndex((other) => other.symbol === symbol) !== index) {
      throw new EngineError('duplicate_instrument', `${symbol} is there twice; each instrument must be there once`);
    }
    if (timeframe === first.timeframe) return;
    const message = `${symbol} has bars of ${timeframe} and ${first.symbol} of ${first.timeframe}; they must be the same`;
    throw new EngineError('mixed_timeframes', message);
  });
}

function isResolved(strategy: TradingSessionInput['strategy']): strategy is ResolvedStrategy {
  return 'definition' in strategy;
}
