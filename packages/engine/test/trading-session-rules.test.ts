import { type Candles, InstrumentRules } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../src/index.ts';
import { evaluatePlan } from '../src/plan/evaluate-plan.ts';
import { GrowingSeries } from '../src/trading-session/growing-series.ts';
import { followRules } from '../src/trading-session/rule-stream.ts';
import { anyMixedCondition } from './support/any-expression.ts';
import { walk } from './support/any-rule-program.ts';
import { programOf } from './support/evaluate-expression.ts';
import { barsByTime } from './support/push-candles.ts';

const QUARTER_MS = 900_000;
const RULES = InstrumentRules.parse({ time_zone: 'America/New_York' });

/** Candles without those that `without` says, by their index. */
function some(candles: Candles, without: (bar: number) => boolean): Candles {
  const kept = [...candles.ts.keys()].filter((bar) => !without(bar));
  const pick = (column: Float64Array) => Float64Array.from(kept, (bar) => column[bar] as number);
  const { ts, open, high, low, close, volume } = candles;
  return {
    ts: pick(ts),
    open: pick(open),
    high: pick(high),
    low: pick(low),
    close: pick(close),
    volume: pick(volume),
  };
}

/** The program of a condition; null where it is refused: a constant may divide by zero. */
function programOrNull(entry: string) {
  try {
    return programOf({ name: 'test', long: { entry } });
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

describe('rules that are followed bar by bar', () => {
  it('hold where their columns say, for any expression on any timeframe and instrument', () => {
    const main = some(walk(31, 300, QUARTER_MS), (bar) => bar % 50 > 44);
    const other = some(walk(32, 300, QUARTER_MS), (bar) => bar % 13 === 3 || bar < 20);
    const about = { timeframe: '15m', rules: RULES } as const;
    const market = {
      instruments: [
        { symbol: 'MAIN', ...about, candles: main },
        { symbol: 'OTHER', ...about, candles: other },
      ],
    };
    fc.assert(
      fc.property(anyMixedCondition, (entry) => {
        const program = programOrNull(entry);
        fc.pre(program !== null);
        const node = program?.rules.enter_long ?? null;
        if (program === null || node === null) return;
        const { columns } = evaluatePlan(program.plan, market, 0, [node]);
        const column = columns.get(node) ?? NaN;
        // What is the same at every bar holds before its columns begin, where no rule looks.
        if (typeof column === 'number') return;

        const growing = market.instruments.map(({ symbol }) => new GrowingSeries({ symbol, ...about }, RULES));
        const stream = followRules(program, { instruments: growing }, 0);
        const signal = stream.signal(node);
        let candle = 0;
        for (const bars of barsByTime(market)) {
          for (const bar of bars) growing.find(({ symbol }) => symbol === bar.symbol)?.add(bar);
          if (!bars.some(({ symbol }) => symbol === 'MAIN')) continue;
          stream.update();
          expect([candle, signal.holds(candle)]).toEqual([candle, column[candle] !== 0]);
          candle += 1;
        }
      }),
      { numRuns: 100 },
    );
  });
});
