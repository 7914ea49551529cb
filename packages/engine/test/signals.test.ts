import type { StrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rsi } from '../src/index.ts';
import { anyMacdRsi, anySmaCross, anyStrategy, MACD_12_26_9, SMA_10_30 } from './support/any-strategy.ts';
import { anyCandles, anyCents, candlesOfCloses, firstBars } from './support/made-up-candles.ts';
import { readCandles, readIndicators, referenceDataPresent, referenceTitle } from './support/reference-data.ts';
import { ENTER, EXIT, strategySignals } from './support/strategy-signals.ts';

const signalsOf = (spec: StrategySpec, closes: ArrayLike<number>) =>
  strategySignals(spec).computeSignals(candlesOfCloses(closes));

/** Entries and exits of the crossover rule, decided by exact sums of whole cents. */
function exactSmaCross(cents: readonly number[], fast: number, slow: number): number[] {
  const sumBefore = (end: number, bars: number) => cents.slice(end - bars, end).reduce((sum, n) => sum + n, 0);
  const compareAt = (bar: number) => Math.sign(sumBefore(bar + 1, fast) * slow - sumBefore(bar + 1, slow) * fast);
  return cents.map((_, bar) => {
    if (bar < slow) return 0;
    const [before, now] = [compareAt(bar - 1), compareAt(bar)];
    if (before <= 0 && now > 0) return ENTER;
    return before >= 0 && now < 0 ? EXIT : 0;
  });
}

describe('the signals of every strategy', () => {
  for (const [name, anySpec] of [
    ['sma-cross', anySmaCross],
    ['macd-rsi', anyMacdRsi],
  ] as const) {
    it(`${name}: the signal at every bar is the same whether or not later bars are known`, () => {
      fc.assert(
        fc.property(anyCandles, anySpec, (candles, spec) => {
          const strategy = strategySignals(spec);
          const signals = strategy.computeSignals(candles);
          for (let bars = 0; bars <= signals.length; bars++) {
            expect(strategy.computeSignals(firstBars(candles, bars))).toEqual(signals.slice(0, bars));
          }
        }),
        { numRuns: 60 },
      );
    });
  }

  it('exist only from the end of the declared warm-up on', () => {
    fc.assert(
      fc.property(anyCandles, anyStrategy, (candles, spec) => {
        const { warm_up_bars, computeSignals } = strategySignals(spec);
        const early = computeSignals(candles).slice(0, warm_up_bars);
        expect(early.every((signal) => signal === 0)).toBe(true);
      }),
    );
  });

  it('can occur on the very bar at which the declared warm-up ends', () => {
    const shortest = { fast: 1, slow: 2, signal: 2, rsi_period: 1, rsi_entry_max: 100, rsi_exit_min: 100 };
    const cases: [StrategySpec, number[]][] = [
      [{ name: 'sma-cross', params: { fast: 1, slow: 2 } }, [5, 5, 6]],
      [{ name: 'macd-rsi', params: shortest }, [5, 5, 6, 5]],
    ];
    for (const [spec, closes] of cases) {
      const signals = signalsOf(spec, closes);
      expect(strategySignals(spec).warm_up_bars).toBe(closes.length - 1);
      expect(signals.at(-1)).not.toBe(0);
    }
  });

  it('are absent in a market that never moves, at any price', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 7 }), anyStrategy, (cents, spec) => {
        expect(signalsOf(spec, new Float64Array(100).fill(cents / 100)).every((signal) => signal === 0)).toBe(true);
      }),
    );
  });
});

describe('sma-cross', () => {
  it('decides every crossing as exact arithmetic on whole cents does, ties included', () => {
    let ties = 0;
    fc.assert(
      fc.property(anyCents, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 20 }), (cents, fast, more) => {
        const signals = signalsOf(
          { name: 'sma-cross', params: { fast, slow: fast + more } },
          cents.map((n) => n / 100),
        );
        expect([...signals]).toEqual(exactSmaCross(cents, fast, fast + more));
        ties += cents.filter((n, bar) => n === cents[bar - 1]).length;
      }),
      { numRuns: 500 },
    );
    expect(ties).toBeGreaterThan(100);
  });

  it('enters on leaving a tie upwards and exits on leaving it downwards, not on entering it', () => {
    const spec: StrategySpec = { name: 'sma-cross', params: { fast: 1, slow: 2 } };
    expect([...signalsOf(spec, [5, 5, 6, 6, 7, 7, 6, 6])]).toEqual([0, 0, ENTER, 0, ENTER, 0, EXIT, 0]);
  });
});

