import type { IndicatorDefinition, IndicatorStream } from '../../indicators/indicator-definition.ts';
import { CandleShapes, type PriceColumns, SHAPE_BARS } from './candle-shapes.ts';

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
  return {
    name: pattern.name,
    description: pattern.description,
    inputs: [],
    candle_inputs: COLUMNS,
    params: [],
    outputs: ['value'],
    firstIndex: () => first,
    compute: ([open, high, low, close]) => [detectAll(pattern, columns(open, high, low, close), first)],
    stream: () => new PatternStream(pattern, first),
  };
}

function columns(...[open, high, low, close]: (Float64Array | undefined)[]): PriceColumns {
  if (!open || !high || !low || !close) throw new TypeError('a candlestick pattern needs open, high, low and close');
  return { open, high, low, close };
}

function detectAll(pattern: CandlestickPattern, prices: PriceColumns, first: number): Float64Array {
  const bars = prices.close.length;
  const values = new Float64Array(bars).fill(NaN, 0, Math.min(first, bars));
  const shapes = new CandleShapes(prices);
  for (let bar = first; bar < bars; bar++) values[bar] = pattern.detect(shapes, bar);
  return values;
}

/** Keeps as many bars as the pattern looks at. */
class PatternStream implements IndicatorStream {
  readonly #pattern: CandlestickPattern;
  readonly #first: number;
  readonly #window: Record<(typeof COLUMNS)[number], Float64Array>;
  readonly #shapes: CandleShapes;
  #seen = 0;

  constructor(pattern: CandlestickPattern, first: number) {
    this.#pattern = pattern;
    this.#first = first;
    const column = () => new Float64Array(first + 1);
    this.#window = { open: column(), high: column(), low: column(), close: column() };
    this.#shapes = new CandleShapes(this.#window);
  }

  update(inputs: readonly number[]): readonly number[] {
    COLUMNS.forEach((name, input) => {
      const column = this.#window[name];
      column.copyWithin(0, 1);
      column[this.#first] = inputs[input] ?? NaN;
    });
    this.#seen += 1;
    return [this.#seen > this.#first ? this.#pattern.detect(this.#shapes, this.#first) : NaN];
  }
}
