import type { BacktestDrawdown } from '@tradebase/contracts';
import type { DrawdownEpisode } from './drawdown-episodes.ts';
import { isoTime } from './iso-time.ts';

const DAY_MS = 86_400_000;

/** A drawdown with its times, as results have it. */
export function describeDrawdown(episode: DrawdownEpisode, ts: Float64Array): BacktestDrawdown {
  const { peak, trough, recovery, depth_pct } = episode;
  const end = recovery ?? ts.length - 1;
  // The initial cash is a peak before the first bar, whose time is the nearest there is.
  const peakTime = ts[Math.max(peak, 0)] as number;
  return {
    depth_pct,
    peak_at: isoTime(peakTime),
    trough_at: isoTime(ts[trough]),
    recovered_at: recovery === null ? null : isoTime(ts[recovery]),
    bars: drawdownBars(episode, ts.length),
    days: ((ts[end] as number) - peakTime) / DAY_MS,
  };
}

/** Bars from the peak to the recovery, or to the last of `bars` where it has not come. */
export function drawdownBars({ peak, recovery }: DrawdownEpisode, bars: number): number {
  return (recovery ?? bars - 1) - peak;
}
