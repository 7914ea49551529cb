import { BacktestSettings } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { runBacktest } from '../src/index.ts';
import { walk } from './support/any-rule-program.ts';

const DAY_MS = 86_400_000;

describe('a strategy of which one column warms up later than others', () => {
  it.each(['event', 'compiled'] as const)('does not trade without its stop meanwhile, on the %s path', (path) => {
    const candles = walk(3, 24 * 12);
    const result = runBacktest({
      data: { instruments: [{ symbol: 'TEST', timeframe: '1h', candles }] },
      strategy: {
        name: 'test',
        long: { entry: 'close > open', exit: 'close < open' },
        stop_loss: { distance: "tf('1d', atr(5))" },
      },
      initial_cash: 10_000,
      settings: BacktestSettings.parse({}),
      path,
    });
    const first = [...result.trades][0];
    // The average true range of five days is there once the fifth day is complete: at its last close, to fill a bar later.
    expect(first?.entry_ts).toBeGreaterThanOrEqual(Date.UTC(2024, 0, 1) + 5 * DAY_MS);
    expect(result.equity.slice(0, 5 * 24).every((mark) => mark === 10_000)).toBe(true);
  });
});
