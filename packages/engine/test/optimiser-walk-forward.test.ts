import { WalkForwardSettings } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stitchOutOfSample } from '../src/optimiser/stitch-out-of-sample.ts';
import { planWalkForward } from '../src/optimiser/walk-forward.ts';

const DAY_MS = 86_400_000;

function hourly(bars: number): Float64Array {
  return Float64Array.from({ length: bars }, (_, bar) => Date.UTC(2024, 0, 1) + (bar * DAY_MS) / 24);
}

function plan(bars: number, settings: Partial<WalkForwardSettings> & { train: number; test: number }) {
  return planWalkForward(hourly(bars), WalkForwardSettings.parse(settings));
}

describe('The windows of a walk-forward', () => {
  it('roll on by the test window', () => {
    expect(plan(100, { train: 40, test: 20 })).toEqual([
      { fold: 1, train: { from: 0, to: 40 }, test: { from: 40, to: 60 } },
      { fold: 2, train: { from: 20, to: 60 }, test: { from: 60, to: 80 } },
      { fold: 3, train: { from: 40, to: 80 }, test: { from: 80, to: 100 } },
    ]);
  });

  it('grow from the first bar when anchored', () => {
    const folds = plan(99, { scheme: 'anchored', train: 40, test: 20 });
    expect(folds.map(({ train }) => train)).toEqual([
      { from: 0, to: 40 },
      { from: 0, to: 60 },
    ]);
  });

  it('leave out the purged end of the training and the embargo after it', () => {
    expect(plan(100, { train: 40, test: 20, purge_bars: 5, embargo_bars: 10 })).toEqual([
      { fold: 1, train: { from: 0, to: 35 }, test: { from: 50, to: 70 } },
      { fold: 2, train: { from: 20, to: 55 }, test: { from: 70, to: 90 } },
    ]);
  });

  it('are refused at once where days are so short that there would be no end of them', () => {
    for (const length of [1e-9, 1e-300]) {
      expect(() => plan(100, { unit: 'days', train: length, test: length })).toThrow(
        /use a longer test window or step/,
      );
    }
  });

  it('count days by the clock, whatever bars there are', () => {
    const ts = hourly(24 * 10).filter((_, bar) => bar % 24 < 7);
    const folds = planWalkForward(ts, WalkForwardSettings.parse({ unit: 'days', train: 4, test: 2 }));
    expect(folds.map(({ train, test }) => [train.from / 7, train.to / 7, test.from / 7, test.to / 7])).toEqual([
      [0, 4, 4, 6],
      [2, 6, 6, 8],
    ]);
  });

  it('never test a bar twice, nor one that training or the gap has', () => {
    const anyPlan = fc.record({
      bars: fc.integer({ min: 30, max: 400 }),
      train: fc.integer({ min: 10, max: 100 }),
      test: fc.integer({ min: 1, max: 50 }),
      extra: fc.integer({ min: 0, max: 20 }),
      purge_bars: fc.integer({ min: 0, max: 9 }),
      embargo_bars: fc.integer({ min: 0, max: 9 }),
      scheme: fc.constantFrom('rolling' as const, 'anchored' as const),
    });
    fc.assert(
      fc.property(anyPlan, ({ bars, extra, ...settings }) => {
        fc.pre(settings.train + settings.test + settings.embargo_bars <= bars);
        let tested = 0;
        for (const { train, test } of plan(bars, { ...settings, step: settings.test + extra })) {
          expect(train.from).toBeLessThan(train.to);
          expect(test.from - train.to).toBe(settings.purge_bars + settings.embargo_bars);
          expect(test.from).toBeGreaterThanOrEqual(tested);
          expect(test.to - test.from).toBe(settings.test);
          tested = test.to;
        }
        expect(tested).toBeLessThanOrEqual(bars);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[string, Parameters<typeof plan>[1], RegExp]>([
    [
      'windows longer than the data',
      { train: 90, test: 20 },
      /needs 90 bars to train.*there are only|there are 100 bars/,
    ],
    ['an embargo that leaves no room', { train: 60, test: 30, embargo_bars: 20 }, /use shorter windows or more data/],
    ['a step shorter than the test', { train: 40, test: 20, step: 10 }, /tests would overlap/],
    ['a fraction of a bar', { train: 40.5, test: 20 }, /train of 40.5 bars; it must be a whole number/],
    ['a purge of all training', { train: 40, test: 20, purge_bars: 40 }, /purges 40 of 40 bars/],
  ])('are refused: %s', (_, settings, message) => {
    expect(() => plan(100, settings)).toThrow(expect.objectContaining({ code: 'invalid_walk_forward' }));
    expect(() => plan(100, settings)).toThrow(message);
  });

  it('are refused where a length is NaN', () => {
    const settings = { ...WalkForwardSettings.parse({ train: 10, test: 5 }), train: Number.NaN };
    expect(() => planWalkForward(hourly(100), settings)).toThrow(/train of NaN bars/);
  });
});

describe('The stitched out-of-sample account', () => {
  const fold = (out: number[], within: number[], firstDay: number) => ({
    out_of_sample: Float64Array.from(out),
    out_of_sample_ts: Float64Array.from(out, (_, day) => (firstDay + day) * DAY_MS),
    in_sample: Float64Array.from(within),
  });

  it('chains the returns of the tests', () => {
    const stitched = stitchOutOfSample([fold([0.1, -0.5], [0.2], 0), fold([0.2], [0.2], 5)]);
    expect([...stitched.equity]).toEqual([1.1, 0.55, 0.66].map((value) => expect.closeTo(value, 12)));
    expect([...stitched.equity_ts]).toEqual([0, DAY_MS, 5 * DAY_MS]);
    expect(stitched.total_return_pct).toBeCloseTo(-34, 10);
    expect(stitched.max_drawdown_pct).toBeCloseTo(50, 10);
    expect(stitched.days).toBe(3);
  });

  it('has an efficiency of 1 where tests do as well as training, and of a half where they earn half', () => {
    const grow = (rate: number, days: number) => new Array<number>(days).fill(Math.expm1(rate));
    expect(stitchOutOfSample([fold(grow(0.01, 5), grow(0.01, 50), 0)]).efficiency.value).toBeCloseTo(1, 12);
    const half = stitchOutOfSample([fold(grow(0.01, 5), grow(0.02, 50), 0), fold(grow(0.03, 8), grow(0.06, 9), 5)]);
    expect(half.efficiency.value).toBeCloseTo(0.5, 12);
  });

  it('has no efficiency where training made no money', () => {
    expect(stitchOutOfSample([fold([0.1], [-0.1], 0)]).efficiency).toEqual({
      value: null,
      reason: 'the chosen parameters made no money in training',
    });
  });
});
