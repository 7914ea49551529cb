import type { BacktestSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { applyGapPolicy } from '../market/apply-gap-policy.ts';
import { assessDataQuality } from '../market/assess-data-quality.ts';
import { checkMarketData } from '../market/check-market-data.ts';
import type { MarketData } from '../market/market-data.ts';
import { marketWithRules } from '../market/with-rules.ts';
import { nodesOfRules } from '../plan/rule-nodes.ts';
import { runToEnd } from '../run-to-end.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import type { Fill, Order } from '../trading/order.ts';
import type { Ambiguity, OpenPosition, SimulationResult } from '../trading/simulation-result.ts';
import { checkSimulationOptions } from './check-simulation-options.ts';
import type { OpenDesk } from './desk.ts';
import { readingsOfValues } from './readings-of-values.ts';
import { RuleAgent } from './rule-agent.ts';
import type { ComputeSignals, EvaluatePlan, RuleValues } from './rule-column.ts';
import { signalBars } from './signal-bars.ts';
import { Simulation, type SimulationAgent } from './simulation.ts';
import type { SimulationOptions, SimulationProgress } from './simulation-options.ts';

const DEFAULT_CHUNK_BARS = 65_536;
const MOST_RESERVED_TRADES = 65_536;

/** What a simulation is given by the engine's other parts. */
export interface SimulationParts {
  /** Bars between two pauses. */
  readonly chunkBars?: number;
  /** Computes the columns of a rule strategy. */
  readonly evaluatePlan: EvaluatePlan;
  /** Computes signals of a rule strategy faster than their columns; null where it cannot. It gives what the columns say. */
  readonly computeSignals?: ComputeSignals;
  /** Opens the options desk, for strategies that trade options. */
  readonly openDesk?: OpenDesk;
}

/**
 * Simulates a strategy bar by bar, pausing after every `chunkBars` bars: to report progress, to let other work in, or to
 * stop (by not asking for the next chunk). The result does not depend on the size of the chunks.
 *
 * Where a bar could have gone two ways that matter, a second run reads all such bars the other way; its final equity is in `ambiguity`.
 *
 * @throws EngineError on the first `next()` when the input is invalid: `invalid_chunk`, `data_gaps`, and those of
 * `checkMarketData` and `checkSimulationOptions`; later `equity_overflow`
 */
export function* simulateEvents(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  { chunkBars = DEFAULT_CHUNK_BARS, evaluatePlan, computeSignals, openDesk }: SimulationParts,
): Generator<SimulationProgress, SimulationResult, void> {
  if (!Number.isSafeInteger(chunkBars) || chunkBars < 1) {
    throw new EngineError('invalid_chunk', `chunkBars is ${chunkBars}; it must be a whole number, at least 1`);
  }
  checkSimulationOptions(options);
  checkMarketData(data);
  const market = marketWithRules(applyGapPolicy(data, options.settings), options.settings.instrument);
  const values = strategy.kind === 'rules' ? valuesOf(strategy.program, market, evaluatePlan, computeSignals) : [];
  const start = (settings: BacktestSettings): Simulation => {
    const told = { ...options, settings };
    const agent: SimulationAgent =
      strategy.kind === 'events'
        ? strategy.start(market)
        : new RuleAgent(
            strategy.program,
            market.instruments,
            values.map(readingsOfValues),
            settings,
            options.initial_cash,
          );
    const firstBar = strategy.kind === 'events' ? strategy.warm_up_bars : 0;
    const simulation = new Simulation(market, told, agent, firstBar, openDesk?.(market, told) ?? null);
    simulation.account.trades.reserve(tradesExpected(strategy, values));
    return simulation;
  };

  const simulation = start(options.settings);
  const bars_total = simulation.equity.length;
  while (simulation.barsDone < bars_total) {
    simulation.advance(chunkBars);
    yield { bars_done: simulation.barsDone, bars_total };
  }
  let otherEquity = finalEquity(simulation);
  const { ambiguousBars, resolvedBars } = simulation.broker;
  if (ambiguousBars > resolvedBars) {
    const { fills } = options.settings;
    const intrabar = fills.intrabar === 'pessimistic' ? 'optimistic' : 'pessimistic';
    const other = start({ ...options.settings, fills: { ...fills, intrabar } });
    while (other.barsDone < bars_total) {
      other.advance(chunkBars);
      yield { bars_done: bars_total, bars_total };
    }
    otherEquity = finalEquity(other);
  }
  return resultOf(simulation, otherEquity, data, options);
}

/** The same simulation at once. */
export function simulate(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  parts: SimulationParts,
): SimulationResult {
  return runToEnd(simulateEvents(strategy, data, options, { ...parts, chunkBars: Number.MAX_SAFE_INTEGER }));
}

function valuesOf(
  { plan, rules }: Extract<Strategy, { kind: 'rules' }>['program'],
  market: MarketData,
  evaluatePlan: EvaluatePlan,
  computeSignals: ComputeSignals | undefined,
): RuleValues[] {
  const { signals: signalNodes, numbers: numberNodes } = nodesOfRules(rules);
  return market.instruments.map((series, instrument) => {
    const computed = computeSignals?.(plan, series, signalNodes) ?? null;
    const nodes = computed === null ? [...new Set([...numberNodes, ...signalNodes])] : numberNodes;
    const { columns, first_bar } = evaluatePlan(plan, market, instrument, nodes);
    if (computed !== null) return { columns, signals: computed, first_bar };
    const signals = signalNodes.map((node) => [node, signalBars(columns.get(node) ?? NaN)] as const);
    return { columns, signals: new Map(signals), first_bar };
  });
}

/** Room for trades that costs nothing until there are so many: a list that grows is copied again and again. */
function tradesExpected(strategy: Strategy, values: readonly RuleValues[]): number {
  if (strategy.kind !== 'rules') return 0;
  const { enter_long, enter_short } = strategy.program.rules;
  let entries = 0;
  for (const { signals } of values) {
    for (const node of [enter_long, enter_short]) {
      const signal = node === null ? undefined : signals.get(node);
      if (typeof signal === 'object') entries += signal.length;
    }
  }
  return Math.min(entries, MOST_RESERVED_TRADES);
}

function finalEquity({ equity }: Simulation): number {
  return equity[equity.length - 1] ?? NaN;
}

function resultOf(
  simulation: Simulation,
  otherEquity: number,
  data: MarketData,
  { initial_cash, settings }: SimulationOptions,
): SimulationResult {
  const { account, broker, clock, equity } = simulation;
  const { fills } = simulation;
  const { record } = broker.book;
  let madeOrders: readonly Order[] | undefined;
  let madeFills: readonly Fill[] | undefined;
  return {
    path: 'event',
    initial_cash,
    ts: clock.ts,
    equity,
    trades: account.trades,
    get orders() {
      madeOrders ??= record.toArray();
      return madeOrders;
    },
    get fills() {
      madeFills ??= fills.toArray();
      return madeFills;
    },
    ...(account.desk === null
      ? {}
      : { option_fills: account.desk.fills ?? [], option_rejections: account.desk.rejections ?? [] }),
    open_positions: openPositions(simulation),
    costs: {
      fees: account.fees,
      slippage: account.slippage,
      funding: account.funding,
      borrow: account.borrow,
      interest: account.interest,
    },
    bars_in_position: simulation.barsInPosition,
    turnover: account.turnover,
    ambiguity: ambiguityOf(simulation, otherEquity, settings.fills.intrabar === 'pessimistic'),
    data_quality: assessDataQuality(data, settings),
    liquidated_bar: simulation.liquidatedBar,
  };
}

function openPositions({ account }: Simulation): OpenPosition[] {
  const positions = account.held.map((position) => {
    const { instrument, quantity, averagePrice, lots } = position;
    const [first] = lots;
    return {
      instrument,
      quantity,
      average_price: averagePrice,
      entry_bar: first?.bar ?? -1,
      entry_ts: first?.ts ?? NaN,
    };
  });
  return [...positions, ...(account.desk?.openPositions ?? [])];
}

function ambiguityOf(simulation: Simulation, otherEquity: number, isPessimistic: boolean): Ambiguity {
  const { ambiguousBars, resolvedBars } = simulation.broker;
  const own = ambiguousBars === 0 ? null : finalEquity(simulation);
  const other = ambiguousBars === 0 ? null : otherEquity;
  return {
    bars: ambiguousBars,
    resolved_bars: resolvedBars,
    pessimistic_equity: isPessimistic ? own : other,
    optimistic_equity: isPessimistic ? other : own,
  };
}
