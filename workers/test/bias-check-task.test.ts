import { BacktestSettings } from '@tradebase/contracts';
import { EngineError } from '@tradebase/engine';
import { describe, expect, it } from 'vitest';
import { type CheckBias, runBiasCheck } from '../src/cpu/bias-check-task.ts';
import { TaskControl } from '../src/cpu/task-control.ts';

const INPUT = {
  data: { instruments: [] },
  strategy: { name: 'sma-cross', params: {} },
  initial_cash: 10_000,
  settings: BacktestSettings.parse({}),
  seed: 1,
  start_up_bars: [30],
};

const check: CheckBias = function* steps({ start_up_bars }) {
  yield 0.25;
  yield 0.5;
  return { start_up_bars };
};

describe('A bias check', () => {
  it('reports how far it is, and what it found', () => {
    const control = new TaskControl();
    expect(runBiasCheck(check, INPUT, control)).toEqual({ outcome: 'done', result: { start_up_bars: [30] } });
    expect(control.progress).toBe(0.5);
  });

  it('stops between steps when told to', () => {
    const control = new TaskControl();
    const stopping: CheckBias = function* steps() {
      yield 0.25;
      control.stop();
      yield 0.5;
      throw new Error('it went on');
    };
    expect(runBiasCheck(stopping, INPUT, control)).toEqual({ outcome: 'stopped' });
  });

  it('says why the engine refuses, and lets every other error through', () => {
    const failing = (error: Error): CheckBias =>
      // biome-ignore lint/correctness/useYield: it fails before the first step
      function* steps() {
        throw error;
      };
    const refused = runBiasCheck(failing(new EngineError('invalid_params', 'no')), INPUT, new TaskControl());
    expect(refused).toEqual({ outcome: 'refused', message: 'no' });
    expect(() => runBiasCheck(failing(new Error('broken')), INPUT, new TaskControl())).toThrow('broken');
  });
});
