import { BacktestSettings } from '@tradebase/contracts';
import { Random, resolveStrategy } from '@tradebase/engine';
import { describe, expect, it } from 'vitest';
import { evaluateTrial, type TrialSetting } from '../src/studies/evaluate-trial.ts';
import type { TrialRequest } from '../src/studies/study.ts';
import { sweepTrials } from '../src/studies/sweep-trials.ts';

const BARS = 3000;

function wandering() {
  const random = new Random(5);
  const close = new Float64Array(BARS);
  let price = 100;
  for (let bar = 0; bar < BARS; bar++) {
    price *= 1 + 0.01 * random.normal();
    close[bar] = price;
  }
  const open = close.map((_, bar) => close[Math.max(bar - 1, 0)] ?? 0);
  return {
    ts: close.map((_, bar) => bar * 3_600_000),
    open,
    high: close.map((value, bar) => Math.max(value, open[bar] ?? 0)),
    low: close.map((value, bar) => Math.min(value, open[bar] ?? 0)),
    close,
    volume: new Float64Array(BARS).fill(1),
  };
}

const { definition, values } = resolveStrategy({ name: 'sma-cross', params: {} });
const SETTING: TrialSetting = {
  series: { symbol: 'TEST', timeframe: '1h', candles: wandering() },
  definition,
  initial_cash: 10_000,
  settings: BacktestSettings.parse({ fees: { type: 'bps', maker_bps: 5, taker_bps: 5 } }),
  seed: 1,
};

function requestsOf(own: Partial<TrialRequest> = {}): TrialRequest[] {
  return [3, 5, 8, 13, 21].flatMap((fast) =>
    [34, 55, 89].map((slow) => ({
      params: { ...values, fast, slow },
      window: { from: 0, trade_from: 0, to: BARS },
      detail: 'quick' as const,
      perturbation: null,
      ...own,
    })),
  );
}

const running = () => false;

describe('A sweep over the trials of a study', () => {
  it('gives each the numbers that it has on its own', () => {
    const requests = requestsOf();
    const swept = sweepTrials(requests, SETTING, running);
    requests.forEach((request, index) => {
      const alone = evaluateTrial(request, SETTING, running);
      const together = swept[index];
      if (alone?.outcome !== 'completed' || together?.outcome !== 'completed') throw new Error('a trial did not run');
      expect(together.metrics.trades).toBeGreaterThan(5);
      for (const [name, value] of Object.entries(together.metrics)) {
        expect([name, value]).toEqual([name, expect.closeTo(alone.metrics[name] ?? Number.NaN, 9)]);
      }
    });
  });

  it.each<[string, Partial<TrialRequest>]>([
    ['that want daily returns', { detail: 'series' }],
    ['that want every metric', { detail: 'metrics' }],
    ['on other candles', { perturbation: { method: 'candle_noise', noise: 0.1, seed: 1 } }],
    ['with bars before their window', { window: { from: 0, trade_from: 100, to: BARS } }],
  ])('leaves trials alone %s', (_, own) => {
    expect(sweepTrials(requestsOf(own), SETTING, running).every((outcome) => outcome === null)).toBe(true);
  });

  it('leaves all alone with settings that the compiled path does not take', () => {
    const settings = BacktestSettings.parse({ fees: { type: 'per_trade', amount: 1 } });
    expect(sweepTrials(requestsOf(), { ...SETTING, settings }, running).every((outcome) => outcome === null)).toBe(
      true,
    );
  });

  it('ends early when told to stop', () => {
    expect(sweepTrials(requestsOf(), SETTING, () => true).every((outcome) => outcome === null)).toBe(true);
  });
});
