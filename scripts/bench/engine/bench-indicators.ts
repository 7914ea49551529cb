import { IndicatorsSync } from '@ixjb94/indicators';
import * as indicatorts from 'indicatorts';
import { ATR, BollingerBands, EMA, MACD, RSI } from 'trading-signals';
import { atr } from '../../../packages/engine/src/indicators/atr.ts';
import { bollinger } from '../../../packages/engine/src/indicators/bollinger.ts';
import { macd } from '../../../packages/engine/src/indicators/macd.ts';
import { rsi } from '../../../packages/engine/src/indicators/rsi.ts';
import type { Figure } from '../figure.ts';
import { fastestMs, nsEach } from './fastest-ms.ts';
import { randomWalk } from './random-walk.ts';

const POINTS = 1_000_000;
/** Of the peers, which keep numbers in arrays of objects or of their own. */
const PEER_POINTS = 100_000;
const PEER_RUNS = { most: 8, budget_ms: 1000 };
const OUR_RUNS = { most: 200, budget_ms: 2000 };

interface Contest {
  readonly name: string;
  readonly ours: () => unknown;
  readonly peers: Readonly<Record<string, () => unknown>>;
}

/** RSI, MACD, ATR and Bollinger bands of a million points, each beside three libraries from npm. */
export function benchIndicators(): Figure[] {
  const { high, low, close } = randomWalk(POINTS);
  // As TA-Lib does, into columns of the caller.
  const column = () => new Float64Array(POINTS);
  const [one, two, three] = [column(), column(), column()];
  const lines = { macd: one, signal: two, histogram: three };
  const bands = { upper: one, middle: two, lower: three };
  const [highs, lows, closes] = [high, low, close].map((column) => Array.from(column.subarray(0, PEER_POINTS)));
  if (!highs || !lows || !closes) return [];
  const ixjb = new IndicatorsSync();
  const contests: Contest[] = [
    {
      name: 'indicator.rsi14_ns',
      ours: () => rsi(close, 14, one),
      peers: {
        'trading-signals': () => feed(new RSI(14), closes),
        indicatorts: () => indicatorts.rsi(closes, { period: 14 }),
        '@ixjb94/indicators': () => ixjb.rsi(closes, 14),
      },
    },
    {
      name: 'indicator.macd_ns',
      ours: () => macd(close, { fast: 12, slow: 26, signal: 9 }, lines),
      peers: {
        'trading-signals': () => feed(new MACD(new EMA(12), new EMA(26), new EMA(9)), closes),
        indicatorts: () => indicatorts.macd(closes, { fast: 12, slow: 26, signal: 9 }),
        '@ixjb94/indicators': () => ixjb.macd(closes, 12, 26, 9),
      },
    },
    {
      name: 'indicator.atr14_ns',
      ours: () => atr({ high, low, close }, 14, one),
      peers: {
        'trading-signals': () => {
          const average = new ATR(14);
          for (let i = 0; i < PEER_POINTS; i += 1) {
            average.update({ high: highs[i] ?? NaN, low: lows[i] ?? NaN, close: closes[i] ?? NaN }, false);
          }
        },
        indicatorts: () => indicatorts.atr(highs, lows, closes, { period: 14 }),
        '@ixjb94/indicators': () => ixjb.atr(highs, lows, closes, 14),
      },
    },
    {
      name: 'indicator.bb20_ns',
      ours: () => bollinger(close, 20, 2, bands),
      peers: {
        'trading-signals': () => feed(new BollingerBands(20, 2), closes),
        indicatorts: () => indicatorts.bb(closes, { period: 20 }),
        '@ixjb94/indicators': () => ixjb.bbands(closes, 20, 2),
      },
    },
  ];
  return contests.map(({ name, ours, peers }) => {
    const value = nsEach(fastestMs(ours, OUR_RUNS), POINTS);
    const others = Object.entries(peers).map(
      ([peer, run]) => [peer, nsEach(fastestMs(run, PEER_RUNS), PEER_POINTS)] as const,
    );
    const [peer, peer_value] = others.reduce((best, other) => (other[1] < best[1] ? other : best));
    return { name, value, unit: 'ns', target: 3, peer: `the fastest of three: ${peer}`, peer_value };
  });
}

function feed(indicator: { update(value: number, replace: boolean): unknown }, values: readonly number[]): void {
  for (const value of values) indicator.update(value, false);
}
