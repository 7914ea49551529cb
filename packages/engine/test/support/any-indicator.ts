import type { CandleColumn, Candles } from '@tradebase/contracts';
import { INDICATORS, indicatorNamed } from '../../src/indicators/catalogue.ts';
import type { IndicatorDefinition } from '../../src/indicators/indicator-definition.ts';
import { fixedRandom } from './made-up-candles.ts';

/** Candles of a random walk with ranges, gaps and volume at every bar; prices on a grid of cents, so that ties occur. */
export function walkingCandles(bars: number, seed: number, barMs = 86_400_000): Candles {
  const random = fixedRandom(seed);
  const cents = (spread: number) => Math.round((random() - 0.5) * spread);
  const column = () => new Float64Array(bars);
  const candles = { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
  let last = 10_000;
  for (let i = 0; i < bars; i++) {
    const open = last + cents(20);
    const close = open + cents(60);
    const high = Math.max(open, close) + 1 + Math.floor(random() * 20);
    const low = Math.min(open, close) - 1 - Math.floor(random() * 20);
    candles.ts[i] = Date.UTC(2024, 0, 1) + i * barMs;
    candles.open[i] = open / 100;
    candles.high[i] = high / 100;
    candles.low[i] = low / 100;
    candles.close[i] = close / 100;
    candles.volume[i] = 1 + Math.floor(random() * 1000);
    last = close;
  }
  return candles;
}

/** Outputs that are there only while there is such a level: a swing, a neckline, a line of a triangle. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  swings: ['high', 'low', 'high_age', 'low_age'],
  support_resistance: ['support', 'resistance'],
  double_top_bottom: ['neckline'],
  triangle: ['upper', 'lower'],
};

/** Whether an output may be missing after the warm-up. */
export function isLevel({ name, outputs }: IndicatorDefinition, output: number): boolean {
  return LEVELS[name]?.includes(outputs[output] ?? '') ?? false;
}

/** What the definition reads of candles: closes and opens as its series, and the columns it names. */
export function inputsFrom(definition: IndicatorDefinition, candles: Candles): Float64Array[] {
  const series: CandleColumn[] = ['close', 'open'];
  return [
    ...definition.inputs.map((_, index) => candles[series[index] ?? 'close']),
    ...definition.candle_inputs.map((name) => candles[name]),
  ];
}

export function named(name: string): IndicatorDefinition {
  const definition = indicatorNamed(name);
  if (definition === undefined) throw new Error(`there is no indicator ${name}`);
  return definition;
}

/** Small parameters that make sense together; `choice` numbers from 0 to 1 choose them. */
export function smallParams(definition: IndicatorDefinition, choices: readonly number[]): number[] {
  // Periods ascend with their place: that suits fast and slow, and short, medium and long.
  const params = definition.params.map((param, index) => {
    const choice = choices[index % choices.length] ?? 0;
    if (param.type === 'period') return Math.max(param.min, 1 + Math.floor(choice * 3) + 3 * index);
    if (param.name === 'anchor_ts') return Date.UTC(2024, 0, 1 + Math.floor(choice * 20));
    return param.default ?? param.min;
  });
  // The only one whose first period has the others' order to keep.
  return definition.name === 'kama' ? [params[0] ?? 1, 2, 5] : params;
}

/** Value `bar` of output `name` of an indicator on candles. */
export function outputsOf(name: string, candles: Candles, params: readonly number[]): Record<string, Float64Array> {
  const definition = named(name);
  const columns = definition.compute(inputsFrom(definition, candles), params);
  return Object.fromEntries(definition.outputs.map((output, index) => [output, columns[index] ?? new Float64Array(0)]));
}

export { INDICATORS };
