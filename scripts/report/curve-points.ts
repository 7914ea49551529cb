import { drawdownPct } from '@tradebase/engine';
import type { ReportInput } from './report-input.ts';
import { thinCurve } from './thin-curve.ts';

const MAX_POINTS = 2000;
/** Above this the marks of a chart hide its curve. */
const MAX_MARKED_TRADES = 80;

export interface CurvePoint {
  /** Open time of the bar in milliseconds since 1970. */
  readonly at: number;
  readonly equity: number;
  /** Fall from the running peak in percent, 0 or above. */
  readonly drawdown_pct: number;
  /** Fills at the open of this bar, oldest first. */
  readonly fills: readonly Fill[];
}

export interface Fill {
  readonly kind: 'buy' | 'sell';
  readonly price: number;
}

/**
 * The curve to draw: at most 2,000 bars with the extremes of equity and drawdown among them, and with every fill where
 * these are few enough to mark.
 */
export function curvePoints({ equity: curve, summary, trades }: ReportInput): CurvePoint[] {
  const times = curve.at.map((at) => Date.parse(at));
  const drawdown = drawdownPct(Float64Array.from(curve.equity), summary.initial_cash);
  const fills = new Map<number, Fill[]>();
  const addFill = (at: string, fill: Fill) => {
    const bar = indexAt(times, Date.parse(at));
    fills.set(bar, [...(fills.get(bar) ?? []), fill]);
  };

  if (trades.length <= MAX_MARKED_TRADES && times.length > 0) {
    for (const trade of trades) {
      addFill(trade.entry_at, { kind: 'buy', price: trade.entry_price });
      addFill(trade.exit_at, { kind: 'sell', price: trade.exit_price });
    }
    const open = summary.open_position;
    if (open) addFill(open.entry_at, { kind: 'buy', price: open.entry_price });
  }

  const keep = [...fills.keys()];
  return thinCurve([curve.equity, drawdown], { maxPoints: MAX_POINTS, keep }).map((bar) => ({
    at: times[bar] ?? NaN,
    equity: curve.equity[bar] ?? NaN,
    drawdown_pct: drawdown[bar] ?? NaN,
    fills: fills.get(bar) ?? [],
  }));
}

/** Index of the last time at or before `at`: the curve may come thinned, so a fill's own bar may not be in it. */
function indexAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] ?? NaN) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
