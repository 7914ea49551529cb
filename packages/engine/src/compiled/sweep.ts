import type { BacktestSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { checkMarketData } from '../market/check-market-data.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { withRules } from '../market/with-rules.ts';
import { evaluatePlan } from '../plan/evaluate-plan.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import { BLOCK_BARS } from './block-bars.ts';
import { ColumnPipeline } from './column-pipeline.ts';
import { CompiledAccount } from './compiled-account.ts';
import { fitsCompiled } from './fits-compiled.ts';
import { KernelInstance } from './kernel-instance.ts';
import { mergePlans } from './merge-plans.ts';
import { prepareCandles } from './prepare-candles.ts';
import { nodesOfRules } from './rule-nodes.ts';
import { emptySweepResult, type SweepResult } from './sweep-result.ts';
import { withoutKernels } from './without-kernels.ts';

/** Deviations of daily returns at or below this are rounding. */
const RETURN_ROUNDING = 4 * Number.EPSILON;
/** Parameter sets that are evaluated at a time: what they remember stays in cache beside the columns of a block. */
const BATCH_PROGRAMS = 512;
/** Most numbers of whole columns at a time: 256 MB. */
const MAX_COMPUTED = 2 ** 25;

/** Many parameter sets of a strategy over the same candles. */
export interface SweepInput {
  /** Columns may be views of a SharedArrayBuffer: threads then sweep over the same memory. */
  readonly series: InstrumentSeries;
  /** One bound program a parameter set. */
  readonly programs: readonly RuleProgram[];
  readonly settings: BacktestSettings;
  /** Starting capital of each, in the quote currency. */
  readonly initial_cash: number;
  /** Index of the last bar of each day, and days a year: what `sharpe` is computed by. */
  readonly days: { readonly last_bar: Int32Array; readonly per_year: number };
}

/** How far a sweep has come. */
export interface SweepProgress {
  /** Bars times parameter sets. */
  readonly steps_done: number;
  readonly steps_total: number;
}

/**
 * Evaluates every program: each result is that of `simulateCompiled` on its own, to the bit (the Sharpe ratio but for
 * rounding).
 *
 * @throws EngineError `not_compiled` where a program or the settings do not fit
 */
export function sweep(
  input: SweepInput,
  { onProgress }: { readonly onProgress?: (progress: SweepProgress) => void } = {},
): SweepResult {
  const blocks = sweepInBlocks(input);
  for (;;) {
    const step = blocks.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
  }
}

/** The same, pausing after each block of bars of some parameter sets: to report, or to stop by not asking for more. */
export function* sweepInBlocks(told: SweepInput): Generator<SweepProgress, SweepResult, void> {
  checkSweep(told);
  const instrument = told.series.rules ?? told.settings.instrument;
  const settings = { ...told.settings, instrument };
  const input = { ...told, series: withRules(told.series, instrument), settings };
  const { programs } = input;
  const { candles } = input.series;
  const result = emptySweepResult(programs.length);
  const bars = candles.ts.length;
  const steps_total = bars * programs.length;
  const exactAverages = prepareCandles(candles).spans_too_far;
  let steps_done = 0;
  let undecided: number[] = [];
  const batchPrograms = programsPerBatch(input);
  for (let first = 0; first < programs.length; first += batchPrograms) {
    const indices = Array.from({ length: Math.min(batchPrograms, programs.length - first) }, (_, i) => first + i);
    const batch = new SweepBatch(input, indices, exactAverages);
    while (batch.bars_done < bars) {
      steps_done += batch.advance() * indices.length;
      yield { steps_done, steps_total };
    }
    undecided = [...undecided, ...batch.finish(result)];
  }
  if (undecided.length > 0) {
    const batch = new SweepBatch(input, undecided, true);
    while (batch.bars_done < bars) {
      batch.advance();
      yield { steps_done, steps_total };
    }
    batch.finish(result);
  }
  return result;
}

function checkSweep({ series, programs, settings, initial_cash }: SweepInput): void {
  if (!(initial_cash > 0 && initial_cash < Infinity)) {
    throw new EngineError('invalid_cash', `initial_cash is ${initial_cash}; it must be a finite amount above 0`);
  }
  const data = { instruments: [series] };
  checkMarketData(data);
  for (const [index, program] of programs.entries()) {
    const problem = fitsCompiled({ kind: 'rules', name: 'sweep', program }, data, settings);
    if (problem !== null) throw new EngineError('not_compiled', `a sweep cannot run program ${index}: ${problem}`);
  }
}

/** Fewer where programs have columns that no kernel computes: those are held whole. */
function programsPerBatch({ series, programs }: SweepInput): number {
  const bars = series.candles.ts.length;
  const wholeColumns = programs.map(({ plan, rules }) => {
    const { signals, numbers } = nodesOfRules(rules);
    return withoutKernels(plan, [...signals, ...numbers]).length;
  });
  const most = Math.max(0, ...wholeColumns);
  return most === 0 ? BATCH_PROGRAMS : Math.max(1, Math.min(BATCH_PROGRAMS, Math.floor(MAX_COMPUTED / (bars * most))));
}

/** Some programs that go through the candles together. */
class SweepBatch {
  bars_done = 0;
  readonly #input: SweepInput;
  readonly #indices: readonly number[];
  readonly #kernels = KernelInstance.borrow();
  readonly #pipeline: ColumnPipeline;
  readonly #accounts: readonly CompiledAccount[];

  constructor(input: SweepInput, indices: readonly number[], exactAverages: boolean) {
    this.#input = input;
    this.#indices = indices;
    const { series, settings, initial_cash, days } = input;
    const programs = indices.flatMap((index) => input.programs[index] ?? []);
    const { plan, rules } = mergePlans(programs);
    const wanted = rules.map(nodesOfRules);
    const nodes = [...new Set(wanted.flatMap(({ numbers }) => numbers))];
    const signals = [...new Set(wanted.flatMap((of) => of.signals))];
    const missing = withoutKernels(plan, [...nodes, ...signals]);
    const { columns: computed, first_bars } = evaluatePlan(plan, { instruments: [series] }, 0, missing);
    this.#pipeline = new ColumnPipeline(this.#kernels, plan, { series, computed }, { nodes, signals, exactAverages });
    const day_ends = this.#kernels.reserve(4 * days.last_bar.length);
    const day_count = days.last_bar.length;
    this.#accounts = programs.map((program, i) => {
      const { signals: ownSignals = [], numbers = [] } = wanted[i] ?? {};
      const firsts = [...ownSignals, ...numbers].map((id) => first_bars.get(id) ?? 0);
      const warm_up_bars = Math.max(program.warm_up_bars, ...firsts);
      const own = { ...program, warm_up_bars, rules: rules[i] ?? program.rules };
      const account = new CompiledAccount(
        this.#kernels,
        own,
        { initial_cash, settings, seed: 0 },
        this.#pipeline,
        null,
      );
      account.state.set({ day_ends, day_count, day_mark: initial_cash });
      return account;
    });
    new Int32Array(this.#kernels.buffer, day_ends, day_count).set(days.last_bar);
  }

  /** Computes a block of bars for all programs and returns its length. */
  advance(): number {
    const length = Math.min(BLOCK_BARS, this.#input.series.candles.ts.length - this.bars_done);
    this.#pipeline.advance(length);
    for (const account of this.#accounts) account.advance(this.bars_done, length);
    this.#pipeline.finishBlock(length);
    this.bars_done += length;
    return length;
  }

  /** Writes what came of the programs into the result; returns those that have to be run anew with exact averages. */
  finish(result: SweepResult): number[] {
    const undecided: number[] = [];
    for (const [i, account] of this.#accounts.entries()) {
      const index = this.#indices[i] ?? NaN;
      const program = this.#input.programs[index];
      if (program === undefined) continue;
      if (!account.decided) undecided.push(index);
      else this.#write(result, index, account);
    }
    this.#kernels.giveBack();
    return undecided;
  }

  #write(result: SweepResult, index: number, { state }: CompiledAccount): void {
    const { series, initial_cash, settings, days } = this.#input;
    const { candles } = series;
    if (state.get('ruined') !== 0) {
      result.needs_events[index] = 1;
      return;
    }
    const last = candles.close[candles.close.length - 1] ?? NaN;
    const held = state.get('side') * state.get('quantity') * last * settings.instrument.multiplier;
    const equity = state.get('cash') + held;
    const closed = state.get('closed');
    result.final_equity[index] = equity;
    result.total_return_pct[index] = 100 * (equity / initial_cash - 1);
    result.max_drawdown_pct[index] = 100 * (1 - state.get('lowest_share'));
    result.trades[index] = closed;
    result.win_rate_pct[index] = closed === 0 ? NaN : (100 * state.get('wins')) / closed;
    result.fees_paid[index] = state.get('fees');
    result.exposure_pct[index] = (100 * state.get('bars_in_position')) / candles.ts.length;
    result.ambiguous_bars[index] = state.get('ambiguous_bars');
    const riskFree = settings.risk_free_rate_pct / 100 / days.per_year;
    result.sharpe[index] = sharpeOf(
      state.get('days'),
      state.get('day_sum'),
      state.get('day_squares'),
      riskFree,
      days.per_year,
    );
  }
}

/** As `sharpe` of the metrics, from sums of returns and of their squares. */
function sharpeOf(days: number, sum: number, squares: number, riskFree: number, perYear: number): number {
  if (days < 2) return NaN;
  const mean = sum / days;
  const deviation = Math.sqrt(Math.max(0, squares - sum * mean) / (days - 1));
  return deviation > RETURN_ROUNDING ? ((mean - riskFree) / deviation) * Math.sqrt(perYear) : NaN;
}
