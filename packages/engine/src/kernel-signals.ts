import { BLOCK_BARS } from './compiled/block-bars.ts';
import { ColumnPipeline } from './compiled/column-pipeline.ts';
import { KernelInstance } from './compiled/kernel-instance.ts';
import { prepareCandles } from './compiled/prepare-candles.ts';
import { withoutKernels } from './compiled/without-kernels.ts';
import type { InstrumentSeries } from './market/market-data.ts';
import { firstValues } from './plan/first-values.ts';
import type { NodeId, Plan } from './plan/plan.ts';
import type { SignalBars } from './simulator/signal-bars.ts';

/**
 * The candles at which signals of a plan hold, computed by the kernels block by block: the same that `evaluatePlan` gives,
 * without a column of numbers for each node. Null where a node has no kernel.
 */
export function kernelSignals(
  plan: Plan,
  series: InstrumentSeries,
  nodes: readonly NodeId[],
): ReadonlyMap<NodeId, SignalBars> | null {
  if (withoutKernels(plan, nodes).length > 0) return null;
  const far = prepareCandles(series.candles).spans_too_far;
  return (far ? null : attempt(plan, series, nodes, false)) ?? attempt(plan, series, nodes, true);
}

/** Null where crossings of averages can only be told from the averages themselves. */
function attempt(
  plan: Plan,
  series: InstrumentSeries,
  nodes: readonly NodeId[],
  exactAverages: boolean,
): Map<NodeId, SignalBars> | null {
  const kernels = KernelInstance.borrow();
  const source = { series, computed: new Map<NodeId, number>() };
  const pipeline = new ColumnPipeline(kernels, plan, source, { nodes: [], signals: nodes, exactAverages });
  // Without other timeframes or instruments, of which there are no kernels, nothing is aligned.
  const first = firstValues(plan, () => Infinity);
  const lists = nodes.map((id) => ({ id, mask: pipeline.mask(id), bars: new BarList(first[id] ?? 0) }));
  const bars = series.candles.ts.length;
  for (let from = 0; from < bars; from += BLOCK_BARS) {
    const length = Math.min(BLOCK_BARS, bars - from);
    if (!pipeline.advance(length)) {
      kernels.giveBack();
      return null;
    }
    for (const list of lists) list.bars.addMask(kernels.integers, list.mask / 4, length, from);
    pipeline.finishBlock(length);
  }
  kernels.giveBack();
  return new Map(lists.map(({ id, bars: list }) => [id, list.toArray()]));
}

/** Bars in ascending order, from a first one on. */
class BarList {
  readonly #first: number;
  #bars = new Int32Array(1024);
  #count = 0;

  constructor(first: number) {
    this.#first = first;
  }

  /** Adds the bars whose bits are set in a mask, the first bit of which stands for bar `from`. */
  addMask(words: Int32Array, at: number, length: number, from: number): void {
    while (this.#bars.length < this.#count + length) this.#grow();
    const bars = this.#bars;
    let count = this.#count;
    for (let done = 0; done < length; done += 32) {
      let bits = words[at + (done >> 5)] as number;
      while (bits !== 0) {
        const bar = from + done + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        if (bar >= this.#first) bars[count++] = bar;
      }
    }
    this.#count = count;
  }

  toArray(): Int32Array {
    return this.#bars.subarray(0, this.#count);
  }

  #grow(): void {
    const bars = new Int32Array(2 * this.#bars.length);
    bars.set(this.#bars);
    this.#bars = bars;
  }
}
