/** Bit `i` of the mask at `out` is whether `values[i]` holds: is a number but 0. Whole words of 64 bars are written. */
export function to_mask(values: usize, out: usize, length: i32): void {
  const zero = f64x2.splat(0);
  for (let word = 0; word < length; word += 64) {
    let bits: u64 = 0;
    const end = min(64, length - word);
    for (let i = 0; i < end; i += 2) {
      const pair = v128.load(values + (<usize>(word + i) << 3));
      // Less or greater than 0, so that NaN does not hold.
      const holds = i64x2.bitmask(v128.or(f64x2.lt(pair, zero), f64x2.gt(pair, zero)));
      bits |= <u64>holds << <u64>i;
    }
    if (end < 64) bits &= ((<u64>1) << <u64>end) - 1;
    store<u64>(out + (<usize>(word >>> 6) << 3), bits);
  }
}
