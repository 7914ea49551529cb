import { describe, expect, it } from 'vitest';
import { Random } from '../src/math/random.ts';
import { estimateOverfitting } from '../src/optimiser/overfitting.ts';
import { runToEnd } from '../src/run-to-end.ts';

function estimate(returns: readonly Float64Array[], blocks?: number) {
  return runToEnd(estimateOverfitting(returns, blocks));
}

function noise(trials: number, periods: number, seed: number, drift: (trial: number) => number = () => 0) {
  const random = new Random(seed);
  return Array.from({ length: trials }, (_, trial) =>
    Float64Array.from({ length: periods }, () => drift(trial) + 0.01 * random.normal()),
  );
}

/** The definition, word for word, for four blocks: slow, and written without a look at the other. */
function bruteForce(returns: readonly Float64Array[]) {
  const length = (returns[0]?.length ?? 0) / 4;
  const sharpe = (row: Float64Array, blocks: number[]) => {
    const values = blocks.flatMap((block) => [...row.slice(block * length, (block + 1) * length)]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return mean / Math.sqrt(variance);
  };
  const logits: number[] = [];
  const pairs: [inside: number, outside: number][] = [];
  let losses = 0;
  const halves: [number, number][] = [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ];
  for (const chosen of halves) {
    const others = [0, 1, 2, 3].filter((block) => !chosen.includes(block));
    const inside = returns.map((row) => sharpe(row, chosen));
    const best = inside.indexOf(Math.max(...inside));
    const outside = returns.map((row) => sharpe(row, others));
    const rank = outside.toSorted((a, b) => a - b).indexOf(outside[best] ?? Number.NaN) + 1;
    const share = rank / (returns.length + 1);
    logits.push(Math.log(share / (1 - share)));
    pairs.push([inside[best] ?? 0, outside[best] ?? 0]);
    if ((outside[best] ?? 0) < 0) losses += 1;
  }
  const mean = (of: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[of], 0) / 6;
  const covariance = (a: 0 | 1, b: 0 | 1) =>
    pairs.reduce((sum, pair) => sum + (pair[a] - mean(a)) * (pair[b] - mean(b)), 0);
  const slope = covariance(0, 1) / covariance(0, 0);
  return { value: logits.filter((logit) => logit <= 0).length / 6, logits, losses: losses / 6, slope };
}

describe('The probability of backtest overfitting', () => {
  it('is what its definition says, block by block', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const returns = noise(7, 40, seed, (trial) => 0.001 * trial);
      const direct = bruteForce(returns);
      const logits = direct.logits.toSorted((a, b) => a - b);
      expect(estimate(returns, 4)).toMatchObject({
        value: expect.closeTo(direct.value, 12),
        loss_probability: expect.closeTo(direct.losses, 12),
        median_logit: expect.closeTo(((logits[2] ?? 0) + (logits[3] ?? 0)) / 2, 9),
        degradation_slope: expect.closeTo(direct.slope, 9),
        trials: 7,
        blocks: 4,
        splits: 6,
      });
    }
  });

  it('is about a half where all trials are noise', () => {
    const values = Array.from({ length: 60 }, (_, seed) => estimate(noise(20, 160, seed), 8).value ?? Number.NaN);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeGreaterThan(0.42);
    expect(mean).toBeLessThan(0.58);
  });

  it('is near zero where one trial is truly better', () => {
    const skilled = estimate(noise(20, 320, 1, (trial) => (trial === 3 ? 0.006 : 0)));
    expect(skilled.value).toBeLessThan(0.01);
    expect(skilled.loss_probability).toBeLessThan(0.01);
    expect(skilled).toMatchObject({ blocks: 16, splits: 12_870 });
  });

  it('is near one where what wins in one half loses in the other', () => {
    // Each trial earns in one block and pays for it in all others: the best of any half is bad in the rest.
    const returns = Array.from({ length: 16 }, (_, trial) =>
      Float64Array.from(
        { length: 160 },
        (_, day) => (Math.floor(day / 10) === trial ? 0.02 : -0.001) + 1e-4 * (day % 2),
      ),
    );
    const fitted = estimate(returns);
    expect(fitted.value).toBeGreaterThan(0.95);
    expect(fitted.loss_probability).toBe(1);
  });

  it('splits a short history into fewer blocks, and says where it is too short', () => {
    expect(estimate(noise(5, 30, 1)).blocks).toBe(6);
    expect(estimate(noise(5, 7, 1))).toMatchObject({
      value: null,
      reason: expect.stringContaining('7 days are too few'),
    });
    expect(estimate(noise(1, 100, 1))).toMatchObject({
      value: null,
      reason: expect.stringContaining('at least two trials'),
    });
  });

  it('takes trials that never trade for a Sharpe ratio of zero', () => {
    const idle = Array.from({ length: 4 }, () => new Float64Array(64));
    expect(estimate(idle)).toMatchObject({ value: 1, loss_probability: 0, degradation_slope: null });
  });
});
