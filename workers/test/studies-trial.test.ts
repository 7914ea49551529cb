import { BacktestSettings, type Candles } from '@tradebase/contracts';
import { type InstrumentSeries, type StrategyDefinition, TradeList } from '@tradebase/engine';
import { describe, expect, it } from 'vitest';
import { evaluateTrial } from '../src/studies/evaluate-trial.ts';
import type { TrialRequest } from '../src/studies/study.ts';
import type { TrialEngine } from '../src/studies/trial-engine.ts';

const DAY_MS = 86_400_000;
const BARS = 100;

/** A price that doubles every ten bars, a bar a day. */
function growing(): Candles {
  const price = Float64Array.from({ length: BARS }, (_, bar) => 2 ** (bar / 10));
  const column = () => Float64Array.from(price);
  const ts = Float64Array.from(price, (_, bar) => bar * DAY_MS);
  return { ts, open: column(), high: column(), low: column(), close: column(), volume: column() };
}

const SERIES: InstrumentSeries = { symbol: 'TEST', timeframe: '1d', candles: growing() };

/** Buys once, `delay` bars after its warm-up, and holds. */
const BUY_AND_HOLD: StrategyDefinition = {
  name: 'buy-and-hold',
  title: 'Buy and hold',
  description: 'Buys and holds.',
  parameters: {},
  build: ({ delay }) => ({
    kind: 'events',
    name: 'buy-and-hold',
    warm_up_bars: Number(delay),
    start: () => ({ onBar: () => {} }),
  }),
};

/** Bars that the engine below was given, run by run. */
const seen: Candles[] = [];

/** An engine of one strategy: everything is bought at the close of the first bar after the warm-up, and sold at the end. */
const ENGINE: TrialEngine = {
  applyGapPolicy: (data) => data,
  *simulate(strategy, { instruments }, { initial_cash }) {
    const candles = instruments[0]?.candles ?? growing();
    seen.push(candles);
    const entry = strategy.kind === 'events' ? strategy.warm_up_bars : 0;
    const bars = candles.ts.length;
    const equity = new Float64Array(bars).fill(initial_cash);
    for (let bar = 0; bar < bars; bar++) {
      if (bar > entry) equity[bar] = (initial_cash * (candles.close[bar] ?? 0)) / (candles.close[entry] ?? 0);
      yield { bars_done: bar + 1, bars_total: bars };
    }
    const trades = new TradeList();
    trades.length = 1;
    trades.entry_bar[0] = entry;
    trades.exit_bar[0] = bars - 1;
    trades.pnl[0] = (equity.at(-1) ?? 0) - initial_cash;
    return {
      path: 'event',
      initial_cash,
      ts: candles.ts,
      equity,
      trades,
      orders: [],
      fills: [],
      open_positions: [],
      costs: { fees: 0, slippage: 0, funding: 0, borrow: 0, interest: 0 },
      bars_in_position: bars - entry,
      turnover: 0,
      ambiguity: { bars: 0, resolved_bars: 0, pessimistic_equity: null, optimistic_equity: null },
      data_quality: { verdict: 'good', findings: [] },
      liquidated_bar: null,
    };
  },
  dailyReturns: ({ equity, initial_cash }) => ({
    returns: equity.map((mark, bar) => mark / (bar === 0 ? initial_cash : (equity[bar - 1] ?? 0)) - 1),
    last_bar: Int32Array.from(equity, (_, bar) => bar),
  }),
  summarise: ({ ts, equity, trades, initial_cash }) => ({
    engine_version: '1',
    metric_version: 1,
    bars: ts.length,
    first_bar_at: new Date(ts[0] ?? 0).toISOString(),
    last_bar_at: '',
    initial_cash,
    final_equity: equity.at(-1) ?? 0,
    total_return_pct: 100 * ((equity.at(-1) ?? 0) / initial_cash - 1),
    max_drawdown_pct: 0,
    exposure_pct: trades.entry_bar[0] ?? 0,
    fees_paid: 0,
    trades: trades.length,
    open_position: null,
    win_rate_pct: 100,
    profit_factor: null,
    sharpe: null,
    sortino: null,
    cagr_pct: null,
    calmar: null,
    buy_and_hold_return_pct: 0,
    undefined_metrics: { sharpe: 'why', profit_factor: 'why', sortino: 'why', cagr_pct: 'why', calmar: 'why' },
  }),
};

function evaluate(request: Partial<TrialRequest>, isStopped = () => false) {
  const setting = {
    series: SERIES,
    definition: BUY_AND_HOLD,
    initial_cash: 1000,
    settings: BacktestSettings.parse({}),
    seed: 1,
  };
  const whole: TrialRequest = {
    params: { delay: 0 },
    window: { from: 0, trade_from: 0, to: BARS },
    detail: 'series',
    perturbation: null,
  };
  const outcome = evaluateTrial({ ...whole, ...request }, setting, ENGINE, isStopped);
  if (outcome !== null && outcome.outcome !== 'completed') throw new Error(outcome.message);
  return outcome;
}

describe('A trial on a window', () => {
  it('shows the strategy the bars before, lets it trade from the window on, and measures the window alone', () => {
    const outcome = evaluate({ params: { delay: 5 }, window: { from: 30, trade_from: 50, to: 71 } });
    expect(seen.at(-1)?.ts[0]).toBe(30 * DAY_MS);
    expect(seen.at(-1)?.ts).toHaveLength(41);
    // Bought at the close of bar 50, marked at that of bar 70: doubled twice.
    expect(outcome?.metrics).toMatchObject({ bars: 21, total_return_pct: expect.closeTo(300, 9), exposure_pct: 0 });
    expect(outcome?.series?.daily_ts[0]).toBe(50 * DAY_MS);
    expect(outcome?.series?.daily_returns).toHaveLength(21);
    expect([...(outcome?.series?.trade_returns ?? [])]).toEqual([expect.closeTo(3, 9)]);
  });

  it('waits for a warm-up that is longer than the bars before', () => {
    const outcome = evaluate({ params: { delay: 10 }, window: { from: 48, trade_from: 50, to: 69 } });
    // Bought at bar 58: ten bars to go.
    expect(outcome?.metrics.total_return_pct).toBeCloseTo(100, 9);
  });

  it('has the numbers of the summary, null where one is undefined, and the Sharpe ratio of the days', () => {
    const { metrics = {} } = evaluate({}) ?? {};
    expect(metrics.sharpe).toBeNull();
    expect(metrics.sharpe_per_period).toBeGreaterThan(1);
    expect(metrics).not.toHaveProperty('open_position');
    expect(metrics).not.toHaveProperty('metric_version');
    expect(metrics).not.toHaveProperty('first_bar_at');
  });

  it('runs on other candles where they are perturbed', () => {
    evaluate({ perturbation: { method: 'candle_noise', noise: 1, seed: 3 }, detail: 'metrics' });
    expect(seen.at(-1)?.close).not.toEqual(SERIES.candles.close);
    expect(seen.at(-1)?.ts).toEqual(SERIES.candles.ts);
  });

  it('ends early when told to stop', () => {
    expect(evaluate({}, () => true)).toBeNull();
  });
});
