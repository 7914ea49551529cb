import type { BacktestSettings, BacktestSummary, StrategySpec } from '@tradebase/contracts';
import {
  backtestInChunks,
  buildReport,
  ENGINE_VERSION,
  EngineError,
  excursions,
  type Fill,
  type MarketData,
  METRIC_VERSION,
  makeReceipt,
  type Order,
  type Receipt,
  type SimulationProgress,
  thinEquity,
} from '@tradebase/engine';
import { storeOrders } from '../backtests/store-orders.ts';
import { type MeasuredTrade, storeTrades } from '../backtests/store-trades.ts';
import type { StoredResult } from '../backtests/stored-result.ts';
import { numberArray } from '../postgres/array-literal.ts';
import { TaskControl } from './task-control.ts';

/** What one result may hold; the summary counts all trades. */
export const MAX_STORED_TRADES = 20_000;
export const MAX_STORED_ORDERS = 20_000;

export interface BacktestTask {
  readonly data: MarketData;
  /** Ids of the instruments of `data`, in their order. */
  readonly instrumentIds: readonly number[];
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export type BacktestTaskResult =
  | { readonly outcome: 'done'; readonly result: StoredResult }
  | { readonly outcome: 'stopped' }
  /** The engine refused its input: trying again would not help. */
  | { readonly outcome: 'refused'; readonly message: string };

/** Runs in a thread of the pool: one backtest, chunk by chunk, until it is done or told to stop. */
export default function runBacktestTask(task: BacktestTask): BacktestTaskResult {
  const control = new TaskControl(task.control);
  try {
    const backtest = computeBacktest(task);
    for (;;) {
      if (control.stopped) return { outcome: 'stopped' };
      const step = backtest.next();
      if (step.done) return { outcome: 'done', result: storeResult(task, step.value) };
      control.progress = step.value.bars_done / step.value.bars_total;
    }
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  }
}

/** What the engine says of a backtest, as far as it is stored. */
interface ComputedBacktest {
  readonly summary: BacktestSummary;
  readonly ts: Float64Array;
  readonly equity: Float64Array;
  /** The first trades; `MAX_STORED_TRADES` at most. */
  readonly trades: readonly MeasuredTrade[];
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly report: object | null;
  readonly receipt: object | null;
  readonly dataQuality: object | null;
  readonly ambiguity: object | null;
}

/** The one place where a backtest calls the engine: the event-driven path, which keeps every order and fill. */
function* computeBacktest(task: BacktestTask): Generator<SimulationProgress, ComputedBacktest, void> {
  const { data, strategy, initial_cash, settings, seed } = task;
  const result = yield* backtestInChunks({ data, strategy, initial_cash, settings, seed, path: 'event' });
  const { summary, ts, equity, trades, orders, fills } = result;
  const receipt = makeReceipt({
    data,
    spec: strategy,
    options: { initial_cash, settings: result.settings, seed },
    result,
  });
  const moves = excursions(trades, data, result.settings);
  const stored = Array.from({ length: Math.min(trades.length, MAX_STORED_TRADES) }, (_, index) => ({
    ...trades.at(index),
    mae_pct: finiteOrNull(moves.mae_pct[index]),
    mfe_pct: finiteOrNull(moves.mfe_pct[index]),
  }));
  return {
    summary,
    ts,
    equity,
    trades: stored,
    orders: orders ?? [],
    fills: fills ?? [],
    report: buildReport(result, summary, data, { settings: result.settings, receipt: hashesOf(receipt) }),
    receipt,
    dataQuality: result.data_quality,
    ambiguity: result.ambiguity,
  };
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function hashesOf(receipt: Receipt): Record<string, string> {
  return Object.fromEntries(Object.entries(receipt).map(([name, value]) => [name, String(value)]));
}

function storeResult({ data, instrumentIds }: BacktestTask, computed: ComputedBacktest): StoredResult {
  const instruments = data.instruments.map(({ symbol }, index) => ({ symbol, id: instrumentIds[index] ?? 0 }));
  const curve = thinEquity(computed.ts, computed.equity);
  const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
  return {
    summary: computed.summary,
    metricVersion: METRIC_VERSION,
    engineVersion: ENGINE_VERSION,
    report: json(computed.report),
    receipt: json(computed.receipt),
    dataQuality: json(computed.dataQuality),
    ambiguity: json(computed.ambiguity),
    curve: {
      count: curve.ts.length,
      columns: { ts: numberArray(curve.ts), equity: numberArray(curve.equity) },
    },
    trades: storeTrades(computed.trades, instruments),
    orders: storeOrders(computed.orders.slice(0, MAX_STORED_ORDERS), computed.fills, instruments),
  };
}
