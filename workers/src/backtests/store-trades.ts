import type { Trade } from '@tradebase/engine';
import { numberArray, textArray } from '../postgres/array-literal.ts';
import type { StoredColumns, TradeColumn } from './stored-result.ts';

/** A closed trade, with how far price went against and for it where that was measured. */
export type MeasuredTrade = Trade & { readonly mae_pct?: number | null; readonly mfe_pct?: number | null };

/** What trades of an instrument are stored under: by its index in the market data. */
export interface TradedInstrument {
  readonly id: number;
  readonly symbol: string;
}

/** Trades as columns for the database. */
export function storeTrades(
  trades: readonly MeasuredTrade[],
  instruments: readonly TradedInstrument[],
): StoredColumns<TradeColumn> {
  const numbers = (read: (trade: MeasuredTrade) => number | null | undefined) =>
    numberArray(trades.map((trade) => read(trade) ?? null));
  const texts = (read: (trade: MeasuredTrade) => string | undefined) =>
    textArray(trades.map((trade) => read(trade) ?? null));
  return {
    count: trades.length,
    columns: {
      seq: numbers(({ seq }) => seq),
      instrument_id: numbers(({ instrument }) => instruments[instrument]?.id),
      symbol: texts(({ instrument }) => instruments[instrument]?.symbol),
      side: texts(({ side }) => side),
      entry_bar: numbers(({ entry_bar }) => entry_bar),
      exit_bar: numbers(({ exit_bar }) => exit_bar),
      entry_ts: numbers(({ entry_ts }) => entry_ts),
      exit_ts: numbers(({ exit_ts }) => exit_ts),
      entry_price: numbers(({ entry_price }) => entry_price),
      exit_price: numbers(({ exit_price }) => exit_price),
      quantity: numbers(({ quantity }) => quantity),
      fee: numbers(({ fee }) => fee),
      slippage: numbers(({ slippage }) => slippage),
      carry: numbers(({ carry }) => carry),
      pnl: numbers(({ pnl }) => pnl),
      return_pct: numbers(({ return_pct }) => return_pct),
      mae_pct: numbers(({ mae_pct }) => mae_pct),
      mfe_pct: numbers(({ mfe_pct }) => mfe_pct),
      exit_reason: texts(({ exit_reason }) => exit_reason),
    },
  };
}
