import type { BacktestSettings as Settings } from '@tradebase/contracts';
import { BacktestSettings } from '@tradebase/contracts';
import type { BacktestInput } from '../simulator/backtest-input.ts';
import type { LongOnlySimulation } from '../simulator/long-only-simulation.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { TradeList } from '../trading/trade-list.ts';

type Simulated = Pick<LongOnlySimulation, 'equity' | 'trades' | 'position' | 'bars_in_position' | 'fees_paid'>;

/** What the long-only simulator produced, in the terms of all simulators. */
export function longOnlyResult(
  { candles, initial_cash }: Omit<BacktestInput, 'strategy'>,
  run: Simulated,
): SimulationResult {
  const trades = new TradeList();
  trades.reserve(run.trades.length);
  let turnover = 0;
  for (const trade of run.trades) {
    const index = trades.length++;
    trades.direction[index] = 1;
    trades.entry_bar[index] = trade.entry_bar;
    trades.exit_bar[index] = trade.exit_bar;
    trades.entry_ts[index] = trade.entry_ts;
    trades.exit_ts[index] = trade.exit_ts;
    trades.entry_price[index] = trade.entry_price;
    trades.exit_price[index] = trade.exit_price;
    trades.quantity[index] = trade.quantity;
    trades.fee[index] = trade.fee;
    trades.pnl[index] = trade.pnl;
    trades.return_pct[index] = trade.return_pct;
    turnover += trade.quantity * (trade.entry_price + trade.exit_price);
  }
  const { position } = run;
  if (position) turnover += position.quantity * position.entry_price;
  return {
    path: 'event',
    initial_cash,
    ts: candles.ts,
    equity: run.equity,
    trades,
    orders: null,
    fills: null,
    open_positions: position
      ? [
          {
            instrument: 0,
            quantity: position.quantity,
            average_price: position.entry_price,
            entry_bar: position.entry_bar,
            entry_ts: candles.ts[position.entry_bar] as number,
          },
        ]
      : [],
    costs: { fees: run.fees_paid, slippage: 0, funding: 0, borrow: 0, interest: 0 },
    bars_in_position: run.bars_in_position,
    turnover,
    ambiguity: { bars: 0, resolved_bars: 0, pessimistic_equity: null, optimistic_equity: null },
    data_quality: { verdict: 'good', findings: [] },
    liquidated_bar: null,
  };
}

/** The settings that the long-only simulator trades by. */
export function longOnlySettings(feeBps: number): Settings {
  return BacktestSettings.parse({ fees: { type: 'bps', maker_bps: feeBps, taker_bps: feeBps } });
}
