import { BacktestSettings } from '@tradebase/contracts';
import { syntheticCandles } from '@tradebase/market-data';
import { describe, expect, it } from 'vitest';
import runBiasCheckTask, { type BiasCheckTask } from '../src/cpu/bias-check-task.ts';
import { TaskControl } from '../src/cpu/task-control.ts';

function task(control: TaskControl, name = 'sma-cross'): BiasCheckTask {
  const candles = syntheticCandles({ seed: 1, count: 400, start: Date.UTC(2001, 0, 1), timeframe: '1d' });
  return {
    input: {
      data: { instruments: [{ symbol: 'ACME', timeframe: '1d', candles }] },
      strategy: { name, params: {} },
      initial_cash: 10_000,
      settings: BacktestSettings.parse({}),
      seed: 1,
      start_up_bars: [30],
    },
    control: control.shared,
  };
}

describe('A bias check', () => {
  it('reports how far it is, and what it found', () => {
    const control = new TaskControl();
    expect(runBiasCheckTask(task(control))).toMatchObject({
      outcome: 'done',
      result: { looks_ahead: false, bars: 400, warm_up: [{ start_up_bars: 30 }] },
    });
    expect(control.progress).toBeGreaterThan(0.9);
  });

  it('stops between runs when told to', () => {
    const control = new TaskControl();
    control.stop();
    expect(runBiasCheckTask(task(control))).toEqual({ outcome: 'stopped' });
  });

  it('says why the engine refuses', () => {
    expect(runBiasCheckTask(task(new TaskControl(), 'sma-crosss'))).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining("did you mean 'sma-cross'"),
    });
  });
});
