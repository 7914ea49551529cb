import { BacktestSettings, type Candles, type StrategySpec } from '@tradebase/contracts';
import {
  BUILT_IN_STRATEGIES,
  type MarketData,
  makeReceipt,
  Random,
  resolveStrategy,
  runBacktest,
  sweep,
} from '../../src/index.ts';

const HOUR_MS = 3_600_000;
const BARS = 3000;

function walk(seed: number): Candles {
  const random = new Random(seed);
  const column = () => new Float64Array(BARS);
  const candles = { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
  let price = 100;
  for (let i = 0; i < BARS; i++) {
    const open = price;
    const close = open * (1 + 0.02 * (random.uniform() - 0.495));
    candles.ts[i] = Date.UTC(2024, 0, 1) + i * 24 * HOUR_MS;
    candles.open[i] = open;
    candles.close[i] = close;
    candles.high[i] = Math.max(open, close) * (1 + 0.005 * random.uniform());
    candles.low[i] = Math.min(open, close) * (1 - 0.005 * random.uniform());
    candles.volume[i] = Math.floor(1e6 * random.uniform());
    price = close;
  }
  return candles;
}

/** Every function whose rounding JavaScript leaves open, several timeframes, and every kind of exit. */
const RULES: StrategySpec = {
  name: 'own',
  long: {
    entry:
      "crosses_above(ema(close, 5), sma(close, 20)) and log(close) > exp(0.1) and close ^ 1.5 > tf('1w', close) / 2",
    exit: 'rsi(close, 7) > 70',
  },
  short: { entry: 'crosses_below(ema(close, 5), sma(close, 20))' },
  stop_loss: { atr: 2 },
  take_profit: { risk_multiple: 3 },
  trailing_stop: { percent: 4 },
  time_exit: { bars: 30 },
};

const COMPILED: StrategySpec = { ...RULES, long: { entry: 'crosses_above(ema(close, 5), sma(close, 20))' } };

/** What every kind of backtest gives, as hashes: the same wherever the engine runs. */
export function receiptsOfRuns(): Record<string, unknown> {
  const prediction = walk(3).close.map((close) => close % 1);
  const first = { symbol: 'A', timeframe: '1d', candles: walk(1), columns: { prediction } } as const;
  const second = { symbol: 'B', timeframe: '1d', candles: walk(2), columns: { prediction } } as const;
  const settings = BacktestSettings.parse({
    fees: { type: 'bps', maker_bps: 2, taker_bps: 5 },
    slippage: { type: 'bps', bps: 3 },
    margin: { allow_short: true },
    instrument: { time_zone: 'America/New_York' },
  });
  const receiptOf = (data: MarketData, spec: StrategySpec, path: 'event' | 'compiled') => {
    const result = runBacktest({ data, strategy: spec, initial_cash: 1e6, settings, seed: 7, path });
    const options = { initial_cash: 1e6, settings, seed: 7 };
    return { ...makeReceipt({ data, spec, options, result }), summary: result.summary };
  };

  const receipts: Record<string, unknown> = {};
  for (const { name, needs } of BUILT_IN_STRATEGIES) {
    const data = { instruments: needs?.instruments === 2 ? [first, second] : [first] };
    receipts[name] = receiptOf(data, { name, params: {} }, 'event');
  }
  const data = { instruments: [first] };
  receipts.rules = receiptOf(data, RULES, 'event');
  receipts.rules_without_power = receiptOf(data, COMPILED, 'compiled');
  const { strategy } = resolveStrategy(COMPILED);
  if (strategy.kind === 'rules') {
    const days = { last_bar: Int32Array.from({ length: BARS }, (_, bar) => bar), per_year: 252 };
    const swept = sweep({ series: first, programs: [strategy.program], settings, initial_cash: 1e6, days });
    receipts.sweep = Object.entries(swept).map(([name, column]) => [name, column[0]]);
  }
  return receipts;
}
