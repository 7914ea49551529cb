import type { Timeframe } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import { computeBinary, computeChoice, computeUnary } from '../plan/compute-columns.ts';
import { definitionOf, firstValues } from '../plan/first-values.ts';
import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { inputsOf } from '../plan/plan-inputs.ts';
import { FrameStream, frameKey } from './frame-stream.ts';

type Step = () => void;

/**
 * Nodes of a plan at the newest candle of one instrument: what `evaluatePlan` says there, of the candles so far. A candle costs the same
 * however many there were.
 */
export class PlanStream {
  readonly #plan: Plan;
  readonly #wanted: readonly NodeId[];
  readonly #main: InstrumentSeries;
  /** Of each node, at the newest bar of its frame. */
  readonly #values: Float64Array;
  readonly #frames = new Map<string, FrameStream>();
  readonly #mainFrame: FrameStream;
  /** Nodes that are outputs of a call that has its step already. */
  readonly #done = new Set<NodeId>();
  /** From which candle of the main series on so many bars of a frame are known, by frame and number. */
  readonly #aligned = new Map<string, number>();
  #first = Infinity;
  #candles = 0;

  /** @param market whose series grow; `evaluatePlan` has accepted the plan on it */
  constructor(plan: Plan, market: MarketData, instrument: number, wanted: readonly NodeId[]) {
    const main = market.instruments[instrument];
    if (main === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    this.#plan = plan;
    this.#wanted = wanted;
    this.#main = main;
    this.#values = new Float64Array(plan.nodes.length).fill(NaN);
    this.#mainFrame = new FrameStream(main, main, null);
    const frameOf = (symbol: string | null, timeframe: Timeframe | null) => this.#frame(market, symbol, timeframe);
    const needed = withInputs(plan, wanted);
    const frames: FrameStream[] = [];
    for (const [id, node] of plan.nodes.entries()) {
      if (!needed.has(id)) continue;
      const [input] = inputsOf(node).filter((other) => plan.nodes[other]?.op !== 'constant');
      const frame =
        node.op === 'column' || node.op === 'indicator' || node.op === 'extra'
          ? frameOf(node.instrument, node.op === 'extra' ? null : node.timeframe)
          : node.op === 'align' || input === undefined
            ? this.#mainFrame
            : (frames[input] ?? this.#mainFrame);
      frames[id] = frame;
      const step = this.#stepOf(id, node, frame, frameOf, needed);
      if (step !== null) frame.steps.push(step);
    }
  }

  /** Takes in the newest candle of the instrument, and what others have had until its close. */
  update(): void {
    const candle = this.#candles;
    for (const frame of this.#frames.values()) frame.update(candle);
    this.#mainFrame.update(candle);
    this.#candles = candle + 1;
    if (this.#first === Infinity) this.#first = this.#findFirst(candle);
  }

  /** Whether all that is wanted has its value. */
  get isReady(): boolean {
    return this.#first < this.#candles;
  }

  /** A node at the newest candle, once all is ready. */
  at(id: NodeId): number {
    return this.#values[id] as number;
  }

  #frame(market: MarketData, symbol: string | null, timeframe: Timeframe | null): FrameStream {
    const main = this.#main;
    const name = symbol ?? main.symbol;
    const frame = timeframe ?? main.timeframe;
    if (name === main.symbol && frame === main.timeframe) return this.#mainFrame;
    const key = frameKey(name, frame);
    let known = this.#frames.get(key);
    if (known === undefined) {
      const series = market.instruments.find((other) => other.symbol === name);
      if (series === undefined) throw new RangeError(`there is no instrument ${name}`);
      known = new FrameStream(series, main, frame === series.timeframe ? null : frame);
      this.#frames.set(key, known);
    }
    return known;
  }

  #findFirst(candle: number): number {
    const first = firstValues(this.#plan, (bars, instrument, timeframe) => {
      const key = frameKey(instrument ?? this.#main.symbol, timeframe ?? this.#main.timeframe);
      const frame = this.#frames.get(key);
      const since = this.#aligned.get(`${bars} ${key}`);
      if (since !== undefined || frame === undefined) return since ?? bars;
      if (frame.count <= bars) return Infinity;
      this.#aligned.set(`${bars} ${key}`, candle);
      return candle;
    });
    return this.#wanted.reduce((latest, id) => Math.max(latest, first[id] ?? 0), 0);
  }

  #stepOf(
    id: NodeId,
    node: PlanNode,
    frame: FrameStream,
    frameOf: (symbol: string | null, timeframe: Timeframe | null) => FrameStream,
    needed: ReadonlySet<NodeId>,
  ): Step | null {
    const values = this.#values;
    switch (node.op) {
      case 'constant':
        values[id] = node.value;
        return null;
      case 'column':
        return () => {
          values[id] = frame.bar[node.column];
        };
      case 'extra':
        return () => {
          values[id] = frame.extra(node.name);
        };
      case 'align': {
        const other = frameOf(node.instrument, node.timeframe);
        return () => {
          values[id] = other.count === 0 ? NaN : (values[node.input] as number);
        };
      }
      case 'indicator':
        return this.#indicatorStep(id, node, needed);
      case 'shift':
        return shiftStep(values, id, node.input, node.bars);
      case 'unary': {
        const [a, out] = [new Float64Array(1), new Float64Array(1)];
        return () => {
          a[0] = values[node.input] as number;
          computeUnary(out, node.operator, a);
          values[id] = out[0] as number;
        };
      }
      case 'binary':
        return binaryStep(values, id, node);
      case 'choose': {
        const column = () => new Float64Array(1);
        const [condition, then, otherwise, out] = [column(), column(), column(), column()];
        return () => {
          condition[0] = values[node.inputs[0]] as number;
          then[0] = values[node.inputs[1]] as number;
          otherwise[0] = values[node.inputs[2]] as number;
          computeChoice(out, condition, then, otherwise);
          values[id] = out[0] as number;
        };
      }
    }
  }

  #indicatorStep(id: NodeId, node: Extract<PlanNode, { op: 'indicator' }>, needed: ReadonlySet<NodeId>): Step | null {
    if (this.#done.has(id)) return null;
    const call = callKey(node);
    const outputs: [NodeId, number][] = [];
    for (const [other, sibling] of this.#plan.nodes.entries()) {
      if (!needed.has(other) || sibling.op !== 'indicator' || callKey(sibling) !== call) continue;
      outputs.push([other, sibling.output]);
      this.#done.add(other);
    }
    const stream = definitionOf(node.name).stream(node.params);
    const inputs = node.inputs.map(() => NaN);
    return () => {
      for (let i = 0; i < inputs.length; i++) inputs[i] = this.#values[node.inputs[i] as number] as number;
      const results = stream.update(inputs);
      for (const [other, output] of outputs) this.#values[other] = results[output] ?? NaN;
    };
  }
}

function callKey({ name, inputs, params, instrument, timeframe }: Extract<PlanNode, { op: 'indicator' }>): string {
  return JSON.stringify([name, inputs, params, instrument, timeframe]);
}

function shiftStep(values: Float64Array, id: NodeId, input: NodeId, bars: number): Step {
  if (bars === 0) {
    return () => {
      values[id] = values[input] as number;
    };
  }
  const past = new Float64Array(bars).fill(NaN);
  let at = 0;
  return () => {
    values[id] = past[at] as number;
    past[at] = values[input] as number;
    at = at + 1 === bars ? 0 : at + 1;
  };
}

/** Of two bars, as a crossing looks at the one before: there is none before the first. */
function binaryStep(values: Float64Array, id: NodeId, { operator, inputs }: Extract<PlanNode, { op: 'binary' }>): Step {
  const bars = operator === 'crosses_above' || operator === 'crosses_below' ? 2 : 1;
  const column = () => new Float64Array(bars).fill(NaN);
  const [a, b, out] = [column(), column(), column()];
  return () => {
    a[0] = a[bars - 1] as number;
    b[0] = b[bars - 1] as number;
    a[bars - 1] = values[inputs[0]] as number;
    b[bars - 1] = values[inputs[1]] as number;
    computeBinary(out, operator, a, b);
    values[id] = out[bars - 1] as number;
  };
}

function withInputs({ nodes }: Plan, wanted: readonly NodeId[]): Set<NodeId> {
  const needed = new Set(wanted);
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id];
    if (node === undefined || !needed.has(id)) continue;
    for (const input of inputsOf(node)) needed.add(input);
  }
  return needed;
}
