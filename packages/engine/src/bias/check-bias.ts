import type { BacktestSettingsInput, BiasReport, StrategySpec } from '@tradebase/contracts';
import { checkMarketData } from '../market/check-market-data.ts';
import type { MarketData } from '../market/market-data.ts';
import type { OptionQuoteRow } from '../options/data-chain.ts';
import { optionsDeskOpener } from '../options/options-desk-opener.ts';
import { runToEnd } from '../run-to-end.ts';
import { checkSimulationOptions } from '../simulator/check-simulation-options.ts';
import { parseSettings } from '../simulator/parse-settings.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import { checkNeeds } from '../strategies/check-needs.ts';
import { resolveStrategy } from '../strategies/resolve-strategy.ts';
import type { Strategy, StrategyDefinition } from '../strategies/strategy-definition.ts';
import { checkDecisionsInChunks, type DeclaredBias } from './check-decisions.ts';
import { decideByOrders } from './decide-by-orders.ts';
import { decideBySignals } from './decide-by-signals.ts';
import type { Decide } from './decision.ts';

/** A strategy and what it is checked on. */
export interface BiasCheckInput {
  readonly data: MarketData;
  /** A specification, or a strategy whose parameters are chosen. */
  readonly strategy: StrategySpec | Strategy;
  /** Starting capital in the quote currency, above 0. */
  readonly initial_cash: number;
  readonly settings?: BacktestSettingsInput | undefined;
  /** Default 1. */
  readonly seed?: number | undefined;
  /** Quotes of options, for strategies that trade them. A strategy that is no specification has options where these are given. */
  readonly optionQuotes?: readonly OptionQuoteRow[] | undefined;
  /** As `startUpBars`, `maxCuts` and `comparedBars` of `BiasOptions`. */
  readonly start_up_bars?: readonly number[] | undefined;
  readonly max_cuts?: number | undefined;
  readonly compared_bars?: number | undefined;
}

/**
 * Checks a strategy for look-ahead, by taking the future away at many bars: what was decided up to there must not change;
 * and for warm-up, by letting the candles begin later.
 *
 * The decisions of rules are their signals; those of other strategies, and all that trade options, their orders, which
 * depend on what the account holds.
 *
 * It cannot see what lies outside of the run: how further columns such as predictions were made, whether the universe was
 * chosen in hindsight, or an agent that keeps data of its own besides what `start` is given.
 *
 * @throws EngineError what a backtest would throw, and `invalid_params` where the options of the check make no sense
 */
export function checkBias(input: BiasCheckInput): BiasReport {
  return runToEnd(checkBiasInChunks(input));
}

/** The same step by step: after each run of the strategy it yields the share of the runs that are done, from 0 to 1. */
export function* checkBiasInChunks(input: BiasCheckInput): Generator<number, BiasReport, void> {
  const { data } = input;
  const settings = parseSettings(input.settings);
  const options: SimulationOptions = { initial_cash: input.initial_cash, settings, seed: input.seed ?? 1 };
  checkSimulationOptions(options);
  checkMarketData(data);
  const { decide, declared } = decisionsOf(input, options);
  return yield* checkDecisionsInChunks(decide, data, declared, {
    maxCuts: input.max_cuts,
    comparedBars: input.compared_bars,
    startUpBars: input.start_up_bars,
  });
}

function decisionsOf(
  { strategy: given, data, optionQuotes }: BiasCheckInput,
  options: SimulationOptions,
): { readonly decide: Decide; readonly declared: DeclaredBias } {
  const { strategy, needs } = 'kind' in given ? { strategy: given, needs: undefined } : resolveFor(given, data);
  if (strategy.kind === 'rules') {
    const { program } = strategy;
    const used = program.plan.nodes.flatMap((node) => (node.op === 'extra' ? [node.name] : []));
    return {
      decide: decideBySignals(program, options.settings),
      declared: {
        warm_up_bars: program.warm_up_bars,
        depends_on_state: false,
        unchecked_columns: [...new Set(used)],
      },
    };
  }
  const tradesOptions = needs?.options ?? optionQuotes !== undefined;
  const openDesk = tradesOptions ? optionsDeskOpener(options.settings.options, optionQuotes) : null;
  const there = data.instruments.flatMap(({ columns = {} }) => Object.keys(columns));
  return {
    decide: decideByOrders(strategy, options, openDesk),
    declared: {
      warm_up_bars: strategy.warm_up_bars,
      depends_on_state: true,
      unchecked_columns: [...new Set(there)],
    },
  };
}

function resolveFor(spec: StrategySpec, data: MarketData): Pick<StrategyDefinition, 'needs'> & { strategy: Strategy } {
  const { definition, strategy } = resolveStrategy(spec);
  checkNeeds(definition, data);
  return { strategy, needs: { options: false, ...definition.needs } };
}
