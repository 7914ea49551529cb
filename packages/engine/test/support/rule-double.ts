import { BacktestSettings, type BacktestSettingsInput, type Candles, type Timeframe } from '@tradebase/contracts';
import { sma } from '../../src/index.ts';
import type { InstrumentSeries, MarketData } from '../../src/market/market-data.ts';
import type { PlanNode } from '../../src/plan/plan.ts';
import type { RuleProgram, TradeRules } from '../../src/plan/rule-program.ts';
import type { EvaluatePlan } from '../../src/simulator/rule-column.ts';
import { simulate } from '../../src/simulator/simulate-events.ts';
import type { SimulationOptions } from '../../src/simulator/simulation-options.ts';
import type { Strategy, TradingAgent } from '../../src/strategies/strategy-definition.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';

/** A small evaluator of plans: what the tests of the simulator use, and no more. */
export const evaluatePlan: EvaluatePlan = (plan, market, instrument) => {
  const series = market.instruments[instrument];
  if (series === undefined) throw new Error(`there is no instrument ${instrument}`);
  const columns = new Map<number, Float64Array | number>();
  const column = (id: number): Float64Array => {
    const found = columns.get(id);
    if (!(found instanceof Float64Array)) throw new Error(`node ${id} is no column`);
    return found;
  };
  plan.nodes.forEach((node, id) => {
    columns.set(id, computeNode(node, series, column));
  });
  return { columns, first_bar: 0 };
};

function computeNode(
  node: PlanNode,
  { candles, columns = {} }: InstrumentSeries,
  column: (id: number) => Float64Array,
): Float64Array | number {
  switch (node.op) {
    case 'constant':
      return node.value;
    case 'column':
      return candles[node.column];
    case 'extra':
      return columns[node.name] ?? NaN;
    case 'indicator':
      return sma(column(node.inputs[0] ?? -1), node.params[0] ?? 1);
    case 'binary': {
      const [a, b] = [column(node.inputs[0]), column(node.inputs[1])];
      const above = node.operator === 'crosses_above';
      const crosses = new Float64Array(a.length);
      for (let i = 1; i < a.length; i++) {
        const before = (a[i - 1] as number) - (b[i - 1] as number);
        const now = (a[i] as number) - (b[i] as number);
        crosses[i] = (above ? before <= 0 && now > 0 : before >= 0 && now < 0) ? 1 : 0;
      }
      return crosses;
    }
    default:
      throw new Error(`the double knows no ${node.op}`);
  }
}

/** Names of columns that hold the signals, and numbers for everything else that rules read. */
export class ProgramBuilder {
  readonly nodes: PlanNode[] = [];

  constant(value: number): number {
    return this.nodes.push({ op: 'constant', value }) - 1;
  }

  extra(name: string): number {
    return this.nodes.push({ op: 'extra', name, instrument: null }) - 1;
  }

  build(rules: Partial<TradeRules>, warm_up_bars = 0): Strategy {
    const sizing = rules.sizing ?? { method: 'percent_of_equity', percent: this.constant(100) };
    const program: RuleProgram = {
      plan: { nodes: this.nodes },
      rules: {
        enter_long: null,
        exit_long: null,
        enter_short: null,
        exit_short: null,
        entry_order: { type: 'market' },
        stop_loss: null,
        take_profit: null,
        trailing_stop: null,
        time_exit_bars: null,
        cooldown_bars: 0,
        max_entries: 1,
        daily_loss_cap_pct: null,
        max_positions: 1000,
        session: null,
        ...rules,
        sizing,
      },
      warm_up_bars,
    };
    return { kind: 'rules', name: 'made-up', program };
  }
}

export const SIGNAL_NAMES = ['enter_long', 'exit_long', 'enter_short', 'exit_short'] as const;

/** A rule strategy that reads its signals from columns of their names. */
export function signalStrategy(
  names: readonly (typeof SIGNAL_NAMES)[number][],
  rules: (builder: ProgramBuilder) => Partial<TradeRules> = () => ({}),
): Strategy {
  const builder = new ProgramBuilder();
  const signals = Object.fromEntries(names.map((name) => [name, builder.extra(name)]));
  return builder.build({ ...rules(builder), ...signals });
}

/** SMA(10) / SMA(30), long only, everything invested. */
export function smaCross(fast = 10, slow = 30): Strategy {
  const builder = new ProgramBuilder();
  const node = (next: PlanNode) => builder.nodes.push(next) - 1;
  const close = node({ op: 'column', column: 'close', instrument: null, timeframe: null });
  const average = (period: number) =>
    node({
      op: 'indicator',
      name: 'sma',
      inputs: [close],
      params: [period],
      output: 0,
      instrument: null,
      timeframe: null,
    });
  const inputs = [average(fast), average(slow)] as const;
  const enter_long = node({ op: 'binary', operator: 'crosses_above', inputs });
  const exit_long = node({ op: 'binary', operator: 'crosses_below', inputs });
  return builder.build({ enter_long, exit_long }, slow);
}

export function optionsOf(settings: BacktestSettingsInput = {}, initial_cash = 10_000): SimulationOptions {
  return { initial_cash, settings: BacktestSettings.parse(settings), seed: 0 };
}

export function seriesOf(
  candles: Candles,
  more: Partial<InstrumentSeries> = {},
  timeframe: Timeframe = '1d',
): InstrumentSeries {
  return { symbol: 'MAIN', timeframe, candles, ...more };
}

export function marketOf(candles: Candles, more: Partial<InstrumentSeries> = {}, timeframe?: Timeframe): MarketData {
  return { instruments: [seriesOf(candles, more, timeframe)] };
}

export function run(
  strategy: Strategy,
  data: MarketData,
  settings: BacktestSettingsInput = {},
  initial_cash?: number,
): SimulationResult {
  return simulate(strategy, data, optionsOf(settings, initial_cash), { evaluatePlan });
}

/** A strategy of an agent's `onBar` alone. */
export function eventStrategy(
  onBar: TradingAgent['onBar'],
  warm_up_bars = 0,
  onFill: TradingAgent['onFill'] = () => {},
): Strategy {
  return { kind: 'events', name: 'made-up', warm_up_bars, start: () => ({ onBar, onFill }) };
}

/** A column that is 1 at the bars named. */
export function signalAt(length: number, ...bars: number[]): Float64Array {
  const column = new Float64Array(length);
  for (const bar of bars) column[bar] = 1;
  return column;
}

/** Candles of rows `[open, high, low, close, volume?]`, a day apart. */
export function candlesOfRows(
  rows: readonly (readonly number[])[],
  barMs = 86_400_000,
  from = Date.UTC(2024, 0, 1),
): Candles {
  const column = (index: number, otherwise: number) => Float64Array.from(rows, (row) => row[index] ?? otherwise);
  return {
    ts: Float64Array.from(rows, (_, bar) => from + bar * barMs),
    open: column(0, NaN),
    high: column(1, NaN),
    low: column(2, NaN),
    close: column(3, NaN),
    volume: column(4, 1000),
  };
}
