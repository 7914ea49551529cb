import { BacktestSettings, type Candles } from '@tradebase/contracts';
import type { InstrumentSeries, StrategyDefinition } from '@tradebase/engine';
import { describe, expect, it } from 'vitest';
import { evaluateTrial, type TrialSetting } from '../src/studies/evaluate-trial.ts';
import type { TrialRequest } from '../src/studies/study.ts';

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

/** Candles that the strategy below was given, run by run. */
const seen: Candles[] = [];

/** Buys everything at the next open once its warm-up is over, sells ten bars later, and rests. */
const BUY_ONCE: StrategyDefinition = {
  name: 'buy-once',
  title: 'Buy once',
  description: 'Buys, and sells ten bars later.',
  parameters: {},
  build: ({ delay }) => ({
    kind: 'events',
    name: 'buy-once',
    warm_up_bars: Number(delay),
    start: ({ instruments }) => {
      if (instruments[0]) seen.push(instruments[0].candles);
      let calls = 0;
      return {
        onBar(context) {
          calls += 1;
          const quantity = context.position(0);
          const order = { instrument: 0, type: 'market' } as const;
          if (calls === 1) context.submit({ ...order, side: 'buy', quantity: context.cash / context.close(0) / 2 });
          if (calls === 11) context.submit({ ...order, side: 'sell', quantity });
        },
      };
    },
  }),
};

/** The series without the bars from `from` to before `to`. */
function withoutBars(from: number, to: number): InstrumentSeries {
  const { ts, open, high, low, close, volume } = SERIES.candles;
  const kept = (column: Float64Array) => column.filter((_, bar) => bar < from || bar >= to);
  const candles = {
    ts: kept(ts),
    open: kept(open),
    high: kept(high),
    low: kept(low),
    close: kept(close),
    volume: kept(volume),
  };
  return { ...SERIES, candles };
}

function evaluate(request: Partial<TrialRequest>, own: Partial<TrialSetting> = {}, isStopped = () => false) {
  const setting: TrialSetting = {
    series: SERIES,
    definition: BUY_ONCE,
    initial_cash: 1000,
    settings: BacktestSettings.parse({}),
    seed: 1,
    ...own,
  };
  const whole: TrialRequest = {
    params: { delay: 0 },
    window: { from: 0, trade_from: 0, to: BARS },
    detail: 'series',
    perturbation: null,
  };
  const outcome = evaluateTrial({ ...whole, ...request }, setting, isStopped);
  if (outcome !== null && outcome.outcome !== 'completed') throw new Error(outcome.message);
  return outcome;
}

describe('A trial on a window', () => {
  it('shows the strategy the bars before, lets it trade from the window on, and measures the window alone', () => {
    const outcome = evaluate({ params: { delay: 5 }, window: { from: 30, trade_from: 50, to: 71 } });
    expect(seen.at(-1)?.ts[0]).toBe(30 * DAY_MS);
    expect(seen.at(-1)?.ts).toHaveLength(41);
    // Half of the cash at the open of bar 51, sold at that of bar 61: the price of units bought at the close of 50 doubled.
    const gain = 50 * (2 ** 1.1 - 2 ** 0.1);
    expect(outcome?.metrics).toMatchObject({ bars: 21, trades: 1, total_return_pct: expect.closeTo(gain, 9) });
    expect(outcome?.series?.daily_ts[0]).toBe(50 * DAY_MS);
    expect(outcome?.series?.daily_returns).toHaveLength(21);
    expect([...(outcome?.series?.trade_returns ?? [])]).toEqual([expect.closeTo(gain / 100, 9)]);
    expect(outcome?.metrics.exposure_pct).toBeCloseTo((100 * 10) / 21, 9);
  });

  it('is what a backtest of the window says where a strategy looks at no bar before', () => {
    const late = evaluate({ params: { delay: 0 }, window: { from: 20, trade_from: 50, to: 90 } });
    const alone = evaluate({ params: { delay: 0 }, window: { from: 50, trade_from: 50, to: 90 } });
    expect(late).toEqual(alone);
  });

  it('waits for a warm-up that is longer than the bars before', () => {
    const outcome = evaluate({ params: { delay: 10 }, window: { from: 48, trade_from: 50, to: 60 } });
    // Bought at the open of bar 59, where the last bar closes.
    expect(outcome?.metrics).toMatchObject({ trades: 0, total_return_pct: expect.closeTo(0, 9) });
  });

  it('fills missing bars before it looks for the window', () => {
    const outcome = evaluate(
      { params: { delay: 0 }, window: { from: 0, trade_from: 20, to: 40 } },
      {
        series: withoutBars(5, 10),
        settings: BacktestSettings.parse({ gaps: 'fill', instrument: { calendar: 'crypto' } }),
      },
    );
    expect(outcome?.series?.daily_ts[0]).toBe(25 * DAY_MS);
    expect(seen.at(-1)?.ts).toHaveLength(45);
    expect(outcome?.metrics).toMatchObject({ bars: 20, trades: 1 });
  });

  it('has the numbers of the summary, null where one is undefined, and the Sharpe ratio of the days', () => {
    const { metrics = {} } = evaluate({ params: { delay: 98 } }) ?? {};
    expect(metrics.win_rate_pct).toBeNull();
    expect(evaluate({})?.metrics.sharpe_per_period).toBeGreaterThan(0);
    for (const name of ['open_position', 'metric_version', 'first_bar_at', 'undefined_metrics']) {
      expect(metrics).not.toHaveProperty(name);
    }
  });

  it('runs on other candles where they are perturbed', () => {
    evaluate({ perturbation: { method: 'candle_noise', noise: 1, seed: 3 }, detail: 'metrics' });
    expect(seen.at(-1)?.close).not.toEqual(SERIES.candles.close);
    expect(seen.at(-1)?.ts).toEqual(SERIES.candles.ts);
  });

  it('ends early when told to stop', () => {
    expect(evaluate({}, {}, () => true)).toBeNull();
  });
});
