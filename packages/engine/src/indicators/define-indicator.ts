import { EngineError } from '../engine-error.ts';
import type { IndicatorDefinition, IndicatorParameter, IndicatorStream } from './indicator-definition.ts';

/** Takes the inputs of the next bar and writes the outputs at it. Both arrays are used again for the next bar. */
export type BarStep = (bar: Float64Array, out: Float64Array) => void;

/** What has to be written for an indicator; `defineIndicator` makes the rest. Parameters are checked before any call. */
export interface IndicatorRecipe
  extends Pick<IndicatorDefinition, 'name' | 'description' | 'inputs' | 'candle_inputs' | 'params' | 'outputs'> {
  /** Outputs of bars before it are never looked at. */
  firstIndex(...params: number[]): number;
  /** Throws where parameters that are right alone make no sense together. */
  check?(...params: number[]): void;
  /** Begins a series of consecutive bars, all inputs finite. */
  begin(...params: number[]): BarStep;
  /** A loop over a whole such series of more than `firstIndex` bars, with the operations of `begin`: the same bits. */
  fill?(inputs: readonly Float64Array[], outputs: readonly Float64Array[], ...params: number[]): void;
}

/**
 * Makes an indicator of its recipe: checks of parameters, warm-up, missing values, and the bar by bar form.
 *
 * A bar with an input that is not a finite number has no output, and the indicator begins anew at the bar after it: what
 * looks at a window has no output until that bar has left the window, what is recursive is seeded again.
 *
 * The definition throws EngineError `invalid_params` (with the name of the parameter) for parameters out of bounds, and
 * `column_length_mismatch` for inputs that are not as many or as long as they should be. Parameters left out at the end
 * take their default.
 */
export function defineIndicator(recipe: IndicatorRecipe): IndicatorDefinition {
  const { name, description, inputs, candle_inputs, params, outputs } = recipe;
  const inputNames = [...inputs, ...candle_inputs];

  const complete = (given: readonly number[]): number[] => {
    const values = completeParams(name, params, given);
    recipe.check?.(...values);
    return values;
  };

  return {
    name,
    description,
    inputs,
    candle_inputs,
    params,
    outputs,

    firstIndex: (given) => recipe.firstIndex(...complete(given)),

    compute(columns, given) {
      const values = complete(given);
      const length = checkColumns(name, inputNames, columns);
      const results = outputs.map(() => new Float64Array(length));
      let from = 0;
      while (from < length) {
        const to = endOfFinite(columns, from, length);
        if (to > from) fillRun(recipe, values, cut(columns, from, to), cut(results, from, to));
        if (to < length) for (const result of results) result[to] = NaN;
        from = to + 1;
      }
      return results;
    },

    stream(given) {
      const values = complete(given);
      return streamOf(recipe, values, inputNames.length);
    },
  };
}

/** Column number `index`; the definition has checked that it is there. */
export function columnAt<Column extends Float64Array>(columns: readonly Column[], index: number): Column {
  const column = columns[index];
  if (column === undefined) throw new RangeError(`there is no column ${index}`);
  return column;
}

function fillRun(
  recipe: IndicatorRecipe,
  params: readonly number[],
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
): void {
  const length = inputs[0]?.length ?? 0;
  const first = recipe.firstIndex(...params);
  for (const output of outputs) output.fill(NaN, 0, Math.min(first, length));
  if (length <= first) return;
  if (recipe.fill !== undefined) recipe.fill(inputs, outputs, ...params);
  else fillStepByStep(recipe, params, inputs, outputs, first);
}

function fillStepByStep(
  recipe: IndicatorRecipe,
  params: readonly number[],
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  first: number,
): void {
  const step = recipe.begin(...params);
  const bar = new Float64Array(inputs.length);
  const out = new Float64Array(outputs.length);
  const length = columnAt(inputs, 0).length;
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < inputs.length; k++) bar[k] = columnAt(inputs, k)[i] as number;
    step(bar, out);
    if (i < first) continue;
    for (let k = 0; k < outputs.length; k++) columnAt(outputs, k)[i] = out[k] as number;
  }
}

function streamOf(recipe: IndicatorRecipe, params: readonly number[], inputCount: number): IndicatorStream {
  const first = recipe.firstIndex(...params);
  const bar = new Float64Array(inputCount);
  const out = new Float64Array(recipe.outputs.length);
  const missing = recipe.outputs.map(() => NaN);
  let step: BarStep | null = null;
  let bars = 0;
  return {
    update(inputs) {
      if (inputs.length !== inputCount) throw wrongCount(recipe.name, inputCount, inputs.length);
      if (!inputs.every(Number.isFinite)) {
        step = null;
        return [...missing];
      }
      if (step === null) {
        step = recipe.begin(...params);
        bars = 0;
      }
      bar.set(inputs);
      step(bar, out);
      bars++;
      return bars > first ? [...out] : [...missing];
    },
  };
}

/** First index from `from` on at which a column is not finite, or `length`. */
function endOfFinite(columns: readonly Float64Array[], from: number, length: number): number {
  let end = length;
  for (const column of columns) {
    let i = from;
    // Not finite less itself is NaN.
    while (i < end && (column[i] as number) - (column[i] as number) === 0) i++;
    end = i;
  }
  return end;
}

function cut(columns: readonly Float64Array[], from: number, to: number): readonly Float64Array[] {
  return columns.map((column) => (from === 0 && to === column.length ? column : column.subarray(from, to)));
}

function completeParams(name: string, params: readonly IndicatorParameter[], given: readonly number[]): number[] {
  if (given.length > params.length) {
    throw new EngineError('invalid_params', `${name} takes ${params.length} parameters; it was given ${given.length}`);
  }
  return params.map((param, index) => {
    const value = given[index] ?? param.default;
    if (value === undefined) {
      throw new EngineError('invalid_params', `${name} needs the parameter ${param.name}; it was not given`);
    }
    const whole = param.type !== 'period' || Number.isSafeInteger(value);
    if (!whole || !(value >= param.min && value <= param.max)) {
      const kind = param.type === 'period' ? 'a whole number of bars' : 'a number';
      throw new EngineError(
        'invalid_params',
        `${param.name} of ${name} is ${value}; it must be ${kind} from ${param.min} to ${param.max}`,
        { [param.name]: value },
      );
    }
    return value;
  });
}

function checkColumns(name: string, inputNames: readonly string[], columns: readonly Float64Array[]): number {
  if (columns.length !== inputNames.length) throw wrongCount(name, inputNames.length, columns.length);
  const length = columns[0]?.length ?? 0;
  for (const [index, column] of columns.entries()) {
    if (column.length !== length) {
      throw new EngineError(
        'column_length_mismatch',
        `${inputNames[index]} of ${name} has ${column.length} values and ${inputNames[0]} has ${length}; all must be of one length`,
      );
    }
  }
  return length;
}

function wrongCount(name: string, expected: number, given: number): EngineError {
  return new EngineError('column_length_mismatch', `${name} takes ${expected} inputs; it was given ${given}`);
}
