import { BacktestSettings, type BacktestSettingsInput, type StrategySpec } from '@tradebase/contracts';
import { expect } from 'vitest';
import {
  optionsDeskOpener,
  type ResolvedStrategy,
  resolveStrategy,
  simulate,
  startTradingSession,
} from '../../src/index.ts';
import type { MarketData } from '../../src/market/market-data.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';
import type { BarOutcome } from '../../src/trading-session/session-outcome.ts';
import { pushAll, sessionInstruments } from './push-candles.ts';

export interface Case {
  readonly strategy: StrategySpec | ResolvedStrategy;
  readonly data: MarketData;
  readonly settings?: BacktestSettingsInput;
  readonly cash?: number;
}

export function backtest({ strategy: spec, data, settings, cash = 100_000 }: Case): SimulationResult {
  const { definition, strategy } = 'definition' in spec ? spec : resolveStrategy(spec);
  const options = { initial_cash: cash, settings: BacktestSettings.parse(settings ?? {}), seed: 1 };
  const openDesk = definition.needs?.options ? { openDesk: optionsDeskOpener(options.settings.options) } : {};
  return simulate(strategy, data, options, { path: 'event', ...openDesk });
}

export function trade({ strategy, data, settings, cash = 100_000 }: Case): BarOutcome[] {
  const session = startTradingSession({
    strategy,
    instruments: sessionInstruments(data),
    initial_cash: cash,
    ...(settings && { settings }),
  });
  return pushAll(session, data);
}

/** Everything that a backtest tells, told by a session. */
export function expectEqual(outcomes: readonly BarOutcome[], result: SimulationResult, data: MarketData): void {
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
