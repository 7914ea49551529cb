import { describe, it } from 'vitest';
import { BUILT_IN_STRATEGIES } from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import { firstBars } from './support/made-up-candles.ts';
import { COSTS } from './support/market-for-built-in.ts';
import { readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';
import { backtest, expectEqual, trade } from './support/session-of-backtest.ts';

describe.skipIf(!referenceDataPresent)(referenceTitle('a session on candles of a market'), () => {
  for (const { name, needs } of BUILT_IN_STRATEGIES) {
    if ((needs?.instruments ?? 1) > 1 || name === 'ml-signal') continue;
    it(`does what the backtest of ${name} does`, () => {
      const data: MarketData = {
        instruments: [
          { symbol: 'GOOG', timeframe: '1d', candles: firstBars(readCandles('GOOG_1d'), needs?.options ? 250 : 1000) },
        ],
      };
      const run = { strategy: { name }, data, settings: COSTS };
      expectEqual(trade(run), backtest(run), data);
    });
  }
});
