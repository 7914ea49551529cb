import type { Pointer } from '../compiled/kernel-functions.ts';
import { KernelInstance } from '../compiled/kernel-instance.ts';
import { EngineError } from '../engine-error.ts';

/** Bars of each stretch that a kernel is given at a time: even, and few enough for all columns to stay in cache. */
const BLOCK_BARS = 2048;

/** Stretches that are run at once: enough for the processor to have something to do while it waits for each. */
const STRETCHES = 4;
/** Run-ins shorter than this part of a stretch are worth while. */
const SHARE_OF_RUN_IN = 1 / 8;
/** Multiples of 1 / weight after which two averages of the same values have nearly always become one, to the bit. */
const FORGOTTEN_AFTER = 80;

/** Stretches of a series that averages are run over at once, and how many values each of them but the first is run in on. */
export interface Stretches {
  readonly length: number;
  readonly run_in: number;
}

/**
 * How to cut a series of `count` values into four stretches; null where it is too short for that.
 *
 * An exponential average waits for itself: one value after the other, each some ten cycles. But it forgets where it began: after
 * n values, (1 - weight)^n of it is left. So a long series is run as four stretches side by side, each begun somewhat earlier
 * from 0. Where the average of one stretch does not end with the bits that the next one began with, which happens where the
 * series stands still, the rest is run again in sequence: the bits are always those of the sequence.
 */
export function stretchesOf(count: number, weight: number): Stretches | null {
  // Even, as kernels take two values at a time.
  const length = 2 * Math.floor(count / (2 * STRETCHES));
  const run_in = Math.ceil(FORGOTTEN_AFTER / weight);
  return run_in <= length * SHARE_OF_RUN_IN ? { length, run_in } : null;
}

/**
 * The column that a caller wants the result in, or a new one.
 *
 * @throws EngineError `column_length_mismatch` where it is not as long as the input, or lies where an input does
 */
export function columnFor(into: Float64Array | undefined, inputs: readonly Float64Array[]): Float64Array {
  const length = inputs[0]?.length ?? 0;
  if (into === undefined) return new Float64Array(length);
  if (into.length !== length) {
    const message = `the column to write into has ${into.length} numbers; it must have ${length}, as many as the input`;
    throw new EngineError('column_length_mismatch', message);
  }
  for (const { buffer, byteOffset, byteLength } of inputs) {
    const apart = byteOffset >= into.byteOffset + into.byteLength || into.byteOffset >= byteOffset + byteLength;
    if (buffer === into.buffer && !apart) {
      throw new EngineError('column_length_mismatch', 'the column to write into overlaps an input; it must be another');
    }
  }
  return into;
}

/** One block of four stretches in a kernel's memory. A column of the next stretch begins `stride` bytes after that of one. */
export interface StretchBlock {
  readonly kernels: KernelInstance;
  readonly state: Pointer;
  readonly inputs: readonly Pointer[];
  readonly outputs: readonly Pointer[];
  /** Even. */
  readonly length: number;
  readonly stride: number;
}

/**
 * Runs a kernel over four stretches of `length` values, the first from index `from` on, block by block.
 *
 * @param state what the kernel remembers, the four numbers of each average together; overwritten by what it ends with
 */
export function runStretches(
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  { from, length, state }: { from: number; length: number; state: Float64Array },
  run: (block: StretchBlock) => void,
): void {
  const kernels = KernelInstance.borrow();
  // Room for a value before each block and for a vector past its end; not a power of two, which would crowd the cache.
  const stride = 8 * (BLOCK_BARS + 10);
  const pointers = [...inputs, ...outputs].map(() => kernels.reserve(STRETCHES * stride) + 16);
  const statePointer = kernels.reserve(8 * state.length);
  const { doubles } = kernels;
  doubles.set(state, statePointer / 8);
  const block = {
    kernels,
    state: statePointer,
    inputs: pointers.slice(0, inputs.length),
    outputs: pointers.slice(inputs.length),
    stride,
  };
  for (let done = 0; done < length; done += BLOCK_BARS) {
    const count = Math.min(BLOCK_BARS, length - done);
    for (let stretch = 0; stretch < STRETCHES; stretch++) {
      const start = from + stretch * length + done;
      for (const [k, input] of inputs.entries()) {
        const at = ((pointers[k] as number) + stretch * stride) / 8;
        doubles.set(input.subarray(start - 1, start + count), at - 1);
      }
    }
    run({ ...block, length: count });
    for (let stretch = 0; stretch < STRETCHES; stretch++) {
      const start = from + stretch * length + done;
      for (const [k, output] of outputs.entries()) {
        const at = ((block.outputs[k] as number) + stretch * stride) / 8;
        output.set(doubles.subarray(at, at + count), start);
      }
    }
  }
  state.set(doubles.subarray(statePointer / 8, statePointer / 8 + state.length));
  kernels.giveBack();
}

/**
 * Index of the first stretch that did not begin with the bits with which the one before it ended, or 4.
 *
 * @param begun and `ended`: the four numbers of each average together
 */
export function firstApart(begun: Float64Array, ended: Float64Array): number {
  for (let stretch = 1; stretch < STRETCHES; stretch++) {
    for (let k = stretch; k < begun.length; k += STRETCHES) {
      if (!Object.is(begun[k], ended[k - 1])) return stretch;
    }
  }
  return STRETCHES;
}
