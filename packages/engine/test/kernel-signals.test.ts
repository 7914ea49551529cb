import { describe, expect, it } from 'vitest';
import { averagesCross } from '../../../scripts/bench/engine/averages-cross.ts';
import { randomWalk } from '../../../scripts/bench/engine/random-walk.ts';
import { kernelSignals } from '../src/kernel-signals.ts';
import { evaluatePlan } from '../src/plan/evaluate-plan.ts';
import { SignalCursor, signalBars } from '../src/simulator/signal-bars.ts';

describe('signals of the kernels', () => {
  const series = { symbol: 'WALK', timeframe: '1m', candles: randomWalk(10_000) } as const;
  const { plan } = averagesCross(5, 20);

  it('hold at the bars at which the columns of the plan do', () => {
    const { columns } = evaluatePlan(plan, { instruments: [series] }, 0, [3, 4]);
    const signals = kernelSignals(plan, series, [3, 4]);
    for (const node of [3, 4]) {
      const expected = signalBars(columns.get(node) ?? NaN);
      expect(expected).not.toHaveLength(0);
      expect(signals?.get(node)).toEqual(expected);
    }
  });

  it('are left to the columns where a node has no kernel', () => {
    const power = { op: 'binary', operator: 'power', inputs: [1, 2] } as const;
    expect(kernelSignals({ nodes: [...plan.nodes, power] }, series, [plan.nodes.length])).toBeNull();
  });
});

describe('a cursor on a signal', () => {
  it('finds the next bar wherever it looked before', () => {
    const cursor = new SignalCursor(signalBars(Float64Array.of(0, 1, NaN, 0, -1, 0)));
    expect([0, 4, 5, 2, 1].map((from) => cursor.next(from))).toEqual([1, 4, Infinity, 4, 1]);
    expect([0, 1, 2, 3, 4, 5].filter((bar) => cursor.holds(bar))).toEqual([1, 4]);
  });

  it('holds always or never for a constant', () => {
    expect(new SignalCursor(signalBars(1)).next(7)).toBe(7);
    expect(new SignalCursor(signalBars(0)).next(7)).toBe(Infinity);
  });
});
