import type { CandlestickPattern } from './candlestick-pattern.ts';

/** Candles that close about where they opened: undecided, hence 100 without a direction. */
export const doji: CandlestickPattern = {
  name: 'doji',
  description: 'Closes about where it opened: a body of at most a tenth of the usual range.',
  bars_before: 0,
  detect: (c, i) => (c.isDoji(i) ? 100 : 0),
};

export const dragonflyDoji: CandlestickPattern = {
  name: 'dragonfly_doji',
  description: 'A doji at the high of its bar, with a lower shadow and hardly an upper one.',
  bars_before: 0,
  detect: (c, i) =>
    c.isDoji(i) && c.isVeryShortShadow(c.upperShadow(i), i) && !c.isVeryShortShadow(c.lowerShadow(i), i) ? 100 : 0,
};

export const gravestoneDoji: CandlestickPattern = {
  name: 'gravestone_doji',
  description: 'A doji at the low of its bar, with an upper shadow and hardly a lower one.',
  bars_before: 0,
  detect: (c, i) =>
    c.isDoji(i) && c.isVeryShortShadow(c.lowerShadow(i), i) && !c.isVeryShortShadow(c.upperShadow(i), i) ? 100 : 0,
};

export const longLeggedDoji: CandlestickPattern = {
  name: 'long_legged_doji',
  description: 'A doji with a shadow longer than its body on either side.',
  bars_before: 0,
  detect: (c, i) =>
    c.isDoji(i) && (c.isLongShadow(c.upperShadow(i), i) || c.isLongShadow(c.lowerShadow(i), i)) ? 100 : 0,
};
