import { INDICATORS } from '../indicators/catalogue.ts';
import type { IndicatorDefinition } from '../indicators/indicator-definition.ts';

/** How each indicator is called, by its name: `rsi(values, period = 14)`. */
export const INDICATOR_NAMES: ReadonlyMap<string, string> = new Map(
  INDICATORS.map((definition) => [definition.name, describeCall(definition)]),
);

function describeCall({ name, inputs, params }: IndicatorDefinition): string {
  const options = params.map((param) =>
    param.default === undefined ? param.name : `${param.name} = ${param.default}`,
  );
  return `${name}(${[...inputs, ...options].join(', ')})`;
}
