import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import type { SimulationOptions, SimulationProgress } from '../simulator/simulation-options.ts';
import type { Strategy } from '../strategies/strategy-definition.ts';
import type { DataQuality, OpenPosition, SimulationResult } from '../trading/simulation-result.ts';
import { TradeList } from '../trading/trade-list.ts';
import { BLOCK_BARS } from './block-bars.ts';
import { ColumnPipeline } from './column-pipeline.ts';
import { CompiledAccount } from './compiled-account.ts';
import { fitsCompiled } from './fits-compiled.ts';
import { KernelInstance } from './kernel-instance.ts';
import { prepareCandles } from './prepare-candles.ts';
import { nodesOfRules } from './rule-nodes.ts';
import { TradeBuffer } from './trade-buffer.ts';

export interface CompiledOptions {
  /** Bars between pauses. */
  readonly chunkBars: number;
  /** Where the equity column goes; a new one by default. Made once by who simulates often: fresh memory takes time. */
  readonly equity?: Float64Array;
  /** Verdict on the data, which this path does not look for. */
  readonly dataQuality?: DataQuality;
}

/**
 * Simulates a rule strategy on one instrument by the kernels: the same trades and marks, to the bit, as the event-driven
 * path gives. Candles have been checked.
 *
 * @returns null where the account may have to be liquidated, because a short position lost all: the event-driven path
 * settles that
 * @throws EngineError `not_compiled` for what does not fit; see `fitsCompiled`
 */
export function* simulateCompiled(
  strategy: Strategy,
  data: MarketData,
  options: SimulationOptions,
  compiled: CompiledOptions,
): Generator<SimulationProgress, SimulationResult | null, void> {
  const misfit = fitsCompiled(strategy, data, options.settings);
  const [series] = data.instruments;
  if (misfit !== null || strategy.kind !== 'rules' || series === undefined) {
    throw new EngineError('not_compiled', `the compiled path cannot take this backtest: ${misfit}`);
  }
  const { program } = strategy;
  const run = new CompiledRun(series, program, options, compiled);
  let outcome = yield* run.simulate(prepareCandles(series.candles).spans_too_far);
  if (outcome === 'undecided') outcome = yield* run.simulate(true);
  if (outcome === 'ruined') return null;
  const ambiguity = yield* run.ambiguity();
  return ambiguity === null ? null : run.result(ambiguity);
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
  readonly #compiled: CompiledOptions;
  readonly #equity: Float64Array;
  #trades = new TradeList();
  #totals: Totals | null = null;

  constructor(series: InstrumentSeries, program: RuleProgram, options: SimulationOptions, compiled: CompiledOptions) {
    this.#series = series;
    this.#program = program;
    this.#options = series.rules
      ? { ...options, settings: { ...options.settings, instrument: series.rules } }
      : options;
    this.#compiled = compiled;
    this.#equity = compiled.equity ?? new Float64Array(series.candles.ts.length);
  }

  *simulate(exactAverages: boolean): Generator<SimulationProgress, Outcome, void> {
    const kernels = KernelInstance.borrow();
    const { candles, columns = {} } = this.#series;
    const { plan, rules } = this.#program;
    const { signals, numbers } = nodesOfRules(rules);
    const pipeline = new ColumnPipeline(
      kernels,
      plan,
      { candles, extras: columns },
      { nodes: numbers, signals, exactAverages },
    );
    const account = new CompiledAccount(kernels, this.#program, this.#options, pipeline, this.#equity);
    const buffer = new TradeBuffer(kernels, account.state);
    this.#trades = new TradeList();
    const bars_total = candles.ts.length;
    const { chunkBars } = this.#compiled;
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

  /** The other reading of ambiguous bars is a simulation of its own; null where it ruins the account. */
  *ambiguity(): Generator<SimulationProgress, SimulationResult['ambiguity'] | null, void> {
    const bars = this.#totals?.ambiguous_bars ?? 0;
    if (bars === 0) return { bars, resolved_bars: 0, pessimistic_equity: null, optimistic_equity: null };
    const { settings } = this.#options;
    const mine = settings.fills.intrabar;
    const intrabar = mine === 'pessimistic' ? 'optimistic' : 'pessimistic';
    const options = { ...this.#options, settings: { ...settings, fills: { ...settings.fills, intrabar } } } as const;
    const other = new CompiledRun(this.#series, this.#program, options, { chunkBars: this.#compiled.chunkBars });
    let outcome = yield* other.simulate(prepareCandles(this.#series.candles).spans_too_far);
    if (outcome === 'undecided') outcome = yield* other.simulate(true);
    if (outcome === 'ruined') return null;
    const [here, there] = [lastOf(this.#equity), lastOf(other.#equity)];
    return {
      bars,
      resolved_bars: 0,
      pessimistic_equity: mine === 'pessimistic' ? here : there,
      optimistic_equity: mine === 'pessimistic' ? there : here,
    };
  }

  result(ambiguity: SimulationResult['ambiguity']): SimulationResult {
    const totals = this.#totals;
    if (totals === null) throw new RangeError('the simulation has not ended');
    const { ts } = this.#series.candles;
    return {
      path: 'compiled',
      initial_cash: this.#options.initial_cash,
      ts,
      equity: this.#equity,
      trades: this.#trades,
      orders: null,
      fills: null,
      open_positions: openPositions(totals, ts),
      costs: { fees: totals.fees, slippage: totals.slippage, funding: 0, borrow: 0, interest: 0 },
      bars_in_position: totals.bars_in_position,
      turnover: totals.turnover,
      ambiguity,
      data_quality: this.#compiled.dataQuality ?? { verdict: 'good', findings: [] },
      liquidated_bar: null,
      max_drawdown_pct: 100 * (1 - totals.lowest_share),
    };
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
