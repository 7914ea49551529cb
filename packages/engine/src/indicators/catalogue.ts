import { ATR, NATR, TRUE_RANGE } from './atr.ts';
import { BOLLINGER } from './bollinger.ts';
import { EMA, RMA } from './ema.ts';
import type { IndicatorDefinition } from './indicator-definition.ts';
import { MACD } from './macd.ts';
import { CMO, RSI } from './rsi.ts';
import { SMA } from './sma.ts';
import { STANDARD_DEVIATION, VARIANCE, Z_SCORE } from './standard-deviation.ts';
import { HMA, WMA } from './wma.ts';

/** Every indicator there is. */
export const INDICATORS: readonly IndicatorDefinition[] = [
  SMA,
  EMA,
  WMA,
  HMA,
  RMA,
  RSI,
  CMO,
  MACD,
  TRUE_RANGE,
  ATR,
  NATR,
  STANDARD_DEVIATION,
  VARIANCE,
  Z_SCORE,
  BOLLINGER,
];

const BY_NAME = new Map(INDICATORS.map((indicator) => [indicator.name, indicator]));

/** The indicator of that name; undefined where there is none. */
export function indicatorNamed(name: string): IndicatorDefinition | undefined {
  return BY_NAME.get(name);
}
