import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BacktestSettings, type Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AverageCross, RunningSums } from '../src/compiled/average-cross.ts';
import { KernelInstance } from '../src/compiled/kernel-instance.ts';
import { simulateCompiled } from '../src/compiled/simulate-compiled.ts';
import { sweep } from '../src/compiled/sweep.ts';
import type { SweepResult } from '../src/compiled/sweep-result.ts';
import { evaluatePlan } from '../src/plan/evaluate-plan.ts';
import { PlanBuilder } from '../src/plan/plan-builder.ts';
import type { RuleProgram } from '../src/plan/rule-program.ts';
import { simulate } from '../src/simulator/simulate-events.ts';
import { anyCompiledSettings, anyRuleProgram, indicator, walk } from './support/any-rule-program.ts';
import { candlesOfCloses } from './support/made-up-candles.ts';

const INITIAL_CASH = 10_000;
const SETTINGS = BacktestSettings.parse({ fees: { type: 'bps', maker_bps: 1, taker_bps: 1 } });

function averagesCross(fast: number, slow: number): RuleProgram {
  const plan = new PlanBuilder();
  const [a, b] = [indicator(plan, 'sma', [fast]), indicator(plan, 'sma', [slow])];
  return {
    rules: {
      enter_long: plan.binary('crosses_above', a, b),
      exit_long: plan.binary('crosses_below', a, b),
      enter_short: null,
      exit_short: null,
      sizing: { method: 'percent_of_equity', percent: plan.constant(100) },
      entry_order: { type: 'market' },
      stop_loss: null,
      take_profit: null,
      trailing_stop: null,
      time_exit_bars: null,
      cooldown_bars: 0,
      max_entries: 1,
      daily_loss_cap_pct: null,
      max_positions: 1,
      session: null,
    },
    plan: { nodes: plan.nodes },
    warm_up_bars: slow,
  };
}

function compiled(candles: Candles, program: RuleProgram, settings: BacktestSettings) {
  const run = simulateCompiled(
    { kind: 'rules', name: 'test', program },
    { instruments: [{ symbol: 'TEST', timeframe: '1h', candles }] },
    { initial_cash: INITIAL_CASH, settings, seed: 1 },
    {},
  );
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

function byEvents(candles: Candles, program: RuleProgram, settings: BacktestSettings) {
  const data = { instruments: [{ symbol: 'TEST', timeframe: '1h', candles }] } as const;
  const options = { initial_cash: INITIAL_CASH, settings, seed: 1 };
  return simulate({ kind: 'rules', name: 'test', program }, data, options, { evaluatePlan });
}

/** Deepest fall of equity from its peak, in percent. */
function deepestFall(equity: Float64Array): number {
  let peak = INITIAL_CASH;
  let lowest = 1;
  for (const mark of equity) {
    peak = Math.max(peak, mark);
    lowest = Math.min(lowest, mark / peak);
  }
  return 100 * (1 - lowest);
}

describe('the compiled path over several blocks of bars', () => {
  it('trades and marks as the event-driven path does, to the bit', () => {
    const anyProgram = fc.oneof(
      anyRuleProgram,
      fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 300 })).map((of) => averagesCross(...of)),
    );
    fc.assert(
      fc.property(fc.nat(1e6), anyProgram, anyCompiledSettings, (seed, program, settings) => {
        const candles = walk(seed, 10_000);
        const [actual, expected] = [compiled(candles, program, settings), byEvents(candles, program, settings)];
        expect([...actual.trades]).toEqual([...expected.trades]);
        expect(actual.equity).toEqual(expected.equity);
        expect(actual.costs).toEqual(expected.costs);
        expect(actual.max_drawdown_pct ?? NaN).toBeCloseTo(deepestFall(expected.equity), 9);
      }),
      { numRuns: 12 },
    );
  });

  it('counts an exit above all marks before it as a peak', () => {
    // Held from bar 3 to bar 5, which opens far above every close.
    const candles = candlesOfCloses([100, 90, 100, 101, 80, 81, 82, 83]);
    candles.open[5] = 200;
    candles.high[5] = 200;
    const result = compiled(candles, averagesCross(1, 2), SETTINGS);
    expect(result.trades.length).toBeGreaterThan(0);
    expect(result.max_drawdown_pct).toBeCloseTo(deepestFall(result.equity), 9);
  });

  it('tells crossings where prices stand still for long, and jump', () => {
    const closes = Array.from({ length: 9000 }, (_, i) => 10 + (Math.floor(i / 700) % 3) * (i % 1400 === 0 ? 1e5 : 1));
    const candles = candlesOfCloses(closes, 3_600_000);
    const program = averagesCross(3, 40);
    expect([...compiled(candles, program, SETTINGS).trades]).toEqual([...byEvents(candles, program, SETTINGS).trades]);
  });
});

