import type { CandleShapes } from './candle-shapes.ts';
import type { CandlestickPattern } from './candlestick-pattern.ts';

/** How deep into the body before a piercing line, or a dark cloud, must close. */
const PENETRATION = 0.5;

export const engulfing: CandlestickPattern = {
  name: 'engulfing',
  description: 'A body that covers the one before, of the other colour. 80 where one edge is shared.',
  bars_before: 1,
  // No thresholds; the first value is at index 2, as in TA-Lib.
  threshold_bars: 1,
  detect: (c, i) => {
    const color = c.color(i);
    if (color === c.color(i - 1)) return 0;
    // The far edges: the closing one of this body against the opening one before, and the reverse.
    const beyondOpen = color * (c.close(i) - c.open(i - 1));
    const beyondClose = color * (c.close(i - 1) - c.open(i));
    if (beyondOpen > 0 && beyondClose > 0) return 100 * color;
    return beyondOpen >= 0 && beyondClose >= 0 && (beyondOpen > 0 || beyondClose > 0) ? 80 * color : 0;
  },
};

/** 100 where the body of bar i lies within that of bar i - 1, 80 where they share an edge, 0 where it does not. */
function containment(c: CandleShapes, i: number): 0 | 80 | 100 {
  const top = c.bodyTop(i - 1) - c.bodyTop(i);
  const bottom = c.bodyBottom(i) - c.bodyBottom(i - 1);
  if (top > 0 && bottom > 0) return 100;
  return top >= 0 && bottom >= 0 ? 80 : 0;
}

export const harami: CandlestickPattern = {
  name: 'harami',
  description: 'A small body within the long one before; turns against its colour. 80 where they share an edge.',
  bars_before: 1,
  detect: (c, i) => (c.isLong(i - 1) && c.isSmall(i) ? -c.color(i - 1) * containment(c, i) + 0 : 0),
};

export const haramiCross: CandlestickPattern = {
  name: 'harami_cross',
  description: 'A doji within the long body before; turns against its colour. 80 where they share an edge.',
  bars_before: 1,
  detect: (c, i) => (c.isLong(i - 1) && c.isDoji(i) ? -c.color(i - 1) * containment(c, i) + 0 : 0),
};

export const piercing: CandlestickPattern = {
  name: 'piercing',
  description: 'After a long black candle a long white one opens below its low and closes above its middle. Bullish.',
  bars_before: 1,
  detect: (c, i) =>
    c.color(i - 1) === -1 &&
    c.isLong(i - 1) &&
    c.color(i) === 1 &&
    c.isLong(i) &&
    c.open(i) < c.low(i - 1) &&
    c.close(i) < c.open(i - 1) &&
    c.close(i) > c.close(i - 1) + PENETRATION * c.body(i - 1)
      ? 100
      : 0,
};

export const darkCloudCover: CandlestickPattern = {
  name: 'dark_cloud_cover',
  description: 'After a long white candle a black one opens above its high and closes below its middle. Bearish.',
  bars_before: 1,
  detect: (c, i) =>
    c.color(i - 1) === 1 &&
    c.isLong(i - 1) &&
    c.color(i) === -1 &&
    c.open(i) > c.high(i - 1) &&
    c.close(i) > c.open(i - 1) &&
    c.close(i) < c.close(i - 1) - PENETRATION * c.body(i - 1)
      ? -100
      : 0,
};
