import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import { power } from '../math/power.ts';
import type { Random } from '../math/random.ts';
import { type Dimension, levelCount } from './dimension.ts';

/** Share of the probability of a kernel without order that stays at its centre. */
const STAY = 0.65;
/** A kernel is no narrower than this in a dimension without levels. */
const LEAST_WIDTH = 1e-3;

/**
 * A density on the unit cube: a mixture of one kernel around each point, all of one width, and a uniform one, equally
 * weighted. A kernel is a product over dimensions: a normal density cut off at the ends of the interval, or where values
 * have no order, a share that stays and a rest that spreads evenly (Aitchison and Aitken). The width follows Scott's rule on the
 * deviation of the points: wide while they lie apart, narrow once they have gathered.
 */
export class ParzenEstimator {
  readonly #dimensions: readonly Dimension[];
  readonly #points: readonly Float64Array[];
  readonly #widths: Float64Array;
  /** Mass of each kernel within the interval, point by point. */
  readonly #masses: Float64Array;

  /** @param points of the unit cube, any number */
  constructor(dimensions: readonly Dimension[], points: readonly Float64Array[]) {
    this.#dimensions = dimensions;
    this.#points = points;
    this.#widths = Float64Array.from(dimensions, (dimension, at) =>
      kernelWidth(dimension, at, points, dimensions.length),
    );
    this.#masses = new Float64Array(points.length * dimensions.length);
    points.forEach((point, row) => {
      for (let at = 0; at < dimensions.length; at++) {
        const width = this.#widths[at] as number;
        const centre = point[at] as number;
        this.#masses[row * dimensions.length + at] = normalBelow((1 - centre) / width) - normalBelow(-centre / width);
      }
    });
  }

  /** A random point of this density. */
  draw(random: Random): Float64Array {
    const centre = this.#points[random.integer(this.#points.length + 1)];
    return Float64Array.from(this.#dimensions, (dimension, at) => {
      if (centre === undefined) return random.uniform();
      if (isUnordered(dimension)) return random.uniform() < STAY ? (centre[at] as number) : random.uniform();
      return drawInside(random, centre[at] as number, this.#widths[at] as number);
    });
  }

  /** Logarithm of the density at a point, up to a constant that is the same for all estimators of these dimensions. */
  logDensity(point: Float64Array): number {
    let sum = 1;
    for (let row = 0; row < this.#points.length; row++) sum += this.#kernel(row, point);
    return log(sum / (this.#points.length + 1));
  }

  #kernel(row: number, point: Float64Array): number {
    const centre = this.#points[row] as Float64Array;
    const dimensions = this.#dimensions.length;
    let exponent = 0;
    let factor = 1;
    for (let at = 0; at < dimensions; at++) {
      const dimension = this.#dimensions[at] as Dimension;
      if (isUnordered(dimension)) {
        const levels = levelCount(dimension);
        const same = Math.floor((point[at] as number) * levels) === Math.floor((centre[at] as number) * levels);
        factor *= (same ? STAY * levels : 0) + (1 - STAY);
        continue;
      }
      const width = this.#widths[at] as number;
      const distance = ((point[at] as number) - (centre[at] as number)) / width;
      exponent -= (distance * distance) / 2;
      factor /= width * Math.sqrt(2 * Math.PI) * (this.#masses[row * dimensions + at] as number);
    }
    return factor * exp(exponent);
  }
}

function isUnordered(dimension: Dimension): boolean {
  return dimension.kind === 'list' && !dimension.ordered;
}

function kernelWidth(dimension: Dimension, at: number, points: readonly Float64Array[], dimensions: number): number {
  const count = points.length;
  // As if one more point lay at each end: few points say little of how far apart good ones are.
  let sum = 1;
  let squares = 1;
  for (const point of points) {
    const unit = point[at] as number;
    sum += unit;
    squares += unit * unit;
  }
  const weight = count + 2;
  const deviation = Math.sqrt(Math.max(squares / weight - (sum / weight) * (sum / weight), 0));
  const scott = deviation * power(weight, -1 / (dimensions + 4));
  const least = Math.max(LEAST_WIDTH, 0.5 / levelCount(dimension));
  return Math.min(Math.max(scott, least), 1);
}

/** A normal deviate around `centre` that lies in [0, 1). */
function drawInside(random: Random, centre: number, width: number): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const unit = centre + width * random.normal();
    if (unit >= 0 && unit < 1) return unit;
  }
  return random.uniform();
}

/** The normal distribution function, to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function normalBelow(deviate: number): number {
  const z = Math.abs(deviate) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * polynomial * exp(-z * z);
  return deviate < 0 ? tail : 1 - tail;
}
