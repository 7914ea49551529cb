import { EngineError } from '../engine-error.ts';
import { assessDataQuality } from '../market/assess-data-quality.ts';
import { checkMarketData } from '../market/check-market-data.ts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import { withRules } from '../market/with-rules.ts';
import { evaluatePlan } from '../plan/evaluate-plan.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import { checkSimulationOptions } from '../simulator/check-simulation-options.ts';
import { simulateEvents } from '../simulator/simulate-events.ts';
import type { SimulationOptions, SimulationProgress } from '../simulator/simulation-options.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import type { OpenPosition, SimulationResult } from '../trading/simulation-result.ts';
import { TradeList } from '../trading/trade-list.ts';
import { BLOCK_BARS } from './block-bars.ts';
import { ColumnPipeline } from './column-pipeline.ts';
import { CompiledAccount } from './compiled-account.ts';
import { fitsCompiled } from './fits-compiled.ts';
import { KernelInstance } from './kernel-instance.ts';
import { prepareCandles } from './prepare-candles.ts';
import { nodesOfRules } from './rule-nodes.ts';
import { TradeBuffer } from './trade-buffer.ts';
import { withoutKernels } from './without-kernels.ts';

const DEFAULT_CHUNK_BARS = 65_536;

export interface CompiledParts {
  /** Bars between two pauses. */
  readonly chunkBars?: number;
  /** Where the equity column goes; a new one by default. For who simulates often: fresh memory takes time. */
  readonly equity?: Float64Array;
}

/**
 * Simulates a rule strategy on one instrument by the kernels: the same trades and marks, to the bit, as `simulateEvents`
 * gives. Where a short position may have lost all, the simulation is begun anew on the event-driven path, which knows
 * how to liquidate.
 *
 * @throws EngineError `not_compiled` for what does not fit, see `fitsCompiled`; and as `simulateEvents`
 */
export function* simulateCompiled(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  parts: CompiledParts,
): Generator<SimulationProgress, SimulationResult, void> {
  const { chunkBars = DEFAULT_CHUNK_BARS } = parts;
  if (!Number.isSafeInteger(chunkBars) || chunkBars < 1) {
    throw new EngineError('invalid_chunk', `chunkBars is ${chunkBars}; it must be a whole number, at least 1`);
  }
  checkSimulationOptions(options);
  checkMarketData(data);
  const misfit = fitsCompiled(strategy, data, options.settings);
  const [series] = data.instruments;
  if (misfit !== null || strategy.kind !== 'rules' || series === undefined) {
    throw new EngineError('not_compiled', `the compiled path cannot take this backtest: ${misfit}`);
  }
  const run = new CompiledRun(series, strategy.program, options, { ...parts, chunkBars });
  const result = (yield* run.simulate()) ? yield* run.result() : null;
  return result ?? (yield* simulateEvents(strategy, data, options, { chunkBars, evaluatePlan }));
}

type Outcome = 'done' | 'undecided' | 'ruined';

/** What is read of the account once it has done. */
type Totals = Record<
  | 'cash'
  | 'side'
  | 'quantity'
  | 'entry_price'
  | 'entry_bar'
  | 'fees'
  | 'slippage'
  | 'turnover'
  | 'bars_in_position'
  | 'ambiguous_bars'
  | 'peak'
  | 'lowest_share',
  number
>;

class CompiledRun {
  readonly #series: InstrumentSeries;
  readonly #program: RuleProgram;
  readonly #options: SimulationOptions;
  readonly #parts: CompiledParts & { readonly chunkBars: number };
  readonly #equity: Float64Array;
  #trades = new TradeList();
  #totals: Totals | null = null;

  constructor(
    series: InstrumentSeries,
    program: RuleProgram,
    options: SimulationOptions,
    parts: CompiledParts & { readonly chunkBars: number },
  ) {
    const { settings } = options;
    this.#series = withRules(series, settings.instrument);
    this.#program = program;
    this.#options = { ...options, settings: { ...settings, instrument: series.rules ?? settings.instrument } };
    this.#parts = parts;
    this.#equity = parts.equity ?? new Float64Array(series.candles.ts.length);
  }

  /** False where the account may have to be liquidated. */
  *simulate(): Generator<SimulationProgress, boolean, void> {
    let outcome = yield* this.#attempt(prepareCandles(this.#series.candles).spans_too_far);
    if (outcome === 'undecided') outcome = yield* this.#attempt(true);
    return outcome === 'done';
  }

