import { benchIndicators } from './engine/bench-indicators.ts';
import { benchPortfolio } from './engine/bench-portfolio.ts';
import { benchScaling } from './engine/bench-scaling.ts';
import { benchSmaCross } from './engine/bench-sma-cross.ts';
import { benchSweep } from './engine/bench-sweep.ts';
import type { Figure } from './figure.ts';

/**
 * The engine on one machine: single backtests on both paths, sweeps, indicators, and how they grow. Times are those of the
 * fastest of many runs.
 */
export async function benchEngine(): Promise<Figure[]> {
  return [...benchSmaCross(), ...(await benchSweep()), ...benchIndicators(), ...benchPortfolio(), ...benchScaling()];
}
