import { exp } from '../math/exponential.ts';
import { normalCdf, normalPdf } from '../math/normal.ts';

/** Half deviations below which the price is a Taylor series in them: beyond, a difference loses few digits. */
const SERIES_LIMIT = 0.05;
/** Where the density is still a normal double. */
const MILLS_LIMIT = -37;

/**
 * Black's formula for an out-of-the-money option as pure numbers, accurate to nearly all digits however small it is.
 *
 * With forward F, strike K, x = -|ln(F / K)| and v = sigma sqrt(T), the undiscounted price is sqrt(F K) times
 * b(x, v) = exp(x/2) N(x/v + v/2) - exp(-x/2) N(x/v - v/2). The normalisation is that of P. Jaeckel, "Let's be rational"
 * (2015). The two terms can agree in all but their last digits, so they are not subtracted: with h = x/v, t = v/2 and the
 * ratio Y = N / n of the distribution to its density, b = n(h) exp(-t^2/2) (Y(h + t) - Y(h - t)).
 *
 * @param x at most 0
 * @param v above 0
 */
export function normalisedBlack(x: number, v: number): number {
  const h = x / v;
  const t = 0.5 * v;
  if (t < SERIES_LIMIT) return normalisedVega(x, v) * ratioDifference(h, t);
  if (h + t <= 0) return normalisedVega(x, v) * (distributionOverDensity(h + t) - distributionOverDensity(h - t));
  return exp(0.5 * x) * normalCdf(h + t) - exp(-0.5 * x) * normalCdf(h - t);
}

/** How far the normalised price is below its bound exp(x/2), without cancellation. */
export function normalisedBlackShortfall(x: number, v: number): number {
  const h = x / v;
  const t = 0.5 * v;
  return exp(0.5 * x) * normalCdf(-h - t) + exp(-0.5 * x) * normalCdf(h - t);
}

/** Derivative of the normalised price by v. */
export function normalisedVega(x: number, v: number): number {
  const t = 0.5 * v;
  return normalPdf(x / v) * exp(-0.5 * t * t);
}

/**
 * Y(h + t) - Y(h - t) for small t by its Taylor series, whose derivatives follow from Y' = 1 + h Y:
 * Y^(n+1) = h Y^(n) + n Y^(n-1).
 */
function ratioDifference(h: number, t: number): number {
  const y = distributionOverDensity(h);
  const y1 = h < MILLS_LIMIT ? 1 / (h * h) : 1 + h * y;
  const y2 = h * y1 + y;
  const y3 = h * y2 + 2 * y1;
  const y4 = h * y3 + 3 * y2;
  const y5 = h * y4 + 4 * y3;
  const y6 = h * y5 + 5 * y4;
  const y7 = h * y6 + 6 * y5;
  const square = t * t;
  return 2 * t * (y1 + (square / 6) * (y3 + (square / 20) * (y5 + (square / 42) * y7)));
}

/** N(h) / n(h). */
function distributionOverDensity(h: number): number {
  if (h >= MILLS_LIMIT) return normalCdf(h) / normalPdf(h);
  return (1 - 1 / (h * h)) / -h;
}
