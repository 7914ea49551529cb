import type { IndicatorDefinition, IndicatorStream } from '../../indicators/indicator-definition.ts';

/**
 * An indicator that is defined by what it does at each bar: the columns are the stream's answers. What the stream says
 * before `firstIndex` is replaced by NaN.
 */
export function streamIndicator(definition: Omit<IndicatorDefinition, 'compute'>): IndicatorDefinition {
  const stream = (params: readonly number[]): IndicatorStream => {
    const first = definition.firstIndex(params);
    const unknown = definition.outputs.map(() => NaN);
    const inner = definition.stream(params);
    let bar = -1;
    return {
      update(inputs) {
        bar += 1;
        const values = inner.update(inputs);
        return bar < first ? unknown : values;
      },
    };
  };
  return {
    ...definition,
    stream,
    compute(inputs, params) {
      const bars = inputs[0]?.length ?? 0;
      const columns = definition.outputs.map(() => new Float64Array(bars));
      const running = stream(params);
      const row = inputs.map(() => NaN);
      for (let bar = 0; bar < bars; bar++) {
        inputs.forEach((input, index) => {
          row[index] = input[bar] as number;
        });
        running.update(row).forEach((value, output) => {
          (columns[output] as Float64Array)[bar] = value;
        });
      }
      return columns;
    },
  };
}
