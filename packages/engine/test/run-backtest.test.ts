import { BacktestSummary, BacktestTrade, type Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawdownPct } from '../src/index.ts';
import { anyStrategy, MACD_12_26_9, SMA_10_30 } from './support/any-strategy.ts';
import { anyCandles, candlesFrom, candlesOfCloses } from './support/made-up-candles.ts';
import { nullMetrics } from './support/null-metrics.ts';
import { type PlainInput, type PlainResult, plainInChunks, runPlain } from './support/plain-backtest.ts';

const anyInput: fc.Arbitrary<PlainInput> = fc.record({
  candles: anyCandles,
  strategy: anyStrategy,
  initial_cash: fc.constantFrom(1, 10_000, 123_456.78),
  fee_bps: fc.constantFrom(0, 1, 10, 250),
});

function runInChunks(input: PlainInput, chunkBars: number): { result: PlainResult; progress: number[] } {
  const backtest = plainInChunks(input, { chunkBars });
  const progress: number[] = [];
  for (;;) {
    const step = backtest.next();
    if (step.done) return { result: step.value, progress };
    expect(step.value.bars_total).toBe(input.candles.ts.length);
    progress.push(step.value.bars_done);
  }
}

/** Candles of which one bar closes at `factor` times as much, with the range that needs. */
function withClose({ open, close, ...candles }: Candles, bar: number, factor: number): Candles {
  const changed = close.slice();
  changed[bar] = (close[bar] ?? NaN) * factor;
  return { ...candlesFrom(open, changed), ts: candles.ts };
}

/** Every fill as text, with the bar at whose open it happened. */
function fillsOf({ trades, summary }: PlainResult): { bar: number; fill: string }[] {
  const fills = trades.flatMap((t) => [
    { bar: t.entry_bar, fill: `buy ${t.quantity} at ${t.entry_price}` },
    { bar: t.exit_bar, fill: `sell ${t.quantity} at ${t.exit_price}` },
  ]);
  const open = summary.open_position;
  if (open) fills.push({ bar: open.entry_bar, fill: `buy ${open.quantity} at ${open.entry_price}` });
  return fills;
}

describe('a backtest', () => {
  it('has the same fills at the open of a bar, and the same equity before it, whatever that bar closes at', () => {
    let changedBars = 0;
    fc.assert(
      fc.property(anyInput, fc.constantFrom(0.5, 0.99, 1.01, 2), (input, factor) => {
        const before = runPlain(input);
        for (const { bar: next } of fillsOf(before)) {
          const after = runPlain({ ...input, candles: withClose(input.candles, next, factor) });

          const untilNext = (result: PlainResult) => fillsOf(result).filter(({ bar }) => bar <= next);
          expect(untilNext(after)).toEqual(untilNext(before));
          expect(after.equity.slice(0, next)).toEqual(before.equity.slice(0, next));
          changedBars++;
        }
      }),
    );
    expect(changedBars).toBeGreaterThan(100);
  });

  it('gives the same result however it is cut into chunks, and reports each chunk', () => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 1, max: 40 }), (input, chunkBars) => {
        const bars = input.candles.ts.length;
        const { result, progress } = runInChunks(input, chunkBars);
        expect(result).toEqual(runPlain(input));
        const chunks = Math.ceil(bars / chunkBars);
        expect(progress).toEqual(Array.from({ length: chunks }, (_, n) => Math.min((n + 1) * chunkBars, bars)));
      }),
    );
  });

  it('gives the same bytes twice and leaves its input as it was', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const copy = structuredClone(input);
        expect(runPlain(input)).toEqual(runPlain(copy));
        expect(input).toEqual(copy);
      }),
    );
  });

  it('has a summary and trades that satisfy the contract', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { summary, trades } = runPlain(input);
        expect(BacktestSummary.parse(summary)).toEqual(summary);
        const stored = trades.map(({ entry_ts, exit_ts, instrument: _, ...trade }) => ({
          ...trade,
          entry_at: new Date(entry_ts).toISOString(),
          exit_at: new Date(exit_ts).toISOString(),
        }));
        expect(BacktestTrade.array().parse(stored)).toEqual(stored);
      }),
    );
  });

  it('gives a reason for every metric that is null, and for no other', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { summary } = runPlain(input);
        expect(Object.keys(summary.undefined_metrics).sort()).toEqual(nullMetrics(summary));
      }),
    );
  });

  it('has the maximum of its drawdown series as its maximum drawdown, counted from the initial cash', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { summary, equity } = runPlain(input);
        const drawdown = drawdownPct(equity, input.initial_cash);
        expect(summary.max_drawdown_pct).toBeCloseTo(Math.max(...drawdown), 10);
        expect(Math.min(...drawdown)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('makes the same trades and percentages when every price is in a unit a power of two smaller', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const scaled = (prices: Float64Array) => prices.map((price) => price / 1024);
        const { open, high, low, close } = input.candles;
        const candles = {
          ...input.candles,
          open: scaled(open),
          high: scaled(high),
          low: scaled(low),
          close: scaled(close),
        };
        const [inUnits, inSmallUnits] = [runPlain(input), runPlain({ ...input, candles })];
        expect(inSmallUnits.equity).toEqual(inUnits.equity);
        const open_position = inUnits.summary.open_position && expect.anything();
        const open_positions = inUnits.summary.open_positions.map(() => expect.anything());
        expect(inSmallUnits.summary).toEqual({ ...inUnits.summary, open_position, open_positions });
      }),
    );
  });

  it('never ends richer for a higher fee', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const finalEquity = (fee_bps: number) => runPlain({ ...input, fee_bps }).summary.final_equity;
        expect(finalEquity(20)).toBeLessThanOrEqual(finalEquity(10));
      }),
    );
  });
});

describe('fewer bars than the warm-up', () => {
  for (const strategy of [SMA_10_30, MACD_12_26_9]) {
    it(`of ${strategy.name} is a backtest without trades, not an error`, () => {
      const candles = candlesOfCloses([10, 11, 12]);
      const { summary, trades, equity } = runPlain({ candles, strategy, initial_cash: 500, fee_bps: 10 });
      expect(trades).toEqual([]);
      expect([...equity]).toEqual([500, 500, 500]);
      expect(summary).toMatchObject({ bars: 3, trades: 0, final_equity: 500, exposure_pct: 0, open_position: null });
      expect(summary.data_quality).toMatchObject({
        verdict: 'poor',
        findings: expect.arrayContaining([
          { code: 'warm_up', count: 3, message: expect.stringMatching(/warms up for \d+ bars and there are 3/) },
        ]),
      });
    });
  }
});

describe('a cancelled backtest', () => {
  it('stops at the chunk where its consumer stops asking', () => {
    const input = { candles: candlesOfCloses(new Float64Array(100).fill(5)), strategy: SMA_10_30 };
    const backtest = plainInChunks({ ...input, initial_cash: 1, fee_bps: 0 }, { chunkBars: 10 });
    for (const { bars_done } of backtest) if (bars_done >= 30) break;
    expect(backtest.next()).toEqual({ done: true, value: undefined });
  });
});
