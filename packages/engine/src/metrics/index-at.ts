/** Index of the last of ascending times at or before `time`; -1 before the first. */
export function indexAt(times: ArrayLike<number>, time: number): number {
  let low = -1;
  let high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] as number) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** As `indexAt`, with an index where the time probably is: bars of the account's clock are those of a lone instrument. */
export function indexNear(times: Float64Array, time: number, probable: number): number {
  return times[probable] === time ? probable : indexAt(times, time);
}
