import { BacktestSettings, type BacktestSettingsInput, type StrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUILT_IN_STRATEGIES,
  optionsDeskOpener,
  type ResolvedStrategy,
  resolveStrategy,
  simulate,
  startTradingSession,
} from '../src/index.ts';
import type { MarketData } from '../src/market/market-data.ts';
import type { SimulationResult } from '../src/trading/simulation-result.ts';
import type { BarOutcome } from '../src/trading-session/session-outcome.ts';
import { anyRuleProgram, walk } from './support/any-rule-program.ts';
import { fixedRandom } from './support/made-up-candles.ts';
import { pushAll, sessionInstruments } from './support/push-candles.ts';
import { readCandles, referenceDataPresent, referenceTitle } from './support/reference-data.ts';

interface Case {
  readonly strategy: StrategySpec | ResolvedStrategy;
  readonly data: MarketData;
  readonly settings?: BacktestSettingsInput;
  readonly cash?: number;
}

function backtest({ strategy: spec, data, settings, cash = 100_000 }: Case): SimulationResult {
  const { definition, strategy } = 'definition' in spec ? spec : resolveStrategy(spec);
  const options = { initial_cash: cash, settings: BacktestSettings.parse(settings ?? {}), seed: 1 };
  const openDesk = definition.needs?.options ? { openDesk: optionsDeskOpener(options.settings.options) } : {};
  return simulate(strategy, data, options, { path: 'event', ...openDesk });
}

function trade({ strategy, data, settings, cash = 100_000 }: Case): BarOutcome[] {
  const session = startTradingSession({
    strategy,
    instruments: sessionInstruments(data),
    initial_cash: cash,
    ...(settings && { settings }),
  });
  return pushAll(session, data);
}

/** Everything that a backtest tells, told by a session. */
function expectEqual(outcomes: readonly BarOutcome[], result: SimulationResult, data: MarketData): void {
  const symbolOf = (instrument: number) => data.instruments[instrument]?.symbol;
  expect(outcomes.map(({ equity }) => equity)).toEqual([...result.equity]);
  expect(outcomes.map(({ ts }) => ts)).toEqual([...result.ts]);
  expect(outcomes.flatMap(({ trades }) => trades)).toEqual([...result.trades]);
  expect(outcomes.flatMap(({ fills }) => fills.map(({ id: _, multiplier: __, ...fill }) => fill))).toEqual(
    (result.fills ?? []).map(({ instrument, order_id, ...fill }) => ({
      ...fill,
      order_id: String(order_id),
      symbol: symbolOf(instrument),
    })),
  );
  const last = new Map<string, unknown>();
  for (const { new_orders, order_changes } of outcomes) {
    for (const { id, status, filled_quantity } of [...new_orders, ...order_changes]) {
      last.set(id, [status, filled_quantity]);
    }
  }
  expect([...last]).toEqual(
    (result.orders ?? []).map(({ id, status, filled_quantity }) => [String(id), [status, filled_quantity]]),
  );
  expect(
    outcomes.flatMap(({ option_fills }) =>
      option_fills.map(({ id: _, order_id: __, symbol: ___, terms: ____, multiplier: _____, ...fill }) => fill),
    ),
  ).toEqual(result.option_fills ?? []);
}

/** A market for any built-in strategy: two instruments, the second without some bars, and predictions. */
function marketFor(name: string, bars: number, timeframe: '1d' | '1h' = '1h'): MarketData {
  const length = timeframe === '1d' ? 86_400_000 : 3_600_000;
  const candles = walk(7, bars, length);
  const random = fixedRandom(3);
  const prediction = Float64Array.from({ length: bars }, () => (random() < 0.1 ? NaN : random()));
  const main = { symbol: 'MAIN', timeframe, candles, columns: { prediction } };
  if (name !== 'pairs') return { instruments: [main] };
  const kept = [...candles.ts.keys()].filter((bar) => bar % 11 !== 5);
  const other = walk(8, bars, length);
  const pick = (column: Float64Array) => Float64Array.from(kept, (bar) => column[bar] as number);
  const { ts, open, high, low, close, volume } = other;
  const second = {
    ts: pick(ts),
    open: pick(open),
    high: pick(high),
    low: pick(low),
    close: pick(close),
    volume: pick(volume),
  };
  return { instruments: [main, { symbol: 'OTHER', timeframe, candles: second }] };
}

const COSTS: BacktestSettingsInput = {
  fees: { type: 'bps', maker_bps: 2, taker_bps: 5 },
  slippage: { type: 'volume_share' },
  margin: { leverage: 2, maintenance_pct: 10, borrow_rate_pct: 3, interest_rate_pct: 5, funding_rate_pct: 0.01 },
  fills: { max_volume_share: 0.1 },
};

describe('a session that is pushed the candles of a backtest', () => {
  for (const { name, needs } of BUILT_IN_STRATEGIES) {
    const timeframe = needs?.options ? '1d' : '1h';
    it(`does what the backtest of ${name} does, to the bit`, () => {
      const data = marketFor(name, 700, timeframe);
      const result = backtest({ strategy: { name }, data });
      expectEqual(trade({ strategy: { name }, data }), result, data);
      const costly = { strategy: { name }, data, settings: COSTS };
      expectEqual(trade(costly), backtest(costly), data);
    });
  }
});
