import type { BacktestSummary } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import { mean } from '../math/mean.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { cagrPct, YEAR_MS } from './cagr.ts';
import { isoTime } from './iso-time.ts';
import { defined, type Metric, settle, undefinedBecause } from './metric.ts';

/**
 * What became of the money.
 *
 * @throws EngineError `empty_candles` without a bar, `equity_overflow` when prices carried equity beyond the largest number
 */
export function summariseAccount(result: SimulationResult, data: MarketData, reasons: Record<string, string>) {
  const { ts, equity, initial_cash, costs } = result;
  const bars = ts.length;
  const first = ts[0];
  const last = ts[bars - 1];
  const final_equity = equity[bars - 1];
  if (first === undefined || last === undefined || final_equity === undefined) {
    throw new EngineError('empty_candles', 'there are no bars; at least one is needed');
  }
  if (!Number.isFinite((100 * final_equity) / initial_cash)) {
    throw new EngineError('equity_overflow', 'equity grew beyond the largest number; check the prices', {
      initial_cash,
    });
  }
  const { fees, slippage, funding, borrow, interest } = costs;
  const positions = openPositions(result, data);
  const { liquidated_bar } = result;
  return {
    bars,
    first_bar_at: isoTime(first),
    last_bar_at: isoTime(last),
    initial_cash,
    final_equity,
    total_return_pct: 100 * (final_equity / initial_cash - 1),
    exposure_pct: (100 * result.bars_in_position) / bars,
    turnover: result.turnover,
    fees_paid: fees,
    costs: { fees, slippage, funding, borrow, interest, total: fees + slippage + funding + borrow + interest },
    open_position: positions[0] ? mainPart(positions[0]) : null,
    open_positions: positions,
    liquidated_at: liquidated_bar === null ? null : isoTime(ts[liquidated_bar]),
    ...settle(
      {
        cagr_pct: cagrPct(initial_cash, final_equity, last - first),
        turnover_per_year: turnoverPerYear(result.turnover, equity, last - first),
      },
      reasons,
    ),
  } satisfies Partial<BacktestSummary>;
}

/** Value of all fills over the mean equity of all bars, a year of 365.25 days. */
function turnoverPerYear(turnover: number, equity: Float64Array, spanMs: number): Metric {
  const average = mean(equity);
  if (spanMs === 0) return undefinedBecause('the first and the last bar are the same: no time has passed');
  if (!(average > 0)) return undefinedBecause('the mean equity is not above zero');
  return defined(turnover / average / (spanMs / YEAR_MS));
}

function openPositions(
  { open_positions }: SimulationResult,
  { instruments }: MarketData,
): BacktestSummary['open_positions'] {
  return open_positions.map((position) => ({
    symbol: instruments[position.instrument]?.symbol ?? '',
    contract: position.contract ?? null,
    entry_bar: position.entry_bar,
    entry_at: isoTime(position.entry_ts),
    entry_price: position.average_price,
    quantity: position.quantity,
  }));
}

function mainPart({ entry_bar, entry_at, entry_price, quantity }: BacktestSummary['open_positions'][number]) {
  return { entry_bar, entry_at, entry_price, quantity };
}
