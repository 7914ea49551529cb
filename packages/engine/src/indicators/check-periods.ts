import { EngineError } from '../engine-error.ts';

/** Throws `invalid_params` unless `period` is a whole number of bars, at least 1. */
export function checkPeriod(name: string, period: number): void {
  if (!Number.isSafeInteger(period) || period < 1) {
    throw new EngineError('invalid_params', `${name} is ${period}; it must be a whole number of bars, at least 1`, {
      [name]: period,
    });
  }
}

/** Throws `invalid_params` unless both are periods and `fast` is the smaller one. */
export function checkFastBelowSlow(fast: number, slow: number): void {
  checkPeriod('fast', fast);
  checkPeriod('slow', slow);
  if (fast >= slow) {
    throw new EngineError('invalid_params', `fast is ${fast} and slow is ${slow}; fast must be smaller than slow`, {
      fast,
      slow,
    });
  }
}
