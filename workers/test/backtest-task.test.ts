import { BacktestSettings, type Candles, type ParameterValues, type Timeframe } from '@tradebase/contracts';
import { thinEquity } from '@tradebase/engine';
import { describe, expect, it } from 'vitest';
import { createCpuPool } from '../src/cpu/cpu-pool.ts';
import { TaskControl } from '../src/cpu/task-control.ts';

function flatCandles(bars: number): Candles {
  const column = () => new Float64Array(new SharedArrayBuffer(bars * 8)).fill(100);
  const ts = column().map((_, bar) => bar * 60_000);
  return { ts, open: column(), high: column(), low: column(), close: column(), volume: column() };
}

function task(bars: number, control: TaskControl, params: ParameterValues = { fast: 2, slow: 5 }) {
  const candles = flatCandles(bars);
  const timeframe: Timeframe = '1m';
  return {
    candles,
    data: { instruments: [{ symbol: 'ACME', timeframe, candles }] },
    instrumentIds: [7],
    strategy: { name: 'sma-cross', params },
    initial_cash: 10_000,
    settings: BacktestSettings.parse({}),
    seed: 1,
    control: control.shared,
  };
}

describe('A backtest in the CPU pool', () => {
  it('stops when told to, without a result', async () => {
    const pool = createCpuPool(1);
    const control = new TaskControl();
    // Long enough that the stop comes in the middle, in chunks of 65,536 bars.
    const running = pool.runBacktest(task(8_000_000, control));
    await expect.poll(() => control.progress, { interval: 1 }).toBeGreaterThan(0);
    control.stop();
    expect(await running).toEqual({ outcome: 'stopped' });
    expect(control.progress).toBeLessThan(1);
    await pool.close();
  });

  it('reports progress and a result when left alone', async () => {
    const pool = createCpuPool(1);
    const control = new TaskControl();
    const result = await pool.runBacktest(task(1000, control));
    expect(result).toMatchObject({ outcome: 'done', result: { summary: { bars: 1000, final_equity: 10_000 } } });
    expect(control.progress).toBe(1);
    await pool.close();
  });

  it('keeps the first 20,000 trades, and counts them all', async () => {
    const pool = createCpuPool(1);
    const restless = task(100_000, new TaskControl(), { fast: 1, slow: 2 });
    restless.candles.close.forEach((_, bar, close) => {
      close[bar] = bar % 4 < 2 ? 100 : 101;
    });
    restless.candles.high.fill(101);
    const result = await pool.runBacktest(restless);
    if (result.outcome !== 'done') throw new Error(result.outcome);
    const { summary, trades } = result.result;
    expect(summary.trades).toBeGreaterThan(20_000);
    expect(trades.count).toBe(20_000);
    expect(trades.columns.seq).toMatch(/^\{1,2,3,.*,19999,20000\}$/);
    expect(trades.columns.symbol).toMatch(/^\{"ACME","ACME",/);
    await pool.close();
  });

  it('says why the engine refuses candles', async () => {
    const pool = createCpuPool(1);
    const broken = task(10, new TaskControl());
    broken.candles.close[3] = Number.NaN;
    expect(await pool.runBacktest(broken)).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('close'),
    });
    await pool.close();
  });
});

describe('An equity curve', () => {
  it('is kept whole while it is short', () => {
    const { ts, equity } = thinEquity(Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 15), 3);
    expect([ts, equity]).toEqual([
      [1, 2, 3],
      [10, 20, 15],
    ]);
  });

  it('keeps its extremes and its end when it is thinned, in order of time', () => {
    const bars = 10_000;
    const ts = Float64Array.from({ length: bars }, (_, bar) => bar);
    const equity = ts.map((bar) => 100 + Math.sin(bar / 7));
    equity[4321] = 5000;
    equity[1234] = 1;
    const curve = thinEquity(ts, equity, 300);
    expect(curve.equity.length).toBeLessThanOrEqual(300);
    expect(Math.max(...curve.equity)).toBe(5000);
    expect(Math.min(...curve.equity)).toBe(1);
    expect(curve.ts.at(-1)).toBe(bars - 1);
    expect(curve.ts).toEqual([...curve.ts].sort((a, b) => a - b));
  });
});
