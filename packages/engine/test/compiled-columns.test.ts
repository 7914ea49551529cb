import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BARS } from '../src/compiled/block-bars.ts';
import { ColumnPipeline } from '../src/compiled/column-pipeline.ts';
import { KernelInstance } from '../src/compiled/kernel-instance.ts';
import { evaluatePlan } from '../src/plan/evaluate-plan.ts';
import type { NodeId } from '../src/plan/plan.ts';
import { BINARY_OPERATORS } from '../src/plan/plan.ts';
import { PlanBuilder } from '../src/plan/plan-builder.ts';
import { walk } from './support/any-rule-program.ts';

const MAIN = { instrument: null, timeframe: null } as const;

/** Every node that has a kernel, on closes and on a column with holes. */
function everyKernel(plan: PlanBuilder, period: number): NodeId[] {
  const column = (name: 'high' | 'low' | 'close') => plan.add({ op: 'column', column: name, ...MAIN });
  const [high, low, close] = [column('high'), column('low'), column('close')];
  const holes = plan.add({ op: 'extra', name: 'holes', instrument: null });
  const indicator = (name: string, inputs: readonly NodeId[], params: readonly number[], output = 0) =>
    plan.add({ op: 'indicator', name, inputs, params, output, ...MAIN });
  const ofOne = ['sma', 'ema', 'rma', 'rsi', 'roc', 'highest', 'lowest'];
  const average = indicator('sma', [close], [period]);
  return [
    ...[close, holes, average].flatMap((input) => ofOne.map((name) => indicator(name, [input], [period]))),
    ...[0, 1, 2].flatMap((output) => [
      indicator('macd', [close], [period, period + 3, 4], output),
      indicator('macd', [holes], [period, period + 3, 4], output),
    ]),
    indicator('atr', [high, low, close], [period]),
    indicator('atr', [high, low, holes], [period]),
    plan.shift(holes, period),
    ...BINARY_OPERATORS.filter((operator) => !['power', 'modulo', 'and', 'or'].includes(operator)).flatMap(
      (operator) => [plan.binary(operator, close, average), plan.binary(operator, holes, close)],
    ),
    // Logic is of conditions, which are 0 or 1.
    ...(['and', 'or'] as const).map((operator) =>
      plan.binary(operator, plan.binary('less', close, average), plan.binary('greater', holes, average)),
    ),
    plan.unary('not', plan.binary('less', close, average)),
  ];
}

describe('kernels', () => {
  it('compute every column as its definition does, to the bit, in blocks of any size', () => {
    const anyBlock = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(BLOCK_BARS));
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 20 }),
        anyBlock,
        (seed, bars, period, block) => {
          const candles = walk(seed, bars);
          // Now and then a value is missing, or is one that cannot be computed on.
          const holes = candles.close.map((value, i) =>
            (i * 7919 + seed) % 31 === 0 ? NaN : (i + seed) % 97 === 0 ? Infinity : value,
          );
          const plan = new PlanBuilder();
          const nodes = [...new Set(everyKernel(plan, period))];
          const series = { symbol: 'TEST', timeframe: '1h', candles, columns: { holes } } as const;
          const kernels = KernelInstance.borrow();
          const source = { series, computed: new Map<NodeId, number>() };
          const pipeline = new ColumnPipeline(kernels, plan, source, { nodes, signals: [], exactAverages: true });
          const columns = new Map(nodes.map((id) => [id, new Float64Array(bars)]));
          for (let done = 0; done < bars; done += block) {
            const length = Math.min(block, bars - done);
            pipeline.advance(length);
            for (const [id, column] of columns) {
              const from = pipeline.column(id) / 8;
              column.set(kernels.doubles.subarray(from, from + length), done);
            }
            pipeline.finishBlock(length);
          }
          kernels.giveBack();

          const evaluated = evaluatePlan(plan, { instruments: [series] }, 0, nodes);
          for (const [id, column] of columns) {
            const expected = evaluated.columns.get(id);
            if (typeof expected === 'number' || expected === undefined) continue;
            // Before what it looks at is there, a condition of the plan is 0 by rule.
            const from = Math.min(evaluated.first_bar, bars);
            expect([id, plan.nodes[id], [...column.subarray(from)]]).toEqual([
              id,
              plan.nodes[id],
              [...expected.subarray(from)],
            ]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
