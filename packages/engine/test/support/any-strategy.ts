import type { StrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';

const fastAndSlow = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }));

export const anySmaCross: fc.Arbitrary<StrategySpec> = fastAndSlow.map(([fast, more]) => ({
  name: 'sma-cross',
  params: { fast, slow: fast + more },
}));

export const anyMacdRsi: fc.Arbitrary<StrategySpec> = fc
  .record({
    periods: fastAndSlow,
    signal: fc.integer({ min: 1, max: 5 }),
    rsi_period: fc.integer({ min: 1, max: 8 }),
    rsi_entry_max: fc.integer({ min: 40, max: 100 }),
    rsi_exit_min: fc.integer({ min: 60, max: 100 }),
  })
  .map(({ periods: [fast, more], ...params }) => ({
    name: 'macd-rsi',
    params: { fast, slow: fast + more, ...params },
  }));

/** Either strategy, with periods short enough to trade within a hundred bars. */
export const anyStrategy: fc.Arbitrary<StrategySpec> = fc.oneof(anySmaCross, anyMacdRsi);

export const SMA_10_30 = { name: 'sma-cross', params: { fast: 10, slow: 30 } } as const satisfies StrategySpec;

export const MACD_12_26_9 = {
  name: 'macd-rsi',
  params: { fast: 12, slow: 26, signal: 9, rsi_period: 14, rsi_entry_max: 70, rsi_exit_min: 80 },
} as const satisfies StrategySpec;
