import type { CandlestickPattern } from './candlestick-pattern.ts';

/** Patterns whose shape is in one candle, and whose place in the bar before it. */
export const hammer: CandlestickPattern = {
  name: 'hammer',
  description: 'Small body at the low of a fall, with a long lower shadow and hardly an upper one. Bullish.',
  bars_before: 1,
  detect: (c, i) =>
    c.isShort(i) &&
    c.isLongShadow(c.lowerShadow(i), i) &&
    c.isVeryShortShadow(c.upperShadow(i), i) &&
    c.bodyBottom(i) <= c.low(i - 1) + c.near(i - 1)
      ? 100
      : 0,
};

export const hangingMan: CandlestickPattern = {
  name: 'hanging_man',
  description: 'The shape of a hammer near the high of the bar before. Bearish.',
  bars_before: 1,
  detect: (c, i) =>
    c.isShort(i) &&
    c.isLongShadow(c.lowerShadow(i), i) &&
    c.isVeryShortShadow(c.upperShadow(i), i) &&
    c.bodyBottom(i) >= c.high(i - 1) - c.near(i - 1)
      ? -100
      : 0,
};

export const invertedHammer: CandlestickPattern = {
  name: 'inverted_hammer',
  description: 'Small body below the one before, with a long upper shadow and hardly a lower one. Bullish.',
  bars_before: 1,
  detect: (c, i) =>
    c.isShort(i) &&
    c.isLongShadow(c.upperShadow(i), i) &&
    c.isVeryShortShadow(c.lowerShadow(i), i) &&
    c.gapsDown(i, i - 1)
      ? 100
      : 0,
};

export const shootingStar: CandlestickPattern = {
  name: 'shooting_star',
  description: 'Small body above the one before, with a long upper shadow and hardly a lower one. Bearish.',
  bars_before: 1,
  detect: (c, i) =>
    c.isShort(i) &&
    c.isLongShadow(c.upperShadow(i), i) &&
    c.isVeryShortShadow(c.lowerShadow(i), i) &&
    c.gapsUp(i, i - 1)
      ? -100
      : 0,
};
