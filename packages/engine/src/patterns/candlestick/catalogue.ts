import type { IndicatorDefinition } from '../../indicators/indicator-definition.ts';
import { beltHold, closingMarubozu, highWave, marubozu, spinningTop } from './bodies-of-one-bar.ts';
import { patternIndicator } from './candlestick-pattern.ts';
import { doji, dragonflyDoji, gravestoneDoji, longLeggedDoji } from './dojis.ts';
import { threeBlackCrows, threeInside, threeOutside, threeWhiteSoldiers } from './patterns-of-three-bars.ts';
import { darkCloudCover, engulfing, harami, haramiCross, piercing } from './patterns-of-two-bars.ts';
import { hammer, hangingMan, invertedHammer, shootingStar } from './reversals-of-one-bar.ts';
import { eveningDojiStar, eveningStar, morningDojiStar, morningStar } from './stars.ts';

/** Candlestick patterns as TA-Lib defines them with its default settings, as indicators of the four prices. */
export const CANDLESTICK_PATTERNS: readonly IndicatorDefinition[] = [
  hammer,
  hangingMan,
  invertedHammer,
  shootingStar,
  doji,
  dragonflyDoji,
  gravestoneDoji,
  longLeggedDoji,
  marubozu,
  closingMarubozu,
  beltHold,
  spinningTop,
  highWave,
  engulfing,
  harami,
  haramiCross,
  piercing,
  darkCloudCover,
  morningStar,
  eveningStar,
  morningDojiStar,
  eveningDojiStar,
  threeWhiteSoldiers,
  threeBlackCrows,
  threeInside,
  threeOutside,
].map(patternIndicator);
