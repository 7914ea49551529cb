import type { StrategySpec } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateBacktestBytes } from '../src/cpu/estimate-bytes.ts';
import { MemoryGovernor } from '../src/cpu/memory-governor.ts';

/** Work that runs until it is let go. */
function work() {
  const gate = Promise.withResolvers<void>();
  let started = false;
  return {
    get started() {
      return started;
    },
    end: gate.resolve,
    run: () => {
      started = true;
      return gate.promise;
    },
  };
}

const patient = () => new AbortController().signal;
/** Lets promises that are settled take effect. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('The memory of CPU jobs', () => {
  it('lets in what fits, and the next one once there is room', async () => {
    const governor = new MemoryGovernor(100);
    const [one, two, three] = [work(), work(), work()];
    const first = governor.run(60, patient(), one.run);
    governor.run(40, patient(), two.run);
    governor.run(50, patient(), three.run);
    await settle();
    expect([one.started, two.started, three.started, governor.waiting]).toEqual([true, true, false, 1]);
    one.end();
    await first;
    await settle();
    expect([three.started, governor.waiting]).toEqual([true, 0]);
  });

  it('refuses what no worker could hold, and says what would be right', () => {
    const governor = new MemoryGovernor(100e6);
    expect(governor.whyTooLarge(200e6)).toBeNull();
    expect(governor.whyTooLarge(201e6)).toMatch(
      /take about 201 MB of memory, and a worker has 200 MB: use a shorter range/,
    );
  });

  it('is needed for each column that the rules of a strategy keep', () => {
    const calls = (count: number) => Array.from({ length: count }, (_, n) => `sma(close, ${n + 2})`).join(' + ');
    const of = (strategy: StrategySpec) => estimateBacktestBytes({ candles: 1e6, strategy });
    const few = of({ name: 'few', long: { entry: `${calls(3)} > 1` } });
    const indicators = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`i${n}`, calls(10)]));
    const many = of({ name: 'many', indicators, long: { entry: 'i1 > i2' } });
    expect(few).toBe(of({ name: 'sma-cross', params: {} }));
    expect(many - few).toBeGreaterThan(8 * 1e6 * 990);
  });

  it('keeps the order: a large job is not overtaken by small ones for ever', async () => {
    const governor = new MemoryGovernor(100);
    const [running, large, small] = [work(), work(), work()];
    governor.run(50, patient(), running.run);
    governor.run(90, patient(), large.run);
    governor.run(10, patient(), small.run);
    await settle();
    expect([large.started, small.started]).toEqual([false, false]);
    running.end();
    await settle();
    expect([large.started, small.started]).toEqual([true, true]);
  });

  it('runs a job that is larger than all memory alone', async () => {
    const governor = new MemoryGovernor(100);
    const [huge, next] = [work(), work()];
    governor.run(1000, patient(), huge.run);
    governor.run(1, patient(), next.run);
    await settle();
    expect([huge.started, next.started]).toEqual([true, false]);
    huge.end();
    await settle();
    expect(next.started).toBe(true);
  });

  it('lets go of a job that is cancelled while it waits, and of one whose work fails', async () => {
    const governor = new MemoryGovernor(100);
    const [running, after] = [work(), work()];
    governor.run(100, patient(), running.run);
    const cancel = new AbortController();
    const waiting = governor.run(100, cancel.signal, work().run);
    governor.run(100, patient(), after.run);
    cancel.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    running.end();
    await settle();
    expect(after.started).toBe(true);
    await expect(new MemoryGovernor(1).run(1, patient(), () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
  });

  it('never holds more than its bound at a time, but for one job alone, and always comes to an end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 30 }), async (sizes) => {
        const governor = new MemoryGovernor(100);
        let bytes = 0;
        let jobs = 0;
        await Promise.all(
          sizes.map((size) =>
            governor.run(size, patient(), async () => {
              bytes += size;
              jobs += 1;
              expect(bytes <= 100 || jobs === 1).toBe(true);
              await settle();
              bytes -= size;
              jobs -= 1;
            }),
          ),
        );
        expect(governor.waiting).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
