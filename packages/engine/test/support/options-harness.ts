import { BacktestSettings, OptionsSettings, type OptionsSettingsInput } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '../../src/market/market-data.ts';
import type { OptionQuoteRow } from '../../src/options/data-chain.ts';
import { optionsDeskOpener } from '../../src/options/options-desk-opener.ts';
import type { SimulatedOptionsDesk } from '../../src/options/simulated-options-desk.ts';
import type { DeskAccount, DeskBar, DeskTrade } from '../../src/simulator/desk.ts';
import type { TradingAgent } from '../../src/strategies/strategy-definition.ts';
import type { OptionContract } from '../../src/trading/options-desk.ts';
import type { Order, OrderRequest } from '../../src/trading/order.ts';
import type { TradingContext } from '../../src/trading/trading-context.ts';
import { candlesOfCloses, DAY_MS } from './made-up-candles.ts';

export interface HarnessRun {
  readonly desk: SimulatedOptionsDesk;
  readonly equity: number[];
  readonly cash: number[];
  readonly stock: number[];
  readonly trades: DeskTrade[];
  readonly stockTrades: { bar: number; quantity: number; price: number; reason: string }[];
  readonly fees: number;
  readonly slippage: number;
}

/** What a desk needs of a simulator and no more: stock fills at the next open, without costs. Daily bars. */
export function runOnDesk(
  series: InstrumentSeries,
  agent: TradingAgent,
  {
    cash: initialCash = 100_000,
    warmUp = 0,
    options = {},
    rows = [],
  }: { cash?: number; warmUp?: number; options?: OptionsSettingsInput; rows?: readonly OptionQuoteRow[] } = {},
): HarnessRun {
  const { candles } = series;
  const data: MarketData = { instruments: [series] };
  const open = optionsDeskOpener(OptionsSettings.parse(options), rows);
  const desk = open(data, { initial_cash: initialCash, settings: BacktestSettings.parse({}), seed: 0 });
  const [equity, cashes, stocks]: [number[], number[], number[]] = [[], [], []];
  const trades: DeskTrade[] = [];
  const stockTrades: HarnessRun['stockTrades'] = [];
  let [cash, stock, stockCost, fees, slippage, bar] = [initialCash, 0, 0, 0, 0, 0];
  let orders: Order[] = [];
  const close = () => candles.close[bar] ?? NaN;
  const tradeStock = (quantity: number, price: number, reason: string) => {
    stockTrades.push({ bar, quantity, price, reason });
    stockCost = stock + quantity === 0 ? 0 : stockCost + quantity * price;
    stock += quantity;
    cash -= quantity * price;
  };
  const markedEquity = () => cash + stock * close() + desk.valueAtClose();
  const account: DeskAccount = {
    get cash() {
      return cash;
    },
    get equity() {
      return markedEquity();
    },
    get freeMargin() {
      return markedEquity() - desk.marginRequirement() - Math.abs(stock) * close();
    },
    get stockPosition() {
      return stock;
    },
    postPremium: (amount) => {
      cash += amount;
    },
    postFee: (fee) => {
      cash -= fee;
      fees += fee;
    },
    recordSlippage: (amount) => {
      slippage += amount;
    },
    recordTurnover: () => {},
    recordTrade: (trade) => trades.push(trade),
    deliverStock: tradeStock,
  };
  const context: TradingContext = {
    get bar() {
      return bar;
    },
    get ts() {
      return candles.ts[bar] ?? NaN;
    },
    get available_at() {
      return (candles.ts[bar] ?? NaN) + DAY_MS;
    },
    get cash() {
      return cash;
    },
    get equity() {
      return markedEquity();
    },
    instruments: data.instruments,
    candleIndex: () => bar,
    close,
    position: () => stock,
    averagePrice: () => (stock === 0 ? NaN : stockCost / stock),
    submit: (request: OrderRequest) => {
      const order: Order = {
        ...request,
        id: orders.length,
        placed_bar: bar,
        placed_ts: candles.ts[bar] ?? NaN,
        status: 'working',
        filled_quantity: 0,
      };
      orders.push(order);
      return order;
    },
    cancel: () => false,
    get workingOrders() {
      return orders;
    },
    options: desk,
  };
  for (; bar < candles.ts.length; bar++) {
    const ts = candles.ts[bar] ?? NaN;
    for (const split of series.splits ?? []) {
      if (split.ts > (candles.ts[bar - 1] ?? Infinity) && split.ts <= ts) stock *= split.ratio;
    }
    const next_ts = series.candles.ts[bar + 1] ?? null;
    const deskBar: DeskBar = { bar, ts, available_at: ts + DAY_MS, candle: bar, next_ts };
    desk.openBar(deskBar, account);
    for (const order of orders) {
      tradeStock(order.side === 'buy' ? order.quantity : -order.quantity, candles.open[bar] ?? NaN, 'order');
    }
    orders = [];
    desk.closeBar(deskBar, account);
    equity.push(markedEquity());
    cashes.push(cash);
    stocks.push(stock);
    if (bar >= warmUp) agent.onBar(context);
  }
  bar = candles.ts.length - 1;
  return { desk, equity, cash: cashes, stock: stocks, trades, stockTrades, fees, slippage };
}

/** Cash and equity of a run, told anew by its executions alone. */
export function retoldCash(run: HarnessRun, initialCash: number): number {
  let cash = initialCash;
  for (const { quantity, price, fee } of run.desk.fills) cash -= quantity * price * run.desk.multiplier + fee;
  for (const { quantity, price } of run.stockTrades) cash -= quantity * price;
  return cash;
}

/** An agent that does at each bar what is written for it. */
export function scripted(script: Readonly<Record<number, (context: TradingContext) => void>>): TradingAgent {
  return { onBar: (context) => script[context.bar]?.(context) };
}

/** A daily instrument of these closes from Monday, 1 January 2024; each bar opens where the one before closed. */
export function seriesOf(close: readonly number[]): InstrumentSeries {
  return { symbol: 'MADE', timeframe: '1d', candles: candlesOfCloses(close) };
}

/** A quote of a January 2024 day for an option that expires on another; opening quotes are the same as closing ones. */
export function quoteRow(
  day: number,
  expiryDay: number,
  right: 'call' | 'put',
  strike: number,
  bid: number,
  ask: number,
): OptionQuoteRow {
  const date = Date.UTC(2024, 0, day);
  const expiry = Date.UTC(2024, 0, expiryDay);
  return { date, expiry, right, strike, bid_open: bid, ask_open: ask, bid_close: bid, ask_close: ask };
}

/** The contract that such a quote is of, expiring on a weekday. */
export function januaryContract(expiryDay: number, right: 'call' | 'put', strike: number): OptionContract {
  return { right, strike, expiry: Date.UTC(2024, 0, expiryDay + 1) };
}