describe('a crossing that is as near as two averages may be and still be equal', () => {
  // The mean of one value is above that of two by the tolerance of equality, give or take a few last places.
  const closes = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 1 + 2e-12 : i % 7 === 0 ? 1.5 : 1));
  const candles = candlesOfCloses(closes, 3_600_000);
  const [near, far] = [averagesCross(1, 2), averagesCross(2, 30)];

  it('is not told from rounded averages', () => {
    const kernels = KernelInstance.borrow();
    const values = kernels.allocate(8 * 310);
    kernels.doubles.set(closes, values / 8);
    const sums = new RunningSums(kernels, values, 2);
    const cross = new AverageCross(kernels, sums, 1, 2);
    sums.advance(0, 300);
    cross.advance(300);
    expect(cross.decided).toBe(false);
    kernels.giveBack();
  });

  it('is told from the averages themselves', () => {
    const [actual, expected] = [compiled(candles, near, SETTINGS), byEvents(candles, near, SETTINGS)];
    expect(actual.trades.length).toBeGreaterThan(10);
    expect([...actual.trades]).toEqual([...expected.trades]);
    expect(actual.equity).toEqual(expected.equity);
  });

  it('does not disturb the other parameter sets of a sweep', () => {
    const result = sweepOf(candles, [far, near, far]);
    expect(result.final_equity[1]).toBe(compiled(candles, near, SETTINGS).equity.at(-1));
    expect(result.final_equity[0]).toBe(compiled(candles, far, SETTINGS).equity.at(-1));
    expect(result.final_equity[2]).toBe(result.final_equity[0]);
  });
});

function inputOf(candles: Candles, programs: readonly RuleProgram[]) {
  const bars = candles.ts.length;
  const last_bar = Int32Array.from({ length: Math.ceil(bars / 24) }, (_, day) => Math.min(bars, 24 * (day + 1)) - 1);
  return {
    series: { symbol: 'TEST', timeframe: '1h', candles },
    programs,
    settings: SETTINGS,
    initial_cash: INITIAL_CASH,
    days: { last_bar, per_year: 365 },
  } as const;
}

function sweepOf(candles: Candles, programs: readonly RuleProgram[]): SweepResult {
  return sweep(inputOf(candles, programs));
}

describe('a sweep over several blocks of bars', () => {
  const programs = Array.from({ length: 40 }, (_, i) => averagesCross(1 + (i % 8), 20 + 31 * Math.floor(i / 8)));

  it('gives each parameter set what its own simulation gives', () => {
    const candles = walk(3, 10_000);
    const swept = sweepOf(candles, programs);
    for (const [index, program] of programs.entries()) {
      const alone = compiled(candles, program, SETTINGS);
      expect(swept.final_equity[index]).toBe(alone.equity.at(-1));
      expect(swept.trades[index]).toBe(alone.trades.length);
      expect(swept.fees_paid[index]).toBe(alone.costs.fees);
      expect(swept.exposure_pct[index]).toBe((100 * alone.bars_in_position) / 10_000);
      expect(swept.max_drawdown_pct[index]).toBe(alone.max_drawdown_pct);
    }
  });

  it('gives the same on two threads that share the candles', async () => {
    const candles = shared(walk(4, 6000));
    const alone = sweepOf(candles, programs);
    const halves = await Promise.all([
      onThread(inputOf(candles, programs.slice(0, 20))),
      onThread(inputOf(candles, programs.slice(20))),
    ]);
    for (const name of Object.keys(alone) as (keyof SweepResult)[]) {
      expect(halves.flatMap((half) => [...half[name]])).toEqual([...alone[name]]);
    }
  });
});

/** The same candles where threads can see them. */
function shared(candles: Candles): Candles {
  const column = (values: Float64Array) => {
    const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
    copy.set(values);
    return copy;
  };
  const { ts, open, high, low, close, volume } = candles;
  return {
    ts: column(ts),
    open: column(open),
    high: column(high),
    low: column(low),
    close: column(close),
    volume: column(volume),
  };
}

async function onThread(input: ReturnType<typeof inputOf>): Promise<SweepResult> {
  const worker = new Worker(new URL('./support/sweep-thread.ts', import.meta.url));
  try {
    worker.postMessage(input);
    const [result] = await once(worker, 'message');
    return result as SweepResult;
  } finally {
    await worker.terminate();
  }
}
