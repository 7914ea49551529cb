import type { Candles } from '@tradebase/contracts';
import { prepareCandles } from '../../../packages/engine/src/compiled/prepare-candles.ts';
import { assessDataQuality } from '../../../packages/engine/src/market/assess-data-quality.ts';
import { checkMarketData } from '../../../packages/engine/src/market/check-market-data.ts';
import { simulate } from '../../../packages/engine/src/simulate.ts';
import type { SimulationResult } from '../../../packages/engine/src/trading/simulation-result.ts';
import type { Figure } from '../figure.ts';
import { averagesCross, INITIAL_CASH, SETTINGS } from './averages-cross.ts';
import { nsPerBarInC } from './c-loop.ts';
import { fastestMs, nsEach } from './fastest-ms.ts';
import { grademarkNsPerBar } from './peer-grademark.ts';
import { randomWalk } from './random-walk.ts';

const BARS = 1_000_000;
const OPTIONS = { initial_cash: INITIAL_CASH, settings: SETTINGS, seed: 1 } as const;

function marketOf(candles: Candles) {
  return { instruments: [{ symbol: 'WALK', timeframe: '1m', candles }] } as const;
}

/** A backtest from the columns to the result, as a caller of the engine runs it. */
export function runCross(candles: Candles, path: 'event' | 'compiled', equity?: Float64Array): SimulationResult {
  const strategy = { kind: 'rules', name: 'sma-cross', program: averagesCross(10, 30) } as const;
  return simulate(strategy, marketOf(candles), OPTIONS, { path, ...(equity ? { equity } : {}) });
}

/** What is done once for each object of candles: checks, a look at their quality, and what the kernels want to know of them. */
function prepare(candles: Candles): void {
  checkMarketData(marketOf(candles));
  assessDataQuality(marketOf(candles), SETTINGS);
  prepareCandles(candles);
}

/** The whole of an SMA crossover over a million bars: fees, equity column, drawdown, trades. */
export function benchSmaCross(): Figure[] {
  const candles = randomWalk(BARS);
  // The same columns as another object are not known yet.
  const preparing = fastestMs(() => prepare({ ...candles }), { most: 10, budget_ms: 1000 });
  const firstStarted = performance.now();
  runCross(candles, 'compiled');
  const firstMs = performance.now() - firstStarted;
  const compiled = fastestMs(() => runCross(candles, 'compiled'));
  const equity = new Float64Array(BARS);
  const reused = fastestMs(() => runCross(candles, 'compiled', equity));
  const events = fastestMs(() => runCross(candles, 'event'), { most: 20, budget_ms: 4000 });
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
    { name: 'engine.prepare_candles_ns_per_bar', value: nsEach(preparing, BARS), unit: 'ns' },
    // With that preparation and the compilation of the kernels.
    { name: 'engine.sma_cross.first_run_ms', value: firstMs, unit: 'ms' },
  ];
}
