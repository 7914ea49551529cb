/** Relative strength index (Wilder). History: 1 value. State: count, average gain, average loss. */
export function rsi(state: usize, values: usize, out: usize, length: i32, period: i32): void {
  const end = values + (<usize>length << 3);
  let count = load<i32>(state);
  let gain = load<f64>(state, 8);
  let loss = load<f64>(state, 16);
  // `count` is of values; the first one makes no change.
  while (values < end && count <= period) {
    const value = load<f64>(values);
    if (count == 0) {
      count = 1;
      store<f64>(out, NaN);
    } else {
      const change = value - load<f64>(values - 8);
      if (change > 0) gain += change;
      else loss -= change;
      count++;
      if (count > period) {
        gain /= <f64>period;
        loss /= <f64>period;
        store<f64>(out, strength(gain, loss));
      } else {
        store<f64>(out, NaN);
      }
    }
    values += 8;
    out += 8;
  }
  const weight: f64 = 1 / <f64>period;
  while (values < end) {
    const change = load<f64>(values) - load<f64>(values - 8);
    gain += (max<f64>(change, 0) - gain) * weight;
    loss += (max<f64>(-change, 0) - loss) * weight;
    store<f64>(out, strength(gain, loss));
    values += 8;
    out += 8;
  }
  store<i32>(state, count);
  store<f64>(state, gain, 8);
  store<f64>(state, loss, 16);
}

// @ts-ignore: decorator
@inline
function strength(gain: f64, loss: f64): f64 {
  const total = gain + loss;
  return total == 0 ? 0 : (100 * gain) / total;
}

// @ts-ignore: decorator
@inline
function unlessRounding(difference: f64, tolerance: f64): f64 {
  return abs(difference) <= tolerance ? 0 : difference;
}

/**
 * Moving average convergence/divergence. No history. Differences within rounding are 0.
 * State: count; then the fast and the slow average (their sums while they are seeded), and those of the signal line.
 */
export function macd(
  state: usize, values: usize, lines: usize, signals: usize, histograms: usize,
  length: i32, fastPeriod: i32, slowPeriod: i32, signalPeriod: i32,
): void {
  const fastWeight: f64 = 2 / <f64>(fastPeriod + 1);
  const slowWeight: f64 = 2 / <f64>(slowPeriod + 1);
  const signalWeight: f64 = 2 / <f64>(signalPeriod + 1);
  const rounding: f64 = <f64>(slowPeriod + signalPeriod) * f64.EPSILON;
  const first = slowPeriod + signalPeriod - 1;
  let count = load<i32>(state);
  let fast = load<f64>(state, 8);
  let slow = load<f64>(state, 16);
  let smooth = load<f64>(state, 24);
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    const value = load<f64>(values + i);
    const tolerance = abs(value) * rounding;
    let line: f64 = NaN;
    if (count >= first) {
      fast += (value - fast) * fastWeight;
      slow += (value - slow) * slowWeight;
      line = unlessRounding(fast - slow, tolerance);
      smooth += (line - smooth) * signalWeight;
    } else {
      count++;
      if (count > slowPeriod) {
        fast += (value - fast) * fastWeight;
        slow += (value - slow) * slowWeight;
        line = unlessRounding(fast - slow, tolerance);
        smooth += line;
      } else {
        slow += value;
        if (count > slowPeriod - fastPeriod) fast += value;
        if (count == slowPeriod) {
          slow /= <f64>slowPeriod;
          fast /= <f64>fastPeriod;
          line = unlessRounding(fast - slow, tolerance);
          smooth = line;
        }
      }
      if (count < first) {
        store<f64>(lines + i, NaN);
        store<f64>(signals + i, NaN);
        store<f64>(histograms + i, NaN);
        continue;
      }
      smooth /= <f64>signalPeriod;
    }
    const histogram = unlessRounding(line - smooth, tolerance);
    store<f64>(lines + i, line);
    store<f64>(signals + i, histogram == 0 ? line : smooth);
    store<f64>(histograms + i, histogram);
  }
  store<i32>(state, count);
  store<f64>(state, fast, 8);
  store<f64>(state, slow, 16);
  store<f64>(state, smooth, 24);
}

/** Average true range (Wilder). History: 1 value of each. State: count; sum or average. */
export function atr(state: usize, highs: usize, lows: usize, closes: usize, out: usize, length: i32, period: i32): void {
  let count = load<i32>(state);
  let average = load<f64>(state, 8);
  const weight: f64 = 1 / <f64>period;
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    if (count > 0) {
      const before = load<f64>(closes + i - 8);
      const range = max<f64>(load<f64>(highs + i), before) - min<f64>(load<f64>(lows + i), before);
      if (count > period) {
        average += (range - average) * weight;
      } else {
        average += range;
        count++;
        if (count > period) average /= <f64>period;
      }
    } else {
      count = 1;
    }
    store<f64>(out + i, count > period ? average : NaN);
  }
  store<i32>(state, count);
  store<f64>(state, average, 8);
}

/** Rate of change in percent. History: `period` values. State: count. */
export function roc(state: usize, values: usize, out: usize, length: i32, period: i32): void {
  let count = load<i32>(state);
  const back = <usize>period << 3;
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    if (count < period) {
      count++;
      store<f64>(out + i, NaN);
      continue;
    }
    const value = load<f64>(values + i);
    const before = load<f64>(values + i - back);
    store<f64>(out + i, before == 0 ? 0 : (100 * (value - before)) / before);
  }
  store<i32>(state, count);
}
