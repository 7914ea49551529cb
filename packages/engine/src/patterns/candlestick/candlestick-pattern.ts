import { type BarStep, columnAt, defineIndicator } from '../../indicators/define-indicator.ts';
import type { IndicatorDefinition } from '../../indicators/indicator-definition.ts';
import { CandleShapes, SHAPE_BARS } from './candle-shapes.ts';

/** A candlestick pattern as its file states it. */
export interface CandlestickPattern {
  readonly name: string;
  readonly description: string;
  /** Bars before the last one that belong to the pattern. */
  readonly bars_before: number;
  /** Bars before the first one of the pattern that its thresholds look at; default 10. */
  readonly threshold_bars?: number;
  /** 100 (bullish) or -100 (bearish) where it ends at `bar`, 80 or -80 where it matches but for one edge, 0 elsewhere. */
  detect(shapes: CandleShapes, bar: number): number;
}

const COLUMNS = ['open', 'high', 'low', 'close'] as const;

/** Makes an indicator of a pattern, so that expressions can use it: `hammer() > 0`. */
export function patternIndicator(pattern: CandlestickPattern): IndicatorDefinition {
  const first = pattern.bars_before + (pattern.threshold_bars ?? SHAPE_BARS);
  return defineIndicator({
    name: pattern.name,
    description: pattern.description,
    inputs: [],
    candle_inputs: COLUMNS,
    params: [],
    outputs: ['value'],
    firstIndex: () => first,
    begin: () => detectInWindow(pattern, first),
    fill(inputs, outputs) {
      const [open, high, low, close] = [0, 1, 2, 3].map((index) => columnAt(inputs, index));
      if (!open || !high || !low || !close) throw new RangeError('a candlestick pattern has four inputs');
      const values = columnAt(outputs, 0);
      const shapes = new CandleShapes({ open, high, low, close });
      for (let bar = first; bar < values.length; bar++) values[bar] = pattern.detect(shapes, bar);
    },
  });
}

/** Keeps as many bars as the pattern looks at. */
function detectInWindow(pattern: CandlestickPattern, first: number): BarStep {
  const column = () => new Float64Array(first + 1);
  const window = { open: column(), high: column(), low: column(), close: column() };
  const shapes = new CandleShapes(window);
  let seen = 0;
  return (bar, out) => {
    for (const [input, name] of COLUMNS.entries()) {
      window[name].copyWithin(0, 1);
      window[name][first] = bar[input] as number;
    }
    seen += 1;
    if (seen > first) out[0] = pattern.detect(shapes, first);
  };
}
