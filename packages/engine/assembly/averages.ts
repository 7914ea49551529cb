import { slide, slidingMean } from './slide';

// Here and in the other indicators: the values are finite. Where one is not, the caller begins anew with a zeroed state.
// State: i32 count of values seen, at 0; doubles from 8 on.

/** Simple moving average. History: `period` values. */
export function sma(state: usize, values: usize, out: usize, length: i32, period: i32): void {
  const end = values + (<usize>length << 3);
  const divisor = <f64>period;
  let count = load<i32>(state);
  while (values < end && count < period) {
    slide(state + 8, load<f64>(values), 0);
    count++;
    store<f64>(out, count == period ? slidingMean(state + 8, divisor) : NaN);
    values += 8;
    out += 8;
  }
  store<i32>(state, count);

  let sum = load<f64>(state, 8);
  let low = load<f64>(state, 16);
  const back = <usize>period << 3;
  while (values < end) {
    const entering = load<f64>(values);
    const leaving = load<f64>(values - back);
    const change = entering - leaving;
    const changeTail = change - entering;
    const changeError = entering - (change - changeTail) - (leaving + changeTail);
    const next = sum + change;
    const sumTail = next - sum;
    const sumError = sum - (next - sumTail) + (change - sumTail);
    sum = next;
    low += changeError + sumError;
    store<f64>(out, (sum + low) / divisor);
    values += 8;
    out += 8;
  }
  store<f64>(state, sum, 8);
  store<f64>(state, low, 16);
}

/** Exponential moving average of that weight, from the plain mean of the first `period` values. No history. */
export function ema(state: usize, values: usize, out: usize, length: i32, period: i32, weight: f64): void {
  const end = values + (<usize>length << 3);
  let count = load<i32>(state);
  let average = load<f64>(state, 8);
  while (values < end && count < period) {
    average += load<f64>(values);
    count++;
    if (count == period) average /= <f64>period;
    store<f64>(out, count == period ? average : NaN);
    values += 8;
    out += 8;
  }
  while (values < end) {
    average += (load<f64>(values) - average) * weight;
    store<f64>(out, average);
    values += 8;
    out += 8;
  }
  store<i32>(state, count);
  store<f64>(state, average, 8);
}
