import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INDICATORS, indicatorNamed } from '../src/indicators/catalogue.ts';
import type { IndicatorDefinition } from '../src/indicators/indicator-definition.ts';
import { inputsFrom, isLevel, named, smallParams, walkingCandles } from './support/any-indicator.ts';

const anyChoices = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 4, maxLength: 4 });
const anySeed = fc.integer({ min: 1, max: 2 ** 31 });
const HOUR_MS = 3_600_000;

const first = (columns: readonly Float64Array[], bars: number) => columns.map((column) => column.slice(0, bars));

function streamed(definition: IndicatorDefinition, inputs: readonly Float64Array[], params: readonly number[]) {
  const stream = definition.stream(params);
  const columns = definition.outputs.map(() => new Float64Array(inputs[0]?.length ?? 0));
  for (let i = 0; i < (inputs[0]?.length ?? 0); i++) {
    const values = stream.update(inputs.map((column) => column[i] ?? NaN));
    for (const [k, column] of columns.entries()) column[i] = values[k] ?? Infinity;
  }
  return columns;
}

/** Value missing in every output, by bar. */
const missingAt = (columns: readonly Float64Array[], bar: number) => columns.map((c) => Number.isNaN(c[bar] ?? 0));

describe.each(INDICATORS.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  it('gives bar by bar the very bits it gives for whole columns, missing bars included', () => {
    fc.assert(
      fc.property(anySeed, anyChoices, fc.integer({ min: 0, max: 99 }), (seed, choices, gap) => {
        const inputs = inputsFrom(definition, walkingCandles(100, seed, HOUR_MS)).map((column) => column.slice());
        for (const column of inputs.slice(0, 1)) column[gap] = NaN;
        const params = smallParams(definition, choices);
        expect(streamed(definition, inputs, params)).toEqual(definition.compute(inputs, params));
      }),
      { numRuns: 12 },
    );
  });

  it('gives at every bar what it would give if later bars were not known', () => {
    fc.assert(
      fc.property(anySeed, anyChoices, fc.integer({ min: 0, max: 80 }), (seed, choices, bars) => {
        const inputs = inputsFrom(definition, walkingCandles(80, seed, HOUR_MS));
        const params = smallParams(definition, choices);
        expect(definition.compute(first(inputs, bars), params)).toEqual(
          first(definition.compute(inputs, params), bars),
        );
      }),
      { numRuns: 12 },
    );
  });

  it('has its first value at firstIndex, in every output, and a number at every bar from there on; levels none before', () => {
    fc.assert(
      fc.property(anySeed, anyChoices, (seed, choices) => {
        const candles = walkingCandles(100, seed);
        // The anchor of anchored_vwap is a time, which firstIndex cannot place: at the first bar it is index 0.
        const params = smallParams(definition, name === 'anchored_vwap' ? [0] : choices);
        const columns = definition.compute(inputsFrom(definition, candles), params);
        for (const [output, column] of columns.entries()) {
          const firstValue = column.findIndex((value) => !Number.isNaN(value));
          if (isLevel(definition, output)) {
            expect(firstValue === -1 || firstValue >= definition.firstIndex(params)).toBe(true);
            continue;
          }
          expect(firstValue).toBe(definition.firstIndex(params));
          expect(column.slice(definition.firstIndex(params)).every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('begins as many bars later where its inputs do, and anew after a bar that is missing in any input', () => {
    const candles = walkingCandles(100, 5);
    const params = smallParams(definition, name === 'anchored_vwap' ? [0] : [0.5]);
    const inputs = inputsFrom(definition, candles);
    const [late, gap] = [7, 60];
    for (const missing of [NaN, Infinity]) {
      for (const broken of inputs.keys()) {
        const holes = inputs.map((column, index) =>
          index === broken ? column.map((value, bar) => (bar < late || bar === gap ? missing : value)) : column,
        );
        const columns = definition.compute(holes, params);
        const parts = [
          [late, gap],
          [gap + 1, 100],
        ] as const;
        for (const [from, to] of parts) {
          expect(columns.map((column) => column.slice(from, to))).toEqual(
            definition.compute(
              inputs.map((column) => column.slice(from, to)),
              params,
            ),
          );
        }
        expect(missingAt(columns, gap)).not.toContain(false);
        expect(missingAt(columns, late - 1)).not.toContain(false);
      }
    }
  });

  it('is missing throughout where the warm-up is longer than the data, and empty for none', () => {
    const params = smallParams(definition, [0.9]);
    const bars = Math.min(definition.firstIndex(params), 3);
    const columns = definition.compute(first(inputsFrom(definition, walkingCandles(50, 3)), bars), params);
    expect(columns).toHaveLength(definition.outputs.length);
    for (const column of columns) expect([...column]).toEqual(new Array(bars).fill(NaN));
  });

  it('takes the defaults of parameters that are left out', () => {
    const defaults = definition.params.map((param) => param.default ?? NaN);
    const inputs = inputsFrom(definition, walkingCandles(300, 9));
    expect(definition.compute(inputs, [])).toEqual(definition.compute(inputs, defaults));
    expect(definition.firstIndex([])).toBe(definition.firstIndex(defaults));
  });

  it('refuses a parameter out of its bounds by name, in every way of calling it', () => {
    const inputs = inputsFrom(definition, walkingCandles(10, 1));
    const defaults = definition.params.map((param) => param.default ?? NaN);
    for (const [index, param] of definition.params.entries()) {
      const wrong = [param.min - 1, NaN, Infinity, ...(param.type === 'period' ? [param.min + 0.5] : [])];
      for (const value of wrong) {
        const params = defaults.with(index, value);
        const refused = expect.objectContaining({
          code: 'invalid_params',
          message: expect.stringContaining(param.name),
          details: { [param.name]: value },
        });
        expect(() => definition.compute(inputs, params)).toThrow(refused);
        expect(() => definition.stream(params)).toThrow(refused);
        expect(() => definition.firstIndex(params)).toThrow(refused);
      }
    }
    expect(() => definition.compute(inputs, [...defaults, 1])).toThrow(
      expect.objectContaining({ code: 'invalid_params' }),
    );
  });

  it('refuses inputs that are not as many, or not of one length', () => {
    const inputs = inputsFrom(definition, walkingCandles(10, 1));
    const refused = expect.objectContaining({ code: 'column_length_mismatch' });
    expect(() => definition.compute([], [])).toThrow(refused);
    expect(() => definition.compute([...inputs, new Float64Array(10)], [])).toThrow(refused);
    expect(() => definition.stream([]).update([])).toThrow(refused);
    if (inputs.length > 1) {
      expect(() => definition.compute([...inputs.slice(0, -1), new Float64Array(9)], [])).toThrow(refused);
    }
  });
});

describe('the catalogue', () => {
  it('finds an indicator by name and knows no other', () => {
    for (const definition of INDICATORS) expect(indicatorNamed(definition.name)).toBe(definition);
    expect(indicatorNamed('martingale')).toBeUndefined();
    expect(new Set(INDICATORS.map(({ name }) => name)).size).toBe(INDICATORS.length);
  });

  it('is described in docs/indicators.md: every name with its parameters, defaults and outputs', () => {
    const page = readFileSync(new URL('../docs/indicators.md', import.meta.url), 'utf8');
    for (const { name, params, inputs, outputs } of INDICATORS) {
      const call = [...inputs, ...params.map((param) => `${param.name} = ${param.default}`)].join(', ');
      const shown = outputs.length === 1 ? '' : outputs.map((output) => `\`${output}\``).join(', ');
      expect(page).toMatch(new RegExp(`^\\| \`${name}\\(${call}\\)\` *\\| ${shown} *\\| .+\\|$`, 'm'));
    }
  });

  it('refuses periods in the wrong order, with the names of both', () => {
    const closes = walkingCandles(10, 1).close;
    for (const name of ['macd', 'apo', 'ppo']) {
      expect(() => named(name).compute([closes], [5, 5])).toThrow(/fast is 5 and slow is 5/);
    }
    const { close, high, low } = walkingCandles(10, 1);
    expect(() => named('ultimate_oscillator').compute([high, low, close], [7, 14, 14])).toThrow(/medium is 14/);
    expect(() => named('psar').compute([high, low], [0.3, 0.2])).toThrow(/acceleration is 0.3/);
  });
});