  *#attempt(exactAverages: boolean): Generator<SimulationProgress, Outcome, void> {
    const kernels = KernelInstance.borrow();
    const { candles } = this.#series;
    const { plan, rules } = this.#program;
    const { signals, numbers } = nodesOfRules(rules);
    const missing = withoutKernels(plan, [...signals, ...numbers]);
    const { columns: computed, first_bar } = evaluatePlan(plan, { instruments: [this.#series] }, 0, missing);
    const program = { ...this.#program, warm_up_bars: Math.max(this.#program.warm_up_bars, first_bar) };
    const pipeline = new ColumnPipeline(
      kernels,
      plan,
      { series: this.#series, computed },
      { nodes: numbers, signals, exactAverages },
    );
    const account = new CompiledAccount(kernels, program, this.#options, pipeline, this.#equity);
    const buffer = new TradeBuffer(kernels, account.state);
    this.#trades = new TradeList();
    const bars_total = candles.ts.length;
    const { chunkBars } = this.#parts;
    let bars_done = 0;
    while (bars_done < bars_total) {
      const chunkEnd = Math.min(bars_done + chunkBars, bars_total);
      while (bars_done < chunkEnd) {
        const length = Math.min(BLOCK_BARS, chunkEnd - bars_done);
        if (!pipeline.advance(length)) return 'undecided';
        account.advance(bars_done, length);
        pipeline.finishBlock(length);
        bars_done += length;
        buffer.flush(this.#trades, prepareCandles(candles), bars_done === bars_total);
      }
      if (account.state.get('ruined') !== 0) return 'ruined';
      yield { bars_done, bars_total };
    }
    this.#totals = totalsOf(account);
    kernels.giveBack();
    return 'done';
  }

  /** The other reading of ambiguous bars is a simulation of its own; null where that ruins the account. */
  *result(): Generator<SimulationProgress, SimulationResult | null, void> {
    const totals = this.#totals;
    if (totals === null) throw new RangeError('the simulation has not ended');
    const { settings, initial_cash } = this.#options;
    const { intrabar } = settings.fills;
    const last = lastOf(this.#equity);
    let otherLast = last;
    if (totals.ambiguous_bars > 0) {
      const other = this.#withReading(intrabar === 'pessimistic' ? 'optimistic' : 'pessimistic');
      if (!(yield* other.simulate())) return null;
      otherLast = lastOf(other.#equity);
    }
    const isPessimistic = intrabar === 'pessimistic';
    const { ts } = this.#series.candles;
    return {
      path: 'compiled',
      initial_cash,
      ts,
      equity: this.#equity,
      trades: this.#trades,
      orders: null,
      fills: null,
      open_positions: openPositions(totals, ts),
      costs: { fees: totals.fees, slippage: totals.slippage, funding: 0, borrow: 0, interest: 0 },
      bars_in_position: totals.bars_in_position,
      turnover: totals.turnover,
      ambiguity: {
        bars: totals.ambiguous_bars,
        resolved_bars: 0,
        pessimistic_equity: totals.ambiguous_bars === 0 ? null : isPessimistic ? last : otherLast,
        optimistic_equity: totals.ambiguous_bars === 0 ? null : isPessimistic ? otherLast : last,
      },
      data_quality: assessDataQuality({ instruments: [this.#series] }, settings),
      liquidated_bar: null,
      max_drawdown_pct: 100 * (1 - totals.lowest_share),
    };
  }

  #withReading(intrabar: 'pessimistic' | 'optimistic'): CompiledRun {
    const { settings } = this.#options;
    const options = { ...this.#options, settings: { ...settings, fills: { ...settings.fills, intrabar } } };
    return new CompiledRun(this.#series, this.#program, options, { chunkBars: this.#parts.chunkBars });
  }
}

function totalsOf({ state }: CompiledAccount): Totals {
  const names = [
    'cash',
    'side',
    'quantity',
    'entry_price',
    'entry_bar',
    'fees',
    'slippage',
    'turnover',
    'bars_in_position',
    'ambiguous_bars',
    'peak',
    'lowest_share',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, state.get(name)])) as Totals;
}

function openPositions({ side, quantity, entry_price, entry_bar }: Totals, ts: Float64Array): OpenPosition[] {
  if (side === 0) return [];
  return [
    { instrument: 0, quantity: side * quantity, average_price: entry_price, entry_bar, entry_ts: ts[entry_bar] ?? NaN },
  ];
}

function lastOf(values: Float64Array): number {
  return values[values.length - 1] ?? NaN;
}