describe('parameters that make no strategy are refused before any candle is seen', () => {
  const refused = expect.objectContaining({ code: 'invalid_params' });

  it('a fast period that is not below the slow one', () => {
    expect(() => strategySignals({ name: 'sma-cross', params: { fast: 30, slow: 30 } })).toThrow(refused);
    const params = { ...MACD_12_26_9.params, fast: 26 };
    expect(() => strategySignals({ name: 'macd-rsi', params })).toThrow(refused);
  });

  it('a period that is not a whole number of at least 1', () => {
    expect(() => strategySignals({ name: 'sma-cross', params: { fast: 0, slow: 30 } })).toThrow(refused);
    for (const name of ['fast', 'slow', 'signal', 'rsi_period'] as const) {
      const params = { ...MACD_12_26_9.params, [name]: 26.5 };
      expect(() => strategySignals({ name: 'macd-rsi', params })).toThrow(refused);
    }
  });

  it('an RSI level outside 0 to 100', () => {
    for (const level of [-1, 101, NaN]) {
      for (const name of ['rsi_entry_max', 'rsi_exit_min'] as const) {
        const params = { ...MACD_12_26_9.params, [name]: level };
        expect(() => strategySignals({ name: 'macd-rsi', params })).toThrow(refused);
      }
    }
  });
});

describe('macd-rsi', () => {
  const params = { fast: 2, slow: 3, signal: 2, rsi_period: 2, rsi_entry_max: 100, rsi_exit_min: 100 };
  const signalsWith = (changed: Partial<typeof params>, closes: number[]) =>
    signalsOf({ name: 'macd-rsi', params: { ...params, ...changed } }, closes);
  const dip = [10, 10, 10, 10, 9, 8, 8.2, 8.8, 9];
  const rsiAtCrossing = rsi(Float64Array.from(dip), params.rsi_period)[6] ?? NaN;

  it('does not trade a straight ramp, whose MACD and signal are one line on paper', () => {
    const ramp = Float64Array.from({ length: 300 }, (_, i) => 100 - 0.07 * i);
    expect(signalsOf(MACD_12_26_9, ramp).every((signal) => signal === 0)).toBe(true);
  });

  it('counts leaving a tie as a crossing, upwards and downwards', () => {
    const flat = new Array<number>(100).fill(10);
    const longRsi = { rsi_period: 101 };
    expect(signalsWith(longRsi, [11, ...flat, 11]).at(-1)).toBe(ENTER);
    expect(signalsWith(longRsi, [11, ...flat, 9]).at(-1)).toBe(EXIT);
  });

  it('enters at a crossing only while the RSI is below rsi_entry_max, not at it', () => {
    expect(signalsWith({}, dip)[6]).toBe(ENTER);
    expect(signalsWith({ rsi_entry_max: rsiAtCrossing + 1e-9 }, dip)[6]).toBe(ENTER);
    expect(signalsWith({ rsi_entry_max: rsiAtCrossing }, dip)[6]).toBe(0);
  });

  it('exits when the RSI is at rsi_exit_min or above, even at a crossing up', () => {
    expect(signalsWith({ rsi_exit_min: rsiAtCrossing + 1e-9 }, dip)[6]).toBe(ENTER);
    expect(signalsWith({ rsi_exit_min: rsiAtCrossing }, dip)[6]).toBe(EXIT);
    expect(signalsWith({ rsi_exit_min: rsiAtCrossing - 1 }, dip)[6]).toBe(EXIT);
  });
});

describe.skipIf(!referenceDataPresent)(referenceTitle('macd-rsi against exact indicators'), () => {
  for (const dataset of ['GOOG_1d', 'EURUSD_1h']) {
    it(`${dataset}: signals follow the rule applied to the exact MACD, signal line and RSI`, () => {
      const column = readIndicators(`exact_${dataset}`);
      const [line, signal, strength] = [column('macd_12_26_9'), column('macd_signal_12_26_9'), column('rsi_14')];
      const at = (values: Float64Array, bar: number) => values[bar] ?? NaN;
      const expected = Array.from(line, (_, bar) => {
        if (Number.isNaN(at(line, bar - 1))) return 0;
        const wasAbove = at(line, bar - 1) > at(signal, bar - 1);
        const isAbove = at(line, bar) > at(signal, bar);
        if ((wasAbove && !isAbove) || at(strength, bar) >= 80) return EXIT;
        return !wasAbove && isAbove && at(strength, bar) < 70 ? ENTER : 0;
      });
      expect([...strategySignals(MACD_12_26_9).computeSignals(readCandles(dataset))]).toEqual(expected);
      expect(expected.filter((signal) => signal === ENTER).length).toBeGreaterThan(20);
    });
  }
});

describe('a specification the engine does not know', () => {
  it('is refused by name', () => {
    const spec: StrategySpec = JSON.parse('{ "name": "martingale", "params": {} }');
    expect(() => strategySignals(spec)).toThrow(expect.objectContaining({ code: 'unknown_strategy' }));
    expect(() => strategySignals(spec)).toThrow('martingale');
  });
});

describe('the warm-up of a strategy', () => {
  it('is the slow period for SMA crossover, and the longer of MACD and RSI for macd-rsi', () => {
    expect(strategySignals(SMA_10_30).warm_up_bars).toBe(30);
    expect(strategySignals(MACD_12_26_9).warm_up_bars).toBe(34);
    const longRsi = { ...MACD_12_26_9.params, rsi_period: 60 };
    expect(strategySignals({ name: 'macd-rsi', params: longRsi }).warm_up_bars).toBe(60);
  });
});
