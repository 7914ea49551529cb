import type { IndicatorDefinition } from '../../indicators/indicator-definition.ts';
import { breakout } from './breakout.ts';
import { doubleTopBottom } from './double-top-bottom.ts';
import { supportResistance } from './support-resistance.ts';
import { swings } from './swings.ts';
import { triangle } from './triangle.ts';

/** Patterns of many bars, found without looking ahead: a swing is known only once the bars after it have closed. */
export const CHART_PATTERNS: readonly IndicatorDefinition[] = [
  swings,
  supportResistance,
  breakout,
  doubleTopBottom,
  triangle,
];
