import type { BacktestSettings, Candles } from '@tradebase/contracts';
import type { DataQuality } from '../trading/simulation-result.ts';
import { findGaps } from './find-gaps.ts';
import type { InstrumentSeries, MarketData, Split } from './market-data.ts';
import { sharedTimes } from './shared-times.ts';

/** A close-to-close move of so many times the mean move is an outlier. */
const OUTLIER_FACTOR = 20;
/** How far a ratio of open to the close before may be from n or 1 / n to suspect a split of n to 1. */
const SPLIT_TOLERANCE = 0.02;
const LARGEST_SPLIT = 20;
/** So many instruments without dates of membership are probably those that are still there today. */
const SURVIVORSHIP_INSTRUMENTS = 10;
/** Share of bars with a bar of the main instrument at the same time, below which something is wrong with the times. */
const LEAST_SHARED = 0.5;

type Finding = DataQuality['findings'][number];

/** Numbers of peculiar bars in one series. */
interface Peculiarities {
  readonly zeroVolume: number;
  readonly repeated: number;
  /** Times of closes far from the one before. */
  readonly outlierTs: readonly number[];
  /** Times of opens that look like splits. */
  readonly splitTs: readonly number[];
}

const examined = new WeakMap<Candles, Peculiarities>();

/**
 * What a result should be read with. `poor` where a split was probably not accounted for, more than 5 % of the bars are missing, instruments have no times in common, more
 * than half are without volume (though not all: then it is unknown) or more than 1 % are outliers; `usable` where there is any other finding; else `good`.
 *
 * Findings: `gaps` (see `findGaps`), `zero_volume`, `outliers` (a close more than 20 mean moves from the one before, no named split between), `repeated_bars` (equal to the bar before in prices and
 * volume), `suspected_splits` (open within 2 % of n or 1 / n times the close before, n from 2 to 20, with no split
 * named there), `unaligned` (fewer than half of the bars open when the main instrument has one), `survivorship` (10 instruments or more and no dates of membership).
 */
export function assessDataQuality({ instruments }: MarketData, settings: BacktestSettings): DataQuality {
  const findings: Finding[] = [];
  let isPoor = false;
  for (const series of instruments) {
    const { symbol, candles, splits = [] } = series;
    const bars = candles.ts.length;
    const add = (code: string, count: number, message: string, poorFrom: number) => {
      if (count === 0) return;
      findings.push({ code, message: `${symbol}: ${message}`, count });
      if (count >= poorFrom) isPoor = true;
    };
    const { zeroVolume, repeated, outlierTs, splitTs } = examine(candles);
    const missing = countMissing(series, settings);
    const isUnexplained = (ts: number) => !isNamed(ts, splits, candles);
    const unexplained = splitTs.filter(isUnexplained).length;
    const outliers = outlierTs.filter(isUnexplained).length;
    add(
      'gaps',
      missing,
      `${missing} bars are missing, ${settings.gaps === 'fill' ? 'and filled' : 'and skipped'}`,
      0.05 * bars,
    );
    if (zeroVolume === bars) add('zero_volume', zeroVolume, 'the data has no volume', Infinity);
    else add('zero_volume', zeroVolume, `${zeroVolume} bars have no volume`, 0.5 * bars);
    add(
      'outliers',
      outliers,
      `${outliers} closes are more than ${OUTLIER_FACTOR} mean moves from the one before`,
      0.01 * bars,
    );
    add('repeated_bars', repeated, `${repeated} bars repeat the one before in prices and volume`, 0.05 * bars);
    add('suspected_splits', unexplained, `${unexplained} opens look like splits that the data does not name`, 1);
  }
  const [main, ...others] = instruments;
  for (const { symbol, candles } of others) {
    const { shared, bars } = sharedTimes(main?.candles.ts ?? candles.ts, candles.ts);
    if (shared >= LEAST_SHARED * bars) continue;
    const message = `${symbol}: ${bars - shared} of ${bars} bars open when ${main?.symbol} has none: their times may be written differently`;
    findings.push({ code: 'unaligned', message, count: bars - shared });
    isPoor = true;
  }
  const isSelected = instruments.some(({ membership }) => membership !== undefined);
  if (instruments.length >= SURVIVORSHIP_INSTRUMENTS && !isSelected) {
    const message = `${instruments.length} instruments and no dates of membership: those that failed may be missing`;
    findings.push({ code: 'survivorship', message, count: instruments.length });
  }
  return { verdict: isPoor ? 'poor' : findings.length > 0 ? 'usable' : 'good', findings };
}

function countMissing(series: InstrumentSeries, settings: BacktestSettings): number {
  const gaps = findGaps(series, series.rules ?? settings.instrument);
  return gaps.reduce((total, { missing_ts }) => total + missing_ts.length, 0);
}

function examine(candles: Candles): Peculiarities {
  const known = examined.get(candles);
  if (known !== undefined) return known;
  const { ts, open, close, volume } = candles;
  let moves = 0;
  for (let i = 1; i < close.length; i++) moves += Math.abs((close[i] as number) / (close[i - 1] as number) - 1);
  const limit = (OUTLIER_FACTOR * moves) / Math.max(close.length - 1, 1);
  let [zeroVolume, repeated] = [volume[0] === 0 ? 1 : 0, 0];
  const outlierTs: number[] = [];
  const splitTs: number[] = [];
  for (let i = 1; i < close.length; i++) {
    const before = close[i - 1] as number;
    if (volume[i] === 0) zeroVolume += 1;
    else if (isRepeated(candles, i)) repeated += 1;
    if (Math.abs((close[i] as number) / before - 1) > limit) outlierTs.push(ts[i] as number);
    if (looksLikeSplit((open[i] as number) / before)) splitTs.push(ts[i] as number);
  }
  const peculiarities = { zeroVolume, repeated, outlierTs, splitTs };
  examined.set(candles, peculiarities);
  return peculiarities;
}

function isRepeated({ open, high, low, close, volume }: Candles, i: number): boolean {
  return (
    volume[i] === volume[i - 1] &&
    close[i] === close[i - 1] &&
    open[i] === open[i - 1] &&
    high[i] === high[i - 1] &&
    low[i] === low[i - 1]
  );
}

function looksLikeSplit(move: number): boolean {
  if (move > 0.6 && move < 1.8) return false;
  const ratio = move < 1 ? 1 / move : move;
  const shares = Math.round(ratio);
  return shares >= 2 && shares <= LARGEST_SPLIT && Math.abs(ratio / shares - 1) <= SPLIT_TOLERANCE;
}

/** Whether a split is named between a bar and the one before. */
function isNamed(barTs: number, splits: readonly Split[], { ts }: Candles): boolean {
  if (splits.length === 0) return false;
  const before = ts[ts.indexOf(barTs) - 1] ?? -Infinity;
  return splits.some((split) => split.ts > before && split.ts <= barTs);
}
