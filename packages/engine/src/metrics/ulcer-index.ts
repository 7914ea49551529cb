/**
 * Ulcer index in percent (Martin and McCann): root of the mean square of the drawdown of every mark, so that deep and long
 * falls weigh more. The running peak starts at the initial cash.
 */
export function ulcerIndexPct(equity: Float64Array, initialCash: number): number {
  let peak = initialCash;
  let squares = 0;
  for (let mark = 0; mark < equity.length; mark++) {
    const value = equity[mark] as number;
    if (value > peak) {
      peak = value;
      continue;
    }
    const fall = 1 - value / peak;
    squares += fall * fall;
  }
  return 100 * Math.sqrt(squares / equity.length);
}
