import type { Candles } from '@tradebase/contracts';
import { ENTER, EXIT } from '../strategies/strategy-signals.ts';
import type { Trade } from './trade.ts';

/** A position that has not been sold. */
export interface OpenPosition {
  readonly entry_bar: number;
  readonly entry_price: number;
  readonly quantity: number;
  /** Fee paid at entry, in the quote currency. */
  readonly entry_fee: number;
}

/**
 * An account that follows a signal column, long only, all in, one position at a time.
 *
 * The signal of bar i fills at the open of bar i + 1, so that of the last bar never fills. A purchase spends all cash,
 * fee included: quantity = cash / (open * (1 + rate)). The fee of each side is rate * quantity * price. Every close
 * marks the account at cash plus position at that close, without exit cost.
 */
export class LongOnlySimulation {
  /** Equity at each bar's close, in the quote currency. */
  readonly equity: Float64Array<ArrayBuffer>;
  readonly trades: Trade[] = [];
  bars_done = 0;
  bars_in_position = 0;
  fees_paid = 0;
  position: OpenPosition | null = null;
  /** Highest mark so far; starts at the initial cash. */
  peak: number;
  /** The smallest mark over its running peak: 1 less the maximum drawdown. */
  lowestShareOfPeak = 1;

  readonly #candles: Candles;
  readonly #signals: Int8Array;
  readonly #feeRate: number;
  #cash: number;
  #nextFill: number;

  constructor(candles: Candles, signals: Int8Array, initialCash: number, feeRate: number) {
    this.#candles = candles;
    this.#signals = signals;
    this.#feeRate = feeRate;
    this.#cash = initialCash;
    this.peak = initialCash;
    this.equity = new Float64Array(candles.ts.length);
    this.#nextFill = this.#findNextFill(0);
  }

  /** Simulates up to `maxBars` further bars. */
  advance(maxBars: number): void {
    const end = Math.min(this.bars_done + maxBars, this.equity.length);
    while (this.#nextFill < end) {
      const bar = this.#nextFill;
      this.#markUntil(bar);
      if (this.position === null) this.#enter(bar);
      else this.#exit(bar, this.position);
      this.#nextFill = this.#findNextFill(bar);
    }
    this.#markUntil(end);
  }

  /** The bar at whose open the next signal fills that the account can follow, given signals from bar `from` on. */
  #findNextFill(from: number): number {
    const signal = this.#signals.indexOf(this.position === null ? ENTER : EXIT, from);
    return signal === -1 ? Infinity : signal + 1;
  }

  #enter(bar: number): void {
    const price = this.#candles.open[bar] ?? NaN;
    const quantity = this.#cash / (price * (1 + this.#feeRate));
    // False once fees have taken the account below what a double can hold.
    if (!(quantity * price > 0)) return;

    const entry_fee = this.#feeRate * quantity * price;
    this.position = { entry_bar: bar, entry_price: price, quantity, entry_fee };
    this.fees_paid += entry_fee;
    this.#cash = 0;
  }

  #exit(bar: number, { entry_bar, entry_price, quantity, entry_fee }: OpenPosition): void {
    const price = this.#candles.open[bar] ?? NaN;
    const exitFee = this.#feeRate * quantity * price;
    const fee = entry_fee + exitFee;
    const pnl = quantity * (price - entry_price) - fee;
    this.trades.push({
      seq: this.trades.length + 1,
      side: 'long',
      entry_bar,
      exit_bar: bar,
      entry_ts: this.#candles.ts[entry_bar] ?? NaN,
      exit_ts: this.#candles.ts[bar] ?? NaN,
      entry_price,
      exit_price: price,
      quantity,
      fee,
      pnl,
      return_pct: (100 * pnl) / (quantity * entry_price),
    });
    this.fees_paid += exitFee;
    this.#cash = quantity * price - exitFee;
    this.position = null;
  }

  /** Marks the bars before `end`, during which the account does not change. */
  #markUntil(end: number): void {
    const { equity } = this;
    const { close } = this.#candles;
    const cash = this.#cash;
    const quantity = this.position?.quantity ?? 0;
    let { peak, lowestShareOfPeak } = this;
    for (let bar = this.bars_done; bar < end; bar++) {
      const mark = cash + quantity * (close[bar] ?? NaN);
      equity[bar] = mark;
      if (mark > peak) peak = mark;
      else if (mark < peak * lowestShareOfPeak) lowestShareOfPeak = mark / peak;
    }
    this.peak = peak;
    this.lowestShareOfPeak = lowestShareOfPeak;
    if (this.position !== null) this.bars_in_position += end - this.bars_done;
    this.bars_done = end;
  }
}
