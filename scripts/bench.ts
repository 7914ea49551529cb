import { benchAuthTiming } from './bench/bench-auth-timing.ts';
import { benchBacktest } from './bench/bench-backtest.ts';
import { benchCandles } from './bench/bench-candles.ts';
import { benchEngine } from './bench/bench-engine.ts';
import { benchFanOut } from './bench/bench-fan-out.ts';
import { benchFunctions } from './bench/bench-functions.ts';
import { benchLimits } from './bench/bench-limits.ts';
import { benchLive } from './bench/bench-live.ts';
import { benchRealtime } from './bench/bench-realtime.ts';
import { benchRest } from './bench/bench-rest.ts';
import { benchRls } from './bench/bench-rls.ts';
import { benchStack } from './bench/bench-stack.ts';
import { benchTradingData } from './bench/bench-trading-data.ts';
import type { BenchOptions, Figure } from './bench/figure.ts';

const AREAS: Record<string, (options: BenchOptions) => Promise<Figure[]>> = {
  stack: benchStack,
  backtest: benchBacktest,
  realtime: benchRealtime,
  'fan-out': benchFanOut,
  candles: benchCandles,
  rest: benchRest,
  functions: benchFunctions,
  limits: benchLimits,
  rls: benchRls,
  engine: benchEngine,
  'auth-timing': benchAuthTiming,
  'trading-data': benchTradingData,
  live: benchLive,
};

const HELP = `Measures, and prints one JSON line a figure: name, value, unit, target and, where there is one, a peer.

Usage: npm run bench [-- AREA ...] [--quick]

Areas: ${Object.keys(AREAS).join(' ')}; all by default. --quick takes fewer samples. On a busy machine the numbers mean little.
`;

const QUICK = '--quick';
const quick = process.argv.includes(QUICK);
const wanted = process.argv.slice(2).filter((argument) => argument !== QUICK);
const unknown = wanted.filter((area) => !Object.hasOwn(AREAS, area));
if (unknown.length > 0) {
  process.stderr.write(HELP);
  process.exitCode = wanted.includes('--help') || wanted.includes('-h') ? 0 : 2;
} else {
  for (const [area, bench] of Object.entries(AREAS)) {
    if (wanted.length > 0 && !wanted.includes(area)) continue;
    for (const figure of await bench({ quick })) {
      process.stdout.write(`${JSON.stringify({ ...figure, value: Number(figure.value.toPrecision(4)) })}\n`);
    }
  }
}
