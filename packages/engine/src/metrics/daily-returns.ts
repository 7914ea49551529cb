const DAY_MS = 86_400_000;

/**
 * Simple return of every UTC date that has a bar: the last mark of the date over the last mark of the date before, the
 * first one over the initial cash. Days without a position count, as 0; dates without a bar do not exist.
 *
 * @param ts open time of each bar in milliseconds, ascending
 * @param equity mark of each bar, same length
 */
export function dailyReturns(ts: Float64Array, equity: Float64Array, initialCash: number): Float64Array {
  if (ts.length === 0) return new Float64Array(0);
  const datesInSpan = endOfDay(ts[ts.length - 1] ?? NaN) / DAY_MS - Math.floor((ts[0] ?? NaN) / DAY_MS);
  const returns = new Float64Array(Math.min(ts.length, datesInSpan));
  let days = 0;
  let previousMark = initialCash;
  let dayEnd = endOfDay(ts[0] ?? NaN);
  const closeDay = (mark: number) => {
    returns[days++] = mark / previousMark - 1;
    previousMark = mark;
  };
  for (let bar = 1; bar < ts.length; bar++) {
    const time = ts[bar] ?? NaN;
    if (time < dayEnd) continue;
    closeDay(equity[bar - 1] ?? NaN);
    dayEnd = endOfDay(time);
  }
  closeDay(equity[ts.length - 1] ?? NaN);
  return returns.subarray(0, days);
}

function endOfDay(time: number): number {
  return (Math.floor(time / DAY_MS) + 1) * DAY_MS;
}
