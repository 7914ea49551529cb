import { describe, expect, it } from 'vitest';
import { excursions } from '../src/metrics/excursions.ts';
import type { Trade } from '../src/trading/trade-list.ts';
import { DAY_MS } from './support/made-up-candles.ts';
import { marketOf, settingsOf, tradeList } from './support/simulation-double.ts';

/** Opens, highs, lows and closes of four bars. */
const CANDLES = {
  ts: Float64Array.of(0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS),
  open: Float64Array.of(100, 102, 105, 95),
  high: Float64Array.of(110, 108, 130, 140),
  low: Float64Array.of(90, 101, 80, 60),
  close: Float64Array.of(101, 104, 96, 99),
  volume: new Float64Array(4),
};

function excursionsOf(trade: Partial<Trade>, market: 'next_open' | 'next_close' = 'next_open') {
  const settings = settingsOf({ fills: { market } }).settings;
  const { mae_pct, mfe_pct } = excursions(tradeList([trade], CANDLES), marketOf(CANDLES), settings);
  return [mae_pct[0], mfe_pct[0]].map((pct) => Math.round((pct ?? NaN) * 1e6) / 1e6);
}

describe('excursions of a trade', () => {
  it('span whole bars from a fill at the open to the bar before an exit at the open', () => {
    expect(excursionsOf({ entry_bar: 0, exit_bar: 3, entry_price: 100, exit_price: 95 })).toEqual([-20, 30]);
  });

  it('are mirrored for a short', () => {
    expect(excursionsOf({ side: 'short', entry_bar: 0, exit_bar: 3, entry_price: 100, exit_price: 95 })).toEqual([
      -30, 20,
    ]);
  });

  it('leave out the extremes of an entry bar that may lie before the fill', () => {
    // Bought at 92 within bar 0, whose high of 110 may have come before; its close of 101 came after.
    const [mae, mfe] = excursionsOf({ entry_bar: 0, exit_bar: 1, entry_price: 92, exit_price: 102 });
    expect([mae, mfe]).toEqual([0, Math.round((102 / 92 - 1) * 1e8) / 1e6]);
  });

  it('leave out the extremes of an exit bar that may lie after the fill', () => {
    // Stopped at 90 in bar 2, whose low of 80 and high of 130 may both have come after; it opened at 105.
    expect(excursionsOf({ entry_bar: 1, exit_bar: 2, entry_price: 102, exit_price: 90 }).map(Math.round)).toEqual([
      -12, 6,
    ]);
  });

  it('take a fill that slipped from the open for a fill at the open', () => {
    const slipped = { entry_bar: 0, exit_bar: 1, entry_price: 100.5, exit_price: 101.5, slippage: 1 };
    expect(excursionsOf(slipped)[0]).toBeCloseTo(100 * (90 / 100.5 - 1), 5);
  });

  it('begin after the close and include the exit bar where orders fill at closes', () => {
    expect(excursionsOf({ entry_bar: 0, exit_bar: 2, entry_price: 101, exit_price: 96 }, 'next_close')).toEqual(
      [80, 130].map((price) => Math.round((price / 101 - 1) * 1e8) / 1e6),
    );
  });

  it('see through a split: prices before it are those of as many old shares', () => {
    const splits = [{ ts: 2 * DAY_MS, ratio: 1.05 }];
    const prices = (before: number[], after: number[]) =>
      Float64Array.from([...before.map((price) => price * 1.05), ...after]);
    const raw = {
      ...CANDLES,
      open: prices([100, 102], [105, 95]),
      high: prices([110, 108], [130, 140]),
      low: prices([90, 101], [80, 60]),
      close: prices([101, 104], [96, 99]),
    };
    const market = { instruments: marketOf(raw).instruments.map((series) => ({ ...series, splits })) };
    const trade = { entry_bar: 0, exit_bar: 2, entry_price: 100, exit_price: 105 };
    const before = { entry_bar: 0, exit_bar: 1, entry_price: 105, exit_price: 102 * 1.05 };
    const { mae_pct, mfe_pct } = excursions(tradeList([trade, before], raw), market, settingsOf({}).settings);
    expect([...mae_pct]).toEqual([expect.closeTo(-10, 9), expect.closeTo(-10, 9)]);
    expect([...mfe_pct]).toEqual([expect.closeTo(10, 9), expect.closeTo(10, 9)]);
  });

  it('are unknown for fills that the candles never traded at, such as those of options', () => {
    expect(excursionsOf({ entry_bar: 0, exit_bar: 2, entry_price: 3.5, exit_price: 4 })).toEqual([NaN, NaN]);
  });
});
