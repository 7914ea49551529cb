import type { CandleShapes } from './candle-shapes.ts';
import type { CandlestickPattern } from './candlestick-pattern.ts';

/** Whether a white soldier at `bar` goes on from the one before: opens within or near its body, closes above it. */
function marchesOn(c: CandleShapes, bar: number): boolean {
  return (
    c.close(bar) > c.close(bar - 1) &&
    c.open(bar) > c.open(bar - 1) &&
    c.open(bar) <= c.close(bar - 1) + c.near(bar - 1) &&
    c.body(bar) > c.body(bar - 1) - c.far(bar - 1)
  );
}

export const threeWhiteSoldiers: CandlestickPattern = {
  name: 'three_white_soldiers',
  description: 'Three white candles with hardly an upper shadow, each higher than the one before. Bullish.',
  bars_before: 2,
  detect: (c, i) =>
    [i - 2, i - 1, i].every((bar) => c.color(bar) === 1 && c.isVeryShortShadow(c.upperShadow(bar), bar)) &&
    marchesOn(c, i - 1) &&
    marchesOn(c, i) &&
    !c.isSmall(i)
      ? 100
      : 0,
};

export const threeBlackCrows: CandlestickPattern = {
  name: 'three_black_crows',
  description:
    'After a white candle three black ones with hardly a lower shadow, each lower than the one before. Bearish.',
  bars_before: 3,
  detect: (c, i) =>
    c.color(i - 3) === 1 &&
    [i - 2, i - 1, i].every((bar) => c.color(bar) === -1 && c.isVeryShortShadow(c.lowerShadow(bar), bar)) &&
    c.high(i - 3) > c.close(i - 2) &&
    [i - 1, i].every(
      (bar) => c.open(bar) < c.open(bar - 1) && c.open(bar) > c.close(bar - 1) && c.close(bar) < c.close(bar - 1),
    )
      ? -100
      : 0,
};

export const threeInside: CandlestickPattern = {
  name: 'three_inside',
  description: 'A harami that the third candle confirms by closing beyond the first. The sign is that of the turn.',
  bars_before: 2,
  detect: (c, i) => {
    const first = c.color(i - 2);
    const isInside =
      c.isLong(i - 2) &&
      c.isSmall(i - 1) &&
      c.bodyTop(i - 1) < c.bodyTop(i - 2) &&
      c.bodyBottom(i - 1) > c.bodyBottom(i - 2);
    const isConfirmed = c.color(i) === -first && first * (c.open(i - 2) - c.close(i)) > 0;
    return isInside && isConfirmed ? -100 * first : 0;
  },
};

export const threeOutside: CandlestickPattern = {
  name: 'three_outside',
  description: 'An engulfing body that the third candle confirms by closing further. The sign is that of the turn.',
  bars_before: 2,
  // No thresholds; the first value is at index 3, as in TA-Lib.
  threshold_bars: 1,
  detect: (c, i) => {
    const turn = c.color(i - 1);
    const isEngulfing =
      c.color(i - 2) === -turn &&
      turn * (c.close(i - 1) - c.open(i - 2)) > 0 &&
      turn * (c.close(i - 2) - c.open(i - 1)) > 0;
    return isEngulfing && turn * (c.close(i) - c.close(i - 1)) > 0 ? 100 * turn : 0;
  },
};
