/** One stay of equity below its running peak. Marks are indices in the curve; -1 is the start, before the first mark. */
export interface DrawdownEpisode {
  /** Last mark at the peak. */
  readonly peak: number;
  /** Lowest mark, the first of equals. */
  readonly trough: number;
  /** First mark back at or above the peak; null when there is none. */
  readonly recovery: number | null;
  /** From the peak to the trough, in percent of the peak. */
  readonly depth_pct: number;
}

/**
 * Every drawdown of a curve in order of time. The running peak starts at the initial cash; a mark equal to the peak is a
 * recovery.
 */
export function drawdownEpisodes(equity: Float64Array, initialCash: number): DrawdownEpisode[] {
  const episodes: DrawdownEpisode[] = [];
  let level = initialCash;
  let peak = -1;
  let trough = -1;
  let lowest = level;
  const close = (recovery: number | null) => {
    if (trough >= 0) episodes.push({ peak, trough, recovery, depth_pct: 100 * (1 - lowest / level) });
    trough = -1;
  };
  for (let mark = 0; mark < equity.length; mark++) {
    const value = equity[mark] as number;
    if (value >= level) {
      close(mark);
      level = value;
      peak = mark;
      lowest = value;
    } else if (value < lowest) {
      lowest = value;
      trough = mark;
    }
  }
  close(null);
  return episodes;
}
