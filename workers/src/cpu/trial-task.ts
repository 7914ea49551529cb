import type { BacktestSettings, BacktestSummary, Candles, StrategySpec, TrialMetrics } from '@tradebase/contracts';
import { backtestInChunks, EngineError, type MarketData, pathStatistics, perturbCandles } from '@tradebase/engine';
import type { TrialOutcome, TrialRequest, TrialSeries } from '../studies/study.ts';
import { warmUpBarsOf } from '../studies/warm-up-bars.ts';
import { TaskControl } from './task-control.ts';

/** How long one task goes on with further backtests: others wait for the thread meanwhile. */
const TASK_MS = 100;
const DAY_MS = 86_400_000;

export interface TrialTask {
  readonly data: MarketData;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
  readonly requests: readonly TrialRequest[];
  readonly control: Int32Array<SharedArrayBuffer>;
}

/**
 * Runs in a thread of the pool: backtests of a study, one after the other.
 *
 * @returns outcomes of the first requests; of the others there was no time, or the task was told to stop
 */
export default function runTrialTask(task: TrialTask): TrialOutcome[] {
  const control = new TaskControl(task.control);
  const startedAt = performance.now();
  const outcomes: TrialOutcome[] = [];
  for (const request of task.requests) {
    const outcome = runTrial(task, request, control);
    if (outcome === undefined) break;
    outcomes.push(outcome);
    if (performance.now() - startedAt > TASK_MS) break;
  }
  return outcomes;
}

/** Undefined when it was told to stop. */
function runTrial(task: TrialTask, request: TrialRequest, control: TaskControl): TrialOutcome | undefined {
  try {
    const backtest = computeTrial(task, request);
    for (;;) {
      if (control.stopped) return undefined;
      const step = backtest.next();
      if (!step.done) continue;
      const series = seriesOf(step.value, task.initial_cash);
      const metrics: TrialMetrics = {
        ...metricsOf(step.value.summary),
        sharpe_per_period: pathStatistics(series.daily_returns).sharpe_per_period,
      };
      return { outcome: 'completed', metrics, series: request.detail === 'series' ? series : null };
    }
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}

/** What the engine says of a trial. */
interface ComputedTrial {
  readonly summary: BacktestSummary;
  /** Bars from the beginning of trading on. */
  readonly ts: Float64Array;
  readonly equity: Float64Array;
  readonly trades: readonly { readonly pnl: number; readonly entry_ts: number }[];
}

/** The one place where a study calls the engine. */
function* computeTrial(
  { data, strategy, initial_cash, settings }: TrialTask,
  { params, window, perturbation }: TrialRequest,
): Generator<unknown, ComputedTrial, void> {
  const [main] = data.instruments;
  if (!main || data.instruments.length > 1 || settings.fees.type !== 'bps') {
    throw new EngineError('invalid_params', 'this engine studies one instrument with fees in bps');
  }
  const chosen = { ...strategy, params: { ...strategy.params, ...params } };
  // This engine trades from the first signal on: with just the warm-up before, that is where trading may begin.
  const from = Math.max(window.from, window.trade_from - warmUpBarsOf(chosen));
  const whole = perturbation ? perturbCandles(main.candles, perturbation) : main.candles;
  const candles = barsOf(whole, from, window.to);
  const { summary, equity, trades } = yield* backtestInChunks({
    candles,
    strategy: chosen,
    initial_cash,
    fee_bps: settings.fees.taker_bps,
  });
  const skipped = window.trade_from - from;
  return { summary, ts: candles.ts.subarray(skipped), equity: equity.subarray(skipped), trades };
}

function barsOf({ ts, open, high, low, close, volume }: Candles, from: number, to: number): Candles {
  return {
    ts: ts.subarray(from, to),
    open: open.subarray(from, to),
    high: high.subarray(from, to),
    low: low.subarray(from, to),
    close: close.subarray(from, to),
    volume: volume.subarray(from, to),
  };
}

const NO_METRICS: readonly string[] = ['engine_version', 'metric_version', 'initial_cash', 'open_position'];

/** The numbers of a summary, by name. */
function metricsOf(summary: BacktestSummary): TrialMetrics {
  const metrics: TrialMetrics = {};
  for (const [name, value] of Object.entries(summary)) {
    if (NO_METRICS.includes(name)) continue;
    if (typeof value === 'number' || value === null) metrics[name] = value;
  }
  return metrics;
}

function seriesOf({ ts, equity, trades }: ComputedTrial, initialCash: number): TrialSeries {
  const returns: number[] = [];
  const times: number[] = [];
  let previous = initialCash;
  for (let bar = 0; bar < ts.length; bar += 1) {
    const time = ts[bar] as number;
    const next = ts[bar + 1];
    if (next !== undefined && Math.floor(next / DAY_MS) === Math.floor(time / DAY_MS)) continue;
    const mark = equity[bar] as number;
    returns.push(mark / previous - 1);
    times.push(time);
    previous = mark;
  }
  return {
    daily_returns: Float64Array.from(returns),
    daily_ts: Float64Array.from(times),
    trade_returns: tradeReturns(trades, initialCash),
  };
}

/** Net profit of each trade over what the trades before it left. */
function tradeReturns(trades: ComputedTrial['trades'], initialCash: number): Float64Array {
  let equity = initialCash;
  return Float64Array.from(trades, ({ pnl }) => {
    const before = equity;
    equity += pnl;
    return pnl / before;
  });
}
