import { CANDLESTICK_PATTERNS } from '../patterns/candlestick/catalogue.ts';
import { CHART_PATTERNS } from '../patterns/chart/catalogue.ts';
import { AROON } from './aroon.ts';
import { ATR, NATR, TRUE_RANGE } from './atr.ts';
import { AWESOME_OSCILLATOR, MEDIAN_PRICE, TYPICAL_PRICE } from './bar-prices.ts';
import { BOLLINGER } from './bollinger.ts';
import { CCI } from './cci.ts';
import { DONCHIAN, KELTNER } from './channels.ts';
import { BETA, CORRELATION } from './covariance.ts';
import { ADX, DMI } from './directional-movement.ts';
import { EMA, RMA } from './ema.ts';
import { ICHIMOKU } from './ichimoku.ts';
import type { IndicatorDefinition } from './indicator-definition.ts';
import { KAMA } from './kama.ts';
import { MACD } from './macd.ts';
import { PARABOLIC_SAR } from './parabolic-sar.ts';
import { PIVOT_CAMARILLA, PIVOT_CLASSIC, PIVOT_FIBONACCI } from './pivot-points.ts';
import { APO, PPO } from './price-oscillators.ts';
import { MOMENTUM, ROC } from './rate-of-change.ts';
import {
  VOLATILITY,
  VOLATILITY_GARMAN_KLASS,
  VOLATILITY_PARKINSON,
  VOLATILITY_YANG_ZHANG,
} from './realised-volatility.ts';
import { LINEAR_REGRESSION } from './regression.ts';
import { CMO, RSI } from './rsi.ts';
import { SMA } from './sma.ts';
import { DEMA, TEMA, TRIMA, TRIX } from './smoothed-averages.ts';
import { STANDARD_DEVIATION, VARIANCE, Z_SCORE } from './standard-deviation.ts';
import { IV_PERCENTILE, IV_RANK, STOCH_RSI, STOCHASTIC, WILLIAMS_R } from './stochastic.ts';
import { SUPERTREND } from './supertrend.ts';
import { ULTIMATE_OSCILLATOR } from './ultimate-oscillator.ts';
import { ACCUMULATION_DISTRIBUTION, CHAIKIN_OSCILLATOR, CMF, MFI, OBV } from './volume.ts';
import { ANCHORED_VWAP, SESSION_VWAP, VWAP_FROM_BAR, VWMA } from './vwap.ts';
import { HIGHEST, LOWEST, MIDPOINT, SUM } from './window-extremes.ts';
import { HMA, WMA } from './wma.ts';

/** Every indicator there is, patterns included. */
export const INDICATORS: readonly IndicatorDefinition[] = [
  SMA,
  EMA,
  RMA,
  WMA,
  HMA,
  DEMA,
  TEMA,
  TRIX,
  TRIMA,
  KAMA,
  RSI,
  CMO,
  MACD,
  APO,
  PPO,
  ROC,
  MOMENTUM,
  TRUE_RANGE,
  ATR,
  NATR,
  DONCHIAN,
  KELTNER,
  BOLLINGER,
  STANDARD_DEVIATION,
  VARIANCE,
  Z_SCORE,
  LINEAR_REGRESSION,
  CORRELATION,
  BETA,
  HIGHEST,
  LOWEST,
  SUM,
  MIDPOINT,
  STOCHASTIC,
  STOCH_RSI,
  WILLIAMS_R,
  IV_RANK,
  IV_PERCENTILE,
  DMI,
  ADX,
  CCI,
  AROON,
  PARABOLIC_SAR,
  SUPERTREND,
  ICHIMOKU,
  ULTIMATE_OSCILLATOR,
  TYPICAL_PRICE,
  MEDIAN_PRICE,
  AWESOME_OSCILLATOR,
  OBV,
  MFI,
  CMF,
  ACCUMULATION_DISTRIBUTION,
  CHAIKIN_OSCILLATOR,
  SESSION_VWAP,
  ANCHORED_VWAP,
  VWAP_FROM_BAR,
  VWMA,
  PIVOT_CLASSIC,
  PIVOT_FIBONACCI,
  PIVOT_CAMARILLA,
  VOLATILITY,
  VOLATILITY_PARKINSON,
  VOLATILITY_GARMAN_KLASS,
  VOLATILITY_YANG_ZHANG,
  ...CANDLESTICK_PATTERNS,
  ...CHART_PATTERNS,
];

const BY_NAME = new Map(INDICATORS.map((indicator) => [indicator.name, indicator]));

/** The indicator of that name; undefined where there is none. */
export function indicatorNamed(name: string): IndicatorDefinition | undefined {
  return BY_NAME.get(name);
}
