import type { CandleShapes } from './candle-shapes.ts';
import type { CandlestickPattern } from './candlestick-pattern.ts';

/** How deep into the first body the last candle must close: TA-Lib's default. */
const PENETRATION = 0.3;

/** A long black body, a star below it, and a white body that closes well into the first: `isStar` says what a star is. */
function isMorning(c: CandleShapes, i: number, isStar: (bar: number) => boolean): boolean {
  return (
    c.isLong(i - 2) &&
    c.color(i - 2) === -1 &&
    isStar(i - 1) &&
    c.gapsDown(i - 1, i - 2) &&
    !c.isSmall(i) &&
    c.color(i) === 1 &&
    c.close(i) > c.close(i - 2) + c.body(i - 2) * PENETRATION
  );
}

function isEvening(c: CandleShapes, i: number, isStar: (bar: number) => boolean): boolean {
  return (
    c.isLong(i - 2) &&
    c.color(i - 2) === 1 &&
    isStar(i - 1) &&
    c.gapsUp(i - 1, i - 2) &&
    !c.isSmall(i) &&
    c.color(i) === -1 &&
    c.close(i) < c.close(i - 2) - c.body(i - 2) * PENETRATION
  );
}

export const morningStar: CandlestickPattern = {
  name: 'morning_star',
  description: 'Long black body, a small one below it, and a white one that closes well into the first. Bullish.',
  bars_before: 2,
  detect: (c, i) => (isMorning(c, i, (bar) => c.isSmall(bar)) ? 100 : 0),
};

export const eveningStar: CandlestickPattern = {
  name: 'evening_star',
  description: 'Long white body, a small one above it, and a black one that closes well into the first. Bearish.',
  bars_before: 2,
  detect: (c, i) => (isEvening(c, i, (bar) => c.isSmall(bar)) ? -100 : 0),
};

export const morningDojiStar: CandlestickPattern = {
  name: 'morning_doji_star',
  description: 'A morning star whose middle candle is a doji. Bullish.',
  bars_before: 2,
  detect: (c, i) => (isMorning(c, i, (bar) => c.isDoji(bar)) ? 100 : 0),
};

export const eveningDojiStar: CandlestickPattern = {
  name: 'evening_doji_star',
  description: 'An evening star whose middle candle is a doji. Bearish.',
  bars_before: 2,
  detect: (c, i) => (isEvening(c, i, (bar) => c.isDoji(bar)) ? -100 : 0),
};
