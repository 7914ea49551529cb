import { exp } from './exponential.ts';
import { log } from './logarithm.ts';
import { polynomial } from './polynomial.ts';

/**
 * The error function and the normal distribution in double precision, relative accuracy in the far tails included.
 *
 * erf, erfc: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
 * Inverse: M. J. Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), then one step of Halley's method.
 *
 * `Math.exp` and `Math.log` are correct to about one unit in the last place in every engine, not to the same bit in all.
 */

/** Below this |x| erf has its own approximation, between it and 4 erfc has one, and beyond 4 another. */
const ERF_LIMIT = 0.46875;
const ERFC_TAIL_FROM = 4;

/** Distances of a probability from 1/2 within which erf's own approximation holds, and AS 241's central one. */
const MEDIAN_HALF_WIDTH = 0.24;
const CENTRAL_HALF_WIDTH = 0.425;

const ERF_NUMERATOR = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const ERF_DENOMINATOR = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const ERFC_NUMERATOR = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const ERFC_DENOMINATOR = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const TAIL_NUMERATOR = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const TAIL_DENOMINATOR = [
  1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];

const ONE_OVER_SQRT_PI = 0.5641895835477563;
const ONE_OVER_SQRT_2PI = 0.3989422804014327;

/** erfc(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity. */
export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size <= ERF_LIMIT) return 1 - smallErf(x);
  const upper = scaledErfc(size) * expOfMinusSquare(size, 1);
  return x < 0 ? 2 - upper : upper;
}

/** Density of the standard normal distribution. */
export function normalPdf(x: number): number {
  return ONE_OVER_SQRT_2PI * expOfMinusSquare(Math.abs(x), 0.5);
}

/** Probability that a standard normal variable is at most `x`. */
export function normalCdf(x: number): number {
  const size = Math.abs(x) * Math.SQRT1_2;
  if (size <= ERF_LIMIT) return 0.5 + centralProbability(x);
  // The exponential takes x itself: rounding x / sqrt(2) first would cost digits in the tail.
  const tail = 0.5 * scaledErfc(size) * expOfMinusSquare(Math.abs(x), 0.5);
  return x < 0 ? tail : 1 - tail;
}

/** The `x` with `normalCdf(x) = p`: infinite at 0 and 1, NaN outside of them. */
export function inverseNormalCdf(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  const distance = p - 0.5;
  // Near the median the error is measured from it: p itself has few digits of a small distance.
  if (Math.abs(distance) < MEDIAN_HALF_WIDTH) {
    const x = centralQuantile(distance);
    return halleyStep(x, (centralProbability(x) - distance) / normalPdf(x));
  }
  // 1 - p is exact here, so the upper tail is as accurate as the lower.
  const tail = distance < 0 ? p : 1 - p;
  const x = tail >= 0.5 - CENTRAL_HALF_WIDTH ? centralQuantile(tail - 0.5) : -tailQuantile(tail);
  const quantile = halleyStep(x, (normalCdf(x) - tail) / normalPdf(x));
  return distance < 0 ? quantile : -quantile;
}

/** Halley's method for `normalCdf(x) = p`, whose second derivative is -x times the first. */
function halleyStep(x: number, newtonStep: number): number {
  // Beyond the smallest normal double a density has too few digits to correct with.
  return Number.isFinite(newtonStep) && Math.abs(newtonStep) < 1e-9 ? x - newtonStep / (1 + 0.5 * x * newtonStep) : x;
}

/** normalCdf(x) - 1/2 without cancellation, for |x| up to about 0.66. */
function centralProbability(x: number): number {
  return 0.5 * smallErf(x * Math.SQRT1_2);
}

/** erf(x) for |x| <= 0.46875. */
function smallErf(x: number): number {
  const square = x * x;
  return (x * polynomial(ERF_NUMERATOR, square)) / polynomial(ERF_DENOMINATOR, square);
}

/** exp(x^2) erfc(x) for x > 0.46875. */
function scaledErfc(x: number): number {
  if (x <= ERFC_TAIL_FROM) return polynomial(ERFC_NUMERATOR, x) / polynomial(ERFC_DENOMINATOR, x);
  const inverseSquare = 1 / (x * x);
  const correction =
    (inverseSquare * polynomial(TAIL_NUMERATOR, inverseSquare)) / polynomial(TAIL_DENOMINATOR, inverseSquare);
  return (ONE_OVER_SQRT_PI - correction) / x;
}

/**
 * exp(-factor x^2) for x >= 0, to full relative accuracy: x^2 is split into a part that is exact and a small rest, since
 * an error of the exponent is a relative error of the exponential.
 */
function expOfMinusSquare(x: number, factor: number): number {
  if (x > 40) return 0;
  const head = Math.trunc(x * 16) / 16;
  const rest = (x - head) * (x + head);
  return exp(-factor * head * head) * exp(-factor * rest);
}

const CENTRAL_NUMERATOR = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const CENTRAL_DENOMINATOR = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const NEAR_NUMERATOR = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const NEAR_DENOMINATOR = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const FAR_NUMERATOR = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const FAR_DENOMINATOR = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

/** AS 241 for probabilities of 0.5 + distance, |distance| <= 0.425. */
function centralQuantile(distance: number): number {
  const r = 0.180625 - distance * distance;
  return (distance * polynomial(CENTRAL_NUMERATOR, r)) / polynomial(CENTRAL_DENOMINATOR, r);
}

/** AS 241 for a tail below 0.075: how many deviations out it begins. */
function tailQuantile(tail: number): number {
  const r = Math.sqrt(-log(tail));
  return r <= 5
    ? polynomial(NEAR_NUMERATOR, r - 1.6) / polynomial(NEAR_DENOMINATOR, r - 1.6)
    : polynomial(FAR_NUMERATOR, r - 5) / polynomial(FAR_DENOMINATOR, r - 5);
}
