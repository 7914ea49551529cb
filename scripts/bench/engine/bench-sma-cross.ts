import { simulateCompiled } from '../../../packages/engine/src/compiled/simulate-compiled.ts';
import { simulate } from '../../../packages/engine/src/simulate.ts';
import type { Figure } from '../figure.ts';
import { averagesCross, INITIAL_CASH, SETTINGS } from './averages-cross.ts';
import { nsPerBarInC } from './c-loop.ts';
import { fastestMs, nsEach } from './fastest-ms.ts';
import { grademarkNsPerBar } from './peer-grademark.ts';
import { randomWalk } from './random-walk.ts';

const BARS = 1_000_000;
const OPTIONS = { initial_cash: INITIAL_CASH, settings: SETTINGS, seed: 1 } as const;

/** A backtest by the kernels, from the columns to the result. */
export function runCompiled(candles: ReturnType<typeof randomWalk>, equity?: Float64Array) {
  const strategy = { kind: 'rules', name: 'sma-cross', program: averagesCross(10, 30) } as const;
  const data = { instruments: [{ symbol: 'WALK', timeframe: '1m', candles }] } as const;
  const run = simulateCompiled(strategy, data, OPTIONS, { chunkBars: candles.ts.length, ...(equity && { equity }) });
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

/** The whole of an SMA crossover over a million bars: fees, equity column, drawdown, trades. */
export function benchSmaCross(): Figure[] {
  const candles = randomWalk(BARS);
  const firstStarted = performance.now();
  runCompiled(candles);
  const firstMs = performance.now() - firstStarted;
  const compiled = fastestMs(() => runCompiled(candles));
  const equity = new Float64Array(BARS);
  const reused = fastestMs(() => runCompiled(candles, equity));
  const strategy = { kind: 'rules', name: 'sma-cross', program: averagesCross(10, 30) } as const;
  const data = { instruments: [{ symbol: 'WALK', timeframe: '1m', candles }] } as const;
  const events = fastestMs(() => simulate(strategy, data, OPTIONS, { path: 'event' }));
  const c = nsPerBarInC(BARS);
  const inC = c === null ? {} : { peer: 'a loop in C, gcc -O3', peer_value: c };
  return [
    { name: 'engine.sma_cross.compiled_ns_per_bar', value: nsEach(compiled, BARS), unit: 'ns', target: 3, ...inC },
    {
      name: 'engine.sma_cross.compiled_reused_equity_ns_per_bar',
      value: nsEach(reused, BARS),
      unit: 'ns',
      target: 3,
      ...inC,
    },
    {
      name: 'engine.sma_cross.event_ns_per_bar',
      value: nsEach(events, BARS),
      unit: 'ns',
      target: 25,
      peer: 'grademark, 20,000 bars',
      peer_value: grademarkNsPerBar(),
    },
    // Checks of the candles, their looking over, and the kernels' own compilation: once for each object of candles.
    { name: 'engine.sma_cross.first_run_ms', value: firstMs, unit: 'ms' },
  ];
}
