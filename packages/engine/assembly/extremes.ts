/**
 * Highest (`sign` 1) or lowest (-1) of the last `period` values. History: `period` values.
 * The window is scanned again only when its extreme leaves it.
 */
export function extreme(state: usize, values: usize, out: usize, length: i32, period: i32, sign: f64): void {
  let count = load<i32>(state);
  let age = load<i32>(state, 4);
  let best = load<f64>(state, 8);
  for (let i = 0; i < length; i++) {
    const at = values + (<usize>i << 3);
    const value = sign * load<f64>(at);
    if (count < period) count++;
    age++;
    if (count == 1 || value >= best) {
      best = value;
      age = 0;
    } else if (age >= period) {
      best = value;
      age = 0;
      for (let back = 1; back < period; back++) {
        const earlier = sign * load<f64>(at - (<usize>back << 3));
        if (earlier > best) {
          best = earlier;
          age = back;
        }
      }
    }
    store<f64>(out + (<usize>i << 3), count < period ? NaN : sign * best);
  }
  store<i32>(state, count);
  store<i32>(state, age, 4);
  store<f64>(state, best, 8);
}
