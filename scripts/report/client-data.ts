import type { BacktestReport } from '@tradebase/contracts';
import { type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { columnDecimals, moneyDecimals } from './format.ts';

const DAY_MS = 86_400_000;
/** More than a screen shows, and half the bytes of a double written out. */
const SIGNIFICANT = 9;
/** From this ratio of highest to lowest, a linear axis would press the early years flat on its floor. */
const LOGARITHMIC_FROM = 10;

/** What the scripts of the page draw, as short JSON. `charts.js` and `trade-table.js` read it. */
export function clientData({ curve, prices, rolling_sharpe, exposure, trades, summary, timeframe }: BacktestReport) {
  const priceColumn = trades.flatMap((trade) => [trade.entry_price, trade.exit_price]);
  return {
    curve: { at: curve.at, equity: short(curve.equity), drawdown: short(curve.drawdown_pct.map((pct) => -pct)) },
    benchmark: curve.benchmark && short(curve.benchmark),
    logarithmic: isWide(curve.equity),
    prices: prices && { at: prices.at, high: short(prices.high), low: short(prices.low), close: short(prices.close) },
    sharpe: rolling_sharpe && {
      at: rolling_sharpe.at,
      value: rolling_sharpe.value.map((v) => (v === null ? v : cut(v))),
    },
    // The last share holds to the end of the curve.
    exposure: {
      at: [...exposure.at, ...curve.at.slice(-1)],
      pct: short([...exposure.pct, ...exposure.pct.slice(-1)]),
    },
    trades: trades.map((trade) => [
      trade.seq,
      trade.side,
      Date.parse(trade.entry_at),
      Date.parse(trade.exit_at),
      trade.exit_bar - trade.entry_bar,
      cut(trade.entry_price),
      cut(trade.exit_price),
      cut(trade.quantity),
      cut(trade.fee),
      cut(trade.pnl),
      cut(trade.return_pct),
      cutOrNull(trade.mae_pct),
      cutOrNull(trade.mfe_pct),
      (trade.exit_reason ?? 'signal').replaceAll('_', ' '),
    ]),
    decimals: {
      money: moneyDecimals(summary.initial_cash),
      price: columnDecimals(priceColumn, { significant: 7 }),
      quantity: columnDecimals(
        trades.map(({ quantity }) => quantity),
        { significant: 6 },
      ),
    },
    isIntraday: isIntraday(timeframe),
  };
}

function isIntraday(timeframe: Timeframe): boolean {
  return timeframeLengthMs(timeframe) < DAY_MS;
}

function isWide(values: readonly number[]): boolean {
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  return low > 0 && high / low >= LOGARITHMIC_FROM;
}

function short(values: readonly number[]): number[] {
  return values.map(cut);
}

function cut(value: number): number {
  return Number(value.toPrecision(SIGNIFICANT));
}

function cutOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : cut(value);
}
