import { exp } from '../math/exponential.ts';
import { normalisedBlack } from './normalised-black.ts';
import { totalVariance, type VolatilitySmile, type VolatilitySurface } from './volatility-surface.ts';

/** How often a surface offers money for nothing, at its own volatilities and without spreads. */
export interface SurfaceArbitrage {
  /** Triples of neighbouring strikes whose butterfly costs less than nothing. */
  readonly butterflies: number;
  readonly triples_checked: number;
  /** Strikes whose total variance is less than at the expiry before, at the same ln(strike / forward). */
  readonly calendars: number;
  readonly calendars_checked: number;
}

/** What is lost in rounding is no arbitrage. */
const TOLERANCE = 1e-12;

/**
 * Counts static arbitrage: calls must be convex in the strike (butterflies), and total variance must not fall with time at
 * one ln(strike / forward) (calendars; J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", 2014).
 */
export function countArbitrage({ smiles }: VolatilitySurface): SurfaceArbitrage {
  let [butterflies, triplesChecked, calendars, calendarsChecked] = [0, 0, 0, 0];
  for (const [index, smile] of smiles.entries()) {
    const { log_moneyness } = smile;
    for (let i = 1; i + 1 < log_moneyness.length; i++) {
      triplesChecked++;
      const [below, here, above] = [i - 1, i, i + 1].map((at) => callOn(smile, log_moneyness[at] ?? NaN));
      if (below === undefined || here === undefined || above === undefined) continue;
      const weight = (here.strike - below.strike) / (above.strike - below.strike);
      if (here.price > (1 - weight) * below.price + weight * above.price + TOLERANCE) butterflies++;
    }
    const before = smiles[index - 1];
    if (before === undefined) continue;
    for (const k of log_moneyness) {
      calendarsChecked++;
      if (totalVariance(smile, k) < totalVariance(before, k) - TOLERANCE) calendars++;
    }
  }
  return { butterflies, triples_checked: triplesChecked, calendars, calendars_checked: calendarsChecked };
}

/** Strike and undiscounted price of a call, as shares of the forward. */
function callOn(smile: VolatilitySmile, k: number): { strike: number; price: number } {
  const strike = exp(k);
  const v = Math.sqrt(totalVariance(smile, k));
  const outOfTheMoney = Math.sqrt(strike) * normalisedBlack(-Math.abs(k), v);
  return { strike, price: outOfTheMoney + Math.max(0, 1 - strike) };
}
