import type { KernelFunctions, Pointer } from './kernel-functions.ts';

/** An indicator that a kernel computes block by block. Inputs are finite: see `runFinite`. */
export interface IndicatorKernel {
  /** Inputs it takes, candle columns included. */
  readonly inputs: number;
  readonly outputs: number;
  /** Values before a block that it looks at, of each input. */
  history(params: readonly number[]): number;
  run(
    kernels: KernelFunctions,
    state: Pointer,
    inputs: readonly Pointer[],
    outputs: readonly Pointer[],
    length: number,
    params: readonly number[],
  ): void;
}

/** Bytes of the state of any indicator. */
export const INDICATOR_STATE_BYTES = 32;

function ofOne(
  history: (period: number) => number,
  run: (
    kernels: KernelFunctions,
    state: Pointer,
    values: Pointer,
    out: Pointer,
    length: number,
    period: number,
  ) => void,
): IndicatorKernel {
  return {
    inputs: 1,
    outputs: 1,
    history: ([period = 1]) => history(period),
    run(kernels, state, [values = 0], [out = 0], length, [period = 1]) {
      run(kernels, state, values, out, length, period);
    },
  };
}

const period = (bars: number) => bars;

/** The indicators that have a kernel, by name: the same bits as their definitions. */
export const INDICATOR_KERNELS: Readonly<Record<string, IndicatorKernel>> = {
  sma: ofOne(period, (k, state, values, out, length, bars) => k.sma(state, values, out, length, bars)),
  ema: ofOne(
    () => 0,
    (k, state, values, out, length, bars) => k.ema(state, values, out, length, bars, 2 / (bars + 1)),
  ),
  rma: ofOne(
    () => 0,
    (k, state, values, out, length, bars) => k.ema(state, values, out, length, bars, 1 / bars),
  ),
  rsi: ofOne(
    () => 1,
    (k, state, values, out, length, bars) => k.rsi(state, values, out, length, bars),
  ),
  roc: ofOne(period, (k, state, values, out, length, bars) => k.roc(state, values, out, length, bars)),
  highest: ofOne(period, (k, state, values, out, length, bars) => k.extreme(state, values, out, length, bars, 1)),
  lowest: ofOne(period, (k, state, values, out, length, bars) => k.extreme(state, values, out, length, bars, -1)),
  macd: {
    inputs: 1,
    outputs: 3,
    history: () => 0,
    run(k, state, [values = 0], [line = 0, signal = 0, histogram = 0], length, [fast = 1, slow = 1, signalBars = 1]) {
      k.macd(state, values, line, signal, histogram, length, fast, slow, signalBars);
    },
  },
  atr: {
    inputs: 3,
    outputs: 1,
    history: () => 1,
    run(k, state, [high = 0, low = 0, close = 0], [out = 0], length, [bars = 1]) {
      k.atr(state, high, low, close, out, length, bars);
    },
  },
};
