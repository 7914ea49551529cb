import type { CandlestickPattern } from './candlestick-pattern.ts';

/** Candles told by the size of their body and shadows alone; their colour gives the sign. */
export const marubozu: CandlestickPattern = {
  name: 'marubozu',
  description: 'Long body with hardly a shadow. Bullish when white, bearish when black.',
  bars_before: 0,
  detect: (c, i) =>
    c.isLong(i) && c.isVeryShortShadow(c.upperShadow(i), i) && c.isVeryShortShadow(c.lowerShadow(i), i)
      ? 100 * c.color(i)
      : 0,
};

export const closingMarubozu: CandlestickPattern = {
  name: 'closing_marubozu',
  description: 'Long body that closes at the end of its range. Bullish when white, bearish when black.',
  bars_before: 0,
  detect: (c, i) => {
    const closingShadow = c.color(i) === 1 ? c.upperShadow(i) : c.lowerShadow(i);
    return c.isLong(i) && c.isVeryShortShadow(closingShadow, i) ? 100 * c.color(i) : 0;
  },
};

export const beltHold: CandlestickPattern = {
  name: 'belt_hold',
  description: 'Long body that opens at the end of its range. Bullish when white, bearish when black.',
  bars_before: 0,
  detect: (c, i) => {
    const openingShadow = c.color(i) === 1 ? c.lowerShadow(i) : c.upperShadow(i);
    return c.isLong(i) && c.isVeryShortShadow(openingShadow, i) ? 100 * c.color(i) : 0;
  },
};

export const spinningTop: CandlestickPattern = {
  name: 'spinning_top',
  description: 'Small body with longer shadows on both sides. The sign is its colour.',
  bars_before: 0,
  detect: (c, i) =>
    c.isShort(i) && c.upperShadow(i) > c.body(i) && c.lowerShadow(i) > c.body(i) ? 100 * c.color(i) : 0,
};

export const highWave: CandlestickPattern = {
  name: 'high_wave',
  description: 'Small body with shadows more than twice as long on both sides. The sign is its colour.',
  bars_before: 0,
  detect: (c, i) =>
    c.isShort(i) && c.isVeryLongShadow(c.upperShadow(i), i) && c.isVeryLongShadow(c.lowerShadow(i), i)
      ? 100 * c.color(i)
      : 0,
};
