/**
 * Fall of each equity mark from the running peak, in percent, 0 or above; the peak starts at the initial cash.
 *
 * @param equity mark of each bar, in the quote currency
 */
export function drawdownPct(equity: ArrayLike<number>, initialCash: number): Float64Array<ArrayBuffer> {
  const drawdown = new Float64Array(equity.length);
  let peak = initialCash;
  for (let bar = 0; bar < equity.length; bar++) {
    const mark = equity[bar] as number;
    if (mark > peak) peak = mark;
    drawdown[bar] = 100 * (1 - mark / peak);
  }
  return drawdown;
}
