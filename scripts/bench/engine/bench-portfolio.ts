import { simulate } from '../../../packages/engine/src/simulate.ts';
import type { Figure } from '../figure.ts';
import { averagesCross, SETTINGS } from './averages-cross.ts';
import { fastestMs } from './fastest-ms.ts';
import { randomWalk } from './random-walk.ts';

const INSTRUMENTS = 100;
const TRADING_DAYS = 2520;
const DAY_MS = 86_400_000;
const RUNS = { most: 5, budget_ms: 5000 };

/** One account over many instruments of ten years of days, on the event-driven path. */
export function benchPortfolio(): Figure[] {
  // Ten positions at most, of a tenth of the account each.
  const { rules, ...of } = averagesCross(10, 30, 10);
  const strategy = {
    kind: 'rules',
    name: 'portfolio',
    program: { ...of, rules: { ...rules, max_positions: 10 } },
  } as const;
  const series = Array.from({ length: INSTRUMENTS }, (_, i) => {
    const candles = randomWalk(TRADING_DAYS, { seed: i + 1 });
    for (let day = 0; day < TRADING_DAYS; day += 1) candles.ts[day] = Date.UTC(2015, 0, 1) + day * DAY_MS;
    return { symbol: `S${i}`, timeframe: '1d', candles } as const;
  });
  const run = (count: number) =>
    simulate(
      strategy,
      { instruments: series.slice(0, count) },
      { initial_cash: 1e6, settings: SETTINGS, seed: 1 },
      { path: 'event' },
    );
  const all = fastestMs(() => run(INSTRUMENTS), RUNS);
  const quarter = fastestMs(() => run(INSTRUMENTS / 4), RUNS);
  return [
    { name: 'engine.portfolio_100x10y_s', value: all / 1000, unit: 's' },
    {
      name: 'engine.portfolio.exponent_of_instruments',
      value: Math.log(all / quarter) / Math.log(4),
      unit: '',
      target: 1.1,
    },
  ];
}
