/**
 * Simple return of every day: its last mark over the last mark of the day before, the first one over the initial cash.
 * Days without a position count, as 0. NaN from the day on after equity fell to zero or below.
 *
 * @param equity mark of each bar
 * @param lastBars index of the last bar of each day: see `exchangeDays`
 */
export function dailyReturns(equity: ArrayLike<number>, lastBars: Int32Array, initialCash: number): Float64Array {
  const returns = new Float64Array(lastBars.length);
  let previousMark = initialCash;
  for (let day = 0; day < lastBars.length; day++) {
    const mark = equity[lastBars[day] as number] as number;
    returns[day] = previousMark > 0 ? mark / previousMark - 1 : NaN;
    previousMark = mark;
  }
  return returns;
}
