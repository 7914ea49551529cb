import { fitsCompiled } from './compiled/fits-compiled.ts';
import { kernelSignals } from './compiled/kernel-signals.ts';
import { simulateCompiled } from './compiled/simulate-compiled.ts';
import { EngineError } from './engine-error.ts';
import { assessDataQuality } from './market/assess-data-quality.ts';
import { checkMarketData } from './market/check-market-data.ts';
import type { MarketData } from './market/market-data.ts';
import { evaluatePlan } from './plan/evaluate-plan.ts';
import { runToEnd } from './run-to-end.ts';
import { checkSimulationOptions } from './simulator/check-simulation-options.ts';
import type { OpenDesk } from './simulator/desk.ts';
import { simulateEvents } from './simulator/simulate-events.ts';
import type { SimulationOptions, SimulationProgress } from './simulator/simulation-options.ts';
import type { Strategy } from './strategies/strategy-definition.ts';
import type { SimulationResult } from './trading/simulation-result.ts';

const DEFAULT_CHUNK_BARS = 65_536;

/** `auto` takes the compiled path where the strategy and the settings fit it. Both give the same trades, to the bit. */
export type SimulationPath = 'auto' | 'event' | 'compiled';

export interface SimulateOptions {
  /** Bars between two pauses. */
  readonly chunkBars?: number;
  readonly path?: SimulationPath;
  /** Opens the options desk, for strategies that trade options. */
  readonly openDesk?: OpenDesk;
  /** Where the compiled path puts equity: as long as there are bars. For callers that simulate often. */
  readonly equity?: Float64Array;
}

/**
 * Simulates a strategy whose parameters are chosen, pausing after every `chunkBars` bars.
 *
 * @throws EngineError on the first `next()` when the input is invalid, or `not_compiled` where the compiled path is asked
 * for and cannot take it
 */
export function* simulateInChunks(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  { chunkBars = DEFAULT_CHUNK_BARS, path = 'auto', openDesk, equity }: SimulateOptions = {},
): Generator<SimulationProgress, SimulationResult, void> {
  if (!Number.isSafeInteger(chunkBars) || chunkBars < 1) {
    throw new EngineError('invalid_chunk', `chunkBars is ${chunkBars}; it must be a whole number, at least 1`);
  }
  const isCompiled =
    path === 'compiled' || (path === 'auto' && fitsCompiled(strategy, data, options.settings) === null);
  if (isCompiled) {
    checkEquityColumn(equity, data);
    checkSimulationOptions(options);
    checkMarketData(data);
    const dataQuality = assessDataQuality(data, options.settings);
    const compiled = { chunkBars, dataQuality, ...(equity ? { equity } : {}) };
    const result = yield* simulateCompiled(strategy, data, options, compiled);
    if (result !== null) return result;
  }
  return yield* simulateEvents(strategy, data, options, {
    chunkBars,
    evaluatePlan,
    computeSignals: kernelSignals,
    ...(openDesk ? { openDesk } : {}),
  });
}

/** A column that is too short would lose marks, and one that is too long would keep some of another run. */
function checkEquityColumn(equity: Float64Array | undefined, { instruments: [main] }: MarketData): void {
  const bars = main?.candles.ts.length ?? 0;
  if (equity === undefined || equity.length === bars) return;
  const message = `the column for equity has room for ${equity.length} marks; it must have it for ${bars}, one per bar`;
  throw new EngineError('column_length_mismatch', message, { length: equity.length, bars });
}

/** The same simulation at once. */
export function simulate(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  how: SimulateOptions = {},
): SimulationResult {
  return runToEnd(simulateInChunks(strategy, data, options, { ...how, chunkBars: Number.MAX_SAFE_INTEGER }));
}
