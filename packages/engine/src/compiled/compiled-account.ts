import type { NodeId } from '../plan/plan.ts';
import { nodesOfRules } from '../plan/rule-nodes.ts';
import type { RuleProgram, TradeRules } from '../plan/rule-program.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import { BLOCK_BARS } from './block-bars.ts';
import type { ColumnPipeline } from './column-pipeline.ts';
import type { Pointer } from './kernel-functions.ts';
import type { KernelInstance } from './kernel-instance.ts';
import { codesOfRules, numbersOfRules } from './rule-nodes.ts';
import { SimulationState } from './simulation-layout.ts';

/** Bar of the last exit before there was one: no cool-down reaches from it. */
const LONG_AGO = -(2 ** 30);

/** An account that follows the signals of a pipeline in the kernels' memory. */
export class CompiledAccount {
  readonly state: SimulationState;
  readonly #kernels: KernelInstance;
  readonly #pipeline: ColumnPipeline;
  readonly #rules: TradeRules;
  readonly #equity: Float64Array | null;
  readonly #marks: Pointer;
  readonly #simulate: (simulation: Pointer, length: number) => void;

  /** @param equity where the mark of each bar goes; null where only what follows from them is wanted */
  constructor(
    kernels: KernelInstance,
    { rules, warm_up_bars }: RuleProgram,
    options: SimulationOptions,
    pipeline: ColumnPipeline,
    equity: Float64Array | null,
  ) {
    this.#kernels = kernels;
    this.#pipeline = pipeline;
    this.#rules = rules;
    this.#equity = equity;
    this.#marks = equity === null ? 0 : kernels.reserve(8 * BLOCK_BARS + 64);
    this.state = new SimulationState(kernels);
    const codes = codesOfRules(rules);
    const watched = codes.stop_unit + codes.target_unit + codes.trail_unit > 0;
    const short = rules.enter_short !== null && options.settings.margin.allow_short;
    const plain = !watched && isPlain(rules);
    this.#simulate = plain ? kernels.run.simulate_plain : kernels.run.simulate;
    const none = pipeline.emptyMask;
    const mask = (id: NodeId | null) => (id === null ? none : pipeline.mask(id));
    this.state.set({
      ...told(options),
      ...codes,
      ...Object.fromEntries(
        Object.entries(numbersOfRules(rules)).map(([name, id]) => [name, id === null ? 0 : pipeline.column(id)]),
      ),
      time_exit_bars: rules.time_exit_bars ?? 0,
      cooldown_bars: rules.cooldown_bars,
      open: pipeline.candleColumn('open'),
      high: watched || short ? pipeline.candleColumn('high') : 0,
      low: watched ? pipeline.candleColumn('low') : 0,
      close: pipeline.candleColumn('close'),
      equity: this.#marks,
      extremes: plain && equity === null ? pipeline.closeExtremes() : 0,
      warm_up_bars,
      none,
      enter_long: mask(rules.enter_long),
      exit_long: mask(rules.exit_long),
      enter_short: mask(rules.enter_short),
      exit_short: mask(rules.exit_short),
      ended_bar: LONG_AGO,
    });
  }

  /** Whether all its signals could be told. */
  get decided(): boolean {
    return nodesOfRules(this.#rules).signals.every((id) => this.#pipeline.isDecided(id));
  }

  /** Simulates a block whose signals are computed. */
  advance(from: number, length: number): void {
    this.state.setFirstBar(from);
    this.#simulate(this.state.pointer, length);
    if (this.#equity === null) return;
    const { doubles } = this.#kernels;
    this.#equity.set(doubles.subarray(this.#marks / 8, this.#marks / 8 + length), from);
  }
}

/** Whether the kernel of plain strategies is enough for rules without a stop, target or trailing stop. */
function isPlain({ enter_short, sizing, time_exit_bars, cooldown_bars }: TradeRules): boolean {
  return (
    enter_short === null && sizing.method === 'percent_of_equity' && time_exit_bars === null && cooldown_bars === 0
  );
}

/** Settings as the kernels take them. */
function told({ initial_cash, settings }: SimulationOptions) {
  const { fees, slippage, instrument, fills, margin } = settings;
  return {
    cash: initial_cash,
    peak: initial_cash,
    lowest_share: 1,
    taker_rate: fees.type === 'bps' ? fees.taker_bps / 10_000 : NaN,
    maker_rate: fees.type === 'bps' ? fees.maker_bps / 10_000 : NaN,
    slip_amount: slippage.type === 'fixed' ? slippage.amount : 0,
    slip_share:
      slippage.type === 'bps' ? slippage.bps / 10_000 : slippage.type === 'spread' ? slippage.spread_bps / 20_000 : 0,
    multiplier: instrument.multiplier,
    lot_size: instrument.lot_size,
    tick_size: instrument.tick_size,
    min_notional: instrument.min_notional,
    allow_short: margin.allow_short ? 1 : 0,
    optimistic: fills.intrabar === 'optimistic' ? 1 : 0,
    touch: fills.limit === 'touch' ? 1 : 0,
  };
}
