import { describe, expect, it } from 'vitest';
import { checkDecisions } from '../src/bias/check-decisions.ts';
import type { Decide, Decision } from '../src/bias/decision.ts';
import { EngineError, ema, sma } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import { candlesOfCloses, fixedRandom } from './support/made-up-candles.ts';

const HOUR_MS = 3_600_000;
const DECLARED = { warm_up_bars: 20, depends_on_state: false };

/** An hourly random walk in cents. */
function market(bars = 600): MarketData {
  const random = fixedRandom(11);
  let price = 100;
  const closes = Float64Array.from({ length: bars }, () => {
    price *= 1 + (random() - 0.5) / 50;
    return Math.round(price * 100) / 100;
  });
  return { instruments: [{ symbol: 'ACME', timeframe: '1h', candles: candlesOfCloses(closes, HOUR_MS) }] };
}

/** Buys at bars for which a condition holds, which is made once from all closes there are. */
function buysWhere(makeCondition: (close: Float64Array, ts: Float64Array) => (bar: number) => boolean): Decide {
  return (data) => {
    const candles = data.instruments[0]?.candles;
    if (!candles) return [];
    const wants = makeCondition(candles.close, candles.ts);
    const decisions: Decision[] = [];
    candles.ts.forEach((ts, bar) => {
      if (wants(bar)) decisions.push({ ts, what: 'buy', detail: '' });
    });
    return decisions;
  };
}

/** Whether the close is above an average of closes. */
function aboveAverage(average: (close: Float64Array) => Float64Array) {
  return (close: Float64Array) => {
    const averages = average(close);
    return (bar: number) => at(close, bar) > at(averages, bar);
  };
}

const at = (column: Float64Array, index: number): number => column[index] ?? NaN;
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the look-ahead check', () => {
  const honest = buysWhere(aboveAverage((close) => sma(close, 20)));

  it('finds nothing in a strategy that uses bars up to its own', () => {
    const report = checkDecisions(honest, market(200), DECLARED);
    expect(report).toMatchObject({ looks_ahead: false, look_ahead: [], bars: 200 });
    expect(report.decisions).toBeGreaterThan(20);
    expect(report.cuts).toBe(199);
  });

  it.each<[string, Decide]>([
    ['the close of the next bar', buysWhere((close) => (bar) => at(close, bar + 1) > at(close, bar))],
    [
      'a centred window',
      buysWhere((close) => (bar) => at(close, bar) > mean(close.subarray(Math.max(0, bar - 5), bar + 6))),
    ],
    [
      'a higher timeframe before its bar has closed',
      buysWhere((close, ts) => (bar) => {
        const hours = new Date(at(ts, bar)).getUTCHours();
        const closeOfDay = at(close, Math.min(bar + 23 - hours, close.length - 1));
        return closeOfDay > at(close, bar) * 1.01;
      }),
    ],
    [
      'a mean and deviation of the whole series',
      buysWhere((close) => {
        const average = mean(close);
        const deviation = Math.sqrt(mean(close.map((price) => (price - average) ** 2)));
        return (bar) => at(close, bar) < average - deviation;
      }),
    ],
  ])('catches %s', (_, cheat) => {
    const report = checkDecisions(cheat, market(), DECLARED);
    expect(report.looks_ahead).toBe(true);
    const [finding] = report.look_ahead;
    expect(finding?.ts).toBeLessThanOrEqual(finding?.cut_ts ?? NaN);
    expect(finding?.with_future).not.toBe(finding?.without_future);
  });

  it('catches a cheat that strikes once in ten thousand bars', () => {
    const data = market(10_000);
    const once = buysWhere((close) => (bar) => bar === 7_777 && at(close, bar + 1) > 0);
    expect(checkDecisions(once, data, DECLARED, { maxCuts: 20 }).looks_ahead).toBe(true);
  });

  it('names the first decision that changed, and what it was without the future', () => {
    const peek = buysWhere((close) => (bar) => bar === 300 && close.length > 400);
    const [finding] = checkDecisions(peek, market(), DECLARED, { maxCuts: 1_000 }).look_ahead;
    const ts = market().instruments[0]?.candles.ts ?? new Float64Array(0);
    expect(finding).toEqual({ ts: at(ts, 300), cut_ts: at(ts, 300), with_future: 'buy', without_future: null });
  });
});

describe('the warm-up check', () => {
  it('says that a plain average is settled after its own length', () => {
    const honest = buysWhere(aboveAverage((close) => sma(close, 20)));
    expect(checkDecisions(honest, market(), DECLARED)).toMatchObject({ settled_after_bars: 20 });
  });

  it('shows that an exponential average takes longer than it declares', () => {
    const slow = buysWhere(aboveAverage((close) => ema(close, 40)));
    const { warm_up, settled_after_bars } = checkDecisions(slow, market(2_000), {
      warm_up_bars: 40,
      depends_on_state: false,
    });
    expect(warm_up[0]?.differing_bars).toBeGreaterThan(0);
    expect(settled_after_bars).toBeGreaterThan(40);
  });
});

describe('bad input of the check', () => {
  it('is refused: no candles, no cuts', () => {
    expect(() => checkDecisions(() => [], { instruments: [] }, DECLARED)).toThrow(EngineError);
    expect(() => checkDecisions(() => [], market(), DECLARED, { maxCuts: 0 })).toThrow('maxCuts is 0');
  });
});
